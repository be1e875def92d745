"""The check of rules: each way in which a rule cannot be judged is a fault that names what to do."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from norket.knowledge import read
from norket.knowledge.check import check
from norket.knowledge.criteria import KEYS, CriterionError, figures, may_be_unknown, parse

STANDS: dict[str, Any] = {
    "statement": "S.",
    "certainty": "D",
    "policy": "to-be-signed",
    "derivation": "For this test.",
    "review_by": date(2027, 11, 30),
}
CASES = [{"name": state, "given": {"on": date(2027, 3, 1)}, "expect": state} for state in ("HOLD", "clear", "unknown")]
WHEN: dict[str, Any] = {"condition": {"class": "conditions.a"}}
BESIDE: list[dict[str, Any]] = [
    STANDS | {"id": "conditions.a", "kind": "class", "data": {"codes": {"icd10cm": ["I21"]}}},
    STANDS | {"id": "observations.w", "kind": "class", "data": {"unit": "kg"}},
    STANDS | {"id": "questions.a", "kind": "question"},
    STANDS | {"id": "indications.i", "kind": "indication", "data": {"keys": ["trd"]}},
]


def rule(when: Any = WHEN, values: Any = (), cases: Any = CASES, **data: Any) -> dict[str, Any]:
    whole = {"stage": "screening", "code": "T-1", "label": "T", "action": "HOLD", "when": when, "resolves_by": "R."}
    kept = {name: value for name, value in (whole | data).items() if value is not None}
    return STANDS | {"id": "rules.t", "kind": "rule", "values": list(values), "cases": list(cases), "data": kept}


def faults(folder: Path, *entries: dict[str, Any]) -> list[str]:
    (folder / "sources.yaml").write_text("references: []\n", encoding="utf-8")
    text = yaml.safe_dump({"entries": [*BESIDE, *entries]})
    (folder / "topic.yaml").write_text(text, encoding="utf-8")
    return check(read(folder))


def test_a_whole_rule_passes(tmp_path: Path) -> None:
    assert faults(tmp_path, rule()) == []


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("yes", "a criterion is a mapping with exactly one key"),
        ({}, "a criterion is a mapping with exactly one key"),
        ({"condition": {"class": "conditions.a"}, "sex": "female"}, "exactly one key"),
        ({"diagnosis": {"class": "conditions.a"}}, "when.diagnosis: not a criterion"),
        ({"all": []}, "when.all: takes a list"),
        ({"any": [{"all": [{"nothing": 1}]}]}, "when.any.0.all.0.nothing: not a criterion"),
        ({"condition": "conditions.a"}, "takes a mapping of class, ever"),
        ({"condition": {"class": "conditions.a", "evr": True}}, "when.condition.evr"),
        ({"condition": {"class": "conditions.b"}}, "'conditions.b' is no class"),
        ({"condition": {"class": "questions.a"}}, "'questions.a' is no class"),
        ({"answer": {"question": "questions.b", "is": ["yes"]}}, "'questions.b' is no question"),
        ({"answer": {"question": "questions.a", "is": ["maybe"]}}, "when.answer.is.0"),
        ({"answer": {"question": "questions.a", "is": []}}, "when.answer.is"),
        ({"missing": {"item": "documents.x"}}, "'documents.x' is no class or question"),
        ({"condition_within": {"class": "conditions.a", "days": "@window"}}, "'@window' is no figure"),
        ({"condition_within": {"class": "conditions.a", "days": "window"}}, "neither a number nor"),
        ({"condition_within": {"class": "conditions.a", "days": True}}, "a number is written as digits"),
        ({"age": {"below": "@a", "at_least": "@a"}}, "exactly one comparison"),
        ({"observation": {"class": "observations.w", "max_age_days": 1}}, "exactly one comparison"),
        ({"observation": {"class": "observations.w", "above": 1}}, "compared without max_age_days"),
        ({"context": {}}, "name at least one of"),
        ({"context": {"route": ["rectal"]}}, "when.context.route.0"),
        ({"context": {"setting": ["spa"]}}, "when.context.setting.0"),
        ({"context": {"indication": ["nothing"]}}, "'nothing' is no indication of this base"),
        ({"sex": "f"}, "when.sex.value"),
        ({"count": {"of": [WHEN]}}, "takes at_least, a number, and of"),
    ],
)
def test_a_when_that_cannot_be_judged_is_a_fault(tmp_path: Path, when: Any, said: str) -> None:
    found = faults(tmp_path, rule(when))
    assert [fault for fault in found if said in fault], found
    assert all(fault.startswith("topic.yaml: rules.t: ") for fault in found)


@pytest.mark.parametrize("state", ["clear", "unknown"])
def test_a_rule_needs_a_case_of_each_state(tmp_path: Path, state: str) -> None:
    cases = [case for case in CASES if case["expect"] != state]
    assert [f"no case expects '{state}'" in fault for fault in faults(tmp_path, rule(cases=cases))] == [True]


def test_a_rule_needs_a_case_in_which_its_action_fires(tmp_path: Path) -> None:
    found = faults(tmp_path, rule(cases=CASES[1:]))
    assert [fault for fault in found if "no case expects 'fires'" in fault]
    found = faults(tmp_path, rule(cases=[CASES[0] | {"expect": "fires"}, *CASES[1:]]))
    assert ["no case expects its action; write 'expect: HOLD'" in fault for fault in found] == [True]
    assert faults(tmp_path, rule(cases=[*CASES, CASES[0] | {"name": "other", "expect": "HALT"}]))


def test_what_is_always_known_needs_no_unknown_case(tmp_path: Path) -> None:
    when = {"any": [{"missing": {"item": "questions.a"}}, {"missing": {"item": "observations.w"}}]}
    assert not may_be_unknown(parse(when))
    assert faults(tmp_path, rule(when, cases=CASES[:2])) == []


def test_a_case_says_its_day(tmp_path: Path) -> None:
    cases = [*CASES, {"name": "no day", "given": {}, "expect": "clear"}]
    assert [fault for fault in faults(tmp_path, rule(cases=cases)) if "say the day of the session" in fault]


@pytest.mark.parametrize(
    ("when", "unit", "said"),
    [
        ({"condition_within": {"class": "conditions.a", "days": "@n"}}, "wk", "is in wk and is compared in d"),
        ({"age": {"below": "@n"}}, "d", "is in d and is compared in a"),
        ({"observation": {"class": "observations.w", "above": "@n", "max_age_days": 1}}, "g", "compared in kg"),
        (
            {"observation": {"class": "observations.w", "above": "@n", "times_upper_limit": True, "max_age_days": 1}},
            "kg",
            "compared in 1",
        ),
        ({"count": {"at_least": "@n", "of": [WHEN]}}, "d", "compared in 1"),
    ],
)
def test_a_figure_carries_the_unit_in_which_it_is_compared(tmp_path: Path, when: Any, unit: str, said: str) -> None:
    found = faults(tmp_path, rule(when, values=[{"name": "n", "value": 2, "unit": unit}]))
    assert [said in fault for fault in found] == [True]


def test_a_figure_without_a_number_is_a_fault(tmp_path: Path) -> None:
    when = {"age": {"below": "@n"}}
    assert ["has no number" in f for f in faults(tmp_path, rule(when, values=[{"name": "n", "unit": "a"}]))] == [True]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"stage": "planning"}, "data.stage"),
        ({"label": None}, "data.label"),
        ({"resolves_by": None}, "data.resolves_by"),
        ({"action": "ALARM"}, "data.action"),
        ({"action": "TASK"}, "a TASK needs task_for"),
        ({"due_d": "@due"}, "'@due' is no figure"),
        ({"action": "BLOCK-HARD", "overridden_by": ["prescriber"]}, "BLOCK-HARD is overridden by nobody"),
        ({"action": "BLOCK", "overridden_by": ["prescriber"]}, "names its second_signer"),
        ({"second_signer": "cardiologist or anaesthetist"}, "second_signer without overridden_by"),
        ({"overridden_by": ["prescriber"], "second_signer": "astrologer"}, "data.second_signer"),
    ],
)
def test_the_rule_around_a_when_is_whole(tmp_path: Path, data: dict[str, Any], said: str) -> None:
    found = faults(tmp_path, rule(**data))
    assert [fault for fault in found if said in fault], found


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"codes": {"icd9": ["1"]}}, "'icd9' is none of"),
        ({"names": ["Heart attack"]}, "not written in lower case"),
        ({"asked_by": ["questions.b"]}, "asked_by: 'questions.b'"),
        ({"asked_by": ["conditions.a"]}, "asked_by: 'conditions.a'"),
        ({"includes": ["conditions.b"]}, "includes: 'conditions.b'"),
        ({"ruled_out": {"height": 1}}, "ruled_out: 'height'"),
        ({"equivalents": {"x": "factor"}}, "equivalents: 'factor'"),
    ],
)
def test_a_class_names_what_exists(tmp_path: Path, data: dict[str, Any], said: str) -> None:
    found = faults(tmp_path, STANDS | {"id": "conditions.c", "kind": "class", "data": data})
    assert [said in fault for fault in found] == [True]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": {"adverse": "maybe"}}, "adverse"),
        ({"values": [{"name": "valid_d", "value": 1, "unit": "wk"}]}, "valid_d is in wk"),
    ],
)
def test_a_question_is_whole(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    found = faults(tmp_path, STANDS | {"id": "questions.c", "kind": "question"} | change)
    assert [said in fault for fault in found] == [True]


def test_every_fault_of_a_when_comes_at_once() -> None:
    with pytest.raises(CriterionError) as caught:
        parse({"all": [{"x": 1}, {"sex": "f"}, {"any": [{"y": 1}]}]})
    assert len(caught.value.faults) == 3


def test_the_figures_of_a_criterion_are_found_at_any_depth() -> None:
    when = {"not": {"any": [{"count": {"at_least": "@n", "of": [{"age": {"below": "@years"}}]}}, {"sex": "male"}]}}
    assert figures(parse(when)) == ("n", "years")


def test_the_grammar_is_closed() -> None:
    assert len(KEYS) == len(set(KEYS)) == 15
