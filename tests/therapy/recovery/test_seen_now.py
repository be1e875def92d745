"""The door is judged on what is known at that instant, not on what the watch saw at its last look."""

from typing import Any

import pytest
from tests.therapy.conftest import PRESCRIBER, VITALS

from norket.therapy.recovery.gates import findings

RULE = "recovery.gate.no_open_alert"


def verdict(chair: Any, minute: float, samples: Any = None) -> tuple[str, str]:
    found = {f.rule: f for f in findings(chair.state, samples or {}, chair.at(minute), chair.base)}[RULE]
    return found.state, found.why


def test_a_low_saturation_by_hand_holds_a_discharge_of_the_same_instant(recovering: Any) -> None:
    recovering.do(161, "record_vitals", vitals={**VITALS, "spo2_percent": 82.0})
    refused = recovering.refused(161, "discharge")
    assert refused.code == "gates_not_met"
    assert [finding.rule for finding in refused.findings] == [RULE]
    assert "82" in refused.why


@pytest.mark.parametrize(("sign", "value", "held"), [
    ("spo2_percent", 86.0, True), ("spo2_percent", 95.0, False),
    ("sbp_mmhg", 85.0, True), ("sbp_mmhg", 118.0, False),
    ("hr_per_min", 40.0, True), ("hr_per_min", 60.0, False),
])  # fmt: skip
def test_a_value_past_a_limit_holds_before_its_alert_has_waited(
    recovering: Any, sign: str, value: float, held: bool
) -> None:
    recovering.do(161, "record_vitals", vitals={**VITALS, sign: value})
    assert (verdict(recovering, 161)[0] == "fires") is held


def test_a_newer_value_on_the_right_side_opens_it_again(recovering: Any) -> None:
    recovering.do(161, "record_vitals", vitals={**VITALS, "spo2_percent": 86.0})
    assert verdict(recovering, 161)[0] == "fires"
    recovering.do(161.5, "record_vitals", vitals=VITALS)
    assert verdict(recovering, 161.5)[0] == "clear"
    assert recovering.do(161.5, "discharge")


def test_an_artefact_holds_nobody(recovering: Any) -> None:
    recovering.do(161, "record_vitals", vitals={**VITALS, "spo2_percent": 82.0, "artefact": True})
    assert verdict(recovering, 161)[0] == "clear"


@pytest.mark.parametrize(("value", "state"), [(82.0, "fires"), (97.0, "clear")])
def test_a_value_of_the_monitor_holds_as_one_by_hand(recovering: Any, value: float, state: str) -> None:
    samples = {"spo2_percent": [recovering.sample(161, "spo2_percent", value)]}
    assert verdict(recovering, 161, samples)[0] == state


@pytest.mark.parametrize(("event", "state"), [("chest_pain", "fires"), ("headache", "clear")])
def test_an_event_that_the_watch_has_not_seen_yet_holds(recovering: Any, event: str, state: str) -> None:
    recovering.do(161, "record_event", event=event)
    assert verdict(recovering, 161)[0] == state


def test_a_limit_that_a_prescriber_loosened_is_the_one_that_holds(recovering: Any) -> None:
    until = recovering.at(400)
    recovering.do(
        160, "set_limit", PRESCRIBER, rule="escalation.t2.hr_low", value=38.0, reason="athlete", expires_at=until
    )
    recovering.do(161, "record_vitals", vitals={**VITALS, "hr_per_min": 40.0})
    assert verdict(recovering, 161)[0] == "clear"


def test_an_open_alert_is_told_once(recovering: Any) -> None:
    recovering.do(161, "record_vitals", vitals={**VITALS, "spo2_percent": 82.0})
    recovering.watch(161)
    state, why = verdict(recovering, 161)
    assert state == "fires"
    assert why.count("82") == 1
