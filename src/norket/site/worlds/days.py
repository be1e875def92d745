"""A made-up clinic gets ready for a day: lists gone through, people on site with their credentials, hours."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from norket.knowledge import read
from norket.record.access import policy
from norket.record.people.models import Clinic, Person
from norket.record.readiness import actions
from norket.site.worlds.makers import Walk, must
from norket.therapy.readiness.events import CredentialSeen, Event, HoursSet, KitChecked, Line, OnSite
from norket.therapy.readiness.kit import chair_items, clinic_items, medicines, optional
from norket.therapy.readiness.staff import IN_THE_ROOM, PRESCRIBING

BEFORE = timedelta(minutes=30)
HELD = ("advanced_life_support", "basic_life_support", "airway")
VALID = timedelta(days=300)


def opened(walk: Walk, start: datetime) -> None:
    """The clinic of a session is ready on its day, and on the day on which its pre-flight begins."""
    clinic, zone = walk.patient.clinic, ZoneInfo(walk.patient.clinic.timezone)
    for at in (start - BEFORE, start):
        events = list(_lacking(walk, clinic, at.astimezone(zone).date()))
        for number, event in enumerate(events):
            command_id = f"ready:{walk.id}:{at.isoformat()}:{number}"
            must(actions.record(clinic.pk, event, by=_writer(walk, clinic, event), now=at, command_id=command_id))


def begins(walk: Walk, start: datetime) -> datetime:
    """The midnight before `start` at the clinic."""
    local = start.astimezone(ZoneInfo(walk.patient.clinic.timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _writer(walk: Walk, clinic: Clinic, event: Event) -> str:
    """The nurse; of a credential somebody who may, and never its own person."""
    if not isinstance(event, CredentialSeen):
        return str(walk.nurse.pk)
    others = clinic.people.exclude(pk=event.person).order_by("username")
    return next(str(one.pk) for one in others if policy.read().may_be("credential_keeper", one.roles))


def _lacking(walk: Walk, clinic: Clinic, day: date) -> Iterator[Event]:
    """What was not recorded yet of this day, this chair and these people."""
    base, people = read(), [one for one in clinic.people.all() if set(one.roles) & IN_THE_ROOM]
    good = day + VALID
    if _new(walk, clinic.pk, "hours"):
        yield HoursSet(closes=None)
    for one in people:
        if _new(walk, one.pk, "credentials"):
            yield from _credentials(one, good)
    if _new(walk, clinic.pk, day, *sorted(str(one.pk) for one in people)):
        yield OnSite(people=tuple(str(one.pk) for one in people))
    if _new(walk, clinic.pk, day, "clinic"):
        yield KitChecked(lines=tuple(_line(item, good) for item in (*clinic_items(base), *optional(base))))
    chair = walk.chair.name if walk.chair else ""
    if chair and _new(walk, clinic.pk, day, "chair", chair):
        yield KitChecked(chair=chair, lines=tuple(Line(item=item, ready=True) for item in chair_items(base)))


def _new(walk: Walk, *what: object) -> bool:
    """Whether this comes up for the first time in this world."""
    known = walk.maker.ready_days
    if what in known:
        return False
    known.add(what)
    return True


def _line(item: str, good: date) -> Line:
    dated = item in medicines(read())
    return Line(item=item, ready=True, lot="R-77" if dated else "", good_until=good if dated else None)


def _credentials(person: Person, good: date) -> list[Event]:
    held = [*HELD, *(["prescriber_authority"] if set(person.roles) & PRESCRIBING else [])]
    return [CredentialSeen(person=str(person.pk), credential=name, valid_until=good) for name in held]
