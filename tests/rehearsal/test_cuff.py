"""The cuff keeps the schedule that the watch expects, so that a working monitor is never late."""

import pytest

from norket.rehearsal.cuff import Cuff
from norket.rehearsal.patient import VirtualPatient


def readings(changes_min: list[float], until_min: float = 60.0) -> list[float]:
    """When readings begin, looked at each tenth of a minute."""
    cuff = Cuff.of(VirtualPatient(1))
    begun = []
    for tenth in range(int(until_min * 10)):
        before = cuff.number
        cuff.begin(tenth / 10, [change for change in changes_min if change <= tenth / 10])
        begun += [tenth / 10] * (cuff.number - before)
    return begun


def test_before_an_infusion_it_reads_every_ten_minutes() -> None:
    assert readings([], 35) == pytest.approx([0, 10, 20, 30])


def test_after_the_start_it_reads_within_five_minutes_and_closely_for_forty_minutes() -> None:
    assert readings([12], 70) == pytest.approx([0, 10, 17, 22, 27, 32, 37, 42, 47, 52, 62])


def test_a_change_of_rate_brings_the_close_readings_back() -> None:
    close = list(range(0, 45, 5))
    assert readings([0, 51], 75) == pytest.approx([*close, 50, 56, 61, 66])


def test_a_reading_is_ready_once_and_only_when_its_time_has_passed() -> None:
    cuff = Cuff.of(VirtualPatient(1))
    cuff.begin(0.0, [])
    assert [cuff.ready(minute) for minute in (0.0, 0.5, 0.6, 0.7)] == [False, False, True, False]
