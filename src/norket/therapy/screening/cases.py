"""The examples that pin a rule, judged: what a case gives becomes a chart and a session, and the rule answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from norket.knowledge import Case, Entry, KnowledgeBase
from norket.knowledge.criteria import rule_of
from norket.therapy.chart import OWN, Chart
from norket.therapy.finding import State
from norket.therapy.screening.compiled import Compiled, compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.evaluate import evaluate
from norket.therapy.screening.reading import reading
from norket.therapy.screening.screen import STATE, action_of

SESSION = ("route", "setting", "drug", "indication", "first_session", "day_of")
LISTS = ("conditions", "medicines", "allergies", "observations", "answers")


@dataclass(frozen=True, eq=False)
class Posed:
    """What a case gives, as screening takes it: a chart, the day, and the session."""

    chart: Chart
    on: date
    context: Context

    def answer(self, entry: Entry, known: Compiled) -> tuple[State, str]:
        """The state and the action with which the rule `entry` answers."""
        rule = rule_of(entry)
        verdict = evaluate(rule.criterion, entry, reading(self.chart, self.on, self.context, known))
        state = STATE[verdict.holds]
        return state, action_of(rule, self.context, state)


def posed(given: Mapping[str, Any], base: KnowledgeBase) -> Posed:
    """The chart and the session that a case gives.

    `given` holds `on`, the session (`route`, `setting`, …), `documents`, and `chart` as in a chart file, where an item
    may name a `class` or a `question` instead of a code, is of the day `on` unless it says `at`, and is "yes" unless it
    says otherwise. `patient: {age: 17}` stands for a birth date. `answered: {no: [questions.x]}` is short for answers;
    `answered: {all: no, but: [questions.x]}` answers every mandatory question so, but for those.
    """
    session = {name: given[name] for name in SESSION if name in given}
    return Posed(chart_of(given, base), given["on"], Context(**session, documents=dict(given.get("documents", {}))))


def judged(entry: Entry, given: Mapping[str, Any], base: KnowledgeBase) -> tuple[State, str]:
    """The state and the action of the rule `entry` for what a case gives."""
    return posed(given, base).answer(entry, compiled(base))


def wrong(entry: Entry, base: KnowledgeBase) -> list[str]:
    """The names of the cases of a rule that it does not answer as they say. An expected action is one that fires."""
    return [case.name for case in entry.cases if not answers_as_expected(entry, case, base)]


def answers_as_expected(entry: Entry, case: Case, base: KnowledgeBase) -> bool:
    return as_expected(case, *judged(entry, case.given, base))


def as_expected(case: Case, state: State, action: str) -> bool:
    """Whether a case expects this state, or this action of a rule that fires."""
    return case.expect == state or (state == "fires" and case.expect == action)


def chart_of(given: Mapping[str, Any], base: KnowledgeBase) -> Chart:
    """The chart that a case gives."""
    on: date = given["on"]
    raw = dict(given.get("chart", {}))
    lists = {name: [_item(item, on) for item in raw.get(name, [])] for name in LISTS}
    lists["answers"] += [_item({"question": q, "status": s}, on) for q, s in _answered(given.get("answered", {}), base)]
    return Chart.model_validate({"patient": _patient(raw.get("patient", {}), on)} | lists, strict=False)


def _item(item: Mapping[str, Any], on: date) -> dict[str, Any]:
    line = dict(item)
    for name in ("class", "question"):
        if name in line:
            line |= {"system": OWN, "code": line.pop(name)}
    line.setdefault("at", on)
    return line | {"status": _word(line.get("status", "unknown" if "value" in line else "yes"))}


def _patient(given: Mapping[str, Any], on: date) -> dict[str, Any]:
    person = {name: value if name == "age" else _word(value) for name, value in given.items()}
    age = person.pop("age", None)
    return person if age is None else person | {"birth_date": on.replace(year=on.year - age)}


def _word(value: Any) -> Any:
    """YAML reads a bare yes or no as true or false."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _answered(given: Mapping[Any, Any], base: KnowledgeBase) -> list[tuple[str, str]]:
    """Pairs of question and answer."""
    found = [(question, _word(key)) for key, named in given.items() if key not in ("all", "but") for question in named]
    if "all" in given:
        left_out = given.get("but", [])
        mandatory = [entry.id for entry in base.of_kind("question") if entry.data.get("mandatory") is True]
        found += [(question, _word(given["all"])) for question in mandatory if question not in left_out]
    return found
