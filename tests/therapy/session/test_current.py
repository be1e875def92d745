"""More drug is ordered on what is known at that instant: what rose since the last look, and what was not measured."""

from typing import Any

import pytest

from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session.fold import fold

IDS = ("MRN-1", "1980-01-01")
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
DOCTOR = Actor(id="doc-2", name="Dana", roles=frozenset({"prescriber", "anaesthetist"}))
ANAESTHETIST = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
WELL = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0}
HIGH = {"sbp_mmhg": 205.0, "dbp_mmhg": 100.0}
FIRST = {"sbp_mmhg": 181.0, "dbp_mmhg": 90.0}
SIGNED_BEFORE = -120.0


def read(session: Any, minute: float, vitals: dict[str, float]) -> Any:
    session.do(minute, "record_vitals", vitals=vitals)
    return session


def code(answer: Any) -> str:
    return answer.code if isinstance(answer, Refused) else ""


def more(running: Any, minute: float, by: Actor | None = None) -> str:
    """What refuses a raise at this minute."""
    return code(running.judge(minute, "change_rate", *((by,) if by else ()), rate_ml_h=54.0))


# ---- an alert that is younger than the last look -------------------------------------------------------------------


@pytest.mark.parametrize(("vitals", "raised", "resumed"), [(HIGH, True, True), (WELL, False, False)])
def test_a_value_of_half_a_second_ago_holds_a_raise_and_a_resume(
    running: Any, vitals: dict[str, float], raised: bool, resumed: bool
) -> None:
    read(running, 10, vitals)
    assert (more(running, 10.01) == "prescriber_must_raise") is raised
    running.do(10.01, "pause")
    assert (code(running.judge(10.02, "resume")) == "prescriber_must_resume") is resumed
    assert running.state.alerts == ()


def test_a_sample_of_the_monitor_of_just_now_holds_a_raise(running: Any) -> None:
    low = {"spo2_percent": [running.sample(9.99, "spo2_percent", 80.0)]}
    assert code(running.judge(10, "change_rate", rate_ml_h=54.0, samples=low)) == "prescriber_must_raise"
    well = {"spo2_percent": [running.sample(9.99, "spo2_percent", 97.0)]}
    assert code(running.judge(10, "change_rate", rate_ml_h=54.0, samples=well)) == ""


def test_a_lower_rate_waits_for_nothing(running: Any) -> None:
    read(running, 10, HIGH)
    assert running.do(10.01, "change_rate", rate_ml_h=30.0)


def test_a_bolus_waits_for_the_prescriber_after_a_value_of_just_now(new_chair: Any) -> None:
    session = read(new_chair(dose_row="doses.d19").start(), 10, HIGH)
    asked = {"amount_mg": 2.0, "identifiers": IDS}
    assert session.refused(10.01, "give_bolus", ANAESTHETIST, **asked).code == "prescriber_must_go_on"
    assert session.do(10.01, "give_bolus", DOCTOR, **asked)


def test_what_happened_is_recorded_whatever_rose_just_now(running: Any) -> None:
    read(running, 10, HIGH).do(10.01, "pause")
    assert running.do(10.02, "resume", **{"as": "happened"})


def test_looking_once_more_writes_nothing(running: Any) -> None:
    before = read(running, 10, HIGH).state
    assert more(running, 10.01)
    assert fold(running.ledger, "s1") == before


# ---- what is measured first ----------------------------------------------------------------------------------------


def test_after_the_first_high_reading_nobody_resumes_before_the_second_but_the_prescriber(running: Any) -> None:
    read(running, 10, FIRST).do(10, "pause")
    assert running.refused(11, "resume").code == "measure_again_first"
    assert not isinstance(running.judge(11, "resume", PRESCRIBER), Refused)
    read(running, 11.5, WELL)
    assert running.do(12, "resume")


def test_a_second_high_reading_is_the_prescribers(running: Any) -> None:
    read(running, 10, FIRST).do(10, "pause")
    read(running, 11.5, FIRST)
    assert running.refused(12, "resume").code == "prescriber_must_resume"


def test_an_open_prompt_to_pause_holds_resume_and_raise_until_a_pressure_is_known(running: Any) -> None:
    running.do(29, "pause")
    assert running.refused(30, "resume").code == "measure_first"
    assert more(running, 30) == "measure_first"
    assert more(running, 30, PRESCRIBER) == ""
    read(running, 30, WELL)
    assert more(running, 30.5) == ""
    assert running.do(31, "resume")


# ---- the start -----------------------------------------------------------------------------------------------------


def early(new_chair: Any) -> Any:
    chair = new_chair()
    signed = chair.state.order.model_copy(update={"signed_at": chair.at(SIGNED_BEFORE)})
    plan = chair.ledger[0]
    chair.ledger[0] = plan.model_copy(update={"event": plan.event.model_copy(update={"order": signed})})
    return chair.prepare()


def emergency_over(chair: Any) -> Any:
    """A T3 before the start, which is over."""
    for minute, vitals in ((-9, HIGH), (-6, WELL), (-3, WELL)):
        read(chair, minute, vitals).watch(minute)
    return chair


def test_after_an_emergency_an_order_of_before_is_started_by_the_prescriber(new_chair: Any) -> None:
    chair = emergency_over(early(new_chair))
    start = chair.start_command()
    assert chair.open_alerts() == []
    assert chair.refused(0, "start_infusion", **start).code == "prescriber_must_start"
    assert chair.do(0, "start_infusion", PRESCRIBER, **start)
    assert not chair.state.resume_needs_prescriber


def test_without_one_the_nurse_starts_it(new_chair: Any) -> None:
    chair = early(new_chair)
    assert chair.do(0, "start_infusion", **chair.start_command())


def test_an_order_signed_after_the_emergency_is_started_by_the_nurse(new_chair: Any) -> None:
    chair = emergency_over(new_chair().prepare())  # signed at minute 0
    assert chair.do(0, "start_infusion", **chair.start_command())


def test_a_start_that_happened_after_an_emergency_leaves_more_to_the_prescriber(new_chair: Any) -> None:
    chair = emergency_over(early(new_chair))
    (started,) = chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    assert "prescriber_must_start" in started.flags
    chair.do(1, "pause")
    assert chair.refused(2, "resume").code == "prescriber_must_resume"


def test_a_resume_without_an_order_says_what_is_missing(running: Any) -> None:
    running.do(5, "pause")
    plan = running.ledger[0]
    running.ledger[0] = plan.model_copy(update={"event": plan.event.model_copy(update={"order": None})})
    assert running.refused(6, "resume").code == "no_order"
