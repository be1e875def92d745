"""The first page: three doors, and what this is not."""

from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


@pytest.mark.parametrize("role", ["nurse", "prescriber", "manager", "auditor", "sysadmin"])
def test_everyone_who_signed_in_finds_three_doors(world: World, as_role: As, role: str) -> None:
    text = as_role(role).get("/welcome/").content.decode()
    assert all(f'id="door-{name}"' in text for name in ("live", "dose", "setup"))


def test_it_says_what_it_is_not(world: World, as_role: As) -> None:
    text = as_role("nurse").get("/welcome/").content.decode()
    assert "Not a medical device" in text
    assert "Not a monitor" in text
    assert "Not a pump control" in text
