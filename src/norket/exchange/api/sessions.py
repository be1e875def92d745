"""Sessions over HTTP: the state, the ledger, the curve, a trial, and the one door for commands."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Body, Header, Query, Router
from ninja.responses import Status

from norket.exchange.api.asked import Asked
from norket.exchange.api.shapes import EventsOut, RefusedOut, SessionOut, StaleOut, WhatIfIn
from norket.record.session import actions, advice, interacting, learning, queries, replay
from norket.record.session.actions import Stale
from norket.record.session.trial import Change
from norket.therapy.finding import Refused
from norket.therapy.instant import Instant
from norket.therapy.session.arrival import AT_A_LOCKED_SCREEN
from norket.therapy.session.events import Command

router = Router(tags=["sessions"])
FORBIDDEN = frozenset({"not_permitted", "another_person"})
KEY_RESERVED = (
    f"Keys that begin with {', '.join(actions.RESERVED)} are the program's own. Send the command under another."
)
LOCKED = "This screen is locked: it takes stop, pause and help. Open it with your password; what you did is kept."
ANOTHER = (
    "Somebody else is signed in on this device now, so this was not recorded as theirs. What you did is kept for you; "
    "load the page again."
)
MOST_EVENTS = 2**31 - 1  # what the number of an event can hold
LONGEST_VERSION = len(str(MOST_EVENTS))
Answer = Status[Any]


@router.get("/sessions/{uuid:session_id}", response=SessionOut, url_name="session")
def session(request: Asked, session_id: UUID) -> Any:
    """The session as it stands."""
    return queries.page(session_id, request.now)


@router.get("/sessions/{uuid:session_id}/events", response=EventsOut, url_name="session_events")
def events(request: Asked, session_id: UUID, after: Annotated[int, Query(ge=0, le=MOST_EVENTS)] = 0) -> Any:
    """The ledger after event number `after`."""
    found = queries.events(session_id, after)
    return {"events": [event.as_json() for event in found], "version": found[-1].n if found else max(after, 0)}


@router.post(
    "/sessions/{uuid:session_id}/commands",
    response={200: EventsOut, 403: RefusedOut, 409: StaleOut, 422: RefusedOut, 423: RefusedOut},
    url_name="session_commands",
    by_alias=True,
)
def commands(
    request: Asked,
    session_id: UUID,
    command: Annotated[Command, Body()],
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)],
    if_match: Annotated[str | None, Header(alias="If-Match")] = None,
    given_at: Annotated[Instant | None, Header(alias="Norket-Given-At")] = None,
    person: Annotated[str | None, Header(alias="Norket-Person", max_length=200)] = None,
) -> Answer:
    """Carries out one command. 200 leaves only after the commit is on disk; the same key gives the same answer. An
    order that says when it was given is void after a while; a stale one is told what has changed meanwhile. A page says
    whose it is: where somebody else has taken the device over it is like a locked screen for what waits in it."""
    if idempotency_key.startswith(actions.RESERVED):
        return _refused(Refused(code="key_reserved", why=KEY_RESERVED))
    expected = _version(if_match)
    if isinstance(expected, Refused):
        return _refused(expected)
    another = person is not None and person != str(request.holder.pk)
    if request.locked or another:
        if command.type not in AT_A_LOCKED_SCREEN:
            locked = Status(423, {"refused": "locked", "why": LOCKED, "findings": []})
            return locked if request.locked else _refused(Refused(code="another_person", why=ANOTHER))
        command = command.model_copy(update={"unnamed": True})
    try:
        done = actions.act(
            session_id,
            command,
            by=request.actor,
            now=request.now,
            command_id=idempotency_key,
            expected_version=expected,
            given_at=given_at,
        )
    except Stale as stale:
        meanwhile = [event.as_json() for event in queries.events(session_id, expected or 0)]
        body = {"refused": "stale", "why": str(stale), "version": stale.version, "meanwhile": meanwhile}
        return Status(409, body)
    if isinstance(done, Refused):
        return _refused(done)
    return Status(200, {"events": [event.as_json() for event in done.events], "version": done.version})


def _version(if_match: str | None) -> int | Refused | None:
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION):
        return Refused(code="version_unreadable", why='If-Match holds the version of the session, such as "12".')
    return int(text)


def _refused(refused: Refused) -> Answer:
    body = {
        "refused": refused.code,
        "why": refused.why,
        "findings": [finding.model_dump(mode="json") for finding in refused.findings],
    }
    return Status(403 if refused.code in FORBIDDEN else 422, body)


@router.get(
    "/sessions/{uuid:session_id}/prediction",
    response={200: dict[str, Any], 422: RefusedOut},
    url_name="session_prediction",
)
def predicted(request: Asked, session_id: UUID) -> Answer:
    """The predicted curves: past as delivered, future as programmed."""
    return _curve(interacting.predicted(session_id, request.now))


@router.post(
    "/sessions/{uuid:session_id}/what-if", response={200: dict[str, Any], 422: RefusedOut}, url_name="session_what_if"
)
def what_if(request: Asked, session_id: UUID, change: Annotated[WhatIfIn, Body()]) -> Answer:
    """The curves if this were done now, and what would move. Writes nothing; refused where the clinic has it off."""
    return _curve(advice.what_if(session_id, Change(**change.model_dump()), request.now))


@router.get(
    "/sessions/{uuid:session_id}/readiness",
    response={200: dict[str, Any], 422: RefusedOut},
    url_name="session_readiness",
)
def readiness(request: Asked, session_id: UUID) -> Answer:
    """From when the drug stays low, with its band, and the chance that it is low now. Never a gate."""
    return _curve(advice.readiness(session_id, request.now))


@router.get(
    "/sessions/{uuid:session_id}/fade", response={200: dict[str, Any], 422: RefusedOut}, url_name="session_fade"
)
def fade(request: Asked, session_id: UUID) -> Answer:
    """In how many minutes after a pause or stop now the effect has fallen to half, with its band."""
    return _curve(advice.fade(session_id, request.now))


@router.get(
    "/sessions/{uuid:session_id}/learned",
    response={200: dict[str, Any], 422: RefusedOut},
    url_name="session_learned",
)
def learned(request: Asked, session_id: UUID) -> Answer:
    """The update from this patient: prior and posterior, what changed, and the readings behind it. Writes nothing."""
    return _curve(learning.learned(session_id, request.now))


@router.post(
    "/sessions/{uuid:session_id}/learned/kept",
    response={200: EventsOut, 403: RefusedOut, 422: RefusedOut},
    url_name="session_learned_kept",
)
def keep_learned(
    request: Asked,
    session_id: UUID,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)],
) -> Answer:
    """Notes that the update was looked at, with its basis in the audit. No order, limit or curve changes."""
    if idempotency_key.startswith(actions.RESERVED):
        return _refused(Refused(code="key_reserved", why=KEY_RESERVED))
    done = learning.keep_use(session_id, request.actor, request.now, idempotency_key)
    if isinstance(done, Refused):
        return _refused(done)
    return Status(200, {"events": [event.as_json() for event in done.events], "version": done.version})


@router.get("/sessions/{uuid:session_id}/reel", response=dict[str, Any], url_name="session_reel")
def reel(request: Asked, session_id: UUID) -> Any:
    """What a replay needs beside the states: the ledger, thinned samples, and from when to when."""
    return replay.reel(session_id, request.now)


@router.get("/sessions/{uuid:session_id}/at", response=SessionOut, url_name="session_at")
def at(request: Asked, session_id: UUID, instant: Instant) -> Any:
    """The session as it stood at an instant: the fold of what was recorded by then."""
    return replay.page_at(session_id, min(instant, request.now))


@router.get(
    "/sessions/{uuid:session_id}/at/prediction",
    response={200: dict[str, Any], 422: RefusedOut},
    url_name="session_at_prediction",
)
def predicted_at(request: Asked, session_id: UUID, instant: Instant) -> Answer:
    """The predicted curves as they were at an instant, by the models of today."""
    return _curve(replay.prediction_at(session_id, min(instant, request.now)))


def _curve(found: dict[str, Any] | Refused) -> Answer:
    return _refused(found) if isinstance(found, Refused) else Status(200, found)


@router.get("/board", response=list[dict[str, Any]], url_name="board")
def board(request: Asked) -> Any:
    """The sessions of the caller's clinic that are not over, the most urgent first."""
    cards = queries.board(request.now, request.holder.clinic_id)
    return [card.model_dump(mode="json") for card in cards]
