"""How long ago the last food and drink lie, and whether that is long enough."""

from datetime import datetime, timedelta
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.session.preflight.answers import answered
from norket.therapy.session.state import SessionState


def fasting_state(
    hours_since_food: float | None,
    hours_since_fluid: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown"]:
    """Whether the last food and drink (hours ago) lie long enough back. One that is too near fires by itself; else
    one that is not known leaves it unknown."""
    food_h, fluid_h = (number(base, "preflight.fasting", name, now) for name in ("food_h", "clear_fluid_h"))
    enough = (
        None if hours_since_food is None else hours_since_food >= food_h,
        None if hours_since_fluid is None else hours_since_fluid >= fluid_h,
    )
    return "fires" if False in enough else "unknown" if None in enough else "clear"


def fasting(state: SessionState, now: datetime, base: KnowledgeBase) -> Finding:
    """Computed where a time was recorded; else as answered."""
    given, rule = state.preflight.get("fasting"), "preflight.fasting"
    if given is None or (given.last_food_at is None and given.last_fluid_at is None):
        return answered(state, base, rule, "fasting")
    food_h, fluid_h = (
        (now - at) / timedelta(hours=1) if at else None for at in (given.last_food_at, given.last_fluid_at)
    )
    verdict = fasting_state(food_h, fluid_h, now, base)
    return finding(base, rule, verdict, f"Fasting: food {_hours(food_h)}, drink {_hours(fluid_h)}.")


def _hours(hours: float | None) -> str:
    return "not known" if hours is None else f"{hours:.1f} h ago"
