"""From when somebody may drive again: after a night of sleep, and never before the longest of the rules is over.

The label says "until the next day after a restful sleep". A patient who leaves after midnight has not slept that night,
so the day counts from the day of leaving and not from the day of the dose.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.instant import utc

RULE = "recovery.driving"


def not_before(
    left_at: datetime, last_drug_at: datetime | None, zone: str, now: datetime, base: KnowledgeBase
) -> datetime:
    """The first instant (UTC) at which a night of sleep can be over and every rule in hours since the last drug is."""
    here = ZoneInfo(zone)
    next_day = datetime.combine(left_at.astimezone(here).date() + timedelta(days=1), time.min, tzinfo=here)
    hours = [number(base, RULE, name, now) for name in ("other_protocol_h", "one_clinic_h")]
    since = last_drug_at or left_at
    return max(utc(next_day), *(utc(since) + timedelta(hours=h) for h in hours))


def may_drive(nights_slept: int, hours_since: float, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a night has been slept and the longest rule in hours is over."""
    longest_h = max(number(base, RULE, name, now) for name in ("other_protocol_h", "one_clinic_h"))
    return nights_slept > 0 and hours_since >= longest_h
