"""A door that was open before is not open now: cannula, escort, instructions and suicide risk count anew."""

from typing import Any

import pytest

from norket.therapy.actor import Actor
from norket.therapy.recovery.gates import findings

PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
PLACED = {"outcome": "placed", "place": "left_hand", "gauge_g": 22}


def gate(chair: Any, minute: float, name: str) -> str:
    return {f.rule: f.state for f in findings(chair.state, {}, chair.at(minute), chair.base)}[f"recovery.gate.{name}"]


def recovered(chair: Any) -> Any:
    chair.watch(41)
    chair.do(41, "start_recovery")
    return chair


# ---- cannula -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "data", "state"),
    [
        ("record_access", PLACED, "unknown"),
        ("record_access", PLACED | {"outcome": "failed"}, "clear"),
        ("record_preflight", {"item": "cannula_in", "answer": "yes"}, "unknown"),
        ("record_preflight", {"item": "cannula_in", "answer": "no"}, "clear"),
    ],
)
def test_a_new_cannula_is_to_be_removed_again(recovering: Any, command: str, data: Any, state: str) -> None:
    assert gate(recovering, 158, "cannula") == "clear"
    recovering.do(158, command, **data)
    assert gate(recovering, 159, "cannula") == state
    recovering.do(159, "record_gate", gate="cannula_removed", answer="yes")
    assert gate(recovering, 160, "cannula") == "clear"


BY_VEIN = [
    ("give_bolus", {"amount_mg": 5.0}),
    ("give_rescue", {"drug": "ondansetron", "amount": 4.0, "unit": "mg", "route": "IV"}),
    ("give_rescue", {"drug": "midazolam"}),
    ("resume", {}),
]


@pytest.mark.parametrize(("command", "data"), BY_VEIN)
@pytest.mark.parametrize(("minute", "state"), [(70, "clear"), (70.01, "unknown")])
def test_drug_by_vein_after_the_cannula_was_out_asks_for_it_again(
    running: Any, command: str, data: Any, minute: float, state: str
) -> None:
    recovered(running).do(70, "record_gate", gate="cannula_removed", answer="yes")
    running.do(80, command, **data, **{"as": "happened"}, late=minute)
    assert gate(running, 81, "cannula") == state
    if command != "resume":
        running.do(82, "record_gate", gate="cannula_removed", answer="yes")
        assert gate(running, 83, "cannula") == "clear"


@pytest.mark.parametrize(
    ("command", "data"),
    [
        ("give_rescue", {"drug": "oxygen", "amount": 4.0, "unit": "L/min", "route": "inhaled"}),
        ("give_rescue", {"drug": "oxygen", "rescue_class": "oxygen"}),
        ("give_rescue", {"drug": "ondansetron", "amount": 4.0, "unit": "mg", "route": "oral"}),
        ("give_dose", {"route": "im", "product_id": "ketamine-50", "amount_mg": 5.0, "given_by": "nurse-1"}),
    ],
)
def test_what_needs_no_cannula_leaves_the_gate_as_it_is(running: Any, command: str, data: Any) -> None:
    recovered(running).do(70, "record_gate", gate="cannula_removed", answer="yes")
    running.do(80, command, **data, **{"as": "happened"})
    assert gate(running, 81, "cannula") == "clear"


@pytest.mark.parametrize(("minute", "state"), [(30, "clear"), (30.01, "unknown")])
def test_an_infusion_that_ran_on_after_the_cannula_was_out_asks_for_it_again(
    running: Any, minute: float, state: str
) -> None:
    running.do(30, "record_gate", gate="cannula_removed", answer="yes")
    running.do(35, "stop_infusion", late=minute)
    running.do(41, "start_recovery")
    assert gate(running, 42, "cannula") == state


def test_a_cannula_of_which_it_was_said_that_it_is_in_stays_in(running: Any) -> None:
    recovered(running).do(70, "record_gate", gate="cannula_removed", answer="no")
    running.do(80, "give_bolus", amount_mg=5.0, **{"as": "happened"})
    assert gate(running, 81, "cannula") == "fires"


def test_leaving_after_drug_by_vein_with_the_cannula_said_to_be_out_before_is_an_emergency(running: Any) -> None:
    recovered(running).do(70, "record_gate", gate="cannula_removed", answer="yes")
    running.do(80, "give_bolus", amount_mg=5.0, **{"as": "happened"})
    assert "T3" in [event.tier for event in running.do(81, "leave_early") if event.type == "alert_raised"]


def test_leaving_with_a_new_cannula_is_an_emergency(recovering: Any) -> None:
    recovering.do(158, "record_access", **PLACED)
    events = recovering.do(159, "leave_early")
    assert [event.tier for event in events if event.type == "alert_raised"] == ["T2", "T3"]


# ---- escort and instructions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minute", "state"), [(-5, "unknown"), (20, "unknown"), (41, "clear"), (60, "clear")])
def test_an_escort_counts_from_recovery_on(running: Any, minute: float, state: str) -> None:
    recovered(running).do(60, "record_escort", status="present", name="Eva", phone="1", late=minute)
    assert gate(running, 61, "escort") == state


@pytest.mark.parametrize(("minute", "state"), [(-5, "unknown"), (41, "clear")])
@pytest.mark.parametrize(
    ("command", "data"),
    [
        ("give_instructions", {"read_back": "both"}),
        ("record_gate", {"gate": "instructions_given", "answer": "yes"}),
    ],
)
def test_instructions_count_from_recovery_on(running: Any, command: str, data: Any, minute: float, state: str) -> None:
    recovered(running).do(60, command, **data, late=minute)
    assert gate(running, 61, "instructions") == state


def test_instructions_that_are_given_again_in_recovery_count(running: Any) -> None:
    running.do(20, "record_gate", gate="instructions_given", answer="yes")
    recovered(running).do(60, "record_gate", gate="instructions_given", answer="yes")
    assert gate(running, 61, "instructions") == "clear"


# ---- suicide risk --------------------------------------------------------------------------------------------------


def test_suicide_risk_asked_too_early_is_cleared_by_the_same_answer_later(running: Any) -> None:
    recovered(running).do(60, "record_gate", gate="suicide_risk_reviewed", answer="yes")
    running.do(62, "record_gate", gate="oriented", answer="yes")
    assert gate(running, 63, "suicide_risk") == "unknown"
    running.do(64, "record_gate", gate="suicide_risk_reviewed", answer="yes")
    assert gate(running, 65, "suicide_risk") == "clear"


def test_a_second_worse_asks_for_a_safety_plan_of_its_own(running: Any) -> None:
    recovered(running).do(60, "record_gate", gate="oriented", answer="yes")
    running.do(61, "record_gate", gate="suicide_risk_reviewed", answer="no")
    running.do(62, "record_safety_plan", PRESCRIBER, plan="calls his brother", decision="home_with_plan")
    assert gate(running, 63, "suicide_risk") == "clear"
    running.do(64, "record_gate", gate="suicide_risk_reviewed", answer="no")
    assert gate(running, 65, "suicide_risk") == "fires"
    running.do(66, "record_safety_plan", PRESCRIBER, plan="calls his brother", decision="home_with_plan")
    assert gate(running, 67, "suicide_risk") == "clear"
