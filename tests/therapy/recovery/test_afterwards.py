"""What is entered after the end, and would have called somebody during the session, waits for a prescriber."""

from typing import Any

import pytest
from tests.therapy.conftest import NURSE, PRESCRIBER

from norket.knowledge import KnowledgeBase
from norket.therapy.recovery import afterwards
from norket.therapy.recovery.closing import findings
from norket.therapy.recovery.tasks import Task, tasks

HAPPENED = {"as": "happened"}
DOSE = {"route": "oral", "product_id": "lozenge", "amount_mg": 5.0, "given_by": "nurse-1"}


@pytest.fixture
def gone(running: Any) -> Any:
    """Stopped at minute 40, gone at minute 60."""
    running.watch(41)
    running.do(41, "start_recovery")
    running.do(60, "transfer", to="ward 7")
    return running


def unseen(chair: Any, minute: float) -> list[str]:
    return [fact.what for fact in afterwards.unseen(chair.state, chair.at(minute), chair.base)]


def owed(chair: Any, minute: float) -> list[Task]:
    found = tasks(chair.state, chair.at(minute), "UTC", chair.base)
    return [task for task in found if task.rule == afterwards.RULE and task.open]


def held(chair: Any, minute: float) -> str:
    holding = findings(chair.state, chair.at(minute), chair.base, zone="UTC")
    return next(one.why for one in holding if one.rule == "recovery.record.tasks")


@pytest.mark.parametrize(
    ("kind", "data", "calls"),
    [
        ("give_bolus", {"amount_mg": 5.0, **HAPPENED}, True),
        ("give_dose", {**DOSE, **HAPPENED}, True),
        ("give_rescue", {"drug": "midazolam", "amount": 2.0, "unit": "mg", "route": "iv", **HAPPENED}, True),
        ("record_event", {"event": "nausea", "grade": 1}, True),
        ("record_event", {"event": "chest_pain", "grade": 3}, True),
        ("record_vitals", {"vitals": {"sbp_mmhg": 201.0}}, True),
        ("record_vitals", {"vitals": {"sbp_mmhg": 180.0}}, True),
        ("record_vitals", {"vitals": {"sbp_mmhg": 179.0}}, False),
        ("record_vitals", {"vitals": {"spo2_percent": 84.0}}, True),
        ("record_vitals", {"vitals": {"sbp_mmhg": 201.0, "artefact": True}}, False),
        ("record_vitals", {"vitals": {"sbp_mmhg": 120.0}}, False),
        ("record_score", {"score": "watched_sedation", "value": 0}, False),
        ("record_score", {"score": "watched_distress", "value": 3}, True),
        ("raise_concern", {"concern": "help"}, True),
        ("raise_concern", {"concern": "frightened"}, False),
        ("record_gate", {"gate": "cannula_removed", "answer": "no"}, True),
        ("record_gate", {"gate": "cannula_removed", "answer": "yes"}, False),
        ("note", {"text": "rang, well"}, False),
    ],
)
def test_what_would_have_called_somebody_waits_for_a_prescriber(
    gone: Any, kind: str, data: dict[str, Any], calls: bool
) -> None:
    gone.do(90, kind, **data)
    assert bool(unseen(gone, 90)) is calls
    assert bool(owed(gone, 90)) is calls
    assert ("entered after the end" in held(gone, 90)) is calls


def test_the_same_entered_before_the_end_is_the_watch_s(running: Any) -> None:
    running.watch(41)
    running.do(41, "start_recovery")
    running.do(59, "record_event", event="chest_pain", grade=3)
    running.do(60, "transfer", to="ward 7")
    assert unseen(running, 60) == []


def test_what_happened_in_the_session_and_is_entered_after_it_waits_too(gone: Any) -> None:
    gone.do(90, "record_vitals", vitals={"spo2_percent": 84.0}, late=30)
    (task,) = owed(gone, 90)
    assert "SpO2 84 %" in task.label
    assert task.due_at == gone.at(90)
    assert task.holds


def test_one_task_stands_for_all_that_nobody_looked_at_and_a_later_fact_asks_anew(gone: Any) -> None:
    gone.do(90, "record_event", event="nausea")
    gone.do(91, "record_event", event="headache")
    (task,) = owed(gone, 91)
    gone.do(92, "finish_task", PRESCRIBER, task=task.task, outcome="done", detail="rang, mild")
    assert owed(gone, 92) == []
    assert "entered after the end" not in held(gone, 92)
    gone.do(93, "record_event", event="vomiting")
    assert unseen(gone, 93) == ["vomiting, grade 1"]


def test_a_look_does_not_cover_what_came_after_the_page_was_read(gone: Any) -> None:
    gone.do(90, "record_event", event="nausea")
    (task,) = owed(gone, 90)
    gone.do(91, "record_event", event="headache")
    gone.do(92, "finish_task", PRESCRIBER, task=task.task, outcome="done", detail="rang")
    assert unseen(gone, 92) == ["headache, grade 1"]


def test_nobody_looks_ahead_of_what_was_entered(gone: Any) -> None:
    gone.do(90, "finish_task", PRESCRIBER, task="late_9999", outcome="done", detail="all")
    gone.do(91, "record_event", event="nausea")
    assert unseen(gone, 91) == ["nausea, grade 1"]


def test_only_a_prescriber_looks_and_whoever_could_not_reach_one_says_so(gone: Any) -> None:
    gone.do(90, "record_event", event="nausea")
    (task,) = owed(gone, 90)
    refused = gone.refused(91, "finish_task", NURSE, task=task.task, outcome="done", detail="fine")
    assert refused.code == "role_not_allowed"
    gone.do(92, "finish_task", NURSE, task=task.task, outcome="not_reached", detail="no answer")
    assert owed(gone, 92)
    gone.do(93, "finish_task", NURSE, task="welfare_call", outcome="done", detail="well")
    n = gone.state.version
    forged = {"task": task.task, "outcome": "done", "detail": "fine"}
    assert gone.refused(94, "correct", NURSE, corrects=n, reason="x", data=forged).code == "role_not_allowed"
    assert owed(gone, 94)


def test_a_dose_corrected_or_taken_back_after_the_end_is_looked_at(gone: Any) -> None:
    n = next(r.n for r in gone.ledger if r.event.type == "infusion_started")
    data = gone.ledger[n - 1].event.model_dump(mode="json", exclude={"type", "flags"}) | {"rate_ml_h": 60.0}
    gone.do(90, "correct", corrects=n, reason="misread", data=data)
    assert len(unseen(gone, 90)) == 1
    gone.do(91, "correct", corrects=n, reason="never started")
    assert any(what.startswith("taken back: ") for what in unseen(gone, 91))


def test_that_an_event_is_over_asks_for_no_look_and_one_that_nobody_knew_of_does(running: Any) -> None:
    running.watch(41)
    running.do(42, "record_event", event="nausea")
    running.do(43, "start_recovery")
    running.do(60, "transfer", to="ward 7")
    running.do(90, "record_event", event="nausea", resolved=True)
    assert unseen(running, 90) == []
    running.do(91, "record_event", event="headache", resolved=True)
    assert len(unseen(running, 91)) == 1


def test_a_session_that_goes_on_has_no_afterwards(running: Any, base: KnowledgeBase) -> None:
    running.do(5, "record_event", event="chest_pain", grade=3)
    assert afterwards.facts(running.state, running.at(5), base) == ()
