"""Medicines that are prescribed or said to be taken, with what is taken in a day where that can be computed."""

from collections.abc import Callable
from datetime import date, datetime

from norket.exchange.fhir.notes import Notes
from norket.exchange.fhir.shapes import (
    Concept,
    Json,
    UnreadError,
    concept,
    day_of,
    number,
    one_of,
    part,
    parts,
    truth,
    unit,
    word,
)
from norket.therapy.chart import MedicineItem, Status

Find = Callable[[Json, str], Json | None]
HELD: dict[str, Status] = {"active": "yes", "on-hold": "unknown", "unknown": "unknown"}
PAST = frozenset({"completed", "stopped"})
WISHES = frozenset({"proposal", "plan", "option"})
# How many of each period are in a day; longer periods give no daily dose.
PER_DAY = {"s": 86400.0, "min": 1440.0, "h": 24.0, "d": 1.0, "wk": 1 / 7}
TIMES_A_DAY = {"QD": 1.0, "BID": 2.0, "TID": 3.0, "QID": 4.0, "AM": 1.0, "PM": 1.0, "BED": 1.0, "QOD": 0.5}
MASSES = frozenset({"mg", "g", "ug", "kg", "ng", "mmol", "[IU]", "meq"})


def request(resource: Json, notes: Notes, find: Find) -> list[MedicineItem]:
    """A MedicationRequest: what stands is taken, what was stopped is no longer; wishes and drafts are no orders."""
    status, intent = word(resource, "status"), word(resource, "intent")
    if intent in WISHES:
        raise UnreadError(f"its intent is '{intent}', so it is no order")
    if truth(resource, "doNotPerform"):
        raise UnreadError("it asks that the medicine is not given")
    bounds = [part(part(one, "timing") or {}, "repeat") or {} for one in parts(resource, "dosageInstruction")]
    ends = [notes.moment(part(each, "boundsPeriod") or {}, "end") for each in bounds]
    ended = max((day for day in map(day_of, ends) if day), default=None)
    at = notes.moment(resource, "authoredOn")
    return _items(resource, notes, find, status, onset=day_of(at), ended=ended, at=at, dosage="dosageInstruction")


def statement(resource: Json, notes: Notes, find: Find) -> list[MedicineItem]:
    """A MedicationStatement: what the patient or somebody else says is taken."""
    status = word(resource, "status")
    at = notes.moment(resource, "dateAsserted")
    name = one_of(resource, "effective")
    if name == "effectivePeriod":
        period = part(resource, name) or {}
        begun, ended = notes.moment(period, "start"), notes.moment(period, "end")
    else:
        begun = ended = notes.moment(resource, name) if name else None
    return _items(
        resource, notes, find, status, onset=day_of(begun), ended=day_of(ended), at=at or begun, dosage="dosage"
    )


def _items(
    resource: Json,
    notes: Notes,
    find: Find,
    said: str,
    *,
    onset: date | None,
    ended: date | None,
    at: datetime | date | None,
    dosage: str,
) -> list[MedicineItem]:
    status, past = _held(said), said in PAST
    daily = None if past else daily_dose(parts(resource, dosage))
    return [
        MedicineItem(
            system=what.codes[0][0],
            code=what.codes[0][1],
            text=what.text,
            status=status,
            onset=onset,
            ended=ended if past else None,
            last_taken=ended if past else None,
            daily_dose=daily[0] if daily else None,
            daily_unit=daily[1] if daily else None,
            at=at,
            source=f"fhir {notes.name}",
        )
        for what in medication(resource, find)
    ]


def _held(said: str) -> Status:
    if said in HELD:
        return HELD[said]
    if said in PAST or said == "not-taken":
        return "no"
    if said == "entered-in-error":
        raise UnreadError("it was entered in error")
    raise UnreadError(f"its status is '{said}', so it is not taken")


def medication(resource: Json, find: Find) -> list[Concept]:
    """What the medicine is: one thing, so that its dose is counted once. Of a Medication that is pointed to, its one
    active ingredient under the product's name; the ingredients of a mixture follow as things of their own."""
    name = one_of(resource, "medication")
    if name == "medicationCodeableConcept":
        what = concept(resource, name)
        return [what] if what else []
    if name != "medicationReference":
        raise UnreadError("it does not name its medicine")
    reference = part(resource, name) or {}
    product = find(resource, word(reference, "reference"))
    if product is None:
        shown = word(reference, "display")
        if not shown:
            raise UnreadError("the medicine that it points to is not in the bundle")
        return [Concept((), (), shown)]
    active = [one for one in parts(product, "ingredient") if truth(one, "isActive") is not False]
    name_of_it = concept(product, "code")
    inside = [what for what in (concept(one, "itemCodeableConcept") for one in active) if what is not None]
    if len(inside) == 1 and inside[0].known:
        text = name_of_it.text if name_of_it and name_of_it.text else inside[0].text
        return [Concept(inside[0].known, (), text)]
    named = [what for what in (name_of_it, *inside) if what is not None]
    if not named:
        raise UnreadError("the medicine that it points to has no code")
    return list(dict.fromkeys(named))


def daily_dose(dosages: list[Json]) -> tuple[float, str] | None:
    """What is taken in a day at most, with its unit (such as mg/d); None where the record does not say it in a mass."""
    amounts = [_daily(one) for one in dosages]
    units = {amount[1] for amount in amounts if amount}
    steps = {number(one, "sequence") for one in dosages}
    if not amounts or None in amounts or len(units) != 1 or len(steps) > 1:
        return None
    return sum(amount[0] for amount in amounts if amount), f"{units.pop()}/d"


def _daily(dosage: Json) -> tuple[float, str] | None:
    dose, times = single_dose(dosage), _times_a_day(part(dosage, "timing") or {})
    return (dose[0] * times, dose[1]) if dose and times and dose[1] in MASSES else None


def single_dose(dosage: Json) -> tuple[float, str] | None:
    """The amount of one dose, the higher one of a range, with its unit; None where none or several are given."""
    given = parts(dosage, "doseAndRate")
    if len(given) != 1:
        return None
    spread = part(given[0], "doseRange")
    quantity = part(spread, "high") if spread else part(given[0], "doseQuantity")
    value, mine = (number(quantity, "value"), unit(quantity)) if quantity else (None, None)
    return (value, mine) if value is not None and mine else None


def _times_a_day(timing: Json) -> float | None:
    repeat = part(timing, "repeat")
    if repeat:
        times = number(repeat, "frequencyMax") or number(repeat, "frequency")
        period, each = number(repeat, "period"), PER_DAY.get(word(repeat, "periodUnit"))
        if times and period and period > 0 and each:
            return times / period * each
    code = part(timing, "code")
    named = [TIMES_A_DAY.get(word(coding, "code").upper()) for coding in parts(code, "coding")] if code else []
    return named[0] if len(named) == 1 else None
