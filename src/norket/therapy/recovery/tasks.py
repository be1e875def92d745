"""What is still to be done after a session, each with its due time and, once done, its outcome."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.instant import Instant, utc
from norket.therapy.recovery import afterwards, unasked
from norket.therapy.recovery.monitoring_form import FORM, is_esketamine, unanswered
from norket.therapy.session import lots, wasting
from norket.therapy.session.leaving import LATE_TASK
from norket.therapy.session.ledger import standing
from norket.therapy.session.state import SessionState
from norket.therapy.session.way_out import TaskOutcome

WELFARE = "recovery.welfare_call"
SITE = "monitoring.site_failed"
REVIEW = "recovery.left_unreviewed"
FORM_RULE = "recovery.form"
LOT = "lot_"
WASTE = "waste_"
BALANCE = "products.mass_balance"
DONE = ("done", "not_needed")


class Task(BaseModel):
    """One thing to do. It is open until its outcome is `done` or `not_needed`; `holds` says that it keeps the record
    open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    label: str
    due_at: Instant
    rule: str
    holds: bool = True
    outcome: TaskOutcome | None = None

    @property
    def open(self) -> bool:
        return self.outcome is None or self.outcome.outcome not in DONE


def tasks(state: SessionState, now: datetime, zone: str, base: KnowledgeBase) -> tuple[Task, ...]:
    """Every task that the session leaves, soonest first, done or not."""
    return tuple(sorted(_tasks(state, now, zone, base), key=lambda task: task.due_at))


def _tasks(state: SessionState, now: datetime, zone: str, base: KnowledgeBase) -> Iterator[Task]:
    known = state.way_out.tasks
    if state.phase == "left" and state.ended_at is not None and state.was_given_drug:
        due = welfare_call_at(state.ended_at, zone, now, base)
        call = "welfare_call"
        yield Task(task=call, label="Welfare call", due_at=due, rule=WELFARE, outcome=known.get(call))
        reviewed = state.way_out.leaving_reviewed
        done = TaskOutcome(at=reviewed.at, by=reviewed.by, outcome="done") if reviewed else None
        label = "Prescriber reviews how it was left"
        yield Task(task="review_leaving", label=label, due_at=due, rule=REVIEW, outcome=done)
    if unasked.is_owed(state) and state.ended_at is not None:
        due = welfare_call_at(state.ended_at, zone, now, base)
        yield Task(
            task=unasked.TASK,
            label="Ask about thoughts of suicide",
            due_at=due,
            rule=unasked.RULE,
            holds=False,  # the finding of its own holds
            outcome=unasked.outcome(state),
        )
    yield from _lots(state, base)
    yield from _wastes(state)
    yield from _entered_after(state, now, base)
    failed = failed_site_at(state)
    if failed is not None:
        due = failed + timedelta(hours=number(base, SITE, "site_check_h", now))
        check = "site_check"
        yield Task(
            task=check,
            label="Look at the cannula site again",
            due_at=due,
            rule=SITE,
            holds=False,
            outcome=known.get(check),
        )
    if is_esketamine(state, base):
        begun = min((timed.at for timed in state.other_doses), default=state.ended_at or now)
        due = begun + timedelta(days=number(base, FORM_RULE, "due_d", now))
        label, told = "Esketamine monitoring form", _form(state)
        label += ", sent before it was complete" if FORM in state.way_out.forms_sent and told is None else ""
        yield Task(task="esketamine_form", label=label, due_at=due, rule=FORM_RULE, outcome=told)


def _lots(state: SessionState, base: KnowledgeBase) -> Iterator[Task]:
    """The lot of a controlled medicine that was given in haste: owed to the register when the session is over."""
    for given in lots.unbooked(state, base):
        yield Task(
            task=f"{LOT}{given.n}",
            label=f"Lot and milligrams of {lots.named(given)}",
            due_at=state.ended_at or given.at,
            rule="recovery.record.register",
            holds=False,  # the finding on the register holds
        )


def _wastes(state: SessionState) -> Iterator[Task]:
    """What was thrown away and nobody else has signed for: owed until somebody who saw it does."""
    for waste in wasting.unwitnessed(state):
        yield Task(
            task=f"{WASTE}{waste.n}",
            label=f"Witness signs: {wasting.named(waste)}",
            due_at=waste.at,
            rule=BALANCE,
            holds=False,  # the finding on the mass holds
        )


def _entered_after(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Task]:
    """What was entered after the end and calls for a prescriber: one task for all that nobody has looked at, and those
    that were answered with what was found."""
    for name, told in state.way_out.tasks.items():
        if name.startswith(LATE_TASK) and told.outcome in DONE:
            label = "Prescriber looked at what was entered after the end"
            yield Task(task=name, label=label, due_at=told.at, rule=afterwards.RULE, outcome=told)
    open_ = afterwards.unseen(state, now, base)
    if open_:
        what = ", ".join(f"{fact.what} ({fact.at:%H:%M} UTC)" for fact in open_)
        name = f"{LATE_TASK}{open_[-1].n}"
        tried = state.way_out.tasks.get(name)
        yield Task(
            task=name,
            label=f"Prescriber looks at what was entered after the end: {what}",
            due_at=open_[0].recorded_at,
            rule=afterwards.RULE,
            outcome=tried if tried is not None and tried.outcome not in DONE else None,
        )


def _form(state: SessionState) -> TaskOutcome | None:
    """What became of the form: it is done when it was sent with every answer that a person gives, and not needed only
    with the reason why."""
    sent, told = state.way_out.forms_sent.get(FORM), state.way_out.tasks.get("esketamine_form")
    if sent is not None and not unanswered(state):
        return TaskOutcome(at=sent, by="", outcome="done")
    if told is None or told.outcome == "done" or (told.outcome == "not_needed" and not told.detail.strip()):
        return None
    return told


def welfare_call_at(left_at: datetime, zone: str, now: datetime, base: KnowledgeBase) -> datetime:
    """When the call to somebody who left is due: the same evening of the clinic's day, or a while after leaving."""
    here = ZoneInfo(zone)
    midnight = datetime.combine(left_at.astimezone(here).date(), time.min, tzinfo=here)
    evening = utc(midnight + timedelta(hours=number(base, WELFARE, "by_hour", now)))  # by the clock on the wall
    return max(evening, utc(left_at) + timedelta(hours=number(base, WELFARE, "least_h", now)))


def failed_site_at(state: SessionState) -> datetime | None:
    """When the cannula failed last."""
    return max((item.at for item in standing(state.ledger) if item.event.type == "site_failed"), default=None)
