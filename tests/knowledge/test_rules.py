"""Every rule of the base answers its own cases, and no rule can be made wrong without one of its cases noticing."""

from dataclasses import replace

import pytest
from support.mutants import survivors

from norket.knowledge import Entry, read
from norket.knowledge.criteria import is_rule, items, rule_of
from norket.therapy.chart import Item
from norket.therapy.screening.cases import wrong
from norket.therapy.screening.compiled import compiled

BASE = read()
RULES = [entry for entry in BASE.entries if is_rule(entry)]
CLASSES = [
    entry
    for entry in BASE.of_kind("class")
    if entry.cases and {case.expect for case in entry.cases} <= {"member", "other"}
]


def by_id(entry: Entry) -> str:
    return entry.id


@pytest.mark.parametrize("rule", RULES, ids=by_id)
def test_a_rule_answers_its_cases(rule: Entry) -> None:
    assert wrong(rule, BASE) == []


@pytest.mark.parametrize("rule", RULES, ids=by_id)
def test_no_rule_can_be_made_wrong_unnoticed(rule: Entry) -> None:
    left = survivors(rule, BASE)
    assert left == [], f"{rule.id} needs a case that notices: {'; '.join(left)}"


def test_all_twenty_nine_rules_of_screening_are_there() -> None:
    codes = {rule_of(rule).code for rule in RULES if rule_of(rule).stage == "screening"}
    assert codes == {f"SCR-{number:02}" for number in range(1, 30)}


def test_the_rule_on_open_questions_names_every_mandatory_question() -> None:
    mandatory = {entry.id for entry in BASE.of_kind("question") if entry.data.get("mandatory") is True}
    assert set(items(rule_of(BASE.entry("screening.scr_29")).criterion)) == mandatory


def test_what_may_be_overridden_names_who_and_the_second_person() -> None:
    for rule in map(rule_of, RULES):
        if rule.action == "BLOCK-HARD":
            assert (rule.overridden_by, rule.second_signer) == ((), ())
        if rule.action == "BLOCK" and rule.overridden_by:
            assert rule.second_signer


@pytest.mark.parametrize(
    ("rule", "signer"),
    [
        ("scr_03", "cardiologist"),
        ("scr_03_history", "cardiologist"),
        ("scr_04", "anaesthetist"),
        ("scr_05", "anaesthetist"),
        ("scr_06", "cardiologist"),
        ("scr_08", "psychiatrist"),
        ("scr_09", "psychiatrist"),
        ("scr_17", "obstetrician"),
        ("scr_19", "hepatologist"),
    ],
)
def test_each_block_names_the_second_signer_that_the_clinic_wants(rule: str, signer: str) -> None:
    assert signer in rule_of(BASE.entry(f"screening.{rule}")).second_signer


@pytest.mark.parametrize("rule", ["scr_03", "scr_04", "scr_05"])
def test_what_the_guides_call_absolute_is_absolute_outside_a_hospital(rule: str) -> None:
    assert rule_of(BASE.entry(f"screening.{rule}")).outpatient_action == "BLOCK-HARD"


# ---- classes -------------------------------------------------------------------------------------------------------


def given_items(given: dict[str, list[str]]) -> list[Item]:
    return [
        Item(text=str(word)) if system == "names" else Item(system=system, code=str(word))
        for system, words in given.items()
        for word in words
    ]


def wrong_members(entry: Entry, known_entry: Entry) -> list[str]:
    """The items of the cases of `entry` that `known_entry`, in its place, takes for the other kind."""
    entries = tuple(
        known_entry if each.id == entry.id else each for each in BASE.of_kind("class") if each.id == entry.id
    )
    known = compiled(replace(BASE, entries=entries))
    return [
        item.code or item.text
        for case in entry.cases
        for item in given_items(case.given)
        if (entry.id in known.members(item)) != (case.expect == "member")
    ]


@pytest.mark.parametrize("entry", CLASSES, ids=by_id)
def test_a_class_holds_what_its_cases_say(entry: Entry) -> None:
    assert wrong_members(entry, entry) == []


@pytest.mark.parametrize("entry", CLASSES, ids=by_id)
def test_no_code_or_name_of_a_class_can_be_lost_unnoticed(entry: Entry) -> None:
    for system, codes in entry.data.get("codes", {}).items():
        for code in codes:
            left = entry.data["codes"] | {system: [each for each in codes if each != code]}
            changed = entry.model_copy(update={"data": entry.data | {"codes": left}})
            assert wrong_members(entry, changed), f"{entry.id}: nothing notices that {code} is gone"
    for name in entry.data.get("names", []):
        left = [each for each in entry.data["names"] if each != name]
        changed = entry.model_copy(update={"data": entry.data | {"names": left}})
        assert wrong_members(entry, changed), f"{entry.id}: nothing notices that '{name}' is gone"
