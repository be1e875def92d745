"""The live session: who may see it, and that the frame holds what the scripts and the hands need."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client
from support.worlds import World

from norket.desk.session import choices
from norket.desk.session.words import words
from norket.record.people.models import Person
from norket.record.plan import switches
from norket.therapy.session import arrival_events as a
from norket.therapy.session import events as e
from norket.therapy.session import recovery_events as r
from norket.therapy.session import watch_events as o

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
SEES = ("prescriber", "anaesthetist", "nurse", "therapist", "pharmacist", "medical_director")
DOES_NOT = ("manager", "auditor", "sysadmin")


def address(world: World, side: int = 0) -> str:
    return f"/sessions/{world.session(side=side)}/"


@pytest.mark.parametrize("role", SEES)
def test_clinical_people_see_the_session(world: World, as_role: As, role: str) -> None:
    assert as_role(role).get(address(world)).status_code == 200


@pytest.mark.parametrize("role", DOES_NOT)
def test_others_are_turned_away(world: World, as_role: As, role: str) -> None:
    assert as_role(role).get(address(world)).status_code == 403


def test_a_session_of_another_clinic_does_not_exist(world: World, as_role: As) -> None:
    assert as_role("nurse").get(address(world, side=1)).status_code == 404


def test_a_stranger_is_sent_to_the_door(world: World) -> None:
    answer = Client().get(address(world))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_header_says_who_by_two_identifiers(world: World, as_role: As) -> None:
    text = as_role("nurse").get(address(world)).content.decode()
    canary = world.clinic()["canary"]
    assert f"{canary}-given-1 {canary}-family-1" in text
    assert f"{canary}-1" in text
    assert "1 Jan 1980" in text


def test_nothing_of_another_clinic_is_on_the_page(world: World, as_role: As) -> None:
    assert world.clinic(1)["canary"] not in as_role("nurse").get(address(world)).content.decode()


def test_no_script_or_style_stands_in_the_page(world: World, as_role: As) -> None:
    answer = as_role("nurse").get(address(world))
    text = answer.content.decode()
    inline = [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag]
    assert inline == ['<script id="words" type="application/json">']
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name",
    ["start", "pause", "resume", "stop", "vitals", "event", "score", "rate", "bolus", "note", "help", "discharge"],
)
def test_every_act_has_its_button(world: World, as_role: As, name: str) -> None:
    assert f'id="{name}"' in as_role("nurse").get(address(world)).content.decode()


def test_start_pause_and_stop_have_no_key(world: World, as_role: As) -> None:
    text = as_role("nurse").get(address(world)).content.decode()
    keyed = dict(re.findall(r'id="([a-z-]+)"[^>]*data-key="([a-z])"', text))
    assert keyed == {
        "vitals": "v", "event": "e", "score": "s", "rate": "r", "bolus": "b", "note": "n", "acknowledge": "a",
    }  # fmt: skip


def test_every_event_that_may_be_recorded_is_offered() -> None:
    assert {name for name, _ in choices.adverse()} == set(o.Adverse.__args__)  # type: ignore[attr-defined]


def test_every_score_offered_exists_with_values_inside_its_scale() -> None:
    for score in choices.scores():
        for value, _ in score["values"]:
            assert e.COMMAND.validate_python({"type": "record_score", "score": score["name"], "value": value})


def test_the_recovery_items_are_those_of_the_command() -> None:
    fields = set(r.RecordRecoveryScore.model_fields)
    assert {item["name"] for item in choices.recovery_items()} < fields
    for item in choices.recovery_items():
        assert [value for value, _ in item["values"]] == [2, 1, 0]


def test_every_event_of_the_ledger_has_its_words() -> None:
    types = {kind.model_fields["type"].default for kind in e.Event.__args__[0].__args__}  # type: ignore[attr-defined]
    assert set(words(UUID(int=0), {})["events"]) == types


def test_every_command_sent_from_the_page_has_its_words(world: World, as_role: As) -> None:
    text = as_role("nurse").get(address(world)).content.decode()
    sent = set(re.findall(r'data-(?:command|tap)="([a-z_]+)"', text))
    assert sent <= set(words(UUID(int=0), {})["commands"])
    assert {"stop_infusion", "pause", "record_vitals", "start_infusion", "discharge"} <= sent


def test_a_nurse_connects_a_monitor_of_the_own_clinic_only(world: World, as_role: As) -> None:
    text = as_role("nurse").get(address(world)).content.decode()
    own, other = (
        [device for device in world.made["devices"] if device["clinic"] == world.clinic(side)["id"]] for side in (0, 1)
    )
    assert own
    assert other
    assert all(f'value="{device["identity"]}"' in text for device in own)
    assert not any(device["identity"] in text for device in other)


def test_the_recovery_address_shows_the_same_session_without_the_chart(world: World, as_role: As) -> None:
    text = as_role("nurse").get(address(world) + "recovery/").content.decode()
    assert 'data-panel="recovery"' in text
    assert f'data-session="{world.session()}"' in text


def test_every_preflight_item_and_gate_has_its_words() -> None:
    named = words(UUID(int=0), {})
    assert set(choices.preflight_items()) == set(a.PreflightItem.__args__)  # type: ignore[attr-defined]
    assert set(named["gates"]) == set(named["gates_asked"]) == set(r.Gate.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("on", [True, False])
def test_the_predicted_level_stands_beside_the_score_only_where_the_clinic_has_advice_on(
    world: World, as_role: As, on: bool
) -> None:
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    switches.turn(director, "prediction_advice", on=on, now=world.now)
    text = as_role("nurse").get(f"/sessions/{world.session()}/").text
    assert ('data-advice="low"' in text) is on
