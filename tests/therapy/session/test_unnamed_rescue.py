"""A rescue medicine that nobody can name, or that is written in other words: it counts as what it may be."""

from typing import Any

import pytest

from norket.therapy.recovery.gates import findings
from norket.therapy.session.emergency import log
from norket.therapy.session.rescuing import is_controlled, known_class
from norket.therapy.session.schedule import upcoming

HAPPENED = {"as": "happened"}


def gate(chair: Any, minute: float, rule: str) -> str:
    return {f.rule: f.state for f in findings(chair.state, {}, chair.at(minute), chair.base)}[rule]


@pytest.mark.parametrize(
    ("drug", "kind"),
    [
        ("midazolam", "sedative"),
        (" Midazolam ", "sedative"),
        ("MIDAZOLAM 2 mg i.v.", "sedative"),
        ("ondansetron, then midazolam", "sedative"),
        ("Ondansetron", "antiemetic"),
        ("midazolamine", None),
        ("Oxygen 2 L/min", "oxygen"),
        ("O2", "oxygen"),
        ("oxygenated water", None),
        ("another one", None),
        ("other", None),
    ],
)
def test_a_medicine_is_known_by_its_name_as_a_word(base: Any, drug: str, kind: str | None) -> None:
    assert known_class(base, drug) == kind
    assert is_controlled(base, drug) == (kind == "sedative")


@pytest.mark.parametrize(
    ("told", "prescriber"),
    [
        ({"drug": "other"}, True),
        ({"drug": "Dormicum"}, True),
        ({"drug": "Dormicum", "rescue_class": "sedative"}, True),
        ({"drug": "paracetamol", "rescue_class": "other"}, False),
        ({"drug": " Ondansetron 4 mg"}, False),
        ({"drug": "promethazine", "rescue_class": "antiemetic"}, True),
        ({"drug": "oxygen"}, False),
    ],
)
def test_a_medicine_of_no_known_class_counts_as_a_sedative(running: Any, told: Any, prescriber: bool) -> None:
    running.do(10, "pause")
    running.do(11, "give_rescue", **told, **HAPPENED)
    assert running.state.resume_needs_prescriber is prescriber
    due = {item.what for item in upcoming(running.state, {}, running.at(12), running.base)}
    assert ("moaas" in due) is prescriber


def test_it_counts_so_until_it_is_named(running: Any) -> None:
    running.do(10, "pause")
    running.do(11, "give_rescue", drug="other", **HAPPENED)
    n = running.state.version
    running.do(12, "correct", corrects=n, reason="named", data={"drug": "ondansetron", "amount": 4.0, "route": "iv"})
    assert running.state.resume_needs_prescriber is False
    assert running.state.rescues[0].rescue.rescue_class == "antiemetic"


@pytest.mark.parametrize(("drug", "flagged"), [("other", True), ("ondansetron", False)])
def test_what_may_sedate_is_flagged_while_the_pump_runs(running: Any, drug: str, flagged: bool) -> None:
    (event,) = running.do(11, "give_rescue", drug=drug, **HAPPENED)
    assert ("sedative_while_running" in event.flags) is flagged


@pytest.mark.parametrize(("drug", "incomplete"), [("other", True), ("Dormicum", False)])
def test_the_log_asks_for_the_name(running: Any, drug: str, incomplete: bool) -> None:
    running.do(9, "note_emergency", step="opened")
    running.do(10, "give_rescue", drug=drug, amount=2.0, unit="mg", route="iv", **HAPPENED)
    kept = log(running.state, running.at(11), running.base)
    assert kept is not None
    assert kept.lines[0].incomplete is incomplete


@pytest.mark.parametrize(("drug", "state"), [("promethazine", "unknown"), ("ondansetron", "clear")])
def test_what_sedates_is_waited_for_at_the_door_whatever_it_was_given_for(
    recovering: Any, drug: str, state: str
) -> None:
    recovering.do(158, "give_rescue", drug=drug, rescue_class="antiemetic", **HAPPENED)
    assert recovering.state.rescues[0].rescue.rescue_class == "antiemetic"
    assert gate(recovering, 162, "recovery.gate.sedation_orientation") == state
    assert gate(recovering, 162, "recovery.gate.time") == ("fires" if state == "unknown" else "clear")


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"drug": "oxygen"}, "unknown"),
        ({"drug": "O2 4 L/min"}, "unknown"),
        ({"drug": "oxygen, then ondansetron"}, "unknown"),
        ({"drug": "ondansetron"}, "clear"),
    ],
)
def test_oxygen_without_a_class_is_waited_for_at_the_door(recovering: Any, told: Any, state: str) -> None:
    recovering.do(100, "give_rescue", **told, **HAPPENED)
    assert gate(recovering, 110, "recovery.oxygen") == state


@pytest.mark.parametrize(("step", "state"), [("oxygen_on", "unknown"), ("side_position", "clear")])
def test_oxygen_that_was_tapped_in_the_emergency_is_waited_for_at_the_door(
    recovering: Any, step: str, state: str
) -> None:
    recovering.do(100, "note_emergency", step=step)
    assert gate(recovering, 110, "recovery.oxygen") == state
