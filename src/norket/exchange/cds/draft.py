"""A draft order of a hospital: whether it is ketamine, by which route, and what dose it says."""

from collections.abc import Mapping
from dataclasses import dataclass

from norket.exchange.fhir.medicines import medication, single_dose
from norket.exchange.fhir.shapes import Json, UnreadError, number, part, parts, read_concept, word
from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Drug, Route
from norket.therapy.chart import MedicineItem
from norket.therapy.screening.compiled import compiled

KETAMINE = "medicine_classes.ketamine"
ESKETAMINE_CODES = frozenset({("atc", "N01AX14"), ("atc", "N06AX27")})
ESKETAMINE_WORDS = ("esketamine", "s-ketamine", "spravato", "vesierra", "ketanest s")
OTHER_FORMS = ("arketamine", "norketamine")
ROUTE_CODES: Mapping[tuple[str, str], Route] = {
    ("snomed", "47625008"): "iv",
    ("snomed", "78421000"): "im",
    ("snomed", "34206005"): "sc",
    ("snomed", "46713006"): "intranasal",
    ("snomed", "37839007"): "sublingual",
    ("snomed", "26643006"): "oral",
}
ROUTE_WORDS: Mapping[str, Route] = {
    **dict.fromkeys(("iv", "intravenous", "intravenous route", "by vein", "ivpb", "intravenous use"), "iv"),
    **dict.fromkeys(("im", "intramuscular", "intramuscular route", "intramuscular use"), "im"),
    **dict.fromkeys(("sc", "sq", "subcut", "subcutaneous", "subcutaneous route", "subcutaneous use"), "sc"),
    **dict.fromkeys(("nasal", "intranasal", "nasal route", "nasal use", "in", "nasinhl"), "intranasal"),
    **dict.fromkeys(("sl", "sublingual", "sublingual route", "sublingual use"), "sublingual"),
    **dict.fromkeys(("po", "oral", "oral route", "oral use", "by mouth"), "oral"),
}
MINUTES = {"s": 1 / 60, "min": 1.0, "h": 60.0, "d": 1440.0}
TO_MG = {"mg": 1.0, "g": 1000.0, "ug": 0.001}


@dataclass(frozen=True)
class Draft:
    """A draft order as it was understood; what is None does not stand in it in a form that reads.

    `ketamine` None: nobody can tell whether it is ketamine. `amount_mg` or `amount_mg_kg` is one dose, given over
    `minutes`.
    """

    name: str
    text: str
    ketamine: bool | None
    drug: Drug | None = None
    route: Route | None = None
    amount_mg: float | None = None
    amount_mg_kg: float | None = None
    minutes: float | None = None
    unread: str = ""


def read(order: Json, base: KnowledgeBase, medications: Mapping[str, Json]) -> Draft:
    """The draft order, whatever in it reads; `medications` are what it may point to, by name."""
    base.entry(KETAMINE)  # without its class ketamine would pass for any other medicine
    own = order.get("id")
    name = f"MedicationRequest/{own}" if isinstance(own, str) and own else "a draft order"
    try:
        names = medication(order, lambda own, name: _contained(own, name) or medications.get(name))
    except UnreadError as error:
        return Draft(name, "", None, unread=f"the medicine: {error}")
    items = [MedicineItem(system=what.codes[0][0], code=what.codes[0][1], text=what.text) for what in names]
    text = next((item.text for item in items if item.text), items[0].code if items else "")
    known = compiled(base)
    if not any(KETAMINE in known.members(item, drug=True) for item in items):
        described = any(item.text for item in items)
        return Draft(name, text, False if described else None, unread="" if described else "the medicine has no name")
    drug = _drug(items)
    try:
        route, dose, minutes = _route(order), _dose(order), _minutes(order)
    except UnreadError as error:
        return Draft(name, text, True, drug, unread=f"the dose: {error}")
    amount, unit = dose or (None, "")
    return Draft(
        name,
        text,
        True,
        drug,
        route,
        amount_mg=amount * TO_MG[unit] if amount is not None and unit in TO_MG else None,
        amount_mg_kg=amount if unit == "mg/kg" else None,
        minutes=minutes,
    )


def _contained(resource: Json, reference: str) -> Json | None:
    return next((one for one in parts(resource, "contained") if f"#{one.get('id')}" == reference), None)


def _drug(items: list[MedicineItem]) -> Drug | None:
    """Which of the two it is; another form of the molecule is neither."""
    said = " ".join(item.text.lower() for item in items)
    if any(word in said for word in OTHER_FORMS):
        return None
    coded = any((item.short_system, item.code) in ESKETAMINE_CODES for item in items)
    return "esketamine" if coded or any(word in said for word in ESKETAMINE_WORDS) else "ketamine"


def _route(order: Json) -> Route | None:
    """The one route that every line of the dosage names."""
    found: set[Route | None] = set()
    for line in parts(order, "dosageInstruction"):
        given = part(line, "route")
        if given is None:
            continue
        what = read_concept(given, "route")
        coded = {ROUTE_CODES[code] for code in what.known if code in ROUTE_CODES}
        coded |= {ROUTE_WORDS[code.lower()] for _, code in what.other if code.lower() in ROUTE_WORDS}
        if not coded and what.text.lower() in ROUTE_WORDS:
            coded = {ROUTE_WORDS[what.text.lower()]}
        found |= coded if len(coded) == 1 else {None}
    return found.pop() if len(found) == 1 else None


def _dose(order: Json) -> tuple[float, str] | None:
    lines = parts(order, "dosageInstruction")
    return single_dose(lines[0]) if len(lines) == 1 else None


def _minutes(order: Json) -> float | None:
    """Over how long one dose is given: the duration of its timing, or what an amount and its rate come to."""
    lines = parts(order, "dosageInstruction")
    if len(lines) != 1:
        return None
    repeat = part(part(lines[0], "timing") or {}, "repeat") or {}
    length, each = number(repeat, "duration"), MINUTES.get(word(repeat, "durationUnit"))
    return length * each if length and each else None
