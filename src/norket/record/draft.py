"""An order as it would be for one patient, with all that the record knows of them counted; nothing is stored."""

from datetime import date, datetime

from norket.knowledge.reader import read
from norket.record.care.queries import care, zone
from norket.record.exposure import exposure
from norket.record.people.models import Patient
from norket.therapy.plan.exposure import is_first
from norket.therapy.plan.library import Row, StartUnit, is_older, start_of
from norket.therapy.plan.limits import Draft, DraftError, Weighed, draft_order

WEIGHT = ("29463-7", "observations.weight")  # LOINC, and the class of the knowledge base
KILOGRAMS: dict[str | None, float] = {"kg": 1.0, "g": 0.001}


def draft(
    patient: Patient,
    *,
    row: str,
    dose_text: str,
    concentration_mg_ml: float | None,
    on: date,
    first_session: bool,
    weight_kg: float | None = None,
    weight_measured_on: date | None = None,
    switched_on: frozenset[str] = frozenset(),
    now: datetime | None = None,
    bolus_lockout_min: float | None = None,
) -> Draft:
    """An order as it would be for this patient, with every equivalent and finding; nothing is stored.

    `first_session` says whether this patient has had no ketamine here so far; with `now` a first dose by another route
    is a first one too, and the ketamine of before, here and elsewhere, is counted as of then. Without `weight_kg` the
    patient's last measured weight counts; every other weight on record is compared with the one that does.
    `bolus_lockout_min` is one longer than the row's. Raises `DoseTextError` for a text that does not read, and
    `DraftError` for a dose that cannot be ordered by this row at all, or without any weight.
    """
    weight = weight_kg if weight_kg is not None else patient.weight_kg
    measured_on = weight_measured_on if weight_kg is not None else patient.weight_measured_on
    if weight is None or measured_on is None:
        raise DraftError("no weight was measured yet; weigh the patient, then order")
    prior = None if now is None else exposure(patient, now)
    return draft_order(
        row=row,
        dose_text=dose_text,
        weight_kg=weight,
        weight_measured_on=measured_on,
        concentration_mg_ml=concentration_mg_ml,
        frail=patient.frail,
        age_y=patient.age_y(on),
        base=read(),
        on=on,
        first_session=first_session or (prior is not None and is_first(prior, *_by(row))),
        earlier_weights=weights(patient),
        height_cm=patient.height_cm,
        switched_on=switched_on,
        prior=prior,
        at=now and now.astimezone(zone(patient)),
        bolus_lockout_min=bolus_lockout_min,
    )


def start(patient: Patient, row: Row, on: date) -> tuple[float, StartUnit]:
    """The first dose of a row for this patient: the lower one for a frail or older person."""
    older = is_older(read(), row.id, on, frail=patient.frail, age_y=patient.age_y(on))
    return start_of(read(), row.id, on, older=older)


def _by(row: str) -> tuple[str, str]:
    """The drug and the route of a row; of one that is not known nothing, which `draft_order` refuses."""
    found = [one.data for one in read().of_kind("dose") if row in (one.id, one.data["row"])]
    return (found[0]["drug"], found[0]["route"]) if found else ("", "")


def weights(patient: Patient) -> tuple[Weighed, ...]:
    """The weights on record: the patient's own, and those of the chart, newest first."""
    found = [] if patient.weight_kg is None else [(patient.weight_kg, patient.weight_measured_on)]
    found += [
        (line.item.value * KILOGRAMS[line.item.unit], line.item.in_zone(zone(patient)).day)
        for line in care(patient.pk).lines
        if line.item.code in WEIGHT and line.item.value and line.item.unit in KILOGRAMS
    ]
    dated = [Weighed(weight_kg, day) for weight_kg, day in found if day is not None]
    return tuple(sorted(dated, key=lambda one: one.on, reverse=True))
