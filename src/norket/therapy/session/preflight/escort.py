"""Who takes the patient home: an adult by name and phone, who can wait until the patient may leave."""

import math
from datetime import datetime, timedelta
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Action, Finding
from norket.therapy.session import ordered
from norket.therapy.session.preflight.today import Today
from norket.therapy.session.state import SessionState

SECONDS_PER_MINUTE = 60.0
COMING = frozenset({"expected", "present"})


def escort_state(status: str | None, name: str, phone: str) -> Literal["fires", "clear", "unknown"]:
    """An escort who comes is named and can be called; one who is said not to come fires."""
    if status is not None and status not in COMING:
        return "fires"
    return "clear" if status is not None and name.strip() and phone.strip() else "unknown"


def escort(state: SessionState, base: KnowledgeBase) -> Finding:
    """Named with a phone number; where the drug's own label asks for one, none blocks."""
    rule, given, told = "preflight.escort", state.preflight.get("escort_booked"), state.escort
    drug = state.order.drug if state.order else "ketamine"
    action: Action = "BLOCK" if drug in base.entry(rule).data["blocks_for"] else "HOLD"
    if given is not None and given.answer == "no" and (told is None or (state.escort_at or given.at) < given.at):
        return finding(base, rule, "fires", "Escort: nobody takes the patient home.", action=action)
    verdict = escort_state(told.status if told else None, told.name if told else "", told.phone if told else "")
    why = {
        "clear": f"Escort: {told.name}, {told.phone}." if told else "",
        "fires": "Escort: nobody takes the patient home.",
        "unknown": "Escort: name and phone are not recorded.",
    }[verdict]
    return finding(base, rule, verdict, why, action=action)


def home_at(state: SessionState, now: datetime, base: KnowledgeBase) -> datetime | None:
    """The earliest time home of a start at `now`: the whole infusion (a dose at once takes no time), then the least
    observation. None without an order."""
    if state.order is None:
        return None
    observed = number(base, "recovery.minimum_observation", "minimum_min", now)
    infusion = ordered.infusion(state)
    return now + timedelta(minutes=(infusion.duration_min if infusion else 0.0) + observed)


def time_home_state(
    earliest_home_min: float | None, closes_in_min: float | None, escort_limit_min: float | None
) -> Literal["fires", "clear", "unknown"]:
    """Whether the earliest time home is before the clinic closes and before the escort must go (None: they can wait).
    When the clinic closes has to be known."""
    if earliest_home_min is None:
        return "unknown"
    if any(limit is not None and earliest_home_min > limit for limit in (closes_in_min, escort_limit_min)):
        return "fires"
    return "unknown" if closes_in_min is None else "clear"


def time_home(state: SessionState, now: datetime, base: KnowledgeBase, today: Today) -> Finding:
    """The earliest time home against closing time and the escort's own limit."""
    rule, home = "preflight.time_home", home_at(state, now, base)
    leaves = state.escort.must_go_at if state.escort else None
    home_min, closes_min, escort_min = (_minutes(at, now) for at in (home, today.closes_at, leaves))
    closes_min = math.inf if today.never_closes else closes_min
    verdict = time_home_state(home_min, closes_min, escort_min)
    parts = [
        "not known without an order" if home is None else f"{home:%H:%M} UTC at the earliest",
        _closing(today),
        *([] if leaves is None else [f"the escort must go at {leaves:%H:%M} UTC"]),
    ]
    inputs = {"earliest_home_min": home_min, "escort_limit_min": escort_min}
    how = "record today's closing time" if verdict == "unknown" and home is not None else ""
    return finding(base, rule, verdict, f"Time home: {'; '.join(parts)}.", inputs=inputs, resolves_by=how)


def _closing(today: Today) -> str:
    if today.never_closes:
        return "the clinic does not close"
    return "closing time not known" if today.closes_at is None else f"the clinic closes at {today.closes_at:%H:%M} UTC"


def _minutes(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else (at - now).total_seconds() / SECONDS_PER_MINUTE
