"""What is known of a patient, from the ledger of their care."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from norket.record.care.models import CareEvent
from norket.record.people.models import Patient
from norket.therapy.care.events import EVENT, Recorded
from norket.therapy.care.fold import Care, fold
from norket.therapy.chart import Chart


def recorded(row: CareEvent) -> Recorded:
    """The event that a row holds."""
    return Recorded(n=row.n, recorded_at=row.recorded_at, by=row.by, event=EVENT.validate_json(row.data))


def ledger(patient_id: UUID) -> list[Recorded]:
    """The whole ledger of a patient, in order."""
    return [recorded(row) for row in CareEvent.objects.filter(patient_id=patient_id).order_by("n")]


def care(patient_id: UUID) -> Care:
    """What it says now."""
    return fold(ledger(patient_id))


def care_at(patient_id: UUID, instant: datetime) -> Care:
    """What it said at `instant`: as far as it was recorded by then."""
    return fold(one for one in ledger(patient_id) if one.recorded_at <= instant)


def cares(patients: Iterable[UUID]) -> dict[UUID, Care]:
    """What the ledgers of several patients say now, with one query."""
    found: dict[UUID, list[Recorded]] = {patient_id: [] for patient_id in patients}
    for row in CareEvent.objects.filter(patient_id__in=list(found)).order_by("patient_id", "n"):
        found[row.patient_id].append(recorded(row))
    return {patient_id: fold(events) for patient_id, events in found.items()}


def zone(patient: Patient) -> ZoneInfo:
    """The clinic's own time, in which a day begins."""
    return ZoneInfo(patient.clinic.timezone)


def chart(patient: Patient, known: Care | None = None) -> Chart:
    """The patient's chart, the one input of screening, in the clinic's own time, so that an answer of this morning is
    one of today; `known` is their care where it was read already."""
    known = known or care(patient.pk)
    told = known.chart(patient.birth_date, "female" if patient.sex == "female" else "male")
    return told.in_zone(zone(patient))
