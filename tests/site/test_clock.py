"""The one reader of time: it can be set in demo and tests, keeps its setting over a restart, and is real elsewhere."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from norket.site import clock
from norket.site.clock import ClockRefusedError

WALL = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


class Wall:
    """The machine's clock in the test's hands."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = WALL
        monkeypatch.setattr(clock, "real", lambda: self.at)

    def pass_(self, **time: float) -> None:
        self.at += timedelta(**time)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Wall:
    settings.NORKET_DATA, settings.NORKET_SPEED_ALLOWED = tmp_path, True
    return Wall(monkeypatch)


def test_without_a_setting_it_shows_the_time_of_the_machine(wall: Wall) -> None:
    assert (clock.now(), clock.rate()) == (WALL, 1.0)


def test_it_runs_faster_from_the_moment_it_is_told_to(wall: Wall) -> None:
    clock.set_rate(10)
    assert clock.now() == WALL
    wall.pass_(minutes=1)
    assert clock.now() == WALL + timedelta(minutes=10)
    assert clock.rate() == 10


def test_a_new_rate_goes_on_from_where_it_stands(wall: Wall) -> None:
    clock.set_rate(10)
    wall.pass_(minutes=1)
    clock.set_rate(1)
    wall.pass_(minutes=1)
    assert clock.now() == WALL + timedelta(minutes=11)


def test_it_is_set_ahead_and_never_back(wall: Wall) -> None:
    clock.advance(timedelta(hours=2))
    assert clock.now() == WALL + timedelta(hours=2)
    with pytest.raises(ClockRefusedError, match="back"):
        clock.advance(timedelta(seconds=-1))


def test_a_restart_keeps_the_setting(wall: Wall) -> None:
    clock.advance(timedelta(hours=2))
    clock.set_rate(2)
    clock._read.clear()
    wall.pass_(hours=1)
    assert clock.now() == WALL + timedelta(hours=4)


def test_a_new_clinic_begins_at_its_own_time(wall: Wall) -> None:
    wall.pass_(seconds=20)
    clock.start(WALL, 5)
    wall.pass_(seconds=2)
    assert clock.now() == WALL + timedelta(seconds=10)


@pytest.mark.parametrize("rate", [0, -1, 1001, float("nan")])
def test_a_rate_outside_its_range_is_refused(wall: Wall, rate: float) -> None:
    with pytest.raises(ClockRefusedError):
        clock.set_rate(rate)
    assert clock.rate() == 1


@pytest.mark.parametrize("rate", [0.01, 1000])
def test_a_rate_at_the_ends_of_its_range_is_taken(wall: Wall, rate: float) -> None:
    clock.set_rate(rate)
    assert clock.rate() == rate


def test_where_people_are_treated_it_cannot_be_set_and_a_setting_is_not_read(wall: Wall, settings: Any) -> None:
    clock.advance(timedelta(hours=2))
    settings.NORKET_SPEED_ALLOWED = False
    assert (clock.now(), clock.rate()) == (WALL, 1.0)
    for change in (lambda: clock.advance(timedelta(hours=1)), lambda: clock.set_rate(2)):
        with pytest.raises(ClockRefusedError, match="treated"):
            change()
