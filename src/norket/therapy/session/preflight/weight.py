"""Whether the weight may dose: measured today, and near the ordered one."""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.session.state import SessionState

PERCENT = 100.0
DECIMALS = 9


def weight_state(
    source: str | None,
    age_d: int | None,
    change_percent: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown", "confirm"]:
    """Whether a weight may dose: measured, on the day, and near the ordered one (change in percent of that)."""
    if source is None or age_d is None or change_percent is None:
        return "unknown"
    if source != "measured" or age_d > number(base, "preflight.weight", "max_age_d", now):
        return "fires"
    change = abs(change_percent)
    if change >= number(base, "preflight.weight", "block_change_percent", now):
        return "fires"
    return "confirm" if change >= number(base, "preflight.weight", "confirm_change_percent", now) else "clear"


def weights_agree(first_kg: float, second_kg: float, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a second measurement confirms the first, taken from the first."""
    most_percent = number(base, "preflight.weight.confirmed", "agreement_percent", now)
    return round(abs(second_kg - first_kg) / first_kg * PERCENT, DECIMALS) <= most_percent


def _confirmed(state: SessionState, now: datetime, base: KnowledgeBase) -> bool:
    last = state.weights_kg[-2:]
    return len(last) == 2 and weights_agree(last[0], last[1], now, base)  # noqa: PLR2004 -- a pair


def _days_since(at: datetime, now: datetime, base: KnowledgeBase, zone: str) -> int:
    """Days between two instants by the clinic's calendar; what is no older than a baseline may be is of today, so that
    a visit over midnight is not torn apart."""
    if timedelta() <= now - at <= timedelta(minutes=number(base, "preflight.baseline", "max_age_min", now)):
        return 0
    today, then = (instant.astimezone(ZoneInfo(zone)).date() for instant in (now, at))
    return (today - then).days


def weight(state: SessionState, now: datetime, base: KnowledgeBase, zone: str) -> Finding:
    baseline, rule = state.baseline, "preflight.weight"
    if baseline is None or baseline.weight_kg is None or state.weight_at is None:
        return finding(base, rule, "unknown", "Weight was not measured today.")
    ordered = state.order.weight_kg if state.order else baseline.weight_kg
    change = (baseline.weight_kg - ordered) / ordered * PERCENT
    age_d = _days_since(state.weight_at, now, base, zone)
    verdict = weight_state(baseline.weight_source, age_d, change, now, base)
    why = f"{baseline.weight_kg:g} kg, {baseline.weight_source}, {change:+.1f} % from the ordered {ordered:g} kg."
    if verdict == "confirm" and not _confirmed(state, now, base):
        return finding(base, rule, "fires", f"{why} Weigh again to confirm.", resolves_by="a second measurement")
    if verdict == "confirm":
        return finding(
            base,
            rule,
            "fires",
            f"{why} Two measurements agree, so the order is for another weight.",
            resolves_by="the prescriber signs a new order for this weight",
        )
    return finding(base, rule, verdict, why, inputs={"weight_kg": baseline.weight_kg, "change_percent": change})
