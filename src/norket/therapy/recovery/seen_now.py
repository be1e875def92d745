"""What stands against the door at this very instant: the alerts as the watch would leave them now, and a last value
past a limit of theirs. An alert may wait for a second reading or a minute; who leaves does not come back for it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from norket.knowledge import KnowledgeBase
from norket.therapy.session import limits
from norket.therapy.session.criteria import criteria, limit, met, needs_met, rank
from norket.therapy.session.current import current
from norket.therapy.session.points import Points
from norket.therapy.session.samples import UNITS, Samples, short
from norket.therapy.session.shapes import Tier
from norket.therapy.session.state import SessionState
from norket.therapy.session.watch import REPORTS, known_values

CANNULA = "cannula_in"


class Held(NamedTuple):
    """One thing that holds the door: the id of an alert, or of the rule whose limit the last value passes."""

    tier: Tier
    id: str
    why: str


def held(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> tuple[Held, ...]:
    """Every clinical alert that is open now, and of each channel the highest limit that its last value passes and of
    which no open alert speaks."""
    seen = current(state, samples, now, base)
    open_ = [alert for alert in seen.alerts if alert.cleared_at is None and not alert.technical]
    told = {alert.rule for alert in open_}
    passed: dict[str, Held] = {}
    for channel, one in _passed(seen, samples, now, base):
        if channel not in passed or rank(one.tier) > rank(passed[channel].tier):
            passed[channel] = one
    alerts = [Held(alert.tier, alert.alert_id, alert.why) for alert in open_]
    return (*alerts, *(one for one in passed.values() if one.id not in told))


def _passed(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[tuple[str, Held]]:
    points, own = Points(state, samples, now, base), limits.own(state, now)
    known = known_values(state, points)
    for rule in criteria(base):
        channel = rule.data["channel"]
        last = () if channel in (*REPORTS, CANNULA) else points.of(channel)
        if last and met(last[-1].value, rule, base, now, own) and needs_met(rule, known, base, now) is not False:
            unit = f" {UNITS[channel]}" if UNITS.get(channel) else ""
            figure = limit(rule, base, now, own)
            why = f"{short(channel)} {last[-1].value:g}{unit}, limit {figure:g}{unit}"
            yield channel, Held(rule.data["tier"], rule.id, why)
