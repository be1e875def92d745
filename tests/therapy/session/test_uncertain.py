"""Uncertain delivery: a failed cannula, a failed pump, and what of it is ordered again."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from norket.therapy.actor import Actor
from norket.therapy.session.delivered import committed_mg, delivered_mg, history, planned_end, total_mg
from norket.therapy.session.pump_count import to_be_set_ml
from norket.therapy.session.uncertain import histories, parts, surplus_mg
from norket.therapy.session.view import view

NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
ANAESTHETIST = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
IDS = ("MRN-1", "1980-01-01")
AGAIN = {"rate_ml_h": 52.5, "volume_ml": 17.5, "identifiers": IDS}  # half of it has run at minute 20


def mg(doses: Any) -> float:
    return sum(dose.amount_mg for dose in doses)


def test_a_failed_cannula_makes_the_time_since_the_last_good_look_uncertain(running: Any) -> None:
    running.do(8, "check_site")
    running.do(20, "record_site_failed", failure="infiltration", read_ml=17.5)
    state = running.state
    assert (state.phase, state.paused_at) == ("paused", running.at(20))
    stretch = state.uncertain[0]
    assert (stretch.start, stretch.end, stretch.late) == (running.at(8), running.at(20), True)
    assert (state.pump_readings[0].read_ml, state.pump_readings[0].computed_ml) == (17.5, 17.5)
    assert state.anchors[-1] == running.at(20)


def test_without_a_look_all_of_the_infusion_is_uncertain(running: Any) -> None:
    running.do(20, "record_site_failed", failure="dislodged")
    assert running.state.uncertain[0].start == running.at(0)


def test_what_is_uncertain_lies_between_none_and_all_and_may_come_late(running: Any) -> None:
    running.do(8, "check_site")
    running.do(20, "record_site_failed", failure="extravasation")
    given_ = history(running.state, running.at(30), planned=False)
    least, late = histories(running.state, given_)
    assert mg(given_) == pytest.approx(17.5)
    assert mg(least) == pytest.approx(7.0)  # eight minutes at 52.5 mg/h
    assert mg(late) == pytest.approx(17.5)
    under = [dose for dose in late if dose.route == "sc"]
    assert [(dose.start, dose.amount_mg) for dose in under] == [(running.at(20), pytest.approx(10.5))]
    assert total_mg(running.state, running.at(30)) == pytest.approx(17.5)  # limits count all of it


@pytest.mark.parametrize("found", [40.0, 60.0, 300.0])
def test_what_came_late_lies_there_since_the_drug_ended_whenever_the_failure_was_found(
    running: Any, found: float
) -> None:
    running.do(40, "stop_infusion")
    running.do(found, "record_site_failed", failure="infiltration")
    _, late = histories(running.state, history(running.state, running.at(found), planned=True))
    assert {(dose.route, dose.start) for dose in late} == {("sc", running.at(40))}
    assert mg(late) == pytest.approx(35.0)


def test_what_still_runs_into_a_failed_cannula_lies_there_when_it_has_run(running: Any) -> None:
    running.do(20, "record_site_failed", failure="infiltration", pump_stopped=False)
    _, late = histories(running.state, history(running.state, running.at(30), planned=True))
    assert {(dose.route, dose.start) for dose in late} == {("sc", running.at(40))}
    running.do(30, "pause")
    _, late = histories(running.state, history(running.state, running.at(35), planned=True))
    assert {(dose.route, dose.start) for dose in late} == {("sc", running.at(30))}


def test_nothing_goes_into_a_failed_cannula_until_one_runs_well(running: Any) -> None:
    running.do(20, "record_site_failed", failure="blocked")
    assert running.refused(21, "resume").code == "site_failed"
    running.do(22, "check_site")
    running.do(22, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    assert running.do(23, "resume")


def test_a_cannula_that_fails_while_the_pump_goes_on_is_uncertain_until_it_stands(running: Any) -> None:
    running.do(20, "record_site_failed", failure="infiltration", pump_stopped=False)
    assert running.state.uncertain[0].end is None
    running.do(21, "pause")
    assert running.state.uncertain[0].end == running.at(21)


def test_a_pump_that_runs_into_a_failed_cannula_is_a_t2_until_it_stands_or_one_runs_well(running: Any) -> None:
    running.watch(19)
    assert "monitoring.failed_site" not in running.open_alerts()
    running.do(20, "record_site_failed", failure="extravasation", pump_stopped=False)
    running.watch(20)
    alert = running.alert("failed_site")
    assert (alert.tier, alert.technical) == ("T2", False)
    running.do(20.5, "acknowledge_alert", alert_id=alert.alert_id)
    running.watch(29)
    assert "monitoring.failed_site" in running.open_alerts()  # an answer does not stop the pump
    running.do(30, "pause")
    running.watch(30)
    assert "monitoring.failed_site" not in running.open_alerts()
    running.do(31, "resume", **{"as": "happened"})
    running.watch(31)
    assert "monitoring.failed_site" in running.open_alerts()  # it runs again, and nothing was done
    running.do(32, "check_site")
    running.watch(32)
    assert "monitoring.failed_site" not in running.open_alerts()


def test_what_runs_into_a_cannula_known_to_have_failed_is_uncertain_from_there(running: Any) -> None:
    running.do(10, "record_site_failed", failure="extravasation")
    running.do(12, "resume", **{"as": "happened"})
    assert drawn(running, 30, planned=True) == [0.0, 35.0]
    running.do(20, "pause")
    running.do(21, "check_site")
    running.do(22, "resume", PRESCRIBER)
    stretches = [(one.start, one.end) for one in running.state.uncertain]
    assert stretches == [(running.at(0), running.at(10)), (running.at(12), running.at(20))]
    assert drawn(running, 30)[0] == pytest.approx(8 * 52.5 / 60)  # after the good look it is certain again


def test_what_is_pushed_into_a_cannula_known_to_have_failed_is_uncertain_too(new_chair: Any) -> None:
    chair = new_chair(dose_row="doses.d19").start()
    chair.do(10, "record_site_failed", failure="extravasation")
    chair.do(12, "give_bolus", PRESCRIBER, **{"amount_mg": 20.0, "as": "happened"})
    assert drawn(chair, 15) == [0.0, 28.75]
    chair.do(16, "check_site")
    chair.do(17, "give_bolus", PRESCRIBER, **{"amount_mg": 5.0, "as": "happened"})
    assert drawn(chair, 18) == [5.0, 33.75]


def test_an_infusion_that_is_started_into_a_failed_cannula_is_uncertain_from_its_start(chair: Any) -> None:
    chair.prepare().do(-1, "record_site_failed", failure="infiltration")
    chair.do(0, "start_infusion", **chair.start_command(**{"as": "happened"}))
    assert drawn(chair, 20) == [0.0, 17.5]


def test_nobody_raises_the_rate_into_a_failed_cannula_and_everybody_lowers_it(running: Any) -> None:
    running.do(5, "record_site_failed", failure="extravasation", pump_stopped=False)
    assert running.refused(6, "change_rate", PRESCRIBER, rate_ml_h=54.0).code == "site_failed"
    assert running.do(6, "change_rate", rate_ml_h=30.0)
    running.do(7, "check_site")
    assert running.do(8, "change_rate", PRESCRIBER, rate_ml_h=54.0)


def test_a_failed_pump_lies_between_what_it_says_and_what_was_computed(running: Any) -> None:
    running.do(20, "record_pump_fault", fault="restart", read_ml=14.0)  # 17.5 mL were computed
    stretch = running.state.uncertain[0]
    assert (stretch.least, stretch.most) == (pytest.approx(0.8), 1.0)
    (least,) = histories(running.state, history(running.state, running.at(20), planned=False))
    assert mg(least) == pytest.approx(14.0)


def test_a_pump_that_gave_more_than_computed_is_drawn_with_more(running: Any) -> None:
    running.do(20, "record_pump_fault", fault="wrong_volume", read_ml=21.0)
    _, most = histories(running.state, history(running.state, running.at(20), planned=False))
    assert mg(most) == pytest.approx(21.0)


def test_after_a_fault_two_people_read_the_pump_before_it_goes_on(running: Any) -> None:
    running.do(20, "record_pump_fault", fault="battery", read_ml=17.5)
    assert running.refused(21, "resume").code == "time_out_again"
    for by in (NURSE, PRESCRIBER):
        running.do(22, "time_out", by, **AGAIN)
    running.do(22, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    assert running.do(23, "resume")


def test_after_a_fault_only_what_is_left_agrees(running: Any) -> None:
    running.do(20, "record_pump_fault", fault="restart", read_ml=17.5)
    for by in (NURSE, PRESCRIBER):
        (whole,) = running.do(22, "time_out", by, **(AGAIN | {"volume_ml": 35.0}))
        assert (whole.agrees, whole.flags) == (False, ("volume_disagrees",))
    assert running.refused(23, "resume").code == "time_out_again"
    for by in (NURSE, PRESCRIBER):
        assert running.do(24, "time_out", by, **AGAIN)[0].agrees
    running.do(24, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    assert running.do(25, "resume")


@pytest.mark.parametrize(("read_ml", "rest_ml"), [(30.0, 5.0), (10.0, 17.5)])
def test_where_pump_and_ledger_count_differently_the_count_that_leaves_less_is_set(
    running: Any, read_ml: float, rest_ml: float
) -> None:
    running.do(20, "pause")
    running.do(20, "read_pump", read_ml=read_ml)  # 17.5 mL were computed, 35 programmed
    assert f"set it to {rest_ml:.1f} mL" in running.refused(21, "resume", PRESCRIBER).why
    for volume_ml in (35.0, 35.0 - read_ml, 17.5):
        if volume_ml > 0:
            answer = running.do(22, "time_out", **(AGAIN | {"volume_ml": volume_ml}))[0]
            assert answer.agrees is (volume_ml == rest_ml)


def test_a_pump_that_says_it_gave_more_than_all_is_set_to_no_more(running: Any) -> None:
    running.do(20, "pause")
    running.do(20, "read_pump", read_ml=40.0)
    assert "nothing of the order is left" in running.refused(21, "resume", PRESCRIBER).why
    assert not running.do(22, "time_out", **AGAIN)[0].agrees


def test_a_pump_that_counts_less_runs_until_its_own_count_is_full(running: Any) -> None:
    running.do(20, "read_pump", read_ml=10.0)  # 17.5 mL were computed: its own 35 are full 25 mL later
    assert planned_end(running.state, running.at(20)) == running.at(20 + 25 / 52.5 * 60)
    for minute in (40.5, 48):
        running.watch(minute)
        assert running.state.phase == "running"
        assert delivered_mg(running.state, running.at(minute)) == pytest.approx(minute * 52.5 / 60)
    running.do(49, "stop_infusion")
    assert delivered_mg(running.state, running.at(60)) == pytest.approx(42.5)
    assert drawn(running, 60) == [35.0]  # by the ledger 42.5 mg, by the pump 35


def test_a_pump_that_counts_more_takes_nothing_off_what_may_still_run(running: Any) -> None:
    running.do(20, "read_pump", read_ml=25.0)
    assert committed_mg(running.state, running.at(20)) == pytest.approx(17.5)
    assert drawn(running, 20) == [17.5, 25.0]


@pytest.mark.parametrize(("read_ml", "ends"), [(17.5, True), (16.0, False), (20.0, False)])
def test_nothing_says_that_a_pump_stands_while_it_counts_otherwise(running: Any, read_ml: float, ends: bool) -> None:
    running.do(20, "read_pump", read_ml=read_ml)
    running.watch(60)
    assert (running.state.phase == "stopped") is ends


@pytest.mark.parametrize(("read_ml", "rest_ml"), [(10.0, 17.5), (25.0, 10.0)])
def test_what_two_people_set_a_pump_to_is_what_it_gives(running: Any, read_ml: float, rest_ml: float) -> None:
    running.do(20, "record_pump_fault", fault="restart", read_ml=read_ml)
    for by, given_mg in ((NURSE, 25.0 if read_ml < 17.5 else 17.5), (PRESCRIBER, rest_ml)):
        assert running.do(21, "time_out", by, **(AGAIN | {"volume_ml": rest_ml}))[0].agrees
        assert committed_mg(running.state, running.at(21)) == pytest.approx(given_mg)  # one alone sets nothing
    running.do(22, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    running.do(23, "resume", PRESCRIBER)
    end = 23 + rest_ml / 52.5 * 60
    running.watch(end - 0.1)
    assert running.state.phase == "running"
    running.watch(end + 0.1)
    assert running.state.phase == "stopped"
    assert delivered_mg(running.state, running.at(60)) == pytest.approx(17.5 + rest_ml)
    assert total_mg(running.state, running.at(60)) + surplus_mg(running.state, running.at(60)) == pytest.approx(35.0)


def test_a_pump_that_fails_as_it_starts_is_set_by_two_as_well(running: Any) -> None:
    running.do(0, "record_pump_fault", fault="restart", read_ml=0.0)
    for by in (NURSE, PRESCRIBER):
        running.do(1, "time_out", by, **(AGAIN | {"volume_ml": 34.9}))  # within what two readings may differ by
    assert committed_mg(running.state, running.at(1)) == pytest.approx(34.9)


def test_a_volume_that_only_one_of_two_reads_right_is_not_what_the_pump_gives(running: Any) -> None:
    running.do(20, "record_pump_fault", fault="restart", read_ml=10.0)
    running.do(21, "time_out", NURSE, **AGAIN)
    running.do(21, "time_out", PRESCRIBER, **(AGAIN | {"volume_ml": 25.0}))
    assert committed_mg(running.state, running.at(21)) == pytest.approx(25.0)


@pytest.mark.parametrize("read_ml", [26.25 - 7.5, 8.75, 26.25])
def test_a_pump_that_was_set_anew_may_count_on_or_from_there(running: Any, read_ml: float) -> None:
    running.do(20, "record_pump_fault", fault="restart", read_ml=10.0)  # 17.5 mL were computed
    for by in (NURSE, PRESCRIBER):
        running.do(21, "time_out", by, **AGAIN)
    running.do(22, "resume", PRESCRIBER, **{"as": "happened"})
    left_ml = 17.5 - 8.75  # what is left of it ten minutes later; to look once more sets nothing
    assert running.do(32, "time_out", NURSE, **(AGAIN | {"volume_ml": left_ml}))[0].agrees
    assert running.do(32, "read_pump", read_ml=read_ml)[0].flags == ()
    assert running.do(32, "read_pump", read_ml=13.0)[0].flags == ("pump_volume_disagrees",)


@given(read_ml=st.floats(0.0, 60.0), minute=st.floats(1.0, 39.0))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_reading_of_the_pump_lets_less_count_than_it_may_still_give(
    running: Any, read_ml: float, minute: float
) -> None:
    before = len(running.ledger)
    try:
        running.do(minute, "read_pump", read_ml=read_ml)
        state, now = running.state, running.at(minute)
        disagrees = "pump_volume_disagrees" in state.flags
        left = committed_mg(state, now)
        assert left is not None
        assert left >= 35.0 - minute * 52.5 / 60 - 1e-6
        assert left >= (35.0 - read_ml if disagrees else 0.0) - 1e-6
        assert to_be_set_ml(state, 35.0, now) <= left + 1e-9
    finally:
        del running.ledger[before:]


def test_without_a_fault_the_volume_programmed_agrees_too(running: Any) -> None:
    running.do(20, "pause")
    assert running.do(22, "time_out", **(AGAIN | {"volume_ml": 35.0}))[0].agrees
    assert running.do(22, "time_out", **AGAIN)[0].agrees


@pytest.mark.parametrize(("type_", "failure"), [("record_pump_fault", "fault"), ("record_site_failed", "failure")])
@pytest.mark.parametrize(("read_ml", "flags"), [(0.0, ("pump_volume_disagrees",)), (17.5, ()), (None, ())])
def test_a_pump_that_says_another_volume_alerts_with_the_failure(
    running: Any, type_: str, failure: str, read_ml: float | None, flags: tuple[str, ...]
) -> None:
    failed = running.do(20, type_, **{failure: "other"}, **({} if read_ml is None else {"read_ml": read_ml}))[0]
    assert failed.flags == flags
    running.watch(20)
    assert [rule for rule in running.open_alerts() if "volume" in rule] == [f"escalation.t2.flag_{f}" for f in flags]


def drawn(running: Any, minute: float, *, planned: bool = False) -> list[float]:
    """The milligrams of each other history at this minute."""
    doses = history(running.state, running.at(minute), planned=planned)
    return [pytest.approx(mg(one)) for one in histories(running.state, doses)]


def test_a_reading_of_the_pump_that_disagrees_is_a_doubt_and_two_read_it_again(running: Any) -> None:
    running.do(20, "read_pump", read_ml=30.0)  # 17.5 mL were computed
    state = running.state
    stretch = state.uncertain[0]
    assert (stretch.why, stretch.start, stretch.end) == ("pump", running.at(0), running.at(20))
    assert drawn(running, 20) == [17.5, 30.0]
    assert state.read_pump_since == running.at(20)
    assert running.refused(21, "change_rate", rate_ml_h=50.0).code == "time_out_again"


def test_a_reading_of_the_pump_that_agrees_is_no_doubt(running: Any) -> None:
    running.do(20, "read_pump", read_ml=17.6)
    assert (running.state.uncertain, running.state.read_pump_since) == ((), None)
    assert running.do(21, "change_rate", rate_ml_h=50.0)


def test_the_doubt_begins_at_the_last_reading_that_agreed(running: Any) -> None:
    running.do(10, "read_pump", read_ml=8.8)
    running.do(20, "read_pump", read_ml=30.0)
    assert running.state.uncertain[0].start == running.at(10)
    assert drawn(running, 20)[1] == pytest.approx(8.75 + (30.0 - 8.8))


def test_a_fault_after_a_reading_that_disagreed_erases_no_doubt(running: Any) -> None:
    running.do(20, "read_pump", read_ml=30.0)
    running.do(20.5, "record_pump_fault", fault="other", read_ml=30.4)
    assert max(drawn(running, 20.5), key=lambda one: one.expected).expected == pytest.approx(30.4, abs=0.1)


def test_limits_count_the_most_that_the_pump_may_have_given(running: Any) -> None:
    before = surplus_mg(running.state, running.at(20))
    running.do(20, "read_pump", read_ml=80.0)
    assert (before, surplus_mg(running.state, running.at(20))) == (0.0, pytest.approx(62.5))
    assert total_mg(running.state, running.at(20)) == pytest.approx(17.5)  # the ledger stays what was computed
    flags = running.do(21, "give_bolus", **{"amount_mg": 5.0, "as": "happened"})[0].flags
    assert "above_cap" in flags  # 70 mg, and 1 mg/kg, is the cap; 80 of the pump and what still runs lie above it


@pytest.fixture
def pushed(new_chair: Any) -> Any:
    """An infusion with a bolus of 20 mg (20 mL) at minute 10."""
    chair = new_chair(dose_row="doses.d19").start()
    chair.do(10, "give_bolus", ANAESTHETIST, amount_mg=20.0, identifiers=IDS)
    return chair


@pytest.mark.parametrize(("read_ml", "flags"), [(17.5, ()), (37.5, ()), (27.5, ("pump_volume_disagrees",))])
def test_a_pump_may_have_counted_the_boluses_or_not(pushed: Any, read_ml: float, flags: tuple[str, ...]) -> None:
    assert pushed.do(20, "read_pump", read_ml=read_ml)[0].flags == flags
    shown = view(pushed.state, {}, pushed.at(20), pushed.base).dosing.pump
    assert shown is not None
    assert shown.agrees is not bool(flags)
    assert shown.difference_ml == pytest.approx(10.0 if flags else 0.0)


def test_a_doubt_about_the_pump_is_none_about_what_was_pushed(pushed: Any) -> None:
    pushed.do(20, "read_pump", read_ml=0.0)
    assert drawn(pushed, 20) == [20.0]  # nothing ran, the bolus went in
    assert surplus_mg(pushed.state, pushed.at(20)) == 0.0


def test_a_pump_that_gave_too_much_multiplies_no_bolus(pushed: Any) -> None:
    pushed.do(20, "read_pump", read_ml=45.0)
    assert drawn(pushed, 20) == [37.5, 65.0]  # 25 or 45 of the pump, and the 20 of the bolus
    assert surplus_mg(pushed.state, pushed.at(20)) == pytest.approx(27.5)


def test_a_count_that_may_hold_the_bolus_leaves_less_of_the_infusion(pushed: Any) -> None:
    pushed.do(20, "read_pump", read_ml=30.0)
    assert drawn(pushed, 20) == [30.0, 50.0]  # 10 or 30 of the pump
    assert committed_mg(pushed.state, pushed.at(20)) == pytest.approx(25.0)  # 35 less the 10 that may have run


def test_a_pump_that_gave_less_takes_nothing_off_the_limits(running: Any) -> None:
    running.do(20, "read_pump", read_ml=5.0)
    assert surplus_mg(running.state, running.at(20)) == 0.0


def test_a_failed_cannula_narrows_no_doubt_about_the_pump(running: Any) -> None:
    running.do(10, "record_pump_fault", fault="wrong_volume", read_ml=17.5, pump_stopped=False)  # 8.75 computed
    running.do(10, "record_site_failed", failure="blocked", read_ml=17.5)
    least, most, late = drawn(running, 10)
    assert (least, most, late) == (0.0, 17.5, 17.5)


def test_what_is_planned_into_a_failed_cannula_is_uncertain_until_a_good_look(running: Any) -> None:
    running.do(20, "record_site_failed", failure="infiltration", pump_stopped=False)
    assert drawn(running, 20, planned=True)[0] == 0.0
    running.do(22, "check_site")
    assert running.state.uncertain[0].end == running.at(22)
    assert drawn(running, 22, planned=True)[0] == pytest.approx(35.0 - 22 * 52.5 / 60)


def test_a_volume_read_at_a_failed_cannula_may_disagree_too(running: Any) -> None:
    event = running.do(20, "record_site_failed", failure="other", read_ml=30.0)[0]
    assert event.flags == ("pump_volume_disagrees",)
    assert drawn(running, 20) == [0.0, 30.0, 30.0]
    agreed = running.do(30, "record_site_failed", failure="other", read_ml=17.5)[0]
    assert agreed.flags == ()


@given(
    read=st.lists(st.floats(0.0, 40.0), min_size=1, max_size=4),
    failed=st.booleans(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_later_doubt_makes_the_band_narrower(running: Any, read: list[float], failed: bool) -> None:
    before = len(running.ledger)
    try:
        low, high = 17.5, 17.5  # what the first twenty minutes gave, as computed
        for place, volume in enumerate(read):
            running.do(20, "record_pump_fault", fault="other", read_ml=volume, pump_stopped=False)
            if failed and place == 0:
                running.do(20, "record_site_failed", failure="other", pump_stopped=False)
            found = [mg(one) for one in histories(running.state, history(running.state, running.at(20), planned=False))]
            assert min(found) <= low + 1e-9
            assert max((*found, 17.5)) >= high - 1e-9
            low, high = min(found), max((*found, 17.5))
    finally:
        del running.ledger[before:]


def test_the_pump_is_shown_against_the_ledger(running: Any, base: Any) -> None:
    running.do(20, "read_pump", read_ml=17.6)
    shown = view(running.state, {}, running.at(21), base).dosing.pump
    assert shown is not None
    assert (shown.agrees, round(shown.difference_ml, 3), shown.set_to_ml) == (True, 0.1, None)
    event = running.do(30, "read_pump", read_ml=20.0)[0]
    assert event.flags == ("pump_volume_disagrees",)
    running.watch(30)
    assert running.alert("pump_volume_disagrees").tier == "T2"
    assert running.refused(31, "change_rate", rate_ml_h=54.0).code == "prescriber_must_raise"
    running.do(31, "pause")
    shown = view(running.state, {}, running.at(31), base).dosing.pump
    assert shown is not None
    assert not shown.agrees
    assert shown.set_to_ml == pytest.approx(35.0 - 31 * 52.5 / 60)  # by the pump 20 were given, by the ledger more


def test_a_volume_that_was_typed_wrongly_is_judged_anew(running: Any) -> None:
    running.do(20, "read_pump", read_ml=71.5)
    n = running.state.version
    for minute, read_ml, still in ((21, 30.0, True), (22, 17.5, False)):
        running.watch(minute)
        running.do(minute, "correct", corrects=n, reason="typed wrongly", data={"read_ml": read_ml})
        running.watch(minute)
        assert ("escalation.t2.flag_pump_volume_disagrees" in running.open_alerts()) == still


def test_a_fact_of_the_delivery_is_taken_in_any_phase(chair: Any) -> None:
    for type_, data in (
        ("record_site_failed", {"failure": "other"}),
        ("record_pump_fault", {"fault": "alarm"}),
        ("read_pump", {"read_ml": 1.0}),
        ("check_site", {}),
    ):
        assert chair.do(0, type_, **data)
    assert chair.state.uncertain == ()


@given(minutes=st.lists(st.integers(1, 59), min_size=1, max_size=4, unique=True), ended=st.integers(1, 60))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_dose_that_is_cut_loses_nothing(running: Any, minutes: list[int], ended: int) -> None:
    before = len(running.ledger)
    for minute in sorted(minutes):
        running.do(minute, "record_site_failed", failure="other", pump_stopped=False)
    try:
        for dose in history(running.state, running.at(ended), planned=False):
            cut = [part for part, _ in parts(dose, running.state.uncertain)]
            assert mg(cut) == pytest.approx(dose.amount_mg)
            assert sum(part.duration_min for part in cut) == pytest.approx(dose.duration_min)
            assert cut[0].start == dose.start
            assert cut[-1].start + timedelta(minutes=cut[-1].duration_min) <= running.at(ended) + timedelta(seconds=1)
    finally:
        del running.ledger[before:]


# ---- verbal orders and restarts ------------------------------------------------------------------------------------

SAID = {"prescriber": "doc-1", "act": "resume", "text": "go on at the same rate"}


def stopped_by_alert(running: Any) -> Any:
    running.do(10, "record_vitals", vitals={"sbp_mmhg": 205.0, "dbp_mmhg": 100.0})
    running.watch(10)
    running.do(10, "pause")
    running.do(12, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 80.0})
    return running


def test_a_verbal_order_that_was_read_back_stands_for_the_prescriber(running: Any) -> None:
    stopped_by_alert(running)
    assert running.refused(13, "resume").code == "prescriber_must_resume"
    running.do(14, "record_verbal_order", read_back=True, **SAID)
    assert running.do(15, "resume")
    assert [order.prescriber for order in running.state.countersign_due] == ["doc-1"]


def test_a_verbal_order_stands_ten_minutes_and_once(running: Any) -> None:
    stopped_by_alert(running).do(14, "record_verbal_order", read_back=True, **SAID)
    assert running.refused(24.1, "resume").code == "prescriber_must_resume"
    running.do(24, "resume")


def test_what_was_not_read_back_stands_for_nothing(running: Any) -> None:
    stopped_by_alert(running).do(14, "record_verbal_order", read_back=False, **SAID)
    assert running.refused(15, "resume").code == "prescriber_must_resume"


def test_only_its_prescriber_signs_a_verbal_order_and_once(running: Any) -> None:
    running.do(5, "record_verbal_order", read_back=True, **SAID)
    n = running.state.verbal_orders[0].n
    other = Actor(id="doc-2", name="Olga", roles=frozenset({"prescriber"}))
    assert running.refused(6, "countersign", NURSE, order=n).code == "not_the_prescriber"
    assert running.refused(6, "countersign", other, order=n).code == "not_the_prescriber"
    assert running.refused(6, "countersign", PRESCRIBER, order=1).code == "no_such_order"
    running.do(7, "countersign", PRESCRIBER, order=n)
    assert running.state.countersign_due == ()
    assert running.refused(8, "countersign", PRESCRIBER, order=n).code == "already_signed"


def test_a_verbal_order_makes_no_nurse_give_a_bolus(running: Any) -> None:
    running.do(5, "record_verbal_order", read_back=True, **(SAID | {"act": "give_bolus"}))
    assert running.refused(6, "give_bolus", amount_mg=5.0, identifiers=IDS).code == "role_not_allowed"


def test_the_third_restart_within_ten_minutes_is_the_prescribers(running: Any) -> None:
    for minute in (10, 12):
        running.do(minute, "pause")
        running.do(minute + 1, "resume")
    running.do(14, "pause")
    running.do(15, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    assert running.refused(20.9, "resume").code == "prescriber_must_restart"
    assert running.do(21, "resume")


def test_restarts_that_lie_far_enough_apart_are_the_nurses(running: Any) -> None:
    for minute in (2, 9, 20):
        running.do(minute, "pause")
        running.do(minute, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
        assert running.do(minute + 1, "resume")
