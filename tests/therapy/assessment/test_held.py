"""What a test looks at: its latest result, how long it holds for this session, and the day on which it ends."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.therapy.assessment import Held, due, held
from norket.therapy.chart import Chart, Item, Patient
from norket.therapy.screening import Context

BASE = knowledge.read()
ON = date(2027, 3, 1)
TESTS = [entry.id for entry in BASE.of_kind("rule") if entry.id.startswith("tests.")]
PERSON = Patient(sex="female", pregnancy_potential="yes", birth_date=date(1950, 1, 1))


def result(class_: str, days_ago: int | None = 0, **more: Any) -> Item:
    at = None if days_ago is None else ON - timedelta(days=days_ago)
    return Item(system="norket", code=class_, status="no", at=at, **more)


def looked_at(rule: str, *results: Item, **session: Any) -> tuple[Held, ...]:
    chart = Chart(patient=PERSON, observations=results)
    return held(rule, chart, base=BASE, on=ON, context=Context(route="iv", **session))


def test_a_panel_lists_each_thing_that_it_asks_for_with_its_unit() -> None:
    found = looked_at("tests.tst_07", result("observations.alt", value=20.0, unit="U/L"))
    assert [(one.label, one.unit, one.laboratory) for one in found] == [
        ("ALT", "U/L", True),
        ("AST", "U/L", True),
        ("Bilirubin", "mg/dL", True),
    ]
    assert [one.last is not None for one in found] == [True, False, False]


def test_the_newest_result_counts_and_of_one_day_the_one_recorded_last() -> None:
    old, first, second = result("observations.ecg", 9), result("observations.ecg", 2), result("observations.ecg", 2)
    second = second.model_copy(update={"text": "read again"})
    (one,) = looked_at("tests.tst_05", first, second, old)
    assert one.last == second


def test_without_a_day_nobody_can_say_how_long_a_result_holds() -> None:
    (one,) = looked_at("tests.tst_05", result("observations.ecg", None))
    assert (one.last is not None, one.until) == (True, None)


def test_a_measured_height_holds_for_good_and_a_weight_does_not() -> None:
    kg, cm = result("observations.weight", value=70.0, unit="kg"), result("observations.height", 900, value=170.0)
    weight, height = looked_at("tests.tst_04", kg, cm)
    assert (weight.valid_d, weight.until) == (30, ON + timedelta(days=30))
    assert (height.valid_d, height.until) == (None, None)


def test_a_pregnancy_test_holds_longer_for_booking_than_for_the_first_dose() -> None:
    tested = result("observations.pregnancy_test")
    (booking,) = looked_at("tests.tst_10", tested, day_of=False, first_session=True)
    (dosing,) = looked_at("tests.tst_10", tested, day_of=True, first_session=True)
    assert (booking.until, dosing.until) == (ON + timedelta(days=28), ON + timedelta(days=7))


def test_a_document_is_looked_at_and_is_no_result() -> None:
    (one,) = looked_at("tests.tst_14", first_session=True)
    assert not one.is_result


@pytest.mark.parametrize("rule", TESTS)
def test_every_class_without_a_number_says_what_yes_means(rule: str) -> None:
    for one in looked_at(rule):
        assert one.unit or one.yes_means in ("done", "positive", "abnormal") or not one.is_result


@given(st.sampled_from(TESTS), st.integers(0, 400), st.booleans(), st.booleans())
def test_a_test_is_due_exactly_when_something_that_it_looks_at_has_ended(
    rule: str, days_ago: int, day_of: bool, first: bool
) -> None:
    session = Context(route="iv", day_of=day_of, first_session=first, indication="trd")
    needed = [one for one in looked_at(rule) if one.is_result]
    results = [result(one.item, days_ago, **({"value": 1.0, "unit": one.unit} if one.unit else {})) for one in needed]
    chart = Chart(patient=PERSON, observations=tuple(results))
    found = held(rule, chart, base=BASE, on=ON, context=session)
    test = next(one for one in due(chart, base=BASE, on=ON, context=session) if one.rule == rule)
    ended = any(one.until is not None and one.until < ON for one in found)
    if test.finding.state == "fires":
        assert ended or any(one.last is None for one in found)
    elif ended:  # only where it is not asked for
        without = next(one for one in due(Chart(patient=PERSON), base=BASE, on=ON, context=session) if one.rule == rule)
        assert without.finding.state != "fires"
