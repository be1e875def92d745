"""Advice from predictions stands behind the clinic's switch, writes nothing, and never becomes an order by itself."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError
from support.worlds import World

from norket.record.audit.models import AuditLine
from norket.record.people.models import Clinic, Person
from norket.record.plan import switches
from norket.record.session import actions, advice, queries
from norket.record.session.models import SessionEvent
from norket.record.session.trial import LONGEST_PAUSE_MIN, Change
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db


def person(world: World, role: str) -> Person:
    return Person.objects.get(pk=world.person(role)["id"])


def switched_on(world: World) -> None:
    assert not isinstance(
        switches.turn(person(world, "medical_director"), "prediction_advice", on=True, now=world.now), Refused
    )


def told(found: dict[str, Any] | Refused) -> dict[str, Any]:
    assert not isinstance(found, Refused), found
    return found


def code(found: Any) -> str:
    assert isinstance(found, Refused), found
    return found.code


def act(world: World, kind: str, **more: Any) -> None:
    command = COMMAND.validate_python({"type": kind, **more})
    done = actions.act(world.session(), command, by=world.actor("nurse"), now=world.now, command_id=kind)
    assert isinstance(done, actions.Acted), done


def test_advice_is_off_until_the_clinic_switches_it_on(world: World) -> None:
    world.start(minutes_ago=10)
    assert code(advice.what_if(world.session(), Change(stop=True), world.now)) == "advice_off"
    assert code(advice.readiness(world.session(), world.now)) == "advice_off"
    switched_on(world)
    assert told(advice.what_if(world.session(), Change(stop=True), world.now))["trial"]["then"]
    assert told(advice.readiness(world.session(), world.now))["p50_at"]


def test_switching_it_off_again_refuses_again(world: World) -> None:
    world.start(minutes_ago=10)
    switched_on(world)
    switches.turn(person(world, "manager"), "prediction_advice", on=False, now=world.now)
    assert code(advice.what_if(world.session(), Change(stop=True), world.now)) == "advice_off"


def test_the_switch_of_one_clinic_is_not_that_of_another(world: World) -> None:
    switched_on(world)
    assert not switches.is_on(Clinic.objects.get(pk=world.clinic(1)["id"]).pk, "prediction_advice")


def test_every_turn_of_the_switch_is_in_the_audit(world: World) -> None:
    switched_on(world)
    line = AuditLine.objects.get(kind="switched")
    assert (line.actor, line.subject) == (
        world.person("medical_director")["id"],
        f"clinic:{world.clinic()['id']}",
    )


@pytest.mark.parametrize("role", ["nurse", "prescriber", "therapist", "auditor"])
def test_nobody_but_manager_and_director_switches(world: World, role: str) -> None:
    turned = switches.turn(person(world, role), "prediction_advice", on=True, now=world.now)
    assert code(turned) == "not_permitted"
    assert not AuditLine.objects.filter(kind="switched").exists()


def test_an_unknown_switch_is_refused(world: World) -> None:
    assert code(switches.turn(person(world, "manager"), "autopilot", on=True, now=world.now)) == "switch_unknown"


@pytest.mark.parametrize(
    "change",
    [
        Change(stop=True),
        Change(rate_ml_h=5),
        Change(bolus_mg=3),
        Change(pause_min=10),
        Change(pause_min=10, rate_ml_h=9),
    ],
)
def test_no_trial_leaves_anything_behind(world: World, change: Change) -> None:
    world.start(minutes_ago=10)
    switched_on(world)
    before = SessionEvent.objects.count(), AuditLine.objects.count(), queries.state(world.session())
    told(advice.what_if(world.session(), change, world.now))
    assert (SessionEvent.objects.count(), AuditLine.objects.count(), queries.state(world.session())) == before


@pytest.mark.parametrize("as_", ["intended", "happened"])
def test_the_answer_of_a_trial_is_no_command(world: World, as_: str) -> None:
    world.start(minutes_ago=10)
    switched_on(world)
    answer = told(advice.what_if(world.session(), Change(rate_ml_h=5), world.now))
    with pytest.raises(ValidationError):
        COMMAND.validate_python(answer)
    with pytest.raises(ValidationError):
        COMMAND.validate_python({"type": "change_rate", "as": as_, "rate_ml_h": 5.0, "trial": answer["trial"]})


def test_a_pause_moves_the_end_by_its_length_and_gives_the_same_amount(world: World) -> None:
    world.start(minutes_ago=10)
    switched_on(world)
    trial = told(advice.what_if(world.session(), Change(pause_min=15), world.now))["trial"]
    assert minutes(trial["now"]["ends_at"], trial["then"]["ends_at"]) == pytest.approx(15)
    assert trial["then"]["amount_mg"] == pytest.approx(trial["now"]["amount_mg"])


def test_a_stop_makes_ready_earlier_and_a_bolus_later(world: World) -> None:
    world.start(minutes_ago=20)
    switched_on(world)
    stop = told(advice.what_if(world.session(), Change(stop=True), world.now))["trial"]
    bolus = told(advice.what_if(world.session(), Change(bolus_mg=10), world.now))["trial"]
    assert minutes(stop["now"]["ready"]["p50_at"], stop["then"]["ready"]["p50_at"]) < 0
    assert minutes(bolus["now"]["ready"]["p50_at"], bolus["then"]["ready"]["p50_at"]) > 0


@pytest.mark.parametrize("change", [Change(rate_ml_h=5), Change(pause_min=5), Change(resume=True), Change(stop=True)])
def test_where_nothing_runs_there_is_nothing_to_try(world: World, change: Change) -> None:
    switched_on(world)
    assert code(advice.what_if(world.session(), change, world.now)) == "nothing_runs"


@pytest.mark.parametrize(("pause_min", "refused"), [(LONGEST_PAUSE_MIN, False), (LONGEST_PAUSE_MIN + 1, True)])
def test_a_pause_has_a_longest_length(world: World, pause_min: float, refused: bool) -> None:
    world.start(minutes_ago=10)
    switched_on(world)
    found = advice.what_if(world.session(), Change(pause_min=pause_min), world.now)
    assert isinstance(found, Refused) is refused


def test_outside_the_model_there_is_a_refusal_and_no_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start(minutes_ago=10)
    switched_on(world)
    state = queries.state(world.session())
    assert state.plan
    child = state.model_copy(update={"plan": state.plan.model_copy(update={"age_y": 9.0})})
    monkeypatch.setattr(queries, "state", lambda _: child)
    assert isinstance(advice.what_if(world.session(), Change(stop=True), world.now), Refused)


def test_the_effect_fades_to_half_within_its_band(world: World) -> None:
    world.start(minutes_ago=20)
    found = told(advice.fade(world.session(), world.now))
    assert 0 < found["p5_min"] < found["p50_min"] < found["p95_min"]
    assert found["part"] == 0.5


def test_before_there_is_any_drug_nothing_fades(world: World) -> None:
    assert isinstance(advice.fade(world.session(), world.now), Refused)


def test_a_paused_pump_fades_from_where_it_is(world: World) -> None:
    world.start(minutes_ago=20)
    act(world, "pause")
    running, later = told(advice.fade(world.session(), world.now)), told(advice.fade(world.session(), world.later(10)))
    assert later["p50_min"] != running["p50_min"]


def minutes(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds() / 60


def test_how_many_are_low_now_comes_with_its_level_and_where_the_level_comes_from(world: World) -> None:
    world.start(minutes_ago=10)
    switched_on(world)
    found = told(advice.readiness(world.session(), world.now))
    assert 0.0 <= found["chance_now"] <= 1.0
    level = queries.base().figure(found["level_rule"], "ketamine")
    assert found["level_ng_ml"] == level.value
    assert (found["level_certainty"], found["level_sources"]) == (
        level.entry.certainty,
        [source.key for source in level.entry.sources],
    )


def test_whoever_is_low_by_the_curve_still_meets_no_gate_by_it(world: World) -> None:
    world.start(minutes_ago=600)
    act(world, "stop_infusion")
    act(world, "start_recovery")
    switched_on(world)
    on = [(one.rule, one.state) for one in queries.view(world.session(), world.now).recovery.gates]
    assert told(advice.readiness(world.session(), world.now))["chance_now"] > 0.5
    switches.turn(person(world, "manager"), "prediction_advice", on=False, now=world.now)
    assert [(one.rule, one.state) for one in queries.view(world.session(), world.now).recovery.gates] == on
    assert any(state != "clear" for _, state in on)


def test_readiness_says_on_what_it_rests_and_what_other_models_say(world: World) -> None:
    world.start(minutes_ago=10)
    switched_on(world)
    found = told(advice.readiness(world.session(), world.now))
    assert found["warnings"][0] == found["never_a_gate"]
    assert any("one model" in text for text in found["warnings"])
    assert found["others"]
    assert found["model"] not in found["others"]
    assert all(moment is None or datetime.fromisoformat(moment) > world.now for moment in found["others"].values())
