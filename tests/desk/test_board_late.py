"""What is late stands on the board: every look that is missed, a cannula that failed, a site that nobody saw again."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from support.worlds import World

from norket.record.session import actions
from norket.site import clock, live
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
SITE_CHECK_H = 48
NOTE = "A cannula site is to be looked at again, and nobody has."


def act(world: World, minute: float, **body: Any) -> None:
    done = actions.act(
        world.session(),
        COMMAND.validate_python(body),
        by=world.actor("nurse"),
        now=world.later(minute),
        command_id=f"{body['type']}-{minute}",
    )
    assert not isinstance(done, Refused), done


def at(world: World, monkeypatch: pytest.MonkeyPatch, minute: float) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.later(minute))


def test_everything_that_is_late_is_named(world: World, as_role: As, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start(minutes_ago=0)
    at(world, monkeypatch, 1)
    assert "Also late: W" not in as_role("nurse").get("/").text
    at(world, monkeypatch, 30)
    text = as_role("nurse").get("/").text
    assert f'data-session="{world.session()}" data-late' in text
    assert "Blood pressure" in text
    assert "Also late: Watched sedation" in text


def test_a_door_that_has_opened_hides_nothing_that_is_late(
    world: World, as_role: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start(minutes_ago=240)
    act(world, 1, type="stop_infusion")
    act(world, 2, type="start_recovery")
    minute = 300
    act(world, minute, type="record_score", score="watched_sedation", value=0)
    at(world, monkeypatch, minute + 1)
    text = as_role("nurse").get("/").text
    shown = text[text.index(f'data-session="{world.session()}"') :]
    late = shown[: shown.index("</li>")]
    assert "Recovery score" in late
    assert "Earliest discharge" not in late


def test_a_failed_cannula_stands_on_the_card_until_one_runs_well(world: World, as_role: As) -> None:
    world.start(minutes_ago=5)
    nurse, said = as_role("nurse"), "Cannula failed at 09:56, and no good look since"
    assert said not in nurse.get("/").text
    act(world, -4, type="record_site_failed", failure="infiltration")
    assert said in nurse.get("/").text
    hidden = json.loads(live._cards(UUID(world.clinic()["id"]), nameless=True))
    assert [card["view"]["dosing"]["site_failed_at"] for card in hidden if card["session"] == str(world.session())]
    act(world, -2, type="check_site")
    assert said not in nurse.get("/").text


@pytest.mark.parametrize(("late_min", "said"), [(-1, False), (1, True)])
def test_a_site_that_is_due_for_a_second_look_is_named_until_it_is_recorded(
    world: World, as_role: As, monkeypatch: pytest.MonkeyPatch, late_min: int, said: bool
) -> None:
    world.start(minutes_ago=30)
    act(world, -20, type="record_site_failed", failure="infiltration")
    act(world, 0, type="leave_early", cannula_in="no")
    monkeypatch.setattr(
        clock, "now", lambda: world.now + timedelta(minutes=-20 + late_min) + timedelta(hours=SITE_CHECK_H)
    )
    nurse = as_role("nurse")
    assert (NOTE in nurse.get("/").text) == said
    act(world, SITE_CHECK_H * 60, type="finish_task", task="site_check", outcome="done", detail="no mark")
    assert NOTE not in nurse.get("/").text
