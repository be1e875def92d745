"""The debrief of a rehearsal: what was expected by when, what the ledger shows, and how late it was. Pure.

It judges a training case. A late step earns half of its points, a missing one none, and one that must never happen all
of them as long as it did not.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.instant import Instant, utc
from norket.therapy.session.events import Noted, Recorded
from norket.therapy.session.ledger import standing

PREFIX, MARK = "rehearsal_cases.", "Rehearsal: "
LATE = 0.5


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Frozen):
    """One expectation: `late_s` is 0 in time, None where it was not done; `by` is who did it."""

    id: str
    what: str
    rule: str
    due_at: Instant | None
    done_at: Instant | None
    late_s: float | None
    by: str
    points: float
    earned: float


class Cue(_Frozen):
    """What is seen at the chair, and from when; None is from the beginning."""

    says: str
    at: Instant | None


class Debrief(_Frozen):
    """`began_at` is when the case came up; None while it has not."""

    case: str
    title: str
    began_at: Instant | None
    cues: tuple[Cue, ...]
    steps: tuple[Step, ...]
    earned: float
    points: float


def cases(base: KnowledgeBase) -> tuple[Entry, ...]:
    """All training cases."""
    return tuple(entry for entry in base.entries if entry.id.startswith(PREFIX))


def mark(case: str) -> str:
    """The note in a ledger that says which case is rehearsed there."""
    return f"{MARK}{case}"


def case_of(ledger: Iterable[Recorded]) -> str | None:
    """The case that a ledger rehearses; None is a session that is no rehearsal."""
    notes = [event.event.text for event in ledger if isinstance(event.event, Noted)]
    return next((text.removeprefix(MARK) for text in notes if text.startswith(MARK)), None)


def debrief(ledger: Iterable[Recorded], case: str, base: KnowledgeBase, now: datetime) -> Debrief:
    """What the ledger shows of the case by `now`. Raises `KnowledgeError` for a case or figure that is not there."""
    entry, events = base.entry(PREFIX + case), standing(ledger)
    began = _began(entry, events, base, now)
    after = [event for event in events if began is not None and event.at >= began]
    trigger = next((event for event in after if _fits(event, entry.data["after"])), None)
    later = [event for event in after if trigger is None or event.n != trigger.n]
    steps = tuple(_step(one, entry, began, later, base, now) for one in entry.data["steps"])
    return Debrief(
        case=case,
        title=entry.data["title"],
        began_at=began,
        cues=tuple(_cue(one, entry, events, base, now) for one in entry.data["cues"]),
        steps=steps,
        earned=sum(step.earned for step in steps),
        points=sum(step.points for step in steps),
    )


def _cue(cue: Mapping[str, Any], entry: Entry, events: Sequence[Recorded], base: KnowledgeBase, now: datetime) -> Cue:
    at = _start_plus(entry, cue["start_plus"], events, base, now) if "start_plus" in cue else None
    return Cue(says=cue["says"], at=at)


def _began(entry: Entry, events: Sequence[Recorded], base: KnowledgeBase, now: datetime) -> datetime | None:
    """When the case came up: so long after the start, or with the first event that fits."""
    after = entry.data["after"]
    if "start_plus" in after:
        at = _start_plus(entry, after["start_plus"], events, base, now)
        return at if at is not None and at <= utc(now) else None
    return next((event.at for event in events if _fits(event, after)), None)


def _start_plus(
    entry: Entry, figure: str, events: Sequence[Recorded], base: KnowledgeBase, now: datetime
) -> datetime | None:
    start = next((event.at for event in events if event.event.type == "infusion_started"), None)
    return None if start is None else start + timedelta(minutes=number(base, entry.id, figure, now))


def _step(
    step: Mapping[str, Any],
    entry: Entry,
    began: datetime | None,
    later: Sequence[Recorded],
    base: KnowledgeBase,
    now: datetime,
) -> Step:
    told = {"id": step["id"], "what": step["what"], "rule": step["rule"], "points": float(step["points"])}
    wanted = step.get("done") or step["never"]
    found = next((event for event in later if any(_fits(event, one) for one in wanted)), None)
    done_at, by = (found.at, found.by) if found else (None, "")
    if "never" in step:
        earned = 0.0 if found or began is None else told["points"]
        return Step(**told, due_at=None, done_at=done_at, late_s=None, by=by, earned=earned)
    due = None if began is None else began + timedelta(seconds=number(base, entry.id, step["within"], now))
    late_s = None if done_at is None or due is None else max(0.0, (done_at - due).total_seconds())
    part = 0.0 if late_s is None else LATE if late_s > 0 else 1.0
    return Step(**told, due_at=due, done_at=done_at, late_s=late_s, by=by, earned=part * told["points"])


def _fits(event: Recorded, wanted: Mapping[str, Any]) -> bool:
    """Whether an event is of the type, has one of the values named in `any`, a value where `filled` says, and flags or
    none where `flagged` says."""
    if event.event.type != wanted.get("type"):
        return False
    data = event.event.model_dump(mode="json", by_alias=True)
    if "flagged" in wanted and bool(data.get("flags")) is not wanted["flagged"]:
        return False
    if "filled" in wanted and _inside(data, wanted["filled"]) is None:
        return False
    return all(_inside(data, name) in values for name, values in wanted.get("any", {}).items())


def _inside(data: Any, name: str) -> Any:
    for part in name.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data
