"""One count for every order: what a pump, a syringe or a spray gave, in milligrams of the ordered drug."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session import counted
from norket.therapy.session.view import view

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
IDS = ("MRN-1", "1980-01-01")
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
ANAESTHETIST = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
HAPPENED = {"as": "happened"}
SPRAY = {"route": "intranasal", "product_id": "esketamine-28", "amount_mg": 28.0, **HAPPENED}
VITALS = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0}


def esketamine(new_chair: Any, **changes: Any) -> Any:
    """35 mg of esketamine in a pump whose order says the racemate; the cap is 70 mg, the ceiling 87.5."""
    chair = new_chair(**changes).prepare()
    chair.do(0, "start_infusion", **chair.start_command(product_id="esketamine-25"), **HAPPENED)
    return chair


def code(answer: Any) -> str | None:
    return answer.code if isinstance(answer, Refused) else None


def all_of_it(chair: Any, minute: float) -> float:
    state, now = chair.state, chair.at(minute)
    left = counted.committed_mg(state, state.order, now, chair.base)
    assert left is not None
    return counted.given_mg(state, state.order, now, chair.base) + left


@pytest.mark.parametrize("minute", [0.0, 13.0, 39.9, 41.0])
def test_esketamine_in_a_pump_counts_twice_whether_it_ran_or_will(new_chair: Any, minute: float) -> None:
    assert all_of_it(esketamine(new_chair), minute) == pytest.approx(70.0)


def test_the_racemate_counts_whole_towards_an_order_of_esketamine(new_chair: Any) -> None:
    chair = new_chair(drug="esketamine").prepare()
    chair.do(0, "start_infusion", **chair.start_command(), **HAPPENED)
    assert all_of_it(chair, 10) == pytest.approx(35.0)


def test_what_a_pump_may_have_given_beyond_its_count_counts_as_its_drug(new_chair: Any) -> None:
    chair = esketamine(new_chair)
    chair.do(20, "read_pump", read_ml=25.0)  # 17.5 mL were computed
    assert counted.given_mg(chair.state, chair.state.order, chair.at(20), chair.base) == pytest.approx(50.0)


@pytest.mark.parametrize(("volume_ml", "above"), [(35.0, False), (35.1, True)])
def test_a_start_is_judged_on_what_its_product_counts(new_chair: Any, volume_ml: float, above: bool) -> None:
    chair = new_chair().prepare()
    command = chair.start_command(product_id="esketamine-25", volume_ml=volume_ml)
    flags = chair.do(0, "start_infusion", **command, **HAPPENED)[0].flags
    assert ("above_cap" in flags) is above


@pytest.mark.parametrize(("spray", "refused"), [(False, None), (True, "above_ceiling")])
def test_a_spray_beside_the_pump_holds_a_higher_rate_and_a_resume(
    running: Any, spray: bool, refused: str | None
) -> None:
    """35 mg of the pump and 28 of the spray, which count as 56: 91 mg, and the ceiling is 87.5."""
    if spray:
        running.do(10, "give_dose", **SPRAY)
        running.watch(10)
    assert code(running.judge(12, "change_rate", PRESCRIBER, rate_ml_h=54.0)) == refused
    running.do(13, "pause")
    running.do(14, "record_vitals", vitals=VITALS)
    assert code(running.judge(15, "resume", PRESCRIBER)) == refused


def test_a_bolus_into_a_pump_of_esketamine_counts_twice(new_chair: Any) -> None:
    """Given and still to run count 70 mg, which is the cap."""
    cap = {"dose_row": "doses.d19", "second_signer": "doc-2"}
    chair = esketamine(new_chair, **cap)
    for amount_mg, above in ((8.7, False), (8.8, True)):  # 70 and twice this: the ceiling is 87.5
        flags = chair.judge(20, "give_bolus", ANAESTHETIST, amount_mg=amount_mg, **HAPPENED)[0].event.flags
        assert ("above_ceiling" in flags) is above


def test_the_rate_of_esketamine_is_held_to_the_band_as_it_counts(new_chair: Any) -> None:
    chair = esketamine(new_chair)  # the band is 20 to 80 mg/h of the racemate
    assert chair.refused(10, "change_rate", PRESCRIBER, rate_ml_h=41.0).code == "outside_band"
    assert chair.do(10, "change_rate", PRESCRIBER, rate_ml_h=40.0)


def test_a_syringe_of_esketamine_in_a_running_pump_is_flagged_with_what_it_takes(running: Any) -> None:
    syringe = {"lot": "L2", "volume_ml": 40.0, "drawn_mg": 50.0, "checker": "doc-1", "concentration_mg_ml": 1.25}
    told = [running.judge(1, "change_syringe", product_id=name, **syringe) for name in ("ketamine-10", "esketamine-25")]
    assert ["above_cap" in one[0].event.flags for one in told] == [False, True]


def test_milligrams_that_are_shown_stay_those_of_the_syringe(new_chair: Any) -> None:
    shown = view(esketamine(new_chair).state, {}, esketamine(new_chair).at(20), new_chair().base)
    assert shown.delivered_mg == pytest.approx(17.5)


# ---- when it was given ---------------------------------------------------------------------------------------------


@pytest.fixture
def pain(new_chair: Any) -> Any:
    """A pain session of 40 mg over 2 h for 100 kg; its row knows a bolus, ten minutes lie between two."""
    cap = {"mg_kg": 2.0, "mg": 200.0, "mg_h": 100.0, "mg_kg_h": 1.0}
    usual = {"dose_row": "doses.d19", "amount_mg": 40.0, "duration_min": 120.0, "weight_kg": 100.0}
    return new_chair(**usual, cap=cap, ceiling=cap).start()


def flags(chair: Any, told: float, late: float, amount_mg: float = 5.0) -> tuple[str, ...]:
    (decided,) = chair.judge(told, "give_bolus", ANAESTHETIST, amount_mg=amount_mg, late=late, **HAPPENED)
    found: tuple[str, ...] = decided.event.flags
    return found


@pytest.mark.parametrize(
    ("late", "locked"),
    [(10.1, True), (19.9, True), (20.0, False), (30.0, False), (30.1, True), (49.9, True), (50.0, False)],
)
def test_a_bolus_that_is_told_late_is_locked_out_by_when_it_went_in(pain: Any, late: float, locked: bool) -> None:
    """One went in at minute 10 and one at minute 40: the nearest counts, on either side."""
    for minute in (10, 40):
        pain.do(minute, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS)
    assert ("bolus_locked_out" in flags(pain, 90, late)) is locked


@pytest.mark.parametrize(("late", "above"), [(69.9, True), (70.0, False)])
def test_a_bolus_that_is_told_late_counts_in_the_hour_in_which_it_went_in(pain: Any, late: float, above: bool) -> None:
    """The row allows 25 mg an hour; 15 mg are in at minute 10."""
    pain.do(10, "give_bolus", ANAESTHETIST, amount_mg=15.0, identifiers=IDS)
    assert ("above_cap" in flags(pain, 110, late, 15.0)) is above


def test_a_bolus_counts_with_those_that_followed_within_its_hour(pain: Any) -> None:
    pain.do(60, "give_bolus", ANAESTHETIST, amount_mg=15.0, identifiers=IDS)
    assert "above_cap" in flags(pain, 110, 20, 15.0)
    assert "above_cap" not in flags(pain, 110, 20, 10.0)


AMOUNTS = st.lists(st.tuples(st.integers(-120, 120), st.floats(0.0, 50.0)), max_size=6)


@given(doses=AMOUNTS)
def test_the_hour_is_the_worst_that_holds_the_dose(doses: list[tuple[int, float]]) -> None:
    told = [(START + timedelta(minutes=minute), amount_mg) for minute, amount_mg in doses]
    worst = max(
        sum(amount_mg for minute, amount_mg in doses if end - 60 < minute <= end) for end in range(60)
    )  # every window of an hour, to the minute, that holds minute 0
    assert counted.same_hour_mg(told, START) == pytest.approx(worst)
