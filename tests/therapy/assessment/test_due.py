"""Tests before a session: what is due, how long it holds, and what nobody may waive on a dosing day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from norket import knowledge
from norket.therapy.assessment import TestDue, due, times_upper_limit, waive
from norket.therapy.chart import Chart, Item
from norket.therapy.finding import Refused
from norket.therapy.screening import Clinician, Context, screen
from norket.therapy.screening.waiver import Waiver

BASE = knowledge.read()
ON = date(2027, 3, 1)
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
PIA = Clinician(id="doc-1", name="Pia", competences=frozenset({"prescriber"}))
NORA = Clinician(id="nurse-1", name="Nora", competences=frozenset())


def done(name: str, days_ago: int = 0, **more: Any) -> dict[str, Any]:
    at = ON - timedelta(days=days_ago)
    return {"system": "norket", "code": f"observations.{name}", "status": "no", "at": at, **more}


def chart(*observations: dict[str, Any], **patient: Any) -> Chart:
    return Chart.model_validate({"patient": patient, "observations": observations}, strict=False)


def found(rule: str, page: Chart, on: date = ON, waivers: tuple[Waiver, ...] = (), **session: Any) -> TestDue:
    tests = due(page, base=BASE, on=on, context=Context(route="iv", **session), waivers=waivers)
    return next(test for test in tests if test.rule == f"tests.{rule}")


def test_every_test_is_listed_and_what_is_due_comes_first() -> None:
    tests = due(chart(), base=BASE, on=ON, context=Context(route="iv"))
    assert {test.code for test in tests} == {f"TST-{n:02}" for n in range(1, 16)}
    states = [test.finding.state for test in tests]
    assert states == sorted(states, key=["fires", "unknown", "clear"].index)


def test_a_pregnancy_test_of_the_first_day_is_stale_at_the_sixth_weekly_session() -> None:
    tested = chart(done("pregnancy_test"), pregnancy_potential="yes")
    first = found("tst_10", tested, day_of=True, first_session=True)
    sixth = found("tst_10", tested, ON + timedelta(weeks=5), day_of=True, first_session=False)
    assert (first.finding.state, sixth.finding.state) == ("clear", "fires")
    assert (first.valid_d, sixth.valid_d) == (7, 28)


def test_a_pregnancy_test_may_be_good_for_booking_and_too_old_for_the_dose() -> None:
    tested = chart(done("pregnancy_test", 8), pregnancy_potential="yes")
    assert found("tst_10", tested, day_of=False, first_session=True).finding.state == "clear"
    assert found("tst_10", tested, day_of=True, first_session=True).finding.state == "fires"


@pytest.mark.parametrize("rule", ["tst_03", "tst_04", "tst_10"])
def test_some_tests_are_never_waived_on_a_dosing_day(rule: str) -> None:
    page = chart(pregnancy_potential="yes")
    on_the_day = found(rule, page, day_of=True, first_session=False)
    refused = waive(on_the_day, by=PIA, reason="Not needed today", on=ON, now=NOW)
    assert isinstance(refused, Refused)
    assert refused.code == "not_waivable"
    assert found(rule, page, first_session=False).waivable_by == ()  # a day that is not known is taken for one
    assert found(rule, page, day_of=False, first_session=False).waivable_by == ("prescriber",)


@pytest.mark.parametrize("rule", ["tst_01", "tst_02", "tst_14"])
def test_some_tests_are_never_waived(rule: str) -> None:
    assert found(rule, chart(), day_of=False, first_session=True, indication="trd").waivable_by == ()


def test_a_waiver_needs_the_role_and_a_typed_reason_and_then_holds_as_long_as_a_result() -> None:
    test = found("tst_06", chart(), day_of=True)
    assert test.open
    assert [
        refused.code
        for by, reason in ((NORA, "Healthy"), (PIA, " . "))
        if isinstance(refused := waive(test, by=by, reason=reason, on=ON, now=NOW), Refused)
    ] == ["waiver_not_yours", "reason_missing"]
    waiver = waive(test, by=PIA, reason="Healthy and 25", on=ON, now=NOW)
    assert isinstance(waiver, Waiver)
    assert waiver.until == ON + timedelta(days=182)
    assert not found("tst_06", chart(), waivers=(waiver,), day_of=True).open
    assert found("tst_06", chart(), waiver.until + timedelta(days=1), (waiver,), day_of=True).open
    assert found("tst_07", chart(), waivers=(waiver,), day_of=True).open


def test_a_waiver_for_booking_does_not_reach_the_dosing_day() -> None:
    page = chart(done("weight", 31, value=70.0, unit="kg"), done("height", value=170.0, unit="cm"))
    waiver = waive(found("tst_04", page, day_of=False), by=PIA, reason="Weighed at the visit", on=ON, now=NOW)
    assert isinstance(waiver, Waiver)
    assert not found("tst_04", page, waivers=(waiver,), day_of=False).open
    assert found("tst_04", page, waivers=(waiver,), day_of=True).open


@pytest.mark.parametrize(
    ("alt", "ratio", "state"),
    [(95.0, 2.88, "clear"), (98.9, 2.997, "clear"), (99.0, 3.0, "fires"), (100.0, 3.03, "fires")],
)
def test_a_result_is_judged_by_the_limit_of_its_own_laboratory(alt: float, ratio: float, state: str) -> None:
    result = done("alt", value=alt, unit="U/L", reference_high=33.0)
    assert times_upper_limit(Item.model_validate(result, strict=False)) == pytest.approx(ratio, abs=0.005)
    other = done("ast", value=20.0, unit="U/L", reference_high=33.0)
    findings = screen(chart(result, other), base=BASE, on=ON, context=Context(route="iv")).findings
    assert next(f.state for f in findings if f.rule == "screening.scr_19_enzymes") == state


@pytest.mark.parametrize("limit", [None, 0.0])
def test_without_the_laboratorys_own_limit_there_is_no_multiple(limit: float | None) -> None:
    item = Item(text="ALT", value=95.0, unit="U/L", reference_high=limit)
    assert times_upper_limit(item) is None
    assert times_upper_limit(Item(text="ALT", unit="U/L", reference_high=33.0)) is None
