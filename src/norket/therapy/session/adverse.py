"""Adverse events that are not over: how grave, when to look again, which rescue medicine belongs to them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.instant import Instant
from norket.therapy.session.state import Adverse, SessionState

CATALOGUE = "adverse."
RECHECK, SERIOUS = "adverse.recheck", "adverse.serious"
LIGHTEST, GRAVEST = 1, 3  # the recheck of grade 3 holds for all above it
SESSION = ("checked_in", "running", "paused", "observing", "stopped", "recovery")


class OpenEvent(BaseModel):
    """One adverse event that is not over. `rescue` are its templates, `task` what follows later."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int
    event: str
    grade: int
    since: Instant
    seen_at: Instant
    outcome: str
    recheck_at: Instant | None
    serious: bool
    action: str
    rescue: tuple[str, ...]
    task: str


def open_events(state: SessionState, now: datetime, base: KnowledgeBase) -> tuple[OpenEvent, ...]:
    """Those that no later `resolved` has ended, the gravest first. Those of the line or the pump are not among them."""
    found = [_open(state, one, now, base) for one in standing(state) if one.event not in NOT_OF_THE_PATIENT]
    return tuple(sorted(found, key=lambda one: (-one.grade, one.since)))


NOT_OF_THE_PATIENT = frozenset({"line_problem", "pump_alarm", "patient_request"})


def standing(state: SessionState) -> list[Adverse]:
    """The reports that are not over; a later `resolved` of the same event ends the earlier ones."""
    over: dict[str, datetime] = {}
    for one in state.adverse:
        if one.resolved:
            over[one.event] = max(one.at, over.get(one.event, one.at))
    return [one for one in state.adverse if not one.resolved and (one.event not in over or one.at > over[one.event])]


def is_serious(grade: int, hospital: bool, now: datetime, base: KnowledgeBase) -> bool:
    """Life-threatening or worse, or somebody needs a hospital for it."""
    return hospital or grade >= number(base, SERIOUS, "grade", now)


def recheck_at(one: Adverse, now: datetime, base: KnowledgeBase) -> datetime:
    """When to look again: the graver, the sooner, from the last look."""
    grade = min(max(one.grade, LIGHTEST), GRAVEST)
    return (one.seen_at or one.at) + timedelta(minutes=number(base, RECHECK, f"grade_{grade}_min", now))


def entry_of(base: KnowledgeBase, event: str) -> Entry | None:
    """What the knowledge base says of an event of the catalogue."""
    return next((entry for entry in base.entries if entry.id == f"{CATALOGUE}{event}"), None)


def _open(state: SessionState, one: Adverse, now: datetime, base: KnowledgeBase) -> OpenEvent:
    entry = entry_of(base, one.event)
    data = entry.data if entry else {}
    return OpenEvent(
        n=one.n,
        event=one.event,
        grade=one.grade,
        since=one.at,
        seen_at=one.seen_at or one.at,
        outcome=one.outcome,
        recheck_at=recheck_at(one, now, base) if state.phase in SESSION else None,
        serious=is_serious(one.grade, one.hospital, now, base),
        action=one.action,
        rescue=tuple(data.get("rescue", ())),
        task=str(data.get("task", "")),
    )


def due(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[tuple[str, str, datetime]]:
    """One line for each event to be looked at again: what, in words, and when. Fright has a look of its own."""
    for one in open_events(state, now, base):
        if one.recheck_at is not None and one.event not in ("anxiety", "panic"):
            words = one.event.replace("_", " ")
            yield f"event_{one.n}", f"Look again: {words}", one.recheck_at


def tasks(state: SessionState, base: KnowledgeBase) -> tuple[str, ...]:
    """What the events of the session ask for after it, each once."""
    named = (entry_of(base, one.event) for one in state.adverse if not one.resolved)
    return tuple(dict.fromkeys(str(e.data["task"]) for e in named if e is not None and "task" in e.data))
