"""What was entered after the end of a session and would have called somebody during it.

Nobody watches any more, so nothing rings. A prescriber looks at it, once for all that came in until then, and the
record does not close before. What is added later asks for a new look.
"""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.finding import State
from norket.therapy.instant import Instant
from norket.therapy.session import limits, watch
from norket.therapy.session import safety_events as se
from norket.therapy.session import watch_events as o
from norket.therapy.session.criteria import criteria, met, needs_met
from norket.therapy.session.events import Corrected, Event, Recorded
from norket.therapy.session.leaving import LATE_TASK
from norket.therapy.session.ledger import end_of, standing
from norket.therapy.session.recovery_events import GateRecorded
from norket.therapy.session.samples import UNITS
from norket.therapy.session.state import OVER, SessionState
from norket.therapy.session.way_out_events import TaskFinished
from norket.therapy.session.words import describe

RULE = "recovery.entered_after"
DONE = ("done", "not_needed")
CALLING = ("T2", "T3")
DRUG = frozenset({"infusion_started", "infusion_resumed", "rate_changed", "bolus_given", "dose_given", "rescue_given"})
TOLD = frozenset({"site_failed", "lost_dose_recorded"})


class LateFact(BaseModel):
    """A fact entered after the end: its number (that of its correction, where that came after), when it happened and
    was recorded, and what it says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int
    at: Instant
    recorded_at: Instant
    what: str


def late_state(*, after_end: bool, drug: bool, adverse: bool, tier: str | None, seen: bool) -> State:
    """Fires while a fact that was entered after the end has not been looked at: more drug, an adverse event, or what
    calls somebody (`tier`) in a session."""
    return "fires" if after_end and (drug or adverse or tier in CALLING) and not seen else "clear"


def unseen(state: SessionState, now: datetime, base: KnowledgeBase) -> tuple[LateFact, ...]:
    """The facts that wait for a prescriber, in the order of their entry."""
    until = seen_until(state)
    return tuple(fact for fact in facts(state, now, base) if fact.n > until)


def seen_until(state: SessionState) -> int:
    """The number up to which a prescriber has looked; none who looked saw what was entered afterwards."""
    looks = (r for r in standing(state.ledger) if isinstance(r.event, TaskFinished) and _is_look(r.event))
    return max((min(_number(r.event.task), r.n) for r in looks if isinstance(r.event, TaskFinished)), default=0)


def _is_look(event: TaskFinished) -> bool:
    return event.task.startswith(LATE_TASK) and event.outcome in DONE


def _number(task: str) -> int:
    said = task.removeprefix(LATE_TASK)
    return int(said) if said.isascii() and said.isdigit() else 0


def facts(state: SessionState, now: datetime, base: KnowledgeBase) -> tuple[LateFact, ...]:
    """Everything entered after the end that a prescriber is asked to look at, seen or not."""
    end = end_of(state.ledger)
    if state.phase not in OVER or end is None:
        return ()
    found = {fact.n: fact for fact in (*_entered(state, end, now, base), *_taken_back(state, end))}
    return tuple(found[n] for n in sorted(found))


def _entered(state: SessionState, end: int, now: datetime, base: KnowledgeBase) -> Iterator[LateFact]:
    corrections = {r.event.corrects: r for r in state.ledger if isinstance(r.event, Corrected)}
    for fact in standing(state.ledger):
        told = corrections.get(fact.n, fact)
        if told.n > end and _calls(state, fact, now, base):
            what = describe(fact.event)
            yield LateFact(n=told.n, at=fact.at, recorded_at=told.recorded_at, what=what)


def _taken_back(state: SessionState, end: int) -> Iterator[LateFact]:
    """Drug that the record says no longer was given: what was predicted and told rests on another dose."""
    known = {recorded.n: recorded.event for recorded in state.ledger}
    for told in state.ledger:
        if told.n > end and isinstance(told.event, Corrected) and told.event.replacement is None:
            original = known[told.event.corrects]
            if original.type in DRUG:
                what = f"taken back: {describe(original)}"
                yield LateFact(n=told.n, at=told.at, recorded_at=told.recorded_at, what=what)


def _calls(state: SessionState, fact: Recorded, now: datetime, base: KnowledgeBase) -> bool:
    event = fact.event
    verdict = late_state(
        after_end=True,
        drug=event.type in DRUG,
        adverse=event.type in TOLD or _is_adverse(state, fact),
        tier=next(_tiers(state, fact, now, base), None),
        seen=False,
    )
    return verdict == "fires"


def _is_adverse(state: SessionState, fact: Recorded) -> bool:
    """An event of which nobody had told, or one that goes worse; that an earlier one is over is good news."""
    event = fact.event
    if isinstance(event, se.EventFollowed):
        return event.outcome == "worse"
    if isinstance(event, GateRecorded):
        return event.gate == "cannula_removed" and event.answer == "no"
    if not isinstance(event, o.EventRecorded):
        return False
    earlier = any(one.event == event.event and one.n < fact.n for one in state.adverse)
    return not (event.resolved and earlier)


def _tiers(state: SessionState, fact: Recorded, now: datetime, base: KnowledgeBase) -> Iterator[str]:
    """The tiers that call somebody of everything that this fact says."""
    own = limits.own(state, fact.at)
    for rule in criteria(base):
        tier, channel = rule.data["tier"], rule.data["channel"]
        if tier not in CALLING:
            continue
        value = _value(fact.event, channel)
        beyond = value is not None and met(value, rule, base, now, own)
        if beyond or _is_reported(state, fact, rule, now, base):
            yield tier


def _is_reported(state: SessionState, fact: Recorded, rule: Entry, now: datetime, base: KnowledgeBase) -> bool:
    channel, code, event = rule.data["channel"], rule.data.get("code"), fact.event
    if channel == "flag":
        return code in getattr(event, "flags", ())
    if channel != "concern" or not isinstance(event, o.ConcernRaised) or event.concern != code:
        return False
    return needs_met(rule, {"reports": watch.reported(state, event.concern, fact.n)}, base, now) is not False


def _value(event: Event, channel: str) -> float | None:
    """What the fact says of a channel; nothing where it is an artefact."""
    if isinstance(event, o.ScoreRecorded):
        return event.value if event.score == channel else None
    signs = getattr(event, "vitals", None)
    if signs is None or signs.artefact:
        return None
    return getattr(signs, channel, None) if channel in UNITS else None
