"""Drug that is recorded after the end may act on the way home: it calls, once, whatever the end."""

from typing import Any

import pytest

HAPPENED = {"as": "happened"}
RULE = "escalation.t2.flag_session_ended"
DOSE = {"route": "im", "product_id": "ketamine-50", "amount_mg": 35.0}
ENDS = {
    "discharged": ("discharge", {}),
    "transferred": ("transfer", {"to": "the emergency department"}),
    "left": ("leave_early", {"cannula_in": "no"}),
}


@pytest.fixture(params=ENDS)
def gone(recovering: Any, request: pytest.FixtureRequest) -> Any:
    """Over at minute 161, in each of the ways in which a session ends."""
    command, data = ENDS[request.param]
    recovering.do(161, command, **data)
    recovering.watch(162)
    assert recovering.state.phase == request.param
    return recovering


def after(chair: Any) -> list[str]:
    return [a.alert_id for a in chair.state.alerts if a.rule == RULE and a.cleared_at is None]


def test_drug_that_is_recorded_late_calls_with_the_act_and_goes_further(gone: Any) -> None:
    events = gone.do(165, "give_dose", late=159, **DOSE, **HAPPENED)
    assert [event.type for event in events] == ["dose_given", "alert_raised"]
    assert (gone.alert("session_ended").tier, gone.alert("session_ended").raised_at) == ("T2", gone.at(165))
    gone.watch(166)
    assert len(after(gone)) == 1
    assert "alert_escalated" in [event.type for event in gone.watch(168)]


def test_what_comes_meanwhile_adds_no_second_call(gone: Any) -> None:
    gone.do(165, "give_dose", late=159, **DOSE, **HAPPENED)
    first = after(gone)
    (event,) = gone.do(165.5, "give_rescue", late=159, drug="midazolam", amount=2.0, unit="mg", route="iv", **HAPPENED)
    assert "session_ended" in event.flags
    assert after(gone) == first


def test_an_answer_by_name_ends_it_and_the_next_drug_calls_anew(gone: Any) -> None:
    gone.do(165, "give_dose", late=159, **DOSE, **HAPPENED)
    gone.do(165.2, "acknowledge_alert", alert_id=after(gone)[0])
    gone.watch(165.3)
    assert after(gone)
    gone.watch(180)
    assert after(gone) == []
    gone.watch(181)
    assert after(gone) == []
    gone.do(182, "give_dose", late=160, **DOSE, **HAPPENED)
    assert len(after(gone)) == 1


def test_a_dose_that_is_taken_back_ends_it(gone: Any) -> None:
    gone.do(165, "give_dose", late=159, **DOSE, **HAPPENED)
    n = next(r.n for r in gone.ledger if r.event.type == "dose_given")
    gone.do(166, "correct", corrects=n, reason="another patient's")
    gone.watch(166)
    assert after(gone) == []


def test_drug_before_the_end_and_a_fact_after_it_call_nobody_so(recovering: Any) -> None:
    assert len(recovering.do(150, "give_rescue", drug="ondansetron", **HAPPENED)) == 1
    recovering.do(161, "leave_early", cannula_in="no")
    assert len(recovering.do(165, "note", text="rang, well")) == 1
    recovering.watch(166)
    assert after(recovering) == []
