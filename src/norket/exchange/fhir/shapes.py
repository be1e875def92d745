"""Small total readers of FHIR's data types: the value, None where it is absent, or the reason why it does not read.

The resources are read as plain objects. A full object model checks a hundred elements that no decision here asks about
and would refuse a whole record for a fault in one of them; here a fault costs only the resource that has it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from norket.therapy.chart import SYSTEMS
from norket.therapy.instant import utc

Json = Mapping[str, Any]
LONGEST = 500
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PART_OF_A_DAY = re.compile(r"[0-9]{4}(-[0-9]{2})?")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
ADDRESSES = {address.lower(): short for address, short in SYSTEMS.items()}
# Of several codes for one medicine the first of these systems names it.
ORDER = ("rxnorm", "atc", "icd10cm", "loinc", "snomed")
UCUM = "http://unitsofmeasure.org"
# Units that are often written in words where the UCUM code belongs; anything else stays as it is written.
WORDS_FOR_UNITS = {
    "mmhg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "kgs": "kg",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "bpm": "/min",
    "beats/min": "/min",
    "breaths/min": "/min",
    "°c": "Cel",
    "°f": "[degF]",
    "mcg": "ug",
    "µg": "ug",
}
# How often within two weeks: the answers of PHQ and GAD as LOINC codes them, and what each of them counts.
HOW_OFTEN = {"LA6568-5": 0.0, "LA6569-3": 1.0, "LA6570-1": 2.0, "LA6571-9": 3.0}
WEIGHTS = frozenset(f"http://hl7.org/fhir/StructureDefinition/{name}" for name in ("ordinalValue", "itemWeight"))
COUNTED = "{score}"  # UCUM's unit of a whole number that somebody gave as a score


class UnreadError(ValueError):
    """One resource, or one part of it, cannot be read; the message says why. Nobody outside this room sees it."""


@dataclass(frozen=True)
class Concept:
    """What a CodeableConcept says: its codes as (system, code), those of known systems first, and its words."""

    known: tuple[tuple[str, str], ...]
    other: tuple[tuple[str, str], ...]
    text: str

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        """All codes of known systems; without any, the first of another one; without that, none but the text."""
        return self.known or self.other[:1] or (("", ""),)

    def among(self, *codes: tuple[str, str]) -> bool:
        return any(code in codes for code in (*self.known, *self.other))


def short(address: str) -> str:
    """Our short name of a code system, or its address where we have none."""
    plain = re.sub(r"^https:", "http:", address.strip()).rstrip("/")
    plain = plain.replace("http://whocc.no", "http://www.whocc.no")
    return ADDRESSES.get(plain.lower(), address.strip())


def part(parent: Json, key: str) -> Json | None:
    """An object inside."""
    value = parent.get(key)
    if value is None or isinstance(value, dict):
        return value
    raise UnreadError(f"'{key}' is not an object")


def parts(parent: Json, key: str) -> list[Json]:
    """A list of objects inside; empty when absent."""
    value = parent.get(key)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise UnreadError(f"'{key}' is not a list of objects")


def word(parent: Json, key: str) -> str:
    """A text inside, without the spaces around it; empty when absent."""
    value = parent.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.split())[:LONGEST]
    raise UnreadError(f"'{key}' is not a text")


def number(parent: Json, key: str) -> float | None:
    """A finite number inside."""
    value = parent.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadError(f"'{key}' is not a number")
    try:
        found = float(value)
    except OverflowError as error:
        raise UnreadError(f"'{key}' is too large a number") from error
    if not math.isfinite(found):
        raise UnreadError(f"'{key}' is not a finite number")
    return found


def truth(parent: Json, key: str) -> bool | None:
    """A true or false inside."""
    value = parent.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise UnreadError(f"'{key}' is neither true nor false")


def moment(parent: Json, key: str) -> datetime | date | None:
    """A date or an instant inside; a year or a month alone is refused, because it is no day to count from."""
    text = word(parent, key)
    if not text:
        return None
    if PART_OF_A_DAY.fullmatch(text):
        raise UnreadError(f"'{key}' is {text}, which is no whole day")
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
        if INSTANT.fullmatch(text):
            found = datetime.fromisoformat(text)
            utc(found)
            return found
    except ValueError as error:
        raise UnreadError(f"'{key}' is {text}, which is not in the calendar") from error
    raise UnreadError(f"'{key}' is {text[:40]}, which is neither a date nor an instant with its offset")


def day_of(at: datetime | date | None) -> date | None:
    """The day, in the offset in which it was written."""
    return at.date() if isinstance(at, datetime) else at


def concept(parent: Json, key: str) -> Concept | None:
    """A CodeableConcept inside; one that names nothing is refused."""
    value = part(parent, key)
    return None if value is None else read_concept(value, key)


def read_concept(value: Json, key: str) -> Concept:
    """What this CodeableConcept says."""
    pairs: dict[tuple[str, str], None] = {}  # in their order, each once
    words = [word(value, "text")]
    for coding in parts(value, "coding"):
        pair = (short(word(coding, "system")), word(coding, "code"))
        words.append(word(coding, "display"))
        if all(pair):
            pairs[pair] = None
    text = next(filter(None, words), "")
    if not pairs and not text:
        raise UnreadError(f"'{key}' names nothing: it holds neither a code with its system nor a text")
    known = tuple(sorted((pair for pair in pairs if pair[0] in ORDER), key=lambda pair: ORDER.index(pair[0])))
    return Concept(known, tuple(pair for pair in pairs if pair[0] not in ORDER), text)


def codes_of(parent: Json, key: str) -> frozenset[str]:
    """The codes of a status that is a CodeableConcept; none when it is absent."""
    value = part(parent, key)
    codes = frozenset(word(coding, "code") for coding in parts(value, "coding")) - {""} if value else frozenset()
    if value and not codes:
        raise UnreadError(f"'{key}' has no code")
    return codes


def one_of(parent: Json, stem: str) -> str:
    """The name of the one element `stem[x]` that is there (such as `valueQuantity` for `value`); empty when absent."""
    found = [
        key
        for key in parent
        if key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper() and parent[key] is not None
    ]
    if len(found) > 1:
        raise UnreadError(f"'{found[0]}' and '{found[1]}' are given at once")
    return found[0] if found else ""


def unit(quantity: Json) -> str | None:
    """The UCUM unit of a quantity, or its unit as written."""
    code, written = word(quantity, "code"), word(quantity, "unit")
    if code and word(quantity, "system") in {UCUM, ""}:
        return code
    return WORDS_FOR_UNITS.get(written.lower(), written) or None


def points(coding: Json) -> float | None:
    """How much a coded answer counts: by the weight that it carries, or by what its code counts everywhere."""
    carried = {number(one, "valueDecimal") for one in parts(coding, "extension") if one.get("url") in WEIGHTS}
    known = HOW_OFTEN.get(word(coding, "code")) if short(word(coding, "system")) == "loinc" else None
    said = {one for one in (*carried, known) if one is not None}
    return said.pop() if len(said) == 1 else None
