"""The log of an emergency: it opens with a T3, or by hand; each line is one tap, and is completed later."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.instant import Instant
from norket.therapy.session import safety_events as se
from norket.therapy.session.dose_events import RescueGiven
from norket.therapy.session.events import Corrected
from norket.therapy.session.ledger import standing
from norket.therapy.session.state import SessionState
from norket.therapy.session.words import describe

UNNAMED = "other"  # a medicine that nobody has named yet
FIRST = ".first:"  # the first of two readings is a prompt, not yet an emergency
LOGGED = frozenset(
    {
        "emergency_noted",
        "rescue_given",
        "infusion_stopped",
        "infusion_paused",
        "vitals_recorded",
        "score_recorded",
        "event_recorded",
        "noted",
        "transferred",
    }
)


class Line(BaseModel):
    """One line. `late`: written later than it happened, or completed afterwards; `incomplete`: the dose or the route of
    a medicine is still missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int
    at: Instant
    by: str
    type: str
    text: str
    late: bool
    incomplete: bool
    drug: str = ""


class Log(BaseModel):
    """The log of the session's emergency, newest line first; `ended_at` is absent while it goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opened_at: Instant
    why: str
    ended_at: Instant | None
    lines: tuple[Line, ...]


def log(state: SessionState, now: datetime, base: KnowledgeBase) -> Log | None:
    """The log, from the first T3 or the tap that opened it; None where there was no emergency."""
    began = beginnings(state)
    if not began:
        return None
    opened_at, why = min(began)
    late_s = number(base, "offline.late_entry", "late_s", now)
    corrected = {r.event.corrects for r in state.ledger if isinstance(r.event, Corrected)}
    lines = [
        Line(
            n=r.n,
            at=r.at,
            by=r.by,
            type=r.event.type,
            text=describe(r.event),
            late=(r.recorded_at - r.at).total_seconds() > late_s or r.n in corrected,
            incomplete=isinstance(r.event, RescueGiven) and _is_incomplete(r.event),
            drug=r.event.drug if isinstance(r.event, RescueGiven) else "",
        )
        for r in standing(state.ledger)
        if r.event.type in LOGGED and r.at >= opened_at
    ]
    return Log(opened_at=opened_at, why=why, ended_at=_ended(state), lines=tuple(reversed(lines)))


def _is_incomplete(rescue: RescueGiven) -> bool:
    return rescue.amount is None or not rescue.route or rescue.drug == UNNAMED


def beginnings(state: SessionState) -> list[tuple[datetime, str]]:
    """Each T3 about the patient and each tap that opened the log, with what it was."""
    alerts = [
        (a.raised_at, a.why) for a in state.alerts if a.tier == "T3" and not a.technical and FIRST not in a.alert_id
    ]
    by_hand = [
        (r.at, "opened by hand")
        for r in standing(state.ledger)
        if isinstance(r.event, se.EmergencyNoted) and r.event.step == "opened"
    ]
    return [*alerts, *by_hand]


def _ended(state: SessionState) -> datetime | None:
    """When the last `over` was noted, if nothing began after it; else when the patient left."""
    over = [r.at for r in state.ledger if isinstance(r.event, se.EmergencyNoted) and r.event.step == "over"]
    last = max((at for at, _ in beginnings(state)), default=None)
    if over and last is not None and max(over) >= last:
        return max(over)
    return state.ended_at
