"""Daily amounts in one standard drug: what has no factor is unknown, and the rules count as this sum does."""

from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge import Case
from norket.knowledge.criteria import Route
from norket.therapy.chart import Chart, MedicineItem
from norket.therapy.medicines import by_route, daily, totals
from norket.therapy.screening import Context, screen
from norket.therapy.screening.compiled import compiled

BASE = knowledge.read()
KNOWN = compiled(BASE)
COUNTED = [entry for entry in BASE.of_kind("class") if "equivalents" in entry.data]
EXAMPLES = {str(e.data["class"]): e for e in BASE.entries if e.id.startswith("medicine_classes.counting.")}
CASES = [pytest.param(class_, case, id=f"{class_}: {case.name}") for class_, e in EXAMPLES.items() for case in e.cases]


def item(given: dict[str, Any]) -> MedicineItem:
    return MedicineItem.model_validate({"status": "yes"} | given, strict=False)


@pytest.mark.parametrize(("class_", "case"), CASES)
def test_case(class_: str, case: Case) -> None:
    found = daily(map(item, case.given["medicines"]), class_, KNOWN)
    assert (found.at_least_mg if found.whole else "unknown") == pytest.approx(case.expect)


def test_both_lists_are_counted_and_every_factor_has_a_case() -> None:
    assert {entry.id for entry in COUNTED} == set(EXAMPLES)
    for entry in COUNTED:
        named = {medicine["text"] for case in EXAMPLES[entry.id].cases for medicine in case.given["medicines"]}
        assert {value.name for value in entry.values} <= named


@given(st.floats(0.01, 500), st.sampled_from(["oxycodone", "tramadol", "codeine"]), st.booleans())
def test_the_rule_and_the_sum_agree_on_every_dose(dose_mg: float, drug: str, also_unknown: bool) -> None:
    taking = [item({"text": drug, "daily_dose": dose_mg, "daily_unit": "mg"})]
    taking += [item({"text": "buprenorphine"})] * also_unknown
    chart = Chart.model_validate(
        {
            "medicines": taking,
            "answers": [
                {"system": "norket", "code": "questions.medicines_complete", "status": "yes", "at": date(2027, 3, 1)}
            ],
        },
        strict=False,
    )
    found = screen(chart, base=BASE, on=date(2027, 3, 1), context=Context(route="iv"))
    state = next(f.state for f in found.findings if f.rule == "medicines.med_02")
    amount = daily(taking, "medicine_classes.opioid", KNOWN)
    limit = BASE.figure("medicines.med_02", "limit").value
    expected = "fires" if amount.at_least_mg > limit else "clear" if amount.whole else "unknown"
    assert state == expected


def test_what_is_taken_together_stands_beside_the_figure_of_its_rule() -> None:
    taken = (
        MedicineItem(text="morphine", status="yes", daily_dose=60.0, daily_unit="mg"),
        MedicineItem(text="oxycodone", status="unknown", daily_dose=20.0, daily_unit="mg"),
        MedicineItem(text="codeine", status="no", daily_dose=60.0, daily_unit="mg"),
    )
    (total,) = totals(Chart(medicines=taken), BASE)
    assert (total.daily.at_least_mg, total.daily.whole) == (60.0, False)
    assert total.parts == (("morphine", 60.0), ("oxycodone", None))
    assert (total.rules, [limit.value for limit in total.limits]) == (("medicines.med_02",), [90.0])
    assert totals(Chart(medicines=taken[2:]), BASE) == ()


def test_the_strength_of_a_medicine_is_told_for_every_route_or_not_at_all() -> None:
    (row,) = by_route(MedicineItem(text="ticlopidine", status="yes"), KNOWN)
    assert [one.route for one in row] == list(get_args(Route))
    assert all(one.area is not None for one in row)
    assert by_route(MedicineItem(text="naltrexone", status="yes"), KNOWN) == ()
