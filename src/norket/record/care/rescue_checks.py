"""What a patient's chart says of each check before a rescue medicine."""

from datetime import date

from norket.knowledge import criteria as c
from norket.knowledge.reader import read
from norket.record.care import queries
from norket.record.people.models import Patient
from norket.therapy.plan.rescue_signing import offered_checks
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.leaves import Leaf
from norket.therapy.screening.reading import reading
from norket.therapy.session.shapes import Answer

ANSWERS: dict[bool | None, Answer] = {True: "yes", False: "no", None: "unknown"}
MEDICINE = "medicine_classes."


def in_chart(patient: Patient, on: date) -> dict[str, Answer]:
    """Of each check that names a class of the chart: it is so, it is not so, or nothing certain."""
    base = read()
    told = reading(queries.chart(patient), on, Context(), compiled(base))
    found: dict[str, Answer] = {}
    for check in offered_checks(base):
        entry = base.entry(check)
        named = entry.data.get("class")
        if named is None:
            continue
        leaf, body = Leaf(entry, told), {"class": named}
        if named.startswith(MEDICINE):
            verdict = leaf.medicine(c.Medicine.model_validate(body))
        else:
            verdict = leaf.condition(c.Condition.model_validate(body | {"ever": True}))
        found[check] = ANSWERS[verdict.holds]
    return found
