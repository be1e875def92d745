"""Live streams as server-sent events. Viewers of the same session share one look at the record.

A viewer pulls from what its channel has seen, from the place it has reached, so a slow one delays nobody and one that
was cut off goes on where it stopped: ids are `<event>.<sample>`.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, StreamingHttpResponse

from norket.desk.consent.tablet import handed
from norket.desk.session.lock import KEY as LOCK
from norket.record import writer
from norket.record.access import policy, tokens
from norket.record.people.models import Person
from norket.record.session import heads, queries
from norket.record.session.samples import HUB, as_json
from norket.site import chair, clock
from norket.site.streams import STREAMS
from norket.site.threads import reading, tell

TICK_S = 1.0
GATHER_S = 0.02
VIEW_TICKS = 2
CHECK_TICKS = 5
log = logging.getLogger("norket.live")
KEPT_EVENTS, KEPT_SAMPLES = 200, 3000
# Of one channel, to a viewer who has missed much: enough for a curve.
SHOWN_SAMPLES = 400


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def frame(event: str, data: str, place: str = "") -> str:
    """One server-sent event; data is one line of JSON."""
    return (f"id: {place}\n" if place else "") + f"event: {event}\ndata: {data}\n\n"


@dataclass
class Look:
    """What one look at a session found: its new events and samples, and what it shows when that was made anew."""

    version: int
    events: list[tuple[int, str]]
    samples: list[tuple[int, str]]
    view: str = ""


def look(session_id: UUID, version: int, sample: int, *, in_turn: bool = True) -> Look:
    """One look at the record, on a thread. The view is made when it is its turn, and whenever the ledger has moved."""
    moved = _version(session_id) != version
    found = queries.events(session_id, version) if moved else []
    fresh = [(n, _text(as_json(item))) for n, item in HUB.after(session_id, sample)]
    told = [(item.n, _text(item.as_json())) for item in found]
    if not (moved or in_turn):
        return Look(version, told, fresh)
    page = queries.page(session_id, clock.now())
    return Look(page["version"], told, fresh, _text(page))


def _version(session_id: UUID) -> int:
    return heads.of([session_id])[session_id].version


@dataclass
class Channel:
    """What the viewers of one session have in common."""

    session: UUID
    viewers: int = 0
    version: int = 0
    sample: int = 0
    events: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    samples: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=KEPT_SAMPLES))
    view: str = ""
    looks: int = 0
    views: int = 0
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: "asyncio.Task[None] | None" = None

    async def run(self) -> None:
        """Looks when something was written or arrived, and each second."""
        while self.viewers and not _closing:
            await self.see()
            try:
                await asyncio.wait_for(self.stirred.wait(), TICK_S)
                await asyncio.sleep(GATHER_S)
            except TimeoutError:
                pass
            self.stirred.clear()

    async def see(self) -> None:
        """One look, then every viewer is told."""
        in_turn = self.looks % VIEW_TICKS == 0
        found = await reading(look, self.session, self.version, self.sample, in_turn=in_turn)
        async with self.moved:
            self.looks += 1
            if found.view:
                self.views, self.view = self.views + 1, found.view
            self.version = found.version
            self.events.extend(found.events)
            self.samples.extend(found.samples)
            self.sample = max([self.sample, *(n for n, _ in found.samples)])
            self.moved.notify_all()


_channels: dict[UUID, Channel] = {}
_closing: list[bool] = []
_loop: list[asyncio.AbstractEventLoop] = []


def start() -> None:
    """Ties the streams to the record; called once on the event loop that serves."""
    _loop[:] = [asyncio.get_running_loop()]
    _closing.clear()
    writer.listen(lambda told: _stir(UUID(told)) if told else None)
    HUB.listen(lambda session_id, _: _stir(session_id))


def close() -> None:
    """Ends every stream; viewers come back to the next process and go on where they stopped."""
    _closing[:] = [True]
    for channel in _channels.values():
        channel.stirred.set()


def _stir(session_id: UUID) -> None:
    """From any thread: something about this session is new. Nobody looks at most of them, and the loop is not woken."""
    if session_id not in _channels:
        return
    for loop in _loop:
        tell(loop, _stir_here, session_id)


def _stir_here(session_id: UUID) -> None:
    if session_id in _channels:
        _channels[session_id].stirred.set()


def _place(request: HttpRequest) -> tuple[int, int]:
    """Where the viewer had come to; the beginning when it does not say, or says it wrongly."""
    text = request.headers.get("Last-Event-ID") or request.GET.get("last_event_id", "")
    event, _, sample = text.partition(".")
    return (int(event), int(sample)) if _digits(event) and _digits(sample) else (0, 0)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16  # noqa: PLR2004 -- longer is no number of ours


async def session_stream(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    """Events `view`, `events`, `samples` and `tick` of one session."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    return _stream(request, _session_frames(request, session_id, *_place(request)))


