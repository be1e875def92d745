"""Answers of questionnaires: those to our own questions, whose linkId is the id of the question."""

import re
from collections.abc import Iterator
from typing import Any

from norket.exchange.fhir.notes import Notes
from norket.exchange.fhir.shapes import (
    COUNTED,
    Json,
    UnreadError,
    number,
    one_of,
    part,
    parts,
    points,
    short,
    truth,
    unit,
    word,
)
from norket.therapy.chart import OWN, Item

OURS = re.compile(r"questions(\.[a-z0-9_]+)+")
LOINC = re.compile(r"/?([0-9]{1,7}-[0-9])")
FINISHED = frozenset({"completed", "amended"})
YES = frozenset({("snomed", "373066001"), ("loinc", "LA33-6"), ("http://terminology.hl7.org/CodeSystem/v2-0136", "Y")})
NO = frozenset({("snomed", "373067005"), ("loinc", "LA32-8"), ("http://terminology.hl7.org/CodeSystem/v2-0136", "N")})


def response(resource: Json, notes: Notes) -> list[Item]:
    """A finished QuestionnaireResponse: each answer to a question of ours, and each answer that counts of a scale whose
    items are LOINC codes, as the number it is; the others are listed."""
    if (status := word(resource, "status")) not in FINISHED:
        raise UnreadError(f"its status is '{status}', so it is not finished")
    at = notes.moment(resource, "authored")
    items = list(_all(resource))
    if not any(item.get("answer") for item in items):
        raise UnreadError("it holds no answers")
    read, others = [], []
    for item in items:
        link = word(item, "linkId")
        try:
            fields = _answer(item) if OURS.fullmatch(link) else _scored(item, link)
        except UnreadError as error:
            notes.say(f"{link}: {error}")
            continue
        if fields is None:
            others += [link or "?"] if item.get("answer") else []
            continue
        what = {"system": OWN, "code": link, "text": word(item, "text")} | fields
        read.append(Item(at=at, source=f"fhir {notes.name}", **what))
    if others:
        named = ", ".join(others[:5]) + (" …" if len(others) > 5 else "")  # noqa: PLR2004 -- a short list
        notes.say(f"{len(others)} answers are to questions that are not ours ({named}); read them on the page")
    return read


def _all(parent: Json) -> Iterator[Json]:
    for item in parts(parent, "item"):
        yield item
        yield from _all(item)
        for answer in parts(item, "answer"):
            yield from _all(answer)


def _scored(item: Json, link: str) -> dict[str, Any] | None:
    """The fields of an item of a scale; None where its one answer has no number that is certain."""
    code, given = LOINC.fullmatch(link), parts(item, "answer")
    coding = part(given[0], "valueCoding") if len(given) == 1 else None
    counted = points(coding) if coding else None
    if not code or counted is None:
        return None
    return {"system": "loinc", "code": code[1], "value": counted, "unit": COUNTED}


def _answer(item: Json) -> dict[str, Any]:
    given = parts(item, "answer")
    if len(given) != 1:
        raise UnreadError(f"{len(given)} answers where one is read" if given else "it was not answered")
    answer = given[0]
    match one_of(answer, "value"):
        case "valueBoolean":
            return {"status": "yes" if truth(answer, "valueBoolean") else "no"}
        case "valueInteger" | "valueDecimal" as name:
            return {"value": number(answer, name), "unit": COUNTED}
        case "valueQuantity":
            quantity = part(answer, "valueQuantity") or {}
            return {"value": number(quantity, "value"), "unit": unit(quantity)}
        case "valueCoding":
            coding = part(answer, "valueCoding") or {}
            pair = (short(word(coding, "system")), word(coding, "code"))
            return {"status": "yes" if pair in YES else "no" if pair in NO else "unknown"}
    raise UnreadError("its answer is no yes or no and no number")
