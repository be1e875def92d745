"""What a clinic's ledger says today. Kept by its number of events, so that a live page does not fold it each second."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Max

from norket.knowledge.reader import read
from norket.record.people.models import Clinic, Person
from norket.record.readiness.models import ClinicEvent
from norket.therapy.finding import Finding
from norket.therapy.readiness.events import EVENT, Recorded
from norket.therapy.readiness.fold import Readiness, fold
from norket.therapy.readiness.kit import kit
from norket.therapy.readiness.staff import Held, staff

KEPT = 64
_kept: OrderedDict[tuple[UUID, int], Readiness] = OrderedDict()


def forget() -> None:
    """Reads every ledger anew: for tests, which undo what ledgers say."""
    _kept.clear()


def recorded(row: ClinicEvent) -> Recorded:
    """The event that a row holds."""
    return Recorded(n=row.n, at=row.recorded_at, by=row.by, event=EVENT.validate_json(row.data))


def newest(clinic_id: UUID) -> int:
    """The number of the last event; 0 where there is none."""
    return int(ClinicEvent.objects.filter(clinic_id=clinic_id).aggregate(n=Max("n"))["n"] or 0)


def readiness(clinic_id: UUID) -> Readiness:
    """What the ledger says now. Ids are random, so that one clinic is never taken for another."""
    key = (clinic_id, newest(clinic_id))
    found = _kept.get(key)
    if found is None:
        rows = ClinicEvent.objects.filter(clinic_id=clinic_id).order_by("n")
        found = fold(recorded(row) for row in rows)
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def today(clinic: Clinic, now: datetime) -> date:
    """The day that it is in the clinic."""
    return clinic.day(now)


def on_site(clinic: Clinic, now: datetime) -> tuple[Held, ...] | None:
    """The people on site today with what was seen of their credentials; None where nobody has said."""
    known = readiness(clinic.pk)
    ids = known.people(today(clinic, now), clinic.timezone)
    if ids is None:
        return None
    people = Person.objects.filter(clinic=clinic, pk__in=ids, is_active=True)
    return tuple(held(person, known) for person in people)


def held(person: Person, known: Readiness) -> Held:
    """A person with the last day of each credential that was seen."""
    seen = known.credentials.get(str(person.pk), {})
    until = {name: day for name in seen if (day := known.valid_until(str(person.pk), name)) is not None}
    return Held(id=str(person.pk), name=person.name, roles=frozenset(person.roles), valid_until=until)


class Opened(NamedTuple):
    """A clinic on one day: what its ledger says, and who is on site; read once for all of its chairs."""

    known: Readiness
    people: tuple[Held, ...] | None
    on: date
    timezone: str


def opened(clinic: Clinic, now: datetime) -> Opened:
    """The clinic as it is at `now`."""
    return Opened(readiness(clinic.pk), on_site(clinic, now), today(clinic, now), clinic.timezone)


def findings(day: Opened, chair: str, nurse: str | None, rules: Iterable[str]) -> tuple[Finding, Finding]:
    """Stock and equipment for a chair (its name), and the people for a session with this nurse. `rules` are those of
    screening that object, which add to the list."""
    base = read()
    return kit(day.known, chair, rules, day.on, day.timezone, base), staff(day.people, nurse, day.on, base)
