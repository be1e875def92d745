"""The alert load of a month: who may see it, what it says, and that it stays inside the clinic."""

from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


@pytest.mark.parametrize("role", ["prescriber", "anaesthetist", "manager", "medical_director", "auditor"])
def test_those_who_answer_for_limits_see_the_month(world: World, as_role: As, role: str) -> None:
    answer = as_role(role).get("/alerts/")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Alerts a patient-hour" in text
    assert world.clinic(1)["canary"] not in text


@pytest.mark.parametrize("role", ["therapist", "sysadmin"])
def test_others_do_not(world: World, as_role: As, role: str) -> None:
    assert as_role(role).get("/alerts/").status_code == 403


@pytest.mark.parametrize("asked", ["2026-11", "1999-01", "0-0", "x", "2026-13", "99999-1", "²-1", ""])
def test_any_month_can_be_asked_for(world: World, as_role: As, asked: str) -> None:
    assert as_role("manager").get("/alerts/", {"month": asked}).status_code == 200
