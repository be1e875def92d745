"""Who of the clinic's patients could be taken for another of the same day: on the board, or planned for that day."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from norket.record.people.models import Patient
from norket.record.session.models import SessionRecord
from norket.therapy.names import Named, Same, namesakes
from norket.therapy.session.state import OVER

FIELDS = ("pk", "patient_id", "patient__given_name", "patient__family_name", "planned_for", "phase")


def of_rows(rows: Iterable[SessionRecord], now: datetime) -> Mapping[str, Same]:
    """By session; each row brings its patient and clinic."""
    return namesakes(
        Named(
            str(row.pk),
            str(row.patient_id),
            row.patient.given_name,
            row.patient.family_name,
            _day(row.planned_for, row.phase, now, row.patient.clinic.timezone),
        )
        for row in rows
    )


def of_patient(patient_id: UUID, now: datetime) -> Same | None:
    """Whether somebody who is here today, or on the days for which this patient is planned, has the same name."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    rows = _open(patient)
    zone = patient.clinic.timezone
    mine = {_day(row["planned_for"], row["phase"], now, zone) for row in rows if row["patient_id"] == patient.pk}
    days = {*mine, now.astimezone(ZoneInfo(zone)).date()}
    people = [_named(row, now, zone) for row in rows if row["patient_id"] != patient.pk]
    people += [_self(patient, day) for day in days]
    found = namesakes(people)
    shared = {found.get(_self(patient, day).key) for day in days}
    return "name" if "name" in shared else "surname" if "surname" in shared else None


def _open(patient: Patient) -> list[dict[str, Any]]:
    """The sessions of the clinic that are not over."""
    clinics = SessionRecord.objects.filter(patient__clinic_id=patient.clinic_id)
    return list(clinics.exclude(phase__in=OVER).values(*FIELDS))


def _named(row: dict[str, Any], now: datetime, zone: str) -> Named:
    given, family = row["patient__given_name"], row["patient__family_name"]
    day = _day(row["planned_for"], row["phase"], now, zone)
    return Named(str(row["pk"]), str(row["patient_id"]), given, family, day)


def _self(patient: Patient, day: date) -> Named:
    return Named(f"{patient.pk} {day}", str(patient.pk), patient.given_name, patient.family_name, day)


def _day(planned_for: datetime, phase: str, now: datetime, zone: str) -> date:
    """The day on which somebody is in the house: of those who are here, and of those who are late, today."""
    place = ZoneInfo(zone)
    planned, today = planned_for.astimezone(place).date(), now.astimezone(place).date()
    return planned if phase == "planned" and planned > today else today
