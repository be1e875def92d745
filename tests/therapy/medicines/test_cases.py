"""The cases of the rules on medicines, tests, consent and indications, and what a changed rule does to them."""

from dataclasses import replace

import pytest

from norket import knowledge
from norket.knowledge import Entry
from norket.knowledge.criteria import is_rule, may_be_unknown, rule_of
from norket.therapy.screening.cases import wrong

BASE = knowledge.read()
FILES = ("medicines.yaml", "tests.yaml", "consent.yaml", "indications.yaml")
RULES = [entry for entry in BASE.entries if BASE.files[entry.id] in FILES and is_rule(entry)]
# Shown to a clinician, or decided by another room with its own cases.
NOT_COMPARED = {
    "medicines.med_06": {"pressure_every_min"},
    "medicines.med_12": {"before_h"},
    "consent.con_01": {"serious_risk_text"},
    "indications.ind_04": {"trials", "trials_va", "adequate_wk"},
    "indications.ind_05": {"due_d"},
    "tests.tst_03": {"valid_d"},  # zero: there is no half of it
    "tests.tst_11": {"valid_d"},
    "medicines.med_20": {"valid_d"},
}
FIGURES = [
    pytest.param(entry, value.name, id=f"{entry.id}.{value.name}")
    for entry in RULES
    for value in entry.values
    if value.name not in NOT_COMPARED.get(entry.id, ())
]


@pytest.mark.parametrize("entry", RULES, ids=lambda entry: entry.id)
def test_every_case_of_the_rule_holds(entry: Entry) -> None:
    assert wrong(entry, BASE) == []


@pytest.mark.parametrize("entry", RULES, ids=lambda entry: entry.id)
def test_every_rule_has_a_case_that_fires_one_that_is_clear_and_one_that_is_unknown(entry: Entry) -> None:
    wanted = {"fires", "clear"} | ({"unknown"} if may_be_unknown(rule_of(entry).criterion) else set())
    states = {"fires" if case.expect not in ("clear", "unknown") else case.expect for case in entry.cases}
    assert wanted - states <= ({"unknown"} if entry.id.startswith("tests.") else set())


@pytest.mark.parametrize(("entry", "name"), FIGURES)
def test_a_figure_that_is_changed_fails_a_case(entry: Entry, name: str) -> None:
    def caught(factor: float) -> bool:
        values = tuple(
            v.model_copy(update={"value": (v.value or 0) * factor}) if v.name == name else v for v in entry.values
        )
        changed = entry.model_copy(update={"values": values})
        base = replace(
            BASE, edition=f"{name}{factor}", entries=tuple(changed if e is entry else e for e in BASE.entries)
        )
        return bool(wrong(changed, base))

    assert caught(2.0), "add a case above this figure"
    assert caught(0.5), "add a case at this figure"


def test_the_codes_of_the_sources_are_all_there() -> None:
    codes = {
        str(entry.data["code"]) for entry in BASE.entries if BASE.files[entry.id] in FILES and "code" in entry.data
    }
    assert {f"MED-{n:02}" for n in range(1, 21)} <= codes
    assert {f"TST-{n:02}" for n in range(1, 16)} <= codes
    assert {f"CON-{n:02}" for n in range(1, 7)} <= codes
    assert {f"CR-IND-{n:02}" for n in range(1, 6)} <= codes
