"""The questions of the day: asked in one go, each kept with who and when, and what an answer of no asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.therapy.actor import Actor
from norket.therapy.session import preflight
from norket.therapy.session.preflight import Today
from norket.therapy.session.preflight.escort import time_home_state
from norket.therapy.session.preflight.fasting import fasting_state, limits_h
from norket.therapy.session.view import view

BASE = knowledge.read()
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))


def state_of(chair: Any, rule: str, **known: Any) -> str:
    found = preflight.findings(chair.state, chair.at(0), chair.base, today=Today(**known) if known else None)
    return next(one.state for one in found if one.rule == rule)


def test_every_answer_of_the_sheet_is_kept_with_who_and_when(chair: Any) -> None:
    events = chair.do(-20, "record_arrival", answers={"sober_today": "yes", "medicines_unchanged": "no"})
    assert [event.type for event in events] == ["preflight_recorded", "preflight_recorded"]
    given_ = chair.state.preflight["medicines_unchanged"]
    assert (given_.answer, given_.by, given_.at) == ("no", "nurse-1", chair.at(-20))


def test_an_unknown_question_and_an_empty_sheet_are_named(chair: Any) -> None:
    assert chair.refused(-20, "record_arrival", answers={"shoe_size": "yes"}).code == "no_such_question"
    assert chair.refused(-20, "record_arrival").code == "nothing_to_record"


def test_that_somebody_fasted_without_a_time_is_not_known_to_be_enough(chair: Any) -> None:
    chair.do(-20, "record_preflight", item="fasting", answer="yes")
    assert state_of(chair, "preflight.fasting") == "unknown"
    chair.do(-19, "record_arrival", last_food_at=chair.at(-360), last_fluid_at=chair.at(-120))
    assert state_of(chair, "preflight.fasting") == "clear"
    chair.do(-18, "record_arrival", last_food_at=chair.at(-359), last_fluid_at=chair.at(-120))
    assert state_of(chair, "preflight.fasting") == "fires"


@given(food=st.floats(0, 48), fluid=st.floats(0, 48), route=st.sampled_from(["iv", "im", "sc", "sublingual", "oral"]))
def test_more_hours_never_make_fasting_worse(food: float, fluid: float, route: str) -> None:
    least_food, least_fluid = limits_h(route, "ketamine", NOW, BASE)
    enough = food >= least_food and fluid >= least_fluid
    assert fasting_state(food, fluid, NOW, BASE, route=route) == ("clear" if enough else "fires")
    assert fasting_state(max(food, 8), max(fluid, 2), NOW, BASE, route=route) == "clear"


def test_the_spray_of_an_order_row_has_the_hours_of_its_label_and_the_racemic_drug_those_of_an_infusion() -> None:
    rows = [row.data for row in BASE.of_kind("dose") if row.data.get("route") == "intranasal"]
    hours = {row["drug"]: limits_h(row["route"], row["drug"], NOW, BASE) for row in rows}
    assert hours == {"esketamine": (2.0, 0.5), "ketamine": (6.0, 2.0)}


def test_a_route_without_hours_cannot_be_judged() -> None:
    with pytest.raises(knowledge.KnowledgeError):
        limits_h("rectal", "ketamine", NOW, BASE)


def test_an_escort_is_named_and_can_be_called(chair: Any) -> None:
    chair.do(-20, "record_preflight", item="escort_booked", answer="yes")
    assert state_of(chair, "preflight.escort") == "unknown"
    chair.do(-19, "record_arrival", escort_name="Sam Reed", escort_phone="555 0100")
    assert state_of(chair, "preflight.escort") == "clear"
    chair.do(-18, "record_preflight", item="escort_booked", answer="no")
    assert state_of(chair, "preflight.escort") == "fires"


def test_whoever_was_not_sober_today_is_not_made_so_by_the_next_tap(chair: Any) -> None:
    chair.do(-20, "record_arrival", answers={"sober_today": "no"})
    chair.do(-19, "record_arrival", answers={"sober_today": "yes"})
    chair.do(-18, "record_arrival", answers={"sober_today": "yes"})
    assert state_of(chair, "preflight.sober") == "fires"
    n = next(event.n for event in chair.ledger if event.event.type == "preflight_recorded")
    chair.do(-17, "correct", corrects=n, reason="slip of the finger")
    assert state_of(chair, "preflight.sober") == "clear"


def test_a_positive_suicide_screen_is_settled_by_a_prescriber(chair: Any) -> None:
    chair.do(-20, "record_arrival", answers={"suicide_screen": "no"})
    chair.do(-19, "record_arrival", answers={"suicide_screen": "yes"})
    assert state_of(chair, "preflight.suicide_screen") == "fires"
    chair.do(-18, "record_preflight", PRESCRIBER, item="suicide_screen", answer="yes", detail="seen, safety plan")
    assert state_of(chair, "preflight.suicide_screen") == "clear"


def test_nobody_types_that_a_prescriber_answered(chair: Any) -> None:
    chair.do(-20, "record_arrival", answers={"suicide_screen": "no"})
    chair.do(-19, "record_arrival", answers={"suicide_screen": "yes"})
    data = {"item": "suicide_screen", "answer": "yes", "clinician": True}
    chair.do(-18, "correct", corrects=chair.ledger[-1].n, reason="x", data=data)
    assert state_of(chair, "preflight.suicide_screen") == "fires"


def test_glucose_is_asked_only_of_those_who_may_need_it(chair: Any) -> None:
    assert state_of(chair, "preflight.glucose", lowers_glucose="no") == "clear"
    assert state_of(chair, "preflight.glucose", lowers_glucose="yes") == "unknown"
    chair.do(-20, "record_arrival", answers={"glucose_checked": "yes"})
    assert state_of(chair, "preflight.glucose", lowers_glucose="yes") == "unknown"
    chair.do(-19, "record_arrival", glucose_mmol_l=4.0)
    assert state_of(chair, "preflight.glucose", lowers_glucose="yes") == "clear"
    chair.do(-18, "record_arrival", glucose_mmol_l=3.9)
    assert state_of(chair, "preflight.glucose", lowers_glucose="yes") == "fires"


def test_the_time_home_is_held_against_closing_time_and_the_escort(chair: Any) -> None:
    closing = chair.at(160)  # 40 min of infusion and 120 min of observation
    assert state_of(chair, "preflight.time_home", closes_at=closing) == "clear"
    assert state_of(chair, "preflight.time_home", closes_at=closing - timedelta(minutes=1)) == "fires"
    assert state_of(chair, "preflight.time_home", lowers_glucose="no") == "unknown"
    chair.do(-20, "record_escort", status="expected", name="Sam", phone="1", must_go_at=chair.at(159))
    assert state_of(chair, "preflight.time_home", closes_at=closing) == "fires"


@given(home=st.floats(1, 600), closes=st.floats(1, 900), escort=st.none() | st.floats(1, 900))
def test_a_later_closing_time_never_makes_the_time_home_worse(home: float, closes: float, escort: float | None) -> None:
    now, later = (time_home_state(home, minutes, escort) for minutes in (closes, closes + 1))
    assert later == now or (now, later) == ("fires", "clear")


def test_each_attempt_at_a_cannula_is_kept_and_the_third_of_one_hand_is_flagged(chair: Any) -> None:
    attempt = {"place": "left_hand", "gauge_g": 22}
    chair.do(-20, "record_access", outcome="failed", **attempt)
    assert state_of(chair, "preflight.access") == "clear"
    chair.do(-19, "record_access", outcome="failed", **attempt)
    assert state_of(chair, "preflight.access") == "fires"
    (placed, answer) = chair.do(-18, "record_access", outcome="placed", **attempt)
    assert placed.flags == ("attempts_above_limit",)
    assert answer.item == "cannula_in"
    assert state_of(chair, "preflight.access") == state_of(chair, "preflight.cannula") == "clear"
    assert [one.access.outcome for one in chair.state.access] == ["failed", "failed", "placed"]


def test_another_hand_may_try(chair: Any) -> None:
    for who in ("nurse-1", "nurse-1", "doc-1"):
        events = chair.do(-20, "record_access", outcome="failed", place="left_hand", gauge_g=22, tried_by=who)
    assert events[0].flags == ()


def test_comfort_and_intention_hold_nothing_and_are_shown(chair: Any) -> None:
    chair.do(-20, "record_setting", quiet=True, blanket=True, intention="To let go")
    shown = view(chair.state, {}, chair.at(0), chair.base)
    assert shown.setting is not None
    assert (shown.setting.quiet, shown.setting.dim, shown.setting.intention) == (True, False, "To let go")
    assert not any("setting" in one.rule for one in (*shown.missing, *shown.offered))


def test_who_was_sick_before_is_offered_something_and_waits_for_nothing(chair: Any) -> None:
    shown = view(chair.state, {}, chair.at(0), chair.base, today=Today(nausea_prone=True))
    assert "preflight.antiemetic" in {one.rule for one in shown.offered}
    assert "preflight.antiemetic" not in {one.rule for one in shown.missing}


def test_a_first_session_ever_counts_two_whatever_its_number(chair: Any) -> None:
    found = {
        first: next(
            one.inputs["adds"]
            for one in preflight.findings(chair.state, chair.at(0), chair.base, today=Today(first_ever=first))
            if one.rule == "preflight.nurse_load"
        )
        for first in (True, False, None)
    }
    assert found == {True: 2, False: 1, None: 1}


@pytest.mark.parametrize(("age_y", "sbp_mmhg", "expected"), [(64.0, 141.0, "fires"), (65.0, 141.0, "clear")])
def test_the_pressure_hold_lies_higher_from_65_on(new_chair: Any, age_y: float, sbp_mmhg: float, expected: str) -> None:
    chair = new_chair(plan={"age_y": age_y})
    chair.do(-15, "record_baseline", vitals={"sbp_mmhg": sbp_mmhg, "dbp_mmhg": 80.0, "hr_per_min": 70.0})
    assert state_of(chair, "preflight.pressure_hold") == expected