def _stream(request: HttpRequest, frames: AsyncIterator[str]) -> StreamingHttpResponse:
    held = STREAMS.held(str(request.holder.pk), frames)  # type: ignore[attr-defined]
    response = StreamingHttpResponse(held, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _session_frames(request: HttpRequest, session_id: UUID, event: int, sample: int) -> AsyncIterator[str]:
    channel = _channels.setdefault(session_id, Channel(session_id))
    channel.viewers += 1
    if channel.task is None or channel.task.done():
        channel.task = asyncio.create_task(channel.run())
        channel.task.add_done_callback(_tell_failure)
    shown, ticks = -1, 0
    next_tick = asyncio.get_running_loop().time()
    try:
        while not _closing and not channel.task.done():
            seen = channel.looks
            if channel.view:
                parts, event, sample = await _since(channel, event, sample)
                for part in parts:
                    yield part
                if channel.views != shown:
                    shown = channel.views
                    yield frame("view", channel.view, f"{event}.{sample}")
            if asyncio.get_running_loop().time() >= next_tick:
                next_tick, ticks = next_tick + TICK_S, ticks + 1
                yield frame("tick", _text({"now": clock.now().isoformat(), "rate": clock.rate()}))
                if ticks % CHECK_TICKS == 0 and not await reading(still_allowed, request, session_id):
                    return
            await _wait(channel, seen, next_tick)
    finally:
        channel.viewers -= 1
        if not channel.viewers:
            _channels.pop(session_id, None)


def _tell_failure(task: "asyncio.Task[None]") -> None:
    """A channel that failed ends its viewers, who come back at once; a silent screen would be worse."""
    if not task.cancelled() and task.exception() is not None:
        log.error("a stream ended: %r", task.exception())


async def _wait(channel: Channel, seen: int, until: float) -> None:
    """Until the channel has looked again since look `seen`, or the next tick is due. It may have done so while this
    viewer was busy with something else."""
    left = max(0.0, until - asyncio.get_running_loop().time())
    try:
        async with asyncio.timeout(left), channel.moved:
            await channel.moved.wait_for(lambda: channel.looks != seen)
    except TimeoutError:
        return


async def _since(channel: Channel, event: int, sample: int) -> tuple[list[str], int, int]:
    """The frames after the viewer's place, and the new place."""
    events = [item for item in channel.events if item[0] > event]
    if channel.version > event and (not events or events[0][0] != event + 1):
        older = await reading(queries.events, channel.session, event)
        events = [(item.n, _text(item.as_json())) for item in older]
    samples = [item for item in channel.samples if item[0] > sample]
    if channel.sample > sample and samples[0][0] != sample + 1:
        earlier = await reading(queries.samples_after, channel.session, sample, most=SHOWN_SAMPLES)
        samples = [(n, _text(as_json(item))) for n, item in earlier if n <= channel.sample]
    event = events[-1][0] if events else event
    sample = samples[-1][0] if samples else sample
    parts = []
    if events:
        parts.append(frame("events", "[" + ",".join(text for _, text in events) + "]", f"{event}.{sample}"))
    if samples:
        parts.append(frame("samples", "[" + ",".join(text for _, text in samples) + "]", f"{event}.{sample}"))
    return parts, event, sample


def still_allowed(request: HttpRequest, session_id: UUID | None) -> bool:
    """Whether the viewer is still signed in, still has the role, and the patient is still of their clinic."""
    holder = request.holder  # type: ignore[attr-defined]
    if not isinstance(holder, Person):
        return False
    person = Person.objects.filter(pk=holder.pk, is_active=True).first()
    if person is None or not (
        _signed_in(request, person, board=session_id is None) or _has_pass(request, person, session_id)
    ):
        return False
    route = "session_stream" if session_id else "board_stream"
    return policy.read().relation(route, "GET", person.roles) == "clinic" and person.clinic_id == holder.clinic_id


def _signed_in(request: HttpRequest, person: Person, *, board: bool) -> bool:
    """As the disk says now: the token stands, or the session has not ended, was opened with the present password, and
    its browser is not in a patient's hands nor, for the board, locked or unlocked since then."""
    token = getattr(request, "token", "")
    if token:
        carrier = tokens.holder(token, clock.now())
        return isinstance(carrier, Person) and carrier.pk == person.pk
    key = request.session.session_key
    kept = type(request.session)(key).load() if key else {}
    opened_with = str(kept.get(HASH_SESSION_KEY, ""))
    locked_then = getattr(request, "locked", False)  # what a board shows hangs on it: a locked one names nobody
    if handed(kept) is not None or (board and bool(kept.get(LOCK)) is not locked_then):
        return False
    return kept.get(SESSION_KEY) == str(person.pk) and compare_digest(opened_with, person.get_session_auth_hash())


def _has_pass(request: HttpRequest, person: Person, session_id: UUID | None) -> bool:
    """The sign-in has run out and the page is still at the chair: alerts do not die with a cookie."""
    passed = None if getattr(request, "token", "") else chair.holder(request, session_id)
    return passed is not None and passed.pk == person.pk and handed(request.session) is None


async def board_stream(request: HttpRequest) -> HttpResponseBase:
    """Event `view` with the cards of `GET /api/v1/board`, and `tick`."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    return _stream(request, _board_frames(request))


@dataclass
class _Board:
    """The last look at the board of one clinic, shared by those who look within the same second."""

    text: str = ""
    at: float = -1.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_boards: dict[tuple[UUID, bool], _Board] = {}


def _cards(clinic_id: UUID, nameless: bool) -> str:
    cards = queries.board(clock.now(), clinic_id)
    return _text([card.nameless() if nameless else card.model_dump(mode="json") for card in cards])


async def _board_text(clinic_id: UUID, nameless: bool) -> str:
    board = _boards.setdefault((clinic_id, nameless), _Board())
    async with board.lock:
        present = asyncio.get_running_loop().time()
        if present - board.at >= TICK_S / 2:
            board.text = await reading(_cards, clinic_id, nameless)
            board.at = present
        return board.text


async def _board_frames(request: HttpRequest) -> AsyncIterator[str]:
    clinic_id, nameless, ticks = request.holder.clinic_id, request.locked, 0  # type: ignore[attr-defined]
    while not _closing:
        ticks += 1
        yield frame("view", await _board_text(clinic_id, nameless), f"{ticks}.0")
        yield frame("tick", _text({"now": clock.now().isoformat(), "rate": clock.rate()}))
        if ticks % CHECK_TICKS == 0 and not await reading(still_allowed, request, None):
            return
        await asyncio.sleep(TICK_S)
