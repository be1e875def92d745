"""The patient's own baseline is that of before the drug, and their weight the last that was measured."""

from typing import Any

import pytest

from norket.record.session.prediction import _weight_kg
from norket.therapy.recovery.gates import findings
from norket.therapy.session.dosing import measured_kg
from norket.therapy.session.own_baseline import AFTER_DRUG

HIGH = {"sbp_mmhg": 172.0, "dbp_mmhg": 92.0, "hr_per_min": 88.0}


def pressure_gate(chair: Any, minute: float) -> str:
    return {f.rule: f.state for f in findings(chair.state, {}, chair.at(minute), chair.base)}[
        "recovery.gate.blood_pressure"
    ]


def test_a_baseline_taken_under_drug_is_a_reading_and_flagged(running: Any) -> None:
    running.do(20, "record_baseline", vitals=HIGH | {"sbp_mmhg": 175.0}, moaas=4, mobility="aided")
    own = running.state.baseline
    assert (own.vitals.sbp_mmhg, own.moaas, own.mobility) == (120.0, 5, "independent")
    assert AFTER_DRUG in running.state.flags
    assert running.state.readings[-1].vitals.sbp_mmhg == 175.0
    assert running.state.scores["moaas"][-1].value == 4
    assert running.state.baseline_at == running.at(-15)


def test_the_door_does_not_open_on_a_baseline_taken_under_drug(recovering: Any) -> None:
    recovering.do(157, "record_baseline", vitals=HIGH | {"sbp_mmhg": 175.0, "dbp_mmhg": 95.0})
    recovering.do(158, "record_vitals", vitals=HIGH)
    assert pressure_gate(recovering, 158) == "fires"


def test_a_baseline_from_before_the_start_that_was_entered_late_is_the_own_one(recovering: Any) -> None:
    recovering.do(157, "record_baseline", vitals=HIGH | {"sbp_mmhg": 165.0}, late=-5)
    recovering.do(158, "record_vitals", vitals=HIGH)
    assert AFTER_DRUG not in recovering.state.flags
    assert recovering.state.baseline.vitals.sbp_mmhg == 165.0
    assert pressure_gate(recovering, 158) == "clear"


def test_without_a_baseline_before_the_drug_there_is_none_after_it(new_chair: Any) -> None:
    chair = new_chair()
    chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    chair.do(1, "record_baseline", vitals=HIGH)
    assert chair.state.baseline.vitals.sbp_mmhg is None
    assert AFTER_DRUG in chair.state.flags


def test_a_stated_weight_never_takes_the_place_of_a_measured_one(chair: Any) -> None:
    chair.do(-20, "record_baseline", weight_kg=60.0, weight_source="stated")
    assert (measured_kg(chair.state), _weight_kg(chair.state)) == (None, 70.0)
    chair.do(-15, "record_baseline", weight_kg=72.0)
    chair.do(-10, "record_baseline", weight_kg=90.0, weight_source="stated")
    assert (chair.state.baseline.weight_kg, chair.state.baseline.weight_source) == (72.0, "measured")
    assert (chair.state.weight_stated_kg, chair.state.weight_at) == (90.0, chair.at(-15))
    assert (measured_kg(chair.state), _weight_kg(chair.state)) == (72.0, 72.0)


def test_a_weight_measured_under_drug_counts_from_there(running: Any) -> None:
    (event,) = running.do(20, "record_baseline", weight_kg=71.0)
    assert event.flags == ()
    assert measured_kg(running.state) == pytest.approx(71.0)
