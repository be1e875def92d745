"""What was seen before the drug, or long ago, tells nobody how awake somebody is now; and a pressure has its time."""

from typing import Any

import pytest

HAPPENED = {"as": "happened"}
IM = {"route": "im", "product_id": "ketamine-50", "amount_mg": 35.0}
CALM = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0}
EMERGENCE = "recovery.delayed_emergence"


@pytest.fixture
def injected(new_chair: Any) -> Any:
    """A dose into the muscle at minute 0, awake at minute -1."""
    chair = new_chair(order=None)
    chair.do(-1, "record_score", score="watched_sedation", value=0)
    chair.do(0, "give_dose", **IM, **HAPPENED)
    return chair


# ---- without a pump ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recovery", [True, False])
def test_whom_nobody_looked_at_since_a_dose_is_reviewed_after_two_hours(injected: Any, recovery: bool) -> None:
    if recovery:
        injected.do(60, "start_recovery")
    injected.watch(119.9)
    assert EMERGENCE not in injected.open_alerts()
    injected.watch(120)
    assert EMERGENCE in injected.open_alerts()
    injected.do(121, "record_score", score="watched_sedation", value=0)
    injected.watch(121)
    assert EMERGENCE not in injected.open_alerts()


def test_whoever_was_seen_awake_since_the_dose_is_not(injected: Any) -> None:
    injected.do(90, "record_score", score="watched_sedation", value=0)
    injected.watch(120)
    assert EMERGENCE not in injected.open_alerts()


def vomiting(chair: Any, minute: float) -> str:
    chair.do(minute, "record_event", event="vomiting")
    chair.watch(minute)
    return chair.alert("vomiting").tier


def test_wakefulness_from_before_a_dose_is_none(injected: Any) -> None:
    assert vomiting(injected, 5) == "T2"


def test_wakefulness_since_a_dose_counts(injected: Any) -> None:
    injected.do(4, "record_score", score="watched_sedation", value=0)
    assert vomiting(injected, 5) == "T1"


@pytest.mark.parametrize(("minute", "tier"), [(14, "T1"), (14.1, "T2")])
def test_an_old_look_says_nothing_of_somebody_who_vomits(running: Any, minute: float, tier: str) -> None:
    running.do(4, "record_score", score="watched_sedation", value=0)
    running.do(9, "record_vitals", vitals=CALM)
    assert vomiting(running, minute) == tier


def test_vomiting_that_goes_on_does_not_rise_by_time_alone(running: Any) -> None:
    running.do(4, "record_score", score="watched_sedation", value=0)
    assert vomiting(running, 5) == "T1"
    running.do(14, "record_vitals", vitals=CALM)
    running.watch(16)
    assert running.alert("vomiting").tier == "T1"


# ---- a dose after the infusion -------------------------------------------------------------------------------------


@pytest.fixture
def injected_later(running: Any) -> Any:
    """Awake and oriented at minute 90 after an infusion that ended at 40, and given a dose at minute 100."""
    running.watch(41)
    running.do(90, "record_score", score="moaas", value=5)
    running.do(90, "record_gate", gate="oriented", answer="yes")
    running.do(100, "give_dose", **IM, **HAPPENED)
    return running


def test_a_later_dose_is_not_judged_by_how_awake_the_patient_was_before_it(injected_later: Any) -> None:
    injected_later.watch(219.9)
    assert EMERGENCE not in injected_later.open_alerts()
    injected_later.watch(220)
    assert EMERGENCE in injected_later.open_alerts()


def test_whoever_was_seen_awake_since_the_later_dose_is_not_called_for(injected_later: Any) -> None:
    injected_later.do(150, "record_score", score="watched_sedation", value=0)
    injected_later.watch(220)
    assert EMERGENCE not in injected_later.open_alerts()


def test_not_awake_after_the_infusion_stays_open_over_a_later_dose(running: Any) -> None:
    running.watch(41)
    running.watch(160)
    assert EMERGENCE in running.open_alerts()
    running.do(161, "give_dose", **IM, **HAPPENED)
    running.watch(161)
    assert EMERGENCE in running.open_alerts()
    running.do(170, "record_score", score="watched_sedation", value=0)
    running.watch(170)
    assert EMERGENCE not in running.open_alerts()


# ---- the pressure --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minute", "prompted"), [(29.9, False), (30.0, True)])
def test_in_a_long_infusion_the_pause_is_asked_for_fifteen_minutes_after_the_last_pressure(
    new_chair: Any, minute: float, prompted: bool
) -> None:
    chair = new_chair(dose_row="doses.d17").start()
    for taken in (5, 10, 15):
        chair.do(taken, "record_vitals", vitals=CALM)
    chair.watch(minute)
    assert any("pause_prompt" in alert.alert_id for alert in chair.state.alerts) is prompted
