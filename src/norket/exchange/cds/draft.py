"""A draft order of a hospital: whether it is ketamine, by which route, and what dose it says."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from norket.exchange.cds import dosage
from norket.exchange.cds.dosage import Dosage
from norket.exchange.fhir.medicines import daily_dose, medication
from norket.exchange.fhir.shapes import Json, UnreadError, part, parts, read_concept
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

NOT_SAID = Dosage()


@dataclass(frozen=True)
class Draft:
    """A draft order as it was understood; what is None does not stand in it in a form that reads.

    `ketamine` None: nobody can tell whether it is ketamine. `medicines` are what an order of something else adds to the
    patient's medicines once it is signed.
    """

    name: str
    text: str
    ketamine: bool | None
    drug: Drug | None = None
    route: Route | None = None
    dosage: Dosage = NOT_SAID
    medicines: tuple[MedicineItem, ...] = ()
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
    daily = _daily(order)
    items = tuple(
        MedicineItem(
            system=what.codes[0][0],
            code=what.codes[0][1],
            text=what.text,
            status="yes",
            daily_dose=daily[0] if daily else None,
            daily_unit=daily[1] if daily else None,
            source=f"draft {name}",
        )
        for what in names
    )
    text = next((item.text for item in items if item.text), items[0].code if items else "")
    known = compiled(base)
    if not any(KETAMINE in known.members(item, drug=True) for item in items):
        if any(item.text for item in items):
            return Draft(name, text, False, medicines=items)
        return Draft(name, text, None, medicines=items, unread="the medicine has no name")
    try:
        return Draft(name, text, True, _drug(items), _route(order), dosage.read(order))
    except UnreadError as error:
        return Draft(name, text, True, _drug(items), unread=f"the dose: {error}")


def _daily(order: Json) -> tuple[float, str] | None:
    """What is taken in a day, or None where that is no amount: the medicine counts without its dose."""
    try:
        found = daily_dose(parts(order, "dosageInstruction"))
    except UnreadError:
        return None
    return found if found and 0 <= found[0] < math.inf else None


def _contained(resource: Json, reference: str) -> Json | None:
    return next((one for one in parts(resource, "contained") if f"#{one.get('id')}" == reference), None)


def _drug(items: tuple[MedicineItem, ...]) -> Drug | None:
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
