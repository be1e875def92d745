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
        self.at, self.counted_s = WALL, 5000.0
        monkeypatch.setattr(clock, "real", lambda: self.at)
        monkeypatch.setattr(clock, "counted", lambda: self.counted_s)

    def pass_(self, **time: float) -> None:
        self.at += timedelta(**time)
        self.counted_s += timedelta(**time).total_seconds()

    def set_by(self, **time: float) -> None:
        """Somebody sets the machine's clock."""
        self.at += timedelta(**time)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Wall:
    settings.NORKET_DATA, settings.NORKET_SPEED_ALLOWED = tmp_path, True
    monkeypatch.setattr(clock, "_steps", [])
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


STEPS = [{"hours": 1}, {"hours": -1}, {"days": 1}, {"days": -1}, {"seconds": 0.5}, {"seconds": -0.5}]


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_step_of_the_machines_clock_moves_nobodys_time_and_is_told_once(wall: Wall, step: dict[str, float]) -> None:
    clock.now()
    wall.pass_(minutes=10)
    wall.set_by(**step)
    assert clock.now() == WALL + timedelta(minutes=10)
    wall.pass_(minutes=10)
    assert clock.now() == WALL + timedelta(minutes=20)
    assert (clock.take_steps(), clock.take_steps()) == ([timedelta(**step)], [])
    assert clock.held() == timedelta(**step)


def test_less_than_half_a_second_is_no_step(wall: Wall) -> None:
    clock.now()
    wall.set_by(seconds=0.499)
    assert clock.now() == WALL + timedelta(seconds=0.499)
    assert clock.take_steps() == []


def test_two_steps_that_cancel_out_leave_nothing_withheld(wall: Wall) -> None:
    clock.now()
    for hours in (1, -1):
        wall.set_by(hours=hours)
        assert clock.now() == WALL
    assert (clock.held(), len(clock.take_steps())) == (timedelta(), 2)


def test_a_clock_that_was_days_off_is_followed_at_once(wall: Wall) -> None:
    clock.now()
    wall.set_by(hours=36)
    assert clock.now() == WALL
    wall.set_by(hours=1)
    assert clock.now() == WALL + timedelta(hours=37)
    assert len(clock.take_steps()) == 2


def test_what_was_withheld_is_let_go_when_nobody_is_treated(wall: Wall) -> None:
    clock.now()
    assert clock.release() == timedelta()
    wall.set_by(hours=1)
    clock.now()
    assert clock.release() == timedelta(hours=1)
    assert clock.now() == WALL + timedelta(hours=1)
    assert clock.held() == timedelta()


def test_a_new_process_goes_on_in_even_time_and_sees_what_was_set_in_between(wall: Wall) -> None:
    clock.now()
    wall.set_by(hours=1)
    clock.now()
    clock.take_steps()
    clock._steady.clear()
    wall.pass_(minutes=1)
    wall.set_by(hours=-2)
    assert clock.now() == WALL + timedelta(minutes=1)
    assert clock.take_steps() == [timedelta(hours=-2)]


def test_after_a_restart_of_the_machine_its_clock_is_believed(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter begins anew, so nothing can be said of the time before; what was withheld stays withheld."""
    clock.now()
    wall.set_by(hours=1)
    clock.now()
    clock.take_steps()
    clock._steady.clear()
    monkeypatch.setattr(clock, "_boot", lambda: "another")
    wall.pass_(minutes=1)
    wall.counted_s = 3.0
    assert clock.now() == WALL + timedelta(minutes=1)
    assert clock.take_steps() == []


def test_without_room_on_the_disk_time_goes_on(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    clock.now()
    monkeypatch.setattr(clock, "_replace", full)
    wall.set_by(hours=1)
    assert clock.now() == WALL
