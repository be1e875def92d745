"""Whoever may not record a thing may not correct it: a correction is no way around the policy."""

from typing import Any
from uuid import uuid4

import pytest
from support.worlds import World

from norket.record.session import actions, queries
from norket.record.session.actions import Acted
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db


def send(world: World, body: dict[str, Any], role: str) -> Acted | Refused:
    command = COMMAND.validate_python(body)
    return actions.act(world.session(), command, by=world.actor(role), now=world.now, command_id=str(uuid4()))


@pytest.mark.parametrize("data", [{"rate_ml_h": 60.0, "volume_ml": 35.0, "agrees": True}, None])
def test_a_therapist_corrects_no_reading_of_the_pump(world: World, data: dict[str, Any] | None) -> None:
    planned = world.clinic()["sessions"][0]
    pump = {"rate_ml_h": planned["rate_ml_h"], "volume_ml": planned["volume_ml"]}
    read = send(world, {"type": "time_out", **pump, "identifiers": planned["identifiers"][:2]}, "nurse")
    assert isinstance(read, Acted)
    before = queries.state(world.session())
    body = {"type": "correct", "corrects": read.version, "reason": "wrong", "data": data}
    refused = send(world, body, "therapist")
    assert isinstance(refused, Refused)
    assert refused.code == "not_permitted"
    assert queries.state(world.session()) == before


def test_who_recorded_it_and_who_may_record_it_may_correct_it(world: World) -> None:
    scored = send(world, {"type": "record_score", "score": "pain", "value": 9}, "nurse")
    assert isinstance(scored, Acted)
    for role in ("nurse", "therapist"):
        data = {"score": "pain", "value": 2}
        done = send(world, {"type": "correct", "corrects": scored.version, "reason": "mistyped", "data": data}, role)
        assert isinstance(done, Acted), done
