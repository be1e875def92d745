"""A session as it stood at an instant: an instant outside the calendar is refused as such."""

import pytest
from django.test import Client
from support.worlds import World

from norket.site import clock

pytestmark = pytest.mark.django_db
PLACES = ("at", "at/prediction")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
def test_an_instant_that_is_none_in_utc_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, place: str, instant: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now)
    address = f"/api/v1/sessions/{world.session()}/{place}"
    assert Client().get(address, {"instant": instant}, headers=world.bearer("nurse")).status_code == 422


def test_the_first_and_the_last_instant_of_the_calendar_are_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now)
    address = f"/api/v1/sessions/{world.session()}/at"
    for instant in ("0001-01-01T14:00:00+14:00", "9999-12-31T23:59:59+00:00"):
        assert Client().get(address, {"instant": instant}, headers=world.bearer("nurse")).status_code == 200
