"""Whether the nurse can take one more session: patients at a time, and peaks too near each other."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.instant import Instant
from norket.therapy.session import ordered
from norket.therapy.session.delivered import planned_end
from norket.therapy.session.state import SessionState

SECONDS_PER_MINUTE = 60.0


class NurseLoad(BaseModel):
    """Another session of the same nurse that is not over: whether it counts double, and when its level will peak."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session: str
    first_session: bool
    peak_at: Instant | None = None


def nurse_load(
    state: SessionState,
    others: tuple[NurseLoad, ...],
    now: datetime,
    base: KnowledgeBase,
    *,
    first_ever: bool | None = None,
) -> Finding:
    """Whether the nurse can take this session: number of patients, and predicted peaks too near each other.
    `first_ever` says whether it is the first session of this patient ever; None: as it was planned."""
    rule = "preflight.nurse_load"
    double = int(number(base, rule, "first_session_counts", now))
    load = sum(double if other.first_session else 1 for other in others)
    planned_first = state.plan is None or state.plan.first_session
    adds = double if (planned_first if first_ever is None else first_ever) else 1
    peak = _peak_at(state, now)
    apart = [
        abs((other.peak_at - peak).total_seconds()) / SECONDS_PER_MINUTE
        for other in others
        if other.peak_at is not None and peak is not None
    ]
    verdict = load_state(load, adds, min(apart, default=None), now, base)
    why = f"The nurse has {load} and would have {load + adds}" + (
        f"; the nearest peak is {min(apart):.0f} min away." if apart else "."
    )
    return finding(base, rule, verdict, why, inputs={"load": load, "adds": adds})


def load_state(
    load: int,
    adds: int,
    apart_min: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear"]:
    """Fires when the nurse's count passes the limit, or the nearest other peak lies within the time given."""
    if load + adds > number(base, "preflight.nurse_load", "patients_per_nurse", now):
        return "fires"
    near = number(base, "preflight.nurse_load", "peaks_apart_min", now)
    return "fires" if apart_min is not None and apart_min < near else "clear"


def _peak_at(state: SessionState, now: datetime) -> datetime | None:
    order = ordered.infusion(state)
    if order is None:
        return None
    return planned_end(state, now) or now + timedelta(minutes=order.duration_min)
