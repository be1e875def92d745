"""Somebody becomes a patient of the clinic: never twice without a person having looked, and with what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from norket.record.care import actions
from norket.record.people import actions as people
from norket.record.people.models import Clinic, Patient
from norket.record.writer import writing
from norket.therapy.care.events import Event, LineRecorded
from norket.therapy.chart import OWN, Item
from norket.therapy.finding import Refused
from norket.therapy.referral.alike import alike


@dataclass(frozen=True)
class Measured:
    """A figure with its day and who says so."""

    value: float
    on: date
    source: str


@dataclass(frozen=True)
class NewPatient:
    """Who is to become a patient. What was not measured is not known."""

    mrn: str
    given_name: str
    family_name: str
    birth_date: date
    sex: str
    contact: str = ""
    weight_kg: Measured | None = None
    height_cm: Measured | None = None


def alike_patients(clinic: Clinic, given_name: str, family_name: str, birth_date: date) -> list[Patient]:
    """The clinic's patients who may be this person."""
    rows = clinic.patients.values_list("pk", "given_name", "family_name", "birth_date")
    wanted = (given_name, family_name, birth_date)
    found = [pk for pk, given, family, born in rows if alike(wanted, (given, family, born))]
    return list(clinic.patients.filter(pk__in=found).order_by("family_name", "given_name"))


def admit(
    clinic: Clinic,
    new: NewPatient,
    *,
    another: bool,
    brought: Sequence[Event] = (),
    by: str,
    now: datetime,
    command_id: str,
) -> Patient | Refused:
    """Registers a patient, with what was measured and what came along in their ledger. `another` says that a person has
    seen who is alike and that this is somebody else; without it, whoever is alike stops it."""
    with writing():
        # The clinic's row orders those who register at the same time.
        clinic = Clinic.objects.select_for_update().get(pk=clinic.pk)
        known = [] if another else alike_patients(clinic, new.given_name, new.family_name, new.birth_date)
        refused = _maybe_known(known) or _measured_later(new, clinic.day(now))
        if refused is not None:
            return refused
        patient = people.add_patient(
            clinic,
            new.mrn,
            new.given_name,
            new.family_name,
            new.birth_date,
            new.sex,
            height_cm=new.height_cm.value if new.height_cm else None,
            weight_kg=new.weight_kg.value if new.weight_kg else None,
            weight_measured_on=new.weight_kg.on if new.weight_kg else None,
            contact=new.contact,
            by=by,
            now=now,
        )
        if isinstance(patient, Refused):
            return patient
        events = [*brought, *_measurements(new)]
        if events:
            done = actions.record(patient.pk, events, by=by, now=now, command_id=command_id)
            if isinstance(done, Refused):
                raise RuntimeError(f"the first entries of a new patient were refused: {done.why}")
        return patient


def _maybe_known(known: list[Patient]) -> Refused | None:
    if not known:
        return None
    numbers = ", ".join(one.mrn for one in known)
    why = f"Somebody with this name or birth date is a patient here already ({numbers}). Decide whether it is the same."
    return Refused(code="maybe_known", why=why)


def _measured_later(new: NewPatient, today: date) -> Refused | None:
    measured = [one for one in (new.weight_kg, new.height_cm) if one is not None]
    if any(one.on > today for one in measured):
        return Refused(code="measured_later", why="Nothing is measured in days to come. Correct the date.")
    return None


def _measurements(new: NewPatient) -> list[Event]:
    made: list[tuple[str, str, str, Measured | None]] = [
        ("observations.weight", "Weight", "kg", new.weight_kg),
        ("observations.height", "Height", "cm", new.height_cm),
    ]
    return [_line(code, text, unit, one) for code, text, unit, one in made if one is not None]


def _line(code: str, text: str, unit: str, one: Measured) -> Event:
    item: dict[str, Any] = {"system": OWN, "code": code, "text": text, "status": "yes", "value": one.value}
    return LineRecorded(place="observations", item=Item(**item, unit=unit, at=one.on, source=one.source))
