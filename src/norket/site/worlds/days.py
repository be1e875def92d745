"""A made-up clinic gets ready for a day: lists gone through, people on site with their credentials, hours."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from norket.knowledge import read
from norket.record.people.models import Chair, Clinic, Person
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
        day = at.astimezone(zone).date()
        if (clinic.pk, day) not in walk.maker.ready_days:
            walk.maker.ready_days.add((clinic.pk, day))
            _ready(clinic, walk.nurse, day, at)


def _ready(clinic: Clinic, by: Person, day: date, at: datetime) -> None:
    base, people = read(), [one for one in clinic.people.all() if set(one.roles) & IN_THE_ROOM]
    good = day + VALID
    events: list[Event] = [
        KitChecked(
            lines=tuple(
                Line(item=item, ready=True, lot="R-77", good_until=good)
                if item in medicines(base)
                else Line(item=item, ready=True)
                for item in (*clinic_items(base), *optional(base))
            )
        ),
        OnSite(people=tuple(str(one.pk) for one in people)),
    ]
    for chair in Chair.objects.filter(clinic=clinic):
        lines = tuple(Line(item=item, ready=True) for item in chair_items(base))
        events.append(KitChecked(chair=chair.name, lines=lines))
    if not clinic.events.exists():
        events += [HoursSet(closes=None), *_credentials(people, good)]
    for number, event in enumerate(events):
        command_id = f"ready:{day}:{number}"
        must(actions.record(clinic.pk, event, by=str(by.pk), now=at, command_id=command_id))


def _credentials(people: list[Person], good: date) -> list[Event]:
    held = [(one, name) for one in people for name in HELD]
    held += [(one, "prescriber_authority") for one in people if set(one.roles) & PRESCRIBING]
    return [CredentialSeen(person=str(one.pk), credential=name, valid_until=good) for one, name in held]
