"""A stop or a pause that was tapped without a network arrives after the computed end: it counts from when it was."""

from typing import Any

import pytest

from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.schedule import earliest_discharge
from norket.therapy.session.words import describe


@pytest.fixture
def run_out(running: Any) -> Any:
    """The volume has run at minute 40 by computation; nobody touched the pump."""
    running.watch(41)
    assert running.state.stopped_at == running.at(40)
    return running


def test_a_stop_before_the_computed_end_counts(run_out: Any) -> None:
    home = earliest_discharge(run_out.state, run_out.at(41), run_out.base)
    (event,) = run_out.do(45, "stop_infusion", late=20, reason="the patient said stop")
    assert (event.flags, event.told_at, event.delivered_mg) == ((), None, pytest.approx(17.5))
    assert run_out.state.stopped_at == run_out.at(20)
    assert delivered_mg(run_out.state, run_out.at(46)) == pytest.approx(17.5)
    assert home is not None
    assert earliest_discharge(run_out.state, run_out.at(46), run_out.base) == home - (run_out.at(40) - run_out.at(20))


def test_a_pause_before_the_computed_end_counts(run_out: Any) -> None:
    (event,) = run_out.do(45, "pause", late=20)
    assert event.flags == ()
    assert (run_out.state.phase, run_out.state.paused_at) == ("paused", run_out.at(20))
    assert delivered_mg(run_out.state, run_out.at(46)) == pytest.approx(17.5)


@pytest.mark.parametrize("minute", [-5, 40, 42])
def test_a_stop_that_changes_nothing_takes_nothing_away(run_out: Any, minute: float) -> None:
    (event,) = run_out.do(45, "stop_infusion", late=minute)
    assert "nothing_was_running" in event.flags
    assert run_out.state.stopped_at == run_out.at(40)
    assert delivered_mg(run_out.state, run_out.at(46)) == pytest.approx(35.0)


@pytest.mark.parametrize("kind", ["stop_infusion", "pause"])
@pytest.mark.parametrize(
    ("command", "data"),
    [("read_pump", {"read_ml": 26.25}), ("change_rate", {"rate_ml_h": 60.0}), ("pause", {})],
)
def test_it_counts_only_where_nobody_saw_the_pump_run_since(running: Any, kind: str, command: str, data: Any) -> None:
    running.do(29, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    running.do(30, command, **data)
    if command == "pause":
        running.do(31, "resume")
    running.watch(42)
    ended, given = running.state.stopped_at, delivered_mg(running.state, running.at(45))
    assert ended is not None
    (event,) = running.do(45, kind, late=20)
    assert event.flags == ("nothing_was_running", "no_effect_at_this_time")
    assert event.told_at == running.at(20)
    assert (running.state.stopped_at, delivered_mg(running.state, running.at(46))) == (ended, given)
    (later,) = running.do(46, "stop_infusion", late=35)
    assert later.flags == ()
    assert running.state.stopped_at == running.at(35)


def test_a_stop_by_a_person_stands_and_what_was_told_of_an_earlier_one_is_kept(run_out: Any) -> None:
    run_out.do(45, "stop_infusion", late=20)
    (event,) = run_out.do(46, "stop_infusion", late=10)
    assert event.flags == ("nothing_was_running", "no_effect_at_this_time")
    assert event.told_at == run_out.at(10)
    assert "said to be at 09:10 UTC" in describe(event)
    assert run_out.state.stopped_at == run_out.at(20)
    assert delivered_mg(run_out.state, run_out.at(47)) == pytest.approx(17.5)


def test_a_stop_now_says_nothing_of_another_time(running: Any) -> None:
    (event,) = running.do(20, "stop_infusion")
    assert event.told_at is None
    assert "said" not in describe(event)


@pytest.fixture(params=["change_rate", "resume", "change_syringe"])
def set_running_at_25(running: Any, request: Any) -> Any:
    """Somebody had the pump in hand at minute 25 and it ran from there."""
    if request.param == "resume":
        running.do(22, "pause")
        running.do(24, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
        running.do(25, "resume")
    elif request.param == "change_rate":
        running.do(24, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
        running.do(25, "change_rate", rate_ml_h=60.0)
    else:
        running.do(
            25,
            "change_syringe",
            product_id="ketamine-50",
            lot="L2",
            drawn_mg=50.0,
            volume_ml=50.0,
            concentration_mg_ml=1.0,
            checker="doc-1",
        )
    return running


@pytest.mark.parametrize("kind", ["stop_infusion", "pause"])
def test_what_ran_after_it_was_set_running_is_not_taken_away(set_running_at_25: Any, kind: str) -> None:
    given = delivered_mg(set_running_at_25.state, set_running_at_25.at(30))
    (event,) = set_running_at_25.do(30, kind, late=20)
    assert event.flags == ("no_effect_at_this_time",)
    assert event.told_at == set_running_at_25.at(20)
    assert delivered_mg(set_running_at_25.state, set_running_at_25.at(31)) == pytest.approx(given)
    assert set_running_at_25.at(30) in (set_running_at_25.state.stopped_at, set_running_at_25.state.paused_at)


def test_a_stop_told_of_before_a_pump_that_was_found_running_and_paused_at_once_ends_it(running: Any) -> None:
    running.do(22, "pause")
    running.do(25, "resume", as_="happened")
    running.do(25, "pause")
    running.do(30, "stop_infusion", late=20)
    assert (running.state.phase, running.state.stopped_at) == ("stopped", running.at(30))


@pytest.mark.parametrize("kind", ["stop_infusion", "pause"])
@pytest.mark.parametrize("minute", [25, 26])
def test_one_told_of_a_later_instant_counts_from_then(set_running_at_25: Any, kind: str, minute: float) -> None:
    given = delivered_mg(set_running_at_25.state, set_running_at_25.at(minute))
    (event,) = set_running_at_25.do(30, kind, late=minute)
    assert (event.flags, event.told_at) == ((), None)
    assert delivered_mg(set_running_at_25.state, set_running_at_25.at(31)) == pytest.approx(given)


@pytest.mark.parametrize(("kind", "data"), [("leave_early", {"reason": "walked out"}), ("transfer", {"to": "City"})])
def test_who_is_said_to_have_gone_before_the_pump_was_set_running_goes_now(
    set_running_at_25: Any, kind: str, data: Any
) -> None:
    given = delivered_mg(set_running_at_25.state, set_running_at_25.at(30))
    told = set_running_at_25.do(30, kind, late=20, **data)
    gone = next(event for event in told if event.type in ("left_early", "transferred"))
    assert gone.told_at == set_running_at_25.at(20)
    assert "said to be at 09:20 UTC" in describe(gone)
    assert delivered_mg(set_running_at_25.state, set_running_at_25.at(31)) == pytest.approx(given)
    assert set_running_at_25.state.ended_at == set_running_at_25.at(30)


@pytest.mark.parametrize(("kind", "data"), [("leave_early", {"reason": "walked out"}), ("transfer", {"to": "City"})])
def test_who_went_while_it_ran_unseen_is_gone_from_the_minute_told(running: Any, kind: str, data: Any) -> None:
    running.do(30, kind, late=20, **data)
    assert running.state.ended_at == running.at(20)
    assert delivered_mg(running.state, running.at(31)) == pytest.approx(17.5)
