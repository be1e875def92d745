"""Which interactions with ketamine the medicines of a chart have."""

from datetime import date, datetime

from norket.knowledge.reader import read
from norket.record.care import queries
from norket.record.people.models import Patient
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.reading import reading


def interactions_of(patient: Patient, on: date, told_by: datetime | None = None) -> tuple[str, ...]:
    """The interactions that the classes of the chart's medicines name. A medicine that is perhaps taken counts; one
    that is not taken does not. `told_by` is the instant by which the chart was told (None: all that is known)."""
    base, known = read(), None if told_by is None else queries.care_at(patient.pk, told_by)
    told = reading(queries.chart(patient, known), on, Context(), compiled(base))
    taken = [name for name, items in told.medicines.items() if any(item.status != "no" for item in items)]
    named = [base.entry(name).data.get("interaction") for name in taken]
    return tuple(dict.fromkeys(name for name in named if name))
