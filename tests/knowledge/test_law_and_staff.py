"""Law as dated records by place; staff by what they hold; settings by what is there."""

from datetime import date
from typing import get_args

import pytest

from norket import knowledge
from norket.knowledge import Entry
from norket.knowledge.criteria import Competence, Setting

BASE = knowledge.read()
LAWS = [entry for entry in BASE.entries if entry.id.startswith("legal.")]
STAFF = [entry for entry in BASE.entries if entry.id.startswith("staffing.")]
TOPICS = {"approval", "schedule", "register", "telemedicine", "warning", "scope", "funding", "consent", "practice"}


def by_id(entry: Entry) -> str:
    return entry.id


@pytest.mark.parametrize("entry", LAWS, ids=by_id)
def test_a_record_of_law_has_its_place_its_topic_and_its_days(entry: Entry) -> None:
    assert entry.jurisdiction or entry.id == "legal.not_read"
    assert entry.data["topic"] in TOPICS
    read = date.fromisoformat(entry.data["as_of"])
    begins, ends = (date.fromisoformat(entry.data[name]) if name in entry.data else None for name in ("from", "until"))
    assert begins is None or begins <= read
    assert begins is None or ends is None or begins <= ends
    assert entry.review_by > read


def test_what_was_not_read_is_said_and_no_law_is_claimed_for_it() -> None:
    assert BASE.entry("legal.not_read").certainty == "D"
    assert {entry.jurisdiction for entry in LAWS if entry.data["topic"] == "register"} == {"US", "AU-WA", None}


def test_the_register_of_western_australia_is_not_claimed_to_be_replaced() -> None:
    assert "not the register of the law" in BASE.entry("legal.register_wa").statement


def test_every_setting_that_a_plan_may_name_says_what_must_be_there() -> None:
    named = {entry.data["setting"]: entry for entry in STAFF if "setting" in entry.data}
    assert set(named) == set(get_args(Setting))
    assert all(entry.data["needs"] for entry in named.values())
    assert named["home"].data["switched"] == "off"


def test_a_hospital_has_all_that_a_clinic_has() -> None:
    needs = {entry.data["setting"]: set(entry.data["needs"]) for entry in STAFF if "setting" in entry.data}
    assert needs["outpatient"] < needs["inpatient"]
    assert needs["outpatient"] < needs["infusion_centre"]


def test_coverage_asks_only_for_credentials_that_are_kept_on_record() -> None:
    known = {each["key"] for each in BASE.entry("staffing.credentials").data["credentials"]}
    rule = BASE.entry("staffing.stf_01").data
    assert {each["credential"] for each in rule["needs"]} | set(rule["everybody"]) <= known


def test_whoever_may_go_on_without_is_a_competence_that_is_known() -> None:
    for entry in STAFF:
        assert set(entry.data.get("overridden_by", ())) <= set(get_args(Competence)), entry.id


def test_every_rule_of_staff_and_settings_says_what_resolves_it() -> None:
    rules = [entry for entry in STAFF if entry.kind == "rule" and "code" in entry.data]
    assert {rule.data["code"] for rule in rules} >= {f"STF-0{n}" for n in range(1, 5)} | {
        f"SET-0{n}" for n in range(1, 5)
    }
    assert all(rule.data["resolves_by"] for rule in rules)


def test_a_team_may_manage_deeper_sedation_only_with_more_people() -> None:
    figures = {value.name: value.value or 0 for value in BASE.entry("staffing.sedation_numbers").values}
    assert figures["light"] < figures["moderate_hospital"] < figures["deep_hospital"]
    assert figures["moderate_hospital"] < figures["moderate_standalone"] < figures["deep_standalone"]
