"""Who leaves before anybody asked about suicide is asked by phone; the record waits for it and the door never does."""

from typing import Any

import pytest

from norket.therapy.actor import Actor
from norket.therapy.recovery import unasked
from norket.therapy.recovery.closing import findings
from norket.therapy.recovery.tasks import Task, tasks

PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
ZONE = "Europe/London"


def left(chair: Any, minute: float = 60) -> Any:
    """Stopped at minute 40, gone at this one."""
    chair.watch(41)
    chair.do(41, "start_recovery")
    (event, *_) = chair.do(minute, "leave_early", cannula_in="no")
    assert event.type == "left_early"  # nothing of this holds the door
    return chair


def holding(chair: Any, minute: float = 61) -> set[str]:
    found = findings(chair.state, chair.at(minute), chair.base, zone=ZONE)
    return {one.rule for one in found if one.state != "clear"}


def question(chair: Any, minute: float = 61) -> Task | None:
    return next((t for t in tasks(chair.state, chair.at(minute), ZONE, chair.base) if t.task == unasked.TASK), None)


def test_an_unasked_question_holds_the_record_and_is_a_task_of_the_same_evening(running: Any) -> None:
    chair = left(running)
    assert unasked.RULE in holding(chair)
    task = question(chair)
    assert task is not None
    assert task.open
    assert (task.due_at.hour, task.due_at.date()) == (20, chair.at(0).date())


@pytest.mark.parametrize(("answer", "held"), [("yes", set()), ("no", {"recovery.record.safety"})])
def test_the_answer_by_phone_ends_it_and_a_worse_one_asks_for_a_safety_plan(
    running: Any, answer: str, held: set[str]
) -> None:
    chair = left(running)
    chair.do(300, "record_gate", gate=unasked.GATE, answer=answer, detail="by phone")
    rules = {unasked.RULE, "recovery.record.safety"}
    assert holding(chair, 301) & rules == held
    task = question(chair, 301)
    assert task is not None
    assert not task.open


def test_an_answer_of_not_known_ends_nothing(running: Any) -> None:
    chair = left(running)
    chair.do(300, "record_gate", gate=unasked.GATE, answer="unknown")
    assert unasked.RULE in holding(chair, 301)


def test_a_call_that_nobody_took_and_a_bare_done_leave_it_open(running: Any) -> None:
    chair = left(running)
    for minute, outcome in ((100, "not_reached"), (200, "done"), (210, "not_needed")):
        chair.do(minute, "finish_task", task=unasked.TASK, outcome=outcome)
        task = question(chair, minute)
        assert task is not None
        assert task.open
        assert unasked.RULE in holding(chair, minute)


def test_a_reason_why_it_is_not_asked_here_ends_it_and_stands_in_the_record(running: Any) -> None:
    chair = left(running)
    chair.do(100, "finish_task", task=unasked.TASK, outcome="not_needed", detail="the hospital asks, Dr Ray told")
    assert unasked.RULE not in holding(chair, 101)
    told = [one.why for one in findings(chair.state, chair.at(101), chair.base, zone=ZONE)]
    assert any("Dr Ray" in why for why in told)


def asked(chair: Any, answer: str, oriented: float | None) -> Any:
    """Stopped at minute 40, asked at minute 50, gone at minute 60."""
    chair.watch(41)
    chair.do(41, "start_recovery")
    if oriented is not None:
        chair.do(55, "record_gate", gate="oriented", answer="yes", late=oriented)
    chair.do(55, "record_gate", gate=unasked.GATE, answer=answer, late=50)
    chair.do(60, "leave_early", cannula_in="no")
    return chair


def test_who_was_asked_before_leaving_owes_nothing(running: Any) -> None:
    assert unasked.RULE not in holding(asked(running, "yes", 50))
    assert question(running) is None


@pytest.mark.parametrize("oriented", [None, 51])
def test_a_good_answer_from_before_the_patient_was_oriented_is_none(running: Any, oriented: float | None) -> None:
    chair = asked(running, "yes", oriented)
    assert unasked.RULE in holding(chair)
    task = question(chair)
    assert task is not None
    assert task.open
    chair.do(300, "record_gate", gate=unasked.GATE, answer="yes", detail="by phone")
    assert unasked.RULE not in holding(chair, 301)
    told = question(chair, 301)
    assert told is not None
    assert told.outcome is not None
    assert (told.outcome.outcome, told.outcome.at) == ("done", chair.at(300))


def test_a_worse_answer_counts_whenever_it_was_given(running: Any) -> None:
    assert "recovery.record.safety" in holding(asked(running, "no", None))


def test_a_second_worse_by_phone_asks_for_a_safety_plan_of_its_own(running: Any) -> None:
    chair = asked(running, "no", 50)
    plan = {"plan": "calls his brother", "decision": "home_with_plan"}
    chair.do(100, "record_safety_plan", PRESCRIBER, **plan)
    assert "recovery.record.safety" not in holding(chair, 101)
    chair.do(300, "record_gate", gate=unasked.GATE, answer="no", detail="by phone")
    assert "recovery.record.safety" in holding(chair, 301)
    chair.do(302, "record_safety_plan", PRESCRIBER, **plan)
    assert "recovery.record.safety" not in holding(chair, 303)


def test_an_answer_from_before_the_last_of_the_drug_is_none(running: Any) -> None:
    running.do(5, "record_gate", gate=unasked.GATE, answer="yes")
    assert unasked.RULE in holding(left(running))


def test_a_pain_session_is_not_asked(new_chair: Any) -> None:
    chair = left(new_chair(plan={"psychiatric_indication": False}).start())
    assert unasked.RULE not in holding(chair)
    assert question(chair) is None
