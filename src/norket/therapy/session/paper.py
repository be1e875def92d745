"""The times of the sheet that goes on when nothing else does: the rhythm of the readings, from the start on."""

from collections.abc import Iterator
from datetime import datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number


def running_minutes(duration_min: float, base: KnowledgeBase, now: datetime) -> Iterator[float]:
    """Minutes after the start at which pressure and sedation are due while the drug runs, the start itself first."""
    rule = "monitoring.blood_pressure"
    first, window = number(base, rule, "first_interval_min", now), number(base, rule, "first_window_min", now)
    later, at = number(base, rule, "later_interval_min", now), 0.0
    while at < duration_min:
        yield at
        at += first if at < window else later
    yield duration_min


def recovery_minutes(base: KnowledgeBase, now: datetime) -> Iterator[float]:
    """Minutes after the end of the drug at which the patient is looked at, up to the least time of observation."""
    interval = number(base, "monitoring.recovery", "interval_min", now)
    least, at = number(base, "recovery.minimum_observation", "minimum_min", now), interval
    while at <= least:
        yield at
        at += interval
