"""Two patients of one day with one surname: said in words on the board, at the chair and where an order is written."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from support.worlds import World

from norket.record.people.models import Patient
from norket.record.session import actions, queries
from norket.record.session.models import SessionRecord
from norket.site import live
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
SURNAME, NAME = "Same surname today", "Same name today"
A_DAY_MIN = 24 * 60


def patient(world: World, place: int) -> Patient:
    return SessionRecord.objects.select_related("patient").get(pk=world.session(place)).patient


def named(world: World, place: int, **names: str) -> Patient:
    found = patient(world, place)
    for field, name in names.items():
        setattr(found, field, name)
    found.save()
    return found


@pytest.fixture
def twins(world: World) -> Patient:
    """The patient of the planned session has the surname of the one who is checked in."""
    return named(world, 1, family_name=patient(world, 0).family_name.upper())


def pages(world: World, of: Patient) -> tuple[str, ...]:
    return (f"/sessions/{world.session(0)}/", f"/patients/{of.pk}/order/", f"/patients/{of.pk}/")


def test_nobody_is_marked_where_every_surname_is_another(world: World, as_role: As) -> None:
    prescriber = as_role("prescriber")
    for address in ("/", *pages(world, patient(world, 0))):
        text = prescriber.get(address).text
        assert f"≡ {SURNAME}" not in text
        assert f"≡ {NAME}" not in text


def test_a_shared_surname_is_said_on_the_board_and_on_every_page_of_both(
    world: World, as_role: As, twins: Patient
) -> None:
    prescriber = as_role("prescriber")
    assert prescriber.get("/").text.count(f"≡ {SURNAME}") == 2
    for address in (*pages(world, patient(world, 0)), *pages(world, twins)):
        assert f"≡ {SURNAME}" in prescriber.get(address).text, address


def test_a_shared_whole_name_is_said_as_such(world: World, as_role: As, twins: Patient) -> None:
    named(world, 1, given_name=patient(world, 0).given_name)
    prescriber = as_role("prescriber")
    assert prescriber.get("/").text.count(f"≡ {NAME}") == 2
    assert f"≡ {NAME}" in prescriber.get(pages(world, twins)[1]).text


def test_one_who_comes_on_another_day_is_not_marked(world: World, as_role: As, twins: Patient) -> None:
    SessionRecord.objects.filter(pk=world.session(1)).update(planned_for=world.later(A_DAY_MIN))
    assert {card.namesake for card in queries.board(world.now, twins.clinic_id)} == {None}
    assert f"≡ {SURNAME}" not in as_role("prescriber").get(f"/sessions/{world.session(0)}/").text


def test_the_mark_ends_when_the_other_one_has_left(world: World, as_role: As, twins: Patient) -> None:
    body: dict[str, Any] = {"type": "leave_early", "reason": "x", "cannula_in": "no"}
    left = actions.act(
        world.session(0), COMMAND.validate_python(body), by=world.actor("nurse"), now=world.now, command_id="l"
    )
    assert isinstance(left, actions.Acted)
    assert f"≡ {SURNAME}" not in as_role("prescriber").get(pages(world, twins)[1]).text


def test_the_stream_of_the_board_tells_it_and_behind_the_lock_it_does_not(world: World, twins: Patient) -> None:
    shown, hidden = (live._cards(twins.clinic_id, nameless) for nameless in (False, True))
    assert shown.count('"namesake":"surname"') + shown.count('"namesake": "surname"') == 2
    assert "namesake" not in hidden
