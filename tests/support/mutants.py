"""Rules made wrong on purpose, one thing at a time: a rule whose own cases let one pass needs another case."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from norket.knowledge import Entry, KnowledgeBase
from norket.knowledge import criteria as c
from norket.knowledge.rule_check import rule_faults
from norket.therapy.screening.cases import Posed, as_expected, posed
from norket.therapy.screening.compiled import Compiled, compiled

COMPARISONS = ("above", "at_least", "below", "at_most")
NARROWING = ("daily_above", "within_days", "max_age_days", "times_upper_limit", "ever")
COARSE_FROM = 10  # figures from here on are moved by one, smaller ones by a tenth unless they count something
COUNTED = frozenset({"d", "a", "1", "score"})
Raw = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """A rule with one thing changed; without an entry the rule is gone."""

    what: str
    entry: Entry | None


def mutants(entry: Entry, base: KnowledgeBase) -> Iterator[Mutant]:
    """Every mutant of one rule: figures, units, comparisons, names, words, actions, branches, and the rule itself."""
    yield Mutant("the rule is gone", None)
    yield from _figures(entry)
    yield from _actions(entry)
    for what, when in _changed(entry.data["when"], base, "when"):
        yield Mutant(what, entry.model_copy(update={"data": entry.data | {"when": when}}))


def survivors(entry: Entry, base: KnowledgeBase) -> list[str]:
    """What can be changed in the rule without one of its own cases, or the check of the base, noticing."""
    known = compiled(base)
    cases = [(case, posed(case.given, base)) for case in entry.cases]
    return [mutant.what for mutant in mutants(entry, base) if not _killed(mutant, entry, cases, known)]


def _killed(mutant: Mutant, entry: Entry, cases: list[tuple[Any, Posed]], known: Compiled) -> bool:
    if mutant.entry is None:
        return bool(cases)  # cases of a rule that is gone have nothing to ask
    entries = tuple(mutant.entry if each.id == entry.id else each for each in known.base.entries)
    base = replace(known.base, entries=entries)
    if list(rule_faults(base, mutant.entry, {each.id: each for each in entries})):
        return True
    wrong = replace(known, base=base)
    return any(not as_expected(case, *question.answer(mutant.entry, wrong)) for case, question in cases)


def _figures(entry: Entry) -> Iterator[Mutant]:
    used = set(c.figures(c.rule_of(entry).criterion))
    for place, value in enumerate(entry.values):
        if value.name not in used or value.value is None:
            continue
        step = 1.0 if value.unit in COUNTED or value.value >= COARSE_FROM else value.value / 10
        changes: list[Raw] = [{"value": value.value + step}, {"value": value.value - step}]
        changes.append({"unit": "mg" if value.unit != "mg" else "g"})
        for change in changes:
            values = list(entry.values)
            values[place] = value.model_copy(update=change)
            yield Mutant(f"{value.name} {change}", entry.model_copy(update={"values": tuple(values)}))


def _actions(entry: Entry) -> Iterator[Mutant]:
    for field in ("action", "outpatient_action"):
        now = entry.data.get(field)
        for other in (*c.ACTIONS, None):
            if other != now and (now is not None) and (other is not None or field == "outpatient_action"):
                data = {name: value for name, value in entry.data.items() if name != field}
                data |= {} if other is None else {field: other}
                yield Mutant(f"{field} {other}", entry.model_copy(update={"data": data}))


def _changed(when: Raw, base: KnowledgeBase, place: str) -> Iterator[tuple[str, Raw]]:
    ((key, body),) = when.items()
    here = f"{place}.{key}"
    if key in ("all", "any"):
        yield from _group(key, body, base, here)
    elif key == "count":
        for what, of in _parts(body["of"], base, here):
            yield what, {key: body | {"of": of}}
    elif key == "not":
        yield f"{here} left out", body
        for what, inner in _changed(body, base, here):
            yield what, {key: inner}
    elif isinstance(body, dict):
        for what, inner in _leaf(key, body, base):
            yield f"{here}: {what}", {key: inner}
    else:
        yield f"{here}: not {body}", {key: _other_word(body)}


def _group(key: str, body: list[Raw], base: KnowledgeBase, here: str) -> Iterator[tuple[str, Raw]]:
    if len(body) > 1:
        yield f"{here} for the other", {"any" if key == "all" else "all": body}
    for what, parts in _parts(body, base, here):
        yield what, {key: parts}


def _parts(body: list[Raw], base: KnowledgeBase, here: str) -> Iterator[tuple[str, list[Raw]]]:
    for number, part in enumerate(body):
        if len(body) > 1:
            yield f"{here}.{number} dropped", [each for each in body if each is not part]
        for what, inner in _changed(part, base, f"{here}.{number}"):
            yield what, [inner if each is part else each for each in body]


def _leaf(key: str, body: Raw, base: KnowledgeBase) -> Iterator[tuple[str, Raw]]:
    for name in ("class", "question", "item"):
        if name in body:
            yield f"another {name}", body | {name: _other_name(body[name], base)}
    for name in COMPARISONS:
        if name in body:
            rest = {field: value for field, value in body.items() if field != name}
            others = [
                other for other in COMPARISONS if other != name and (key != "age" or other in ("below", "at_least"))
            ]
            yield from ((f"{name} for {other}", rest | {other: body[name]}) for other in others)
    for name in NARROWING:
        if name in body:
            yield f"without {name}", {field: value for field, value in body.items() if field != name}
    yield from ((f"{name} moved", body | {name: body[name] + 1}) for name in body if _is_number(body[name]))
    if "is" in body:
        yield "another answer", body | {"is": [_other_word(word) for word in body["is"]]}
    if key == "condition" and "ever" not in body:
        yield "ever", body | {"ever": True}
    if key == "context":
        yield from _context(body)


def _context(body: Raw) -> Iterator[tuple[str, Raw]]:
    for name, words in body.items():
        for word in words:
            changed = deepcopy(body)
            changed[name] = [each for each in words if each != word]
            if changed[name]:
                yield f"without {name} {word}", changed
        if all(isinstance(word, bool) for word in words):
            yield f"the other {name}", body | {name: [not word for word in words]}
        if len(body) > 1:
            yield f"without {name}", {other: value for other, value in body.items() if other != name}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _other_word(word: object) -> object:
    return {"yes": "no", "no": "yes", "unknown": "yes", "female": "male", "male": "female", True: False, False: True}[
        word
    ]


def _other_name(name: str, base: KnowledgeBase) -> str:
    """The id of something else of the same kind and file."""
    kind = base.entry(name).kind
    file = name.partition(".")[0]
    alike = [each.id for each in base.entries if each.kind == kind and each.id.partition(".")[0] == file]
    return next(other for other in alike[alike.index(name) + 1 :] + alike if other != name)
