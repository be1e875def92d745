"""A waived test does not stand in the way, in screening as in the list of tests, and is never taken for a clear one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.therapy.assessment import due
from norket.therapy.chart import Chart, Patient
from norket.therapy.screening import Context, screen
from norket.therapy.screening.waiver import Waiver

BASE = knowledge.read()
ON = date(2027, 3, 1)
BOOKING = Context(route="iv", day_of=False, first_session=True)
CHART = Chart(patient=Patient(sex="female", pregnancy_potential="yes"))


def waiver(rule: str, at: date = ON, until: date = ON, by: str = "doc-1") -> Waiver:
    now = datetime(at.year, at.month, at.day, 8, 0, tzinfo=UTC)
    return Waiver(rule=rule, by=by, reason="healthy and 25", at=now, until=until)


def open_rules(*waivers: Waiver, on: date = ON, context: Context = BOOKING) -> set[str]:
    return {one.rule for one in screen(CHART, base=BASE, on=on, context=context, waivers=waivers).open}


def test_a_waived_test_stands_beside_its_finding_and_not_in_the_way() -> None:
    given_ = waiver("tests.tst_06")
    found = screen(CHART, base=BASE, on=ON, context=BOOKING, waivers=(given_,))
    assert "tests.tst_06" not in {one.rule for one in found.open}
    assert [(one.rule, one.state, held) for one, held in found.waived] == [("tests.tst_06", "fires", given_)]
    assert "tests.tst_07" in open_rules(given_)


def test_the_day_after_its_last_it_counts_no_more() -> None:
    given_ = waiver("tests.tst_06", until=ON + timedelta(days=3))
    assert "tests.tst_06" not in open_rules(given_, on=ON + timedelta(days=3))
    assert "tests.tst_06" in open_rules(given_, on=ON + timedelta(days=4))
    assert "tests.tst_06" in open_rules(given_, on=ON - timedelta(days=1))


@pytest.mark.parametrize("session", [Context(route="iv", day_of=True), Context(route="iv")])
def test_what_nobody_waives_on_the_day_stays_open_on_it_or_where_the_day_is_not_known(session: Context) -> None:
    assert "tests.tst_04" not in open_rules(waiver("tests.tst_04"))
    assert "tests.tst_04" in open_rules(waiver("tests.tst_04"), context=session)


def test_a_rule_that_asks_for_the_same_test_is_waived_with_it() -> None:
    asking = {"tests.tst_10", "screening.scr_17_test"}
    assert asking <= open_rules()
    assert not asking & open_rules(waiver("tests.tst_10"))
    assert asking <= open_rules(waiver("tests.tst_10"), context=Context(route="iv", day_of=True, first_session=True))


def test_a_rule_that_nobody_may_waive_is_open_whatever_the_ledger_says() -> None:
    for rule in ("tests.tst_01", "screening.scr_29", "screening.scr_17_test"):
        assert rule in open_rules(waiver(rule))


WAIVABLE = sorted(entry.id for entry in BASE.entries if entry.data.get("waived_by"))
ANY = st.builds(
    waiver,
    st.sampled_from([entry.id for entry in BASE.of_kind("rule")]),
    st.dates(ON - timedelta(days=9), ON + timedelta(days=9)),
    st.dates(ON - timedelta(days=9), ON + timedelta(days=9)),
)


@given(st.lists(ANY, max_size=6), st.sampled_from([True, False, None]))
def test_the_list_of_tests_and_screening_never_disagree(waivers: list[Waiver], day_of: bool | None) -> None:
    context = Context(route="iv", day_of=day_of, first_session=True)
    found = screen(CHART, base=BASE, on=ON, context=context, waivers=waivers)
    tests = due(CHART, base=BASE, on=ON, context=context, waivers=waivers)
    open_ = {one.rule for one in found.open}
    assert {test.rule for test in tests if test.open} == {rule for rule in open_ if rule.startswith("tests.")}
    assert {one.rule for one, _ in found.waived} <= {*WAIVABLE, "screening.scr_17_test"}
    assert len(found.findings) == len(screen(CHART, base=BASE, on=ON, context=context).findings)
