"""Capacity to decide to leave counts only as a clinician recorded it, and the call only as one about leaving."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.therapy.conftest import PRESCRIBER

from norket.therapy.session import events as e
from norket.therapy.session.leaving import capacity
from norket.therapy.session.recovery_events import LeftEarly

SEDATIVE = {"drug": "midazolam", "amount": 2.0, "unit": "mg", "route": "iv", "as": "happened"}


def called(events: Any) -> bool:
    return any(getattr(event, "rule", "") == "recovery.left_before" for event in events)


@pytest.fixture
def resting(running: Any) -> Any:
    """Stopped at minute 40, in recovery from minute 41."""
    running.watch(41)
    running.do(41, "start_recovery")
    return running


@pytest.mark.parametrize("told", [{"capacity": "yes", "capacity_by": "her sister"}, {"capacity": "no"}])
def test_capacity_that_an_older_page_sends_with_the_leaving_is_kept_as_told_and_is_no_capacity(
    resting: Any, told: dict[str, str]
) -> None:
    left, *_ = resting.do(60, "leave_early", **told, signature="Mo", reason="bus", cannula_in="no")
    assert resting.state.phase == "left"
    assert (left.capacity, left.capacity_by, left.signature) == ("unknown", "", "")
    assert (left.capacity_told, left.capacity_told_by) == (told["capacity"], told.get("capacity_by", ""))
    assert (left.signature_told, left.reason) == ("Mo", "bus")
    assert set(left.flags) == {"capacity_told", "signature_without_capacity"}


def test_leaving_that_says_nothing_of_capacity_is_not_marked(resting: Any) -> None:
    resting.do(50, "record_capacity", PRESCRIBER, capacity="yes")
    left, *_ = resting.do(60, "leave_early", capacity="unknown", signature="Mo", cannula_in="no")
    assert (left.capacity, left.signature, left.signature_told, left.flags) == ("yes", "Mo", "", ())


def test_a_field_that_no_page_ever_had_is_refused() -> None:
    with pytest.raises(ValidationError):
        e.COMMAND.validate_python({"type": "leave_early", "insight": "yes"})


def test_what_an_older_ledger_says_of_capacity_is_still_read() -> None:
    data = {"type": "left_early", "capacity": "yes", "capacity_by": "her sister"}
    assert e.EVENT.validate_python(data) == LeftEarly(capacity="yes", capacity_by="her sister")


@pytest.mark.parametrize(("minute", "found"), [(39, "unknown"), (40, "yes")])
def test_capacity_counts_since_the_last_drug(resting: Any, minute: float, found: str) -> None:
    resting.do(60, "record_capacity", capacity="yes", late=minute)
    assert capacity(resting.state)[0] == found


@pytest.mark.parametrize(("minute", "found"), [(49, "unknown"), (50, "yes")])
def test_capacity_counts_since_the_last_sedative(resting: Any, minute: float, found: str) -> None:
    resting.do(50, "give_rescue", **SEDATIVE)
    resting.do(60, "record_capacity", capacity="yes", late=minute)
    assert capacity(resting.state)[0] == found


@pytest.mark.parametrize(("minute", "found"), [(49, "unknown"), (50, "yes")])
def test_capacity_counts_since_the_wish_to_leave(resting: Any, minute: float, found: str) -> None:
    resting.do(50, "raise_leaving")
    resting.do(60, "record_capacity", capacity="yes", late=minute)
    assert capacity(resting.state)[0] == found


def test_capacity_found_while_drug_runs_is_not_known(running: Any) -> None:
    running.do(10, "record_capacity", capacity="yes")
    assert capacity(running.state) == ("unknown", "")
    running.do(11, "pause")
    assert capacity(running.state) == ("unknown", "")
    running.do(12, "record_capacity", capacity="yes")
    assert capacity(running.state) == ("yes", "nurse-1")


@pytest.mark.parametrize("minute", [30, 45, 61])
def test_a_prescriber_who_was_called_about_something_else_is_called(resting: Any, minute: float) -> None:
    resting.do(61, "record_contact", whom="prescriber", reached="yes", late=minute)
    assert called(resting.do(61, "leave_early", cannula_in="no"))


@pytest.mark.parametrize(("minute", "again"), [(49, True), (50, False)])
def test_a_call_counts_since_the_wish_to_leave(resting: Any, minute: float, again: bool) -> None:
    resting.do(50, "raise_leaving")
    resting.watch(50)
    resting.do(60, "record_contact", whom="prescriber", reached="yes", late=minute)
    resting.watch(60)
    open_ = [a for a in resting.state.alerts if a.rule == "recovery.left_before" and a.cleared_at is None]
    assert bool(open_ or called(resting.do(61, "leave_early", cannula_in="no"))) is again


def test_a_prescriber_who_was_reached_about_leaving_is_not_called_again(running: Any) -> None:
    assert called(running.do(20, "raise_leaving"))
    running.do(22, "record_contact", whom="prescriber", reached="yes")
    running.watch(22)
    assert not called(running.do(25, "leave_early", cannula_in="no"))


def test_more_drug_after_the_wish_to_leave_calls_the_prescriber_again(resting: Any) -> None:
    resting.do(50, "raise_leaving")
    resting.do(51, "record_contact", whom="prescriber", reached="yes")
    resting.watch(51)
    resting.do(52, "give_bolus", amount_mg=5.0, **{"as": "happened"})
    assert called(resting.do(55, "leave_early", cannula_in="no"))


def test_a_call_during_the_infusion_is_no_call_about_leaving(running: Any) -> None:
    running.do(10, "record_contact", whom="prescriber", reached="yes")
    assert called(running.do(11, "leave_early", cannula_in="no"))
