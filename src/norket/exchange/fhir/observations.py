"""Observations: numbers with their unit and the laboratory's own limit, and results that are positive or negative."""

from datetime import date, datetime
from typing import Any

from norket.exchange.fhir.notes import Notes
from norket.exchange.fhir.shapes import (
    COUNTED,
    Json,
    UnreadError,
    concept,
    number,
    one_of,
    part,
    parts,
    points,
    read_concept,
    truth,
    unit,
    word,
)
from norket.therapy.chart import Item, Status

FINISHED = frozenset({"final", "amended", "corrected"})
POSITIVE = (("snomed", "10828004"), ("snomed", "260373001"), ("snomed", "52101004"), ("loinc", "LA6576-8"))
NEGATIVE = (("snomed", "260385009"), ("snomed", "260415000"), ("snomed", "2667000"), ("loinc", "LA6577-6"))
POSITIVE_WORDS = frozenset({"positive", "pos", "detected", "present", "reactive"})
NEGATIVE_WORDS = frozenset({"negative", "neg", "not detected", "none detected", "absent", "non-reactive"})
INTERPRETED: dict[str, Status] = {"POS": "yes", "DET": "yes", "RR": "yes", "NEG": "no", "ND": "no", "NR": "no"}


def observation(resource: Json, notes: Notes) -> list[Item]:
    """A finished Observation: its own value, and each of its components, as items."""
    if (status := word(resource, "status")) not in FINISHED:
        raise UnreadError(f"its status is '{status}', so it is no finished result")
    at = _at(resource, notes)
    components = parts(resource, "component")
    read: list[Item] = []
    if one_of(resource, "value") or not components:
        read += _one(resource, at, notes)
    for place, component in enumerate(components, start=1):
        try:
            read += _one(component, at, notes)
        except UnreadError as error:
            notes.say(f"component {place}: {error}")
    if not read:
        raise UnreadError("none of its components reads")
    return read


def _at(resource: Json, notes: Notes) -> datetime | date | None:
    name = one_of(resource, "effective")
    if name in {"effectiveDateTime", "effectiveInstant"}:
        return notes.moment(resource, name)
    if name == "effectivePeriod":
        period = part(resource, name) or {}
        return notes.moment(period, "end") or notes.moment(period, "start")
    if name:
        notes.say(f"'{name}' is no date; the rest is read without it")
    return None


def _one(measured: Json, at: datetime | date | None, notes: Notes) -> list[Item]:
    what = concept(measured, "code")
    if what is None:
        raise UnreadError("it has no code and no text")
    fields = _value(measured)
    judged, said = _interpreted(measured), fields.pop("status", "unknown")
    if "unknown" not in (judged, said) and judged != said:
        notes.say("its value and its interpretation contradict each other; the result is read as unknown")
        said = judged = "unknown"
    words = fields.pop("words", "")
    text = f"{what.text}: {words}".strip(": ") if words else what.text
    status = judged if said == "unknown" else said
    return [
        Item(system=system, code=code, text=text, status=status, at=at, source=f"fhir {notes.name}", **fields)
        for system, code in what.codes
    ]


def _value(measured: Json) -> dict[str, Any]:
    """The fields of an item that the value gives; `words` are of a value that is neither a number nor a yes or no."""
    name = one_of(measured, "value")
    match name:
        case "":
            raise UnreadError(f"it holds no value{_absent(measured)}")
        case "valueQuantity":
            return _quantity(measured)
        case "valueInteger":
            return {"value": number(measured, name), "unit": COUNTED}
        case "valueBoolean":
            return {"status": "yes" if truth(measured, name) else "no"}
        case "valueString":
            text = word(measured, name)
            said = _said(text)
            return {"status": said} if said != "unknown" else {"words": text}
        case "valueCodeableConcept":
            return _coded(measured)
    raise UnreadError(f"its value is a {name.removeprefix('value')}, which is not read")


def _absent(measured: Json) -> str:
    absent = part(measured, "dataAbsentReason")
    if absent:
        said = read_concept(absent, "dataAbsentReason")
        return f" ({said.text or said.codes[0][1]})"
    return "; its members are read by themselves" if measured.get("hasMember") else ""


def _quantity(measured: Json) -> dict[str, Any]:
    quantity = part(measured, "valueQuantity") or {}
    value, comparator = number(quantity, "value"), word(quantity, "comparator")
    if value is None:
        raise UnreadError("its quantity has no number")
    if comparator:
        raise UnreadError(f"its value is '{comparator}{value:g}', which is a bound and no measurement")
    mine = unit(quantity)
    return {"value": value, "unit": mine, "reference_high": _upper(measured, mine)}


def _upper(measured: Json, mine: str | None) -> float | None:
    """The laboratory's upper limit, where exactly one normal range is given and its unit is that of the value."""
    normal = [one for one in parts(measured, "referenceRange") if _is_normal(one) and part(one, "high")]
    if len(normal) != 1:
        return None
    high = part(normal[0], "high") or {}
    return number(high, "value") if unit(high) in {None, mine} else None


def _is_normal(one: Json) -> bool:
    kind = part(one, "type")
    return kind is None or any(word(coding, "code") == "normal" for coding in parts(kind, "coding"))


def _coded(measured: Json) -> dict[str, Any]:
    said = concept(measured, "valueCodeableConcept")
    if said is None:
        raise UnreadError("it holds no value")
    if said.among(*POSITIVE):
        return {"status": "yes"}
    if said.among(*NEGATIVE):
        return {"status": "no"}
    counted = {points(coding) for coding in parts(part(measured, "valueCodeableConcept") or {}, "coding")} - {None}
    if len(counted) == 1:
        return {"value": counted.pop(), "unit": COUNTED, "words": said.text}
    by_word = _said(said.text)
    return {"status": by_word} if by_word != "unknown" else {"words": said.text or said.codes[0][1]}


def _said(text: str) -> Status:
    plain = text.lower().rstrip(".")
    return "yes" if plain in POSITIVE_WORDS else "no" if plain in NEGATIVE_WORDS else "unknown"


def _interpreted(measured: Json) -> Status:
    codes = {word(coding, "code") for one in parts(measured, "interpretation") for coding in parts(one, "coding")}
    said = {INTERPRETED[code] for code in codes if code in INTERPRETED}
    return next(iter(said)) if len(said) == 1 else "unknown"
