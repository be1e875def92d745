"""What the ledger says of the way out: who judged, who was called, who signed, what became of tasks, forms and record.

A part of the session's state, folded beside the rest of it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict

from norket.therapy.instant import Instant
from norket.therapy.session import way_out_events as w
from norket.therapy.session.events import Recorded
from norket.therapy.session.shapes import Answer

KINDS = frozenset(event.model_fields["type"].default for event in get_args(w.Event))


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Signed(NamedTuple):
    """Who put their name to something, and when."""

    at: Instant
    by: str


class Judgement(_Frozen):
    at: Instant
    by: str
    reason: str


class Contact(_Frozen):
    at: Instant
    whom: w.Whom
    reached: Answer
    name: str = ""


class SafetyPlan(_Frozen):
    at: Instant
    by: str
    decision: w.Decision


class Capacity(_Frozen):
    at: Instant
    by: str
    capacity: Answer


class EscortSignature(_Frozen):
    at: Instant
    name: str
    drawing: str = ""


class Given(_Frozen):
    """The instructions as they were handed over."""

    at: Instant
    read_back: w.ReadBack
    language: str = ""


class TaskOutcome(_Frozen):
    at: Instant
    by: str
    outcome: w.Outcome
    detail: str = ""


class WayOut(_Frozen):
    """The way out as far as it is recorded. `ended` is how many events stood when the record was closed."""

    judgement: Judgement | None = None
    contacts: tuple[Contact, ...] = ()
    safety_plan: SafetyPlan | None = None
    escort_signature: EscortSignature | None = None
    instructions: Given | None = None
    leaving_raised_at: Instant | None = None
    capacity: Capacity | None = None
    leaving_reviewed: Signed | None = None
    tasks: dict[str, TaskOutcome] = {}
    forms: dict[str, dict[str, str]] = {}
    forms_sent: dict[str, Instant] = {}
    signed: Signed | None = None
    closed: Signed | None = None
    closed_n: int | None = None

    def reached(self, whom: w.Whom, since: Instant | None = None) -> Contact | None:
        """The latest call of `whom` that was answered, from `since` on."""
        found = [c for c in self.contacts if c.whom == whom and c.reached == "yes" and (since is None or c.at >= since)]
        return found[-1] if found else None

    def called(self, whom: w.Whom, since: Instant | None = None) -> Contact | None:
        """The latest call of `whom`, answered or not, from `since` on."""
        found = [c for c in self.contacts if c.whom == whom and (since is None or c.at >= since)]
        return found[-1] if found else None


def after(way: WayOut, recorded: Recorded) -> WayOut:
    """The way out with one more event."""
    return way.model_copy(update=_CHANGES[recorded.event.type](way, recorded, recorded.event))


def _form(way: WayOut, r: Recorded, event: w.FormCompleted) -> dict[str, Any]:
    told = {**way.forms.get(event.form, {}), **event.answers}
    sent = {event.form: r.at} if event.sent else {}
    return {"forms": {**way.forms, event.form: told}, "forms_sent": {**way.forms_sent, **sent}}


_CHANGES: dict[str, Callable[[WayOut, Recorded, Any], dict[str, Any]]] = {
    "clinical_judgement_recorded": lambda _, r, e: {"judgement": Judgement(at=r.at, by=e.judged_by, reason=e.reason)},
    "contact_recorded": lambda way, r, e: {
        "contacts": (*way.contacts, Contact(at=r.at, whom=e.whom, reached=e.reached, name=e.name))
    },
    "safety_plan_recorded": lambda _, r, e: {"safety_plan": SafetyPlan(at=r.at, by=r.by, decision=e.decision)},
    "escort_signed": lambda _, r, e: {
        "escort_signature": EscortSignature(at=r.at, name=e.name, drawing=e.drawing),
    },
    "instructions_given": lambda _, r, e: {
        "instructions": Given(at=r.at, read_back=e.read_back, language=e.language),
    },
    "leaving_raised": lambda _, r, e: {"leaving_raised_at": r.at},
    "capacity_recorded": lambda _, r, e: {"capacity": Capacity(at=r.at, by=e.judged_by or r.by, capacity=e.capacity)},
    "leaving_reviewed": lambda _, r, e: {"leaving_reviewed": Signed(r.at, r.by)},
    "task_finished": lambda way, r, e: {
        "tasks": {**way.tasks, e.task: TaskOutcome(at=r.at, by=r.by, outcome=e.outcome, detail=e.detail)}
    },
    "form_completed": _form,
    "record_signed": lambda _, r, e: {"signed": Signed(r.at, r.by)},
    "record_closed": lambda _, r, e: {"closed": Signed(r.at, r.by), "closed_n": r.n},
}
