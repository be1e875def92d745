"""A verbal order stands for what its prescriber knew of, and for one act."""

from typing import Any

from norket.therapy.actor import Actor

IDS = ("MRN-1", "1980-01-01")
ANAESTHETIST = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
SAID = {"prescriber": "doc-1", "text": "go on", "read_back": True}
HIGH = {"sbp_mmhg": 205.0, "dbp_mmhg": 100.0}
WELL = {"sbp_mmhg": 120.0, "dbp_mmhg": 80.0}
MIDAZOLAM = {"drug": "midazolam", "rescue_class": "sedative", "amount": 1.0, "unit": "mg", "as": "happened"}


def emergency(running: Any, minute: float) -> Any:
    """A systolic of 205, and 120 two minutes later: a T3 that rose and is over."""
    running.do(minute, "record_vitals", vitals=HIGH)
    running.watch(minute)
    running.do(minute + 2, "record_vitals", vitals=WELL)
    running.watch(minute + 2)
    return running


def test_a_verbal_order_of_before_an_emergency_does_not_stand_after_it(running: Any) -> None:
    running.do(9, "record_verbal_order", act="resume", **SAID)
    emergency(running, 10).do(12, "pause")
    assert running.refused(13, "resume").code == "prescriber_must_resume"
    running.do(14, "record_verbal_order", act="resume", **SAID)
    assert running.do(15, "resume")


def test_a_verbal_order_of_the_minute_of_the_emergency_did_not_know_of_it(running: Any) -> None:
    emergency(running, 10).do(12, "pause")
    running.do(13, "record_verbal_order", act="resume", late=10, **SAID)
    assert running.refused(13, "resume").code == "prescriber_must_resume"


def test_a_technical_alert_takes_no_verbal_order_away(running: Any) -> None:
    emergency(running, 10).do(12, "pause")
    running.do(13, "record_verbal_order", act="resume", **SAID)
    running.do(14, "raise_concern", concern="equipment")
    running.watch(14)
    assert running.alert("equipment").technical
    assert running.do(15, "resume")


def test_a_verbal_order_of_before_a_sedative_does_not_stand_after_it(running: Any) -> None:
    emergency(running, 10).do(12, "pause")
    running.do(13, "record_verbal_order", act="resume", **SAID)
    running.do(14, "give_rescue", **MIDAZOLAM)
    assert running.refused(15, "resume").code == "prescriber_must_resume"
    running.do(16, "record_verbal_order", act="resume", **SAID)
    assert running.do(17, "resume")


def test_a_verbal_order_of_a_rate_is_for_one_change(running: Any) -> None:
    emergency(running, 10)
    assert running.refused(13, "change_rate", rate_ml_h=54.0).code == "prescriber_must_raise"
    running.do(13, "record_verbal_order", act="change_rate", **SAID)
    assert running.do(14, "change_rate", rate_ml_h=54.0)
    assert running.refused(15, "change_rate", rate_ml_h=56.0).code == "prescriber_must_raise"
    running.do(16, "record_verbal_order", act="change_rate", **SAID)
    assert running.do(17, "change_rate", rate_ml_h=56.0)


def test_a_lowered_rate_uses_the_verbal_order_up_too(running: Any) -> None:
    emergency(running, 10).do(13, "record_verbal_order", act="change_rate", **SAID)
    running.do(14, "change_rate", rate_ml_h=40.0)
    assert running.refused(15, "change_rate", rate_ml_h=54.0).code == "prescriber_must_raise"


def test_a_verbal_order_of_a_bolus_is_for_one_bolus(new_chair: Any) -> None:
    session = new_chair(dose_row="doses.d19", bolus_lockout_min=1.0).start()
    emergency(session, 10).do(13, "record_verbal_order", act="give_bolus", **SAID)
    session.do(14, "give_bolus", ANAESTHETIST, amount_mg=2.0, identifiers=IDS)
    again = session.refused(16, "give_bolus", ANAESTHETIST, amount_mg=2.0, identifiers=IDS)
    assert again.code == "prescriber_must_go_on"


def test_a_verbal_order_of_one_act_is_none_of_another(running: Any) -> None:
    emergency(running, 10).do(13, "record_verbal_order", act="change_rate", **SAID)
    running.do(14, "pause")
    assert running.refused(15, "resume").code == "prescriber_must_resume"
