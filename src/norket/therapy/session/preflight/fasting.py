"""How long ago the last food and drink lie, and whether that is long enough for this drug by this route."""

from datetime import datetime, timedelta
from typing import Literal

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.session.preflight.answers import answered
from norket.therapy.session.state import SessionState

RULE = "preflight.fasting"


def limits_h(
    route: str, drug: str, now: datetime, base: KnowledgeBase, *, full_meal: bool = False
) -> tuple[float, float]:
    """The least hours without food and without clear fluid. A route that the knowledge base does not name raises
    `KnowledgeError`."""
    routes: dict[str, dict[str, str]] = base.entry(RULE).data["by_route"]
    names = routes.get(f"{drug} {route}", routes.get(route))
    if names is None:
        raise KnowledgeError(f"{RULE} has no hours for {route}")
    food = names["full_meal" if full_meal else "food"]
    return number(base, RULE, food, now), number(base, RULE, names["fluid"], now)


def fasting_state(
    hours_since_food: float | None,
    hours_since_fluid: float | None,
    now: datetime,
    base: KnowledgeBase,
    *,
    route: str = "iv",
    drug: str = "ketamine",
    full_meal: bool = False,
) -> Literal["fires", "clear", "unknown"]:
    """Whether the last food and drink (hours ago) lie long enough back. One that is too near fires by itself; else
    one that is not known leaves it unknown."""
    food_h, fluid_h = limits_h(route, drug, now, base, full_meal=full_meal)
    enough = (
        None if hours_since_food is None else hours_since_food >= food_h,
        None if hours_since_fluid is None else hours_since_fluid >= fluid_h,
    )
    return "fires" if False in enough else "unknown" if None in enough else "clear"


def fasting(state: SessionState, now: datetime, base: KnowledgeBase) -> Finding:
    """Computed from the times of the last intake; that somebody fasted, without a time, is not known to be enough."""
    given = state.preflight.get("fasting")
    if given is None or given.answer != "yes" or (given.last_food_at is None and given.last_fluid_at is None):
        found = answered(state, base, RULE, "fasting")
        why = "Fasting: the times of the last food and drink are not recorded."
        return found if found.state == "fires" else finding(base, RULE, "unknown", why)
    route, drug = (state.order.route, state.order.drug) if state.order else ("iv", "ketamine")
    food_h, fluid_h = (_ago(at, now) for at in (given.last_food_at, given.last_fluid_at))
    verdict = fasting_state(food_h, fluid_h, now, base, route=route, drug=drug, full_meal=given.full_meal)
    least = limits_h(route, drug, now, base, full_meal=given.full_meal)
    why = f"Fasting: food {_hours(food_h)}, drink {_hours(fluid_h)}; {least[0]:g} h and {least[1]:g} h are asked for."
    ready = max((at + timedelta(hours=least_h) for at, least_h in _timed(given, least)), default=now)
    how = f"wait until {ready:%H:%M} UTC" if verdict == "fires" and ready > now else ""
    return finding(base, RULE, verdict, why, resolves_by=how, inputs={"food_h": food_h, "fluid_h": fluid_h})


def _timed(given: object, least: tuple[float, float]) -> list[tuple[datetime, float]]:
    times = (getattr(given, "last_food_at", None), getattr(given, "last_fluid_at", None))
    return [(at, least_h) for at, least_h in zip(times, least, strict=True) if at is not None]


def _ago(at: datetime | None, now: datetime) -> float | None:
    return (now - at) / timedelta(hours=1) if at else None


def _hours(hours: float | None) -> str:
    return "not known" if hours is None else f"{hours:.1f} h ago"
