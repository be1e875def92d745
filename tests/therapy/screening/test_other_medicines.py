"""Common medicines that no rule is about are understood by name and leave no rule unknown; others do, by name."""

import pytest
from support.charts import BASE, ON, OUTPATIENT, healthy, medicine

from norket.therapy.chart import MedicineItem
from norket.therapy.screening import screen
from norket.therapy.screening.compiled import compiled

CLASS = "medicine_classes.no_rule"
DATA = BASE.entry(CLASS).data
KNOWN = compiled(BASE)


def unknown(*texts: str) -> set[str]:
    chart = healthy(medicines=tuple(medicine(text) for text in texts))
    found = screen(chart, base=BASE, on=ON, context=OUTPATIENT)
    return {one.rule for one in found.findings if one.state == "unknown"}


@pytest.mark.parametrize("name", DATA["names"])
def test_a_name_of_the_list_is_in_no_class_of_a_rule(name: str) -> None:
    assert KNOWN.members(MedicineItem(text=name), drug=True) == {CLASS}


@pytest.mark.parametrize("code", DATA["codes"]["atc"])
def test_a_code_of_the_list_is_in_no_class_of_a_rule(code: str) -> None:
    assert KNOWN.members(MedicineItem(system="atc", code=code), drug=True) == {CLASS}


def test_a_tablet_that_no_rule_is_about_leaves_nothing_unknown() -> None:
    assert unknown("atorvastatin", "Metformin 500 MG Oral Tablet") == unknown()


def test_a_medicine_that_nobody_knows_leaves_the_rules_on_medicines_unknown() -> None:
    assert {"medicines.med_01", "medicines.med_06"} <= unknown("clopidogrel") - unknown()
