"""The time-out page: a plain form for the second person, which never shows the first reading."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

from norket.record.session import queries

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


def address(world: World) -> str:
    return f"/sessions/{world.session()}/time-out/"


def filled(world: World, client: Client, **changes: object) -> dict[str, object]:
    text = client.get(address(world)).content.decode()
    key = re.search(r'name="command_id" value="([^"]+)"', text)
    assert key
    told = world.clinic()["sessions"][0]["identifiers"][:2]
    return {"rate_ml_h": "45.75", "volume_ml": "30.5", "identifiers": told, "command_id": key[1], **changes}


def test_a_reading_is_recorded_and_the_way_back_is_the_session(world: World, as_role: As) -> None:
    client = as_role("nurse")
    answer = client.post(address(world), filled(world, client))
    assert answer.status_code == 302
    assert answer["Location"] == f"/sessions/{world.session()}/"
    assert [reading.rate_ml_h for reading in queries.state(world.session()).time_outs] == [45.75]


def test_the_same_form_sent_twice_is_one_reading(world: World, as_role: As) -> None:
    client = as_role("nurse")
    form = filled(world, client)
    assert [client.post(address(world), form).status_code for _ in range(2)] == [302, 302]
    assert len(queries.state(world.session()).time_outs) == 1


def test_the_first_reading_is_not_shown_to_the_second_person(world: World, as_role: As) -> None:
    first = as_role("nurse")
    first.post(address(world), filled(world, first))
    text = as_role("prescriber").get(address(world)).content.decode()
    assert "45.75" not in text
    assert "30.5" not in text


@pytest.mark.parametrize("text", ["9_7", "1e3", "٤٠", "nan", "-1", "41,7", "0", ""])
def test_a_sloppy_number_is_refused(world: World, as_role: As, text: str) -> None:
    client = as_role("nurse")
    assert client.post(address(world), filled(world, client, rate_ml_h=text)).status_code == 422
    assert queries.state(world.session()).time_outs == ()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_two_identifiers_are_asked_for_no_more_and_no_fewer(world: World, as_role: As, count: int) -> None:
    client = as_role("nurse")
    told = world.clinic()["sessions"][0]["identifiers"][:count]
    assert client.post(address(world), filled(world, client, identifiers=told)).status_code == 422


def test_who_is_not_at_the_chair_may_not_read_the_pump(world: World, as_role: As) -> None:
    form = filled(world, as_role("nurse"))
    assert as_role("therapist").post(address(world), form).status_code == 403
    assert queries.state(world.session()).time_outs == ()
