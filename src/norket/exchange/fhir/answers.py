"""Answers of questionnaires: those to our own questions, whose linkId is the id of the question."""

import re
from collections.abc import Iterator
from typing import Any

from norket.exchange.fhir.notes import Notes
from norket.exchange.fhir.shapes import Json, UnreadError, number, one_of, part, parts, short, truth, unit, word
from norket.therapy.chart import OWN, Item

OURS = re.compile(r"questions(\.[a-z0-9_]+)+")
FINISHED = frozenset({"completed", "amended"})
YES = frozenset({("snomed", "373066001"), ("loinc", "LA33-6"), ("http://terminology.hl7.org/CodeSystem/v2-0136", "Y")})
NO = frozenset({("snomed", "373067005"), ("loinc", "LA32-8"), ("http://terminology.hl7.org/CodeSystem/v2-0136", "N")})


def response(resource: Json, notes: Notes) -> list[Item]:
    """A finished QuestionnaireResponse: each answer to a question of ours; the others are listed."""
    if (status := word(resource, "status")) not in FINISHED:
        raise UnreadError(f"its status is '{status}', so it is not finished")
    at = notes.moment(resource, "authored")
    items = list(_all(resource))
    if not any(item.get("answer") for item in items):
        raise UnreadError("it holds no answers")
    read, others = [], []
    for item in items:
        link = word(item, "linkId")
        if not OURS.fullmatch(link):
            others += [link or "?"] if item.get("answer") else []
            continue
        try:
            fields = _answer(item)
        except UnreadError as error:
            notes.say(f"{link}: {error}")
            continue
        text = word(item, "text")
        read.append(Item(system=OWN, code=link, text=text, at=at, source=f"fhir {notes.name}", **fields))
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


def _answer(item: Json) -> dict[str, Any]:
    given = parts(item, "answer")
    if len(given) != 1:
        raise UnreadError(f"{len(given)} answers where one is read" if given else "it was not answered")
    answer = given[0]
    match one_of(answer, "value"):
        case "valueBoolean":
            return {"status": "yes" if truth(answer, "valueBoolean") else "no"}
        case "valueInteger" | "valueDecimal" as name:
            return {"value": number(answer, name), "unit": "{score}"}
        case "valueQuantity":
            quantity = part(answer, "valueQuantity") or {}
            return {"value": number(quantity, "value"), "unit": unit(quantity)}
        case "valueCoding":
            coding = part(answer, "valueCoding") or {}
            pair = (short(word(coding, "system")), word(coding, "code"))
            return {"status": "yes" if pair in YES else "no" if pair in NO else "unknown"}
    raise UnreadError("its answer is no yes or no and no number")
