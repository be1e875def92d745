"""The board: one card for each session that is not over, and nobody else's."""

from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


@pytest.mark.parametrize(
    ("role", "status"),
    [("nurse", 200), ("prescriber", 200), ("manager", 200), ("therapist", 200), ("auditor", 403), ("sysadmin", 403)],
)
def test_staff_see_the_board(world: World, as_role: As, role: str, status: int) -> None:
    assert as_role(role).get("/").status_code == status


def test_each_open_session_has_a_card_with_its_phase(world: World, as_role: As) -> None:
    text = as_role("nurse").get("/").content.decode()
    for place in (0, 1):
        assert f'data-session="{world.session(place)}"' in text
    assert "Checked in" in text
    assert "Planned" in text


def test_a_card_without_alerts_says_so_in_words(world: World, as_role: As) -> None:
    assert "No open alerts" in as_role("nurse").get("/").content.decode()


def test_the_other_clinic_is_not_on_the_board(world: World, as_role: As) -> None:
    assert world.clinic(1)["canary"] not in as_role("nurse").get("/").content.decode()
