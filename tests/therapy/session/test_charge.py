"""One named nurse for each session: a handover is accepted, not announced. An evacuation marks the chair."""

from typing import Any

from norket.therapy.actor import Actor
from norket.therapy.session import charge_events as c
from norket.therapy.session.preflight import NurseLoad

OTHER = Actor(id="nurse-2", name="Nell", roles=frozenset({"nurse"}))
THIRD = Actor(id="nurse-3", name="Nia", roles=frozenset({"nurse"}))
BUSY = (NurseLoad(session="s2", first_session=True),)


def test_an_offer_changes_nothing_until_it_is_accepted(running: Any) -> None:
    running.do(5, "offer_handover", to="nurse-2", note="watch the pressure")
    offer = running.state.handover
    assert (offer.by, offer.to, offer.note, running.state.nurse) == ("nurse-1", "nurse-2", "watch the pressure", None)
    assert running.do(6, "accept_handover", OTHER) == (c.HandoverAccepted(to="nurse-2"),)
    assert (running.state.handover, running.state.nurse) == (None, "nurse-2")


def test_a_later_offer_takes_the_place_of_an_earlier_one(running: Any) -> None:
    running.do(5, "offer_handover", to="nurse-2")
    running.do(6, "offer_handover", to="doc-1")
    assert running.state.handover.to == "doc-1"


def test_whoever_takes_a_patient_unasked_is_recorded_with_a_flag(running: Any) -> None:
    (taken,) = running.do(5, "accept_handover", OTHER)
    assert taken.flags == ("taken_without_offer",)
    running.do(6, "offer_handover", to="doc-1")
    (taken,) = running.do(7, "accept_handover", THIRD)
    assert (taken.before, taken.flags) == ("nurse-2", ("taken_without_offer",))


def test_a_nurse_with_too_many_patients_takes_over_with_a_flag(running: Any) -> None:
    running.do(5, "offer_handover", to="nurse-2")
    (taken,) = running.do(6, "accept_handover", OTHER, other_sessions=BUSY)
    assert taken.flags == ("above_nurse_maximum",)


def test_a_session_is_not_offered_to_the_nurse_who_has_it(running: Any) -> None:
    running.do(5, "accept_handover", OTHER)
    assert running.refused(6, "offer_handover", to="nurse-2").code == "same_nurse"
    assert running.refused(7, "accept_handover", OTHER).code == "same_nurse"


def test_a_session_that_is_over_needs_no_nurse(running: Any) -> None:
    running.do(5, "leave_early")
    assert running.refused(6, "offer_handover", to="nurse-2").code == "session_ended"
    assert running.refused(6, "accept_handover", OTHER).code == "session_ended"


def test_an_offer_can_be_taken_back_and_an_acceptance_cannot(running: Any) -> None:
    running.do(5, "offer_handover", to="nurse-2")
    running.do(6, "correct", corrects=running.state.version, reason="wrong nurse")
    assert running.state.handover is None
    running.do(7, "accept_handover", OTHER)
    assert running.refused(8, "correct", corrects=running.state.version, reason="no").code


def test_an_evacuation_keeps_whether_drug_ran_when_it_began(running: Any) -> None:
    running.do(5, "record_evacuation")
    running.do(6, "stop_infusion")
    running.do(7, "record_evacuation")
    out = running.state.evacuation
    assert (out.at, out.pump_ran, out.accounted_at) == (running.at(5), True, None)
    running.do(9, "account_for", place="car park")
    assert (running.state.evacuation.accounted_at, running.state.evacuation.place) == (running.at(9), "car park")
    running.do(20, "end_evacuation")
    assert running.state.evacuation is None


def test_nobody_is_accounted_for_without_an_evacuation(chair: Any) -> None:
    assert chair.refused(1, "account_for").code == "not_evacuated"
    assert chair.refused(1, "end_evacuation").code == "not_evacuated"
