"""The board: one card for each session that is not over, and nobody else's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from support.worlds import World

from norket.record.people.models import Clinic
from norket.record.session import queries
from norket.record.session.models import SessionRecord

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


def test_a_chair_that_cannot_be_shown_says_so_and_the_others_are_there(
    world: World, as_role: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = queries.fold

    def folding(ledger: Any, session_id: str) -> Any:
        if session_id == str(world.session(0)):
            raise ValueError("a fold that fails")
        return fold(ledger, session_id)

    queries._folded.clear()
    monkeypatch.setattr(queries, "fold", folding)
    answer = as_role("nurse").get("/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "This chair cannot be shown: ValueError. Go there and look at the patient." in text
    assert f'data-session="{world.session(0)}" data-tier="T3" data-broken' in text
    assert f'data-session="{world.session(1)}"' in text
    assert "Planned" in text
    assert "a fold that fails" not in text


@pytest.mark.parametrize(("zone", "later"), [("Europe/London", False), ("Pacific/Auckland", True)])
def test_what_is_planned_for_another_day_of_the_clinic_stands_apart(
    world: World, as_role: As, zone: str, later: bool
) -> None:
    """It is ten in UTC and eleven at night in Auckland; the session is three hours off."""
    Clinic.objects.filter(pk=world.clinic()["id"]).update(timezone=zone)
    SessionRecord.objects.filter(phase="planned").update(planned_for=world.now + timedelta(hours=3))
    page = as_role("nurse").get("/")
    assert [card.session for card in page.context["later"]] == ([str(world.session(1))] if later else [])
