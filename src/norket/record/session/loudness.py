"""The alert load of a clinic in a month: each session, each rule, and all of it together. Nothing here writes."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.therapy.session.alert_load import Limits, Load, by_rule, episodes, limits_set, load, watched_hours


class SessionLoad(NamedTuple):
    """One session of the month with its load."""

    session: UUID
    planned_for: datetime
    chair: str
    load: Load


class Month(NamedTuple):
    """A month of a clinic. `unread` are sessions that could not be read: they are not in the sums."""

    begins: date
    whole: Load
    sessions: tuple[SessionLoad, ...]
    rules: tuple[Load, ...]
    limits: Limits
    unread: int


def month(clinic_id: UUID, begins: date, zone: str, now: datetime) -> Month:
    """The sessions planned for the month that begins on this day, in the clinic's own time zone."""
    start = datetime(begins.year, begins.month, 1, tzinfo=ZoneInfo(zone))
    end = (start + timedelta(days=32)).replace(day=1)
    rows = list(
        SessionRecord.objects.filter(patient__clinic_id=clinic_id, planned_for__gte=start, planned_for__lt=end)
        .select_related("chair")
        .order_by("planned_for")
    )
    (states, faults), base = queries.readable(rows), queries.base()
    read = [row for row in rows if row.pk in states]
    found = {row.pk: episodes(states[row.pk], now, base) for row in read}
    hours = {row.pk: watched_hours(states[row.pk], now) for row in read}
    every, total_h = [one for row in read for one in found[row.pk]], sum(hours.values())
    limits = [limits_set(states[row.pk]) for row in read]
    return Month(
        begins=begins.replace(day=1),
        whole=load("", every, total_h, now, base),
        sessions=tuple(
            SessionLoad(
                row.pk,
                row.planned_for,
                row.chair.name if row.chair else "",
                load(str(row.pk), found[row.pk], hours[row.pk], now, base),
            )
            for row in read
            if hours[row.pk]
        ),
        rules=by_rule(every, total_h, now, base),
        limits=Limits(set=sum(one.set for one in limits), looser=sum(one.looser for one in limits)),
        unread=len(faults),
    )
