"""After a dose without a pump: when the next blood pressure and the next device are due, by the route of the dose."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.plan.library import figure_or_none
from norket.therapy.session import ordered
from norket.therapy.session.state import SessionState

Pair = tuple[datetime, float, float]


def rhythm(base: KnowledgeBase, route: str) -> Entry:
    """The entry that says how often the pressure is taken after a dose by this route."""
    return next(entry for entry in base.entries if _is_rhythm(entry) and route in entry.data["routes"])


def _is_rhythm(entry: Entry) -> bool:
    return entry.id.startswith("monitoring.dose_") and "routes" in entry.data


def pressure_due(
    route: str, dosed: Sequence[datetime], pairs: Sequence[Pair], now: datetime, base: KnowledgeBase
) -> datetime:
    """When the next pressure is due after the doses (oldest first) by `route`; `pairs` are the readings of before."""
    rule = rhythm(base, route)
    last_dose = dosed[-1]
    since = [pair for pair in pairs if pair[0] > dosed[0]]
    named = {value.name for value in rule.values}
    if "first_min" in named:
        return _sprayed(rule, last_dose, since, now, base)
    if "interval_min" in named:
        return max((dosed[0], *(at for at, _, _ in since))) + _minutes(base, rule.id, "interval_min", now)
    return _injected(rule, last_dose, since, now, base)


def _minutes(base: KnowledgeBase, entry: str, name: str, now: datetime) -> timedelta:
    return timedelta(minutes=number(base, entry, name, now))


def _injected(rule: Entry, dose: datetime, since: Sequence[Pair], now: datetime, base: KnowledgeBase) -> datetime:
    first, later = (_minutes(base, rule.id, name, now) for name in ("first_interval_min", "later_interval_min"))
    last = since[-1][0] if since else None
    if last is None or last <= dose:
        return dose + first
    close = last < dose + _minutes(base, rule.id, "first_window_min", now)
    return last + (first if close else later)


def _sprayed(rule: Entry, device: datetime, since: Sequence[Pair], now: datetime, base: KnowledgeBase) -> datetime:
    """At the peak, then closely until it falls, then as in recovery."""
    peak = device + _minutes(base, rule.id, "first_min", now)
    after = [pair for pair in since if pair[0] >= peak - _minutes(base, rule.id, "early_min", now)]
    if not after:
        return peak
    before = [pair for pair in since if pair[0] < after[0][0]]
    name, entry = (
        ("interval_min", "monitoring.recovery") if falls([*before[-1:], *after]) else ("later_interval_min", rule.id)
    )
    return after[-1][0] + _minutes(base, entry, name, now)


def falls(pairs: Sequence[Pair]) -> bool:
    """Whether the last pressure is lower than the one before: neither value higher, one of them lower."""
    if len(pairs) < 2:  # noqa: PLR2004 -- one reading falls against nothing
        return False
    (_, high, low), (_, sbp, dbp) = pairs[-2:]
    return sbp <= high and dbp <= low and (sbp, dbp) != (high, low)


def next_device_at(state: SessionState, now: datetime, base: KnowledgeBase) -> datetime | None:
    """When the next device of a spray may be given; None when none is left or nothing was begun."""
    order = ordered.dose(state)
    if order is None or order.devices is None or state.phase != "observing":
        return None
    mine = [timed.at for timed in state.other_doses if timed.dose.order_id == order.id]
    apart_min = figure_or_none(base, order.dose_row, "device_apart_min", now.date())
    if not mine or apart_min is None or len(mine) >= order.devices:
        return None
    return max(mine) + timedelta(minutes=apart_min)
