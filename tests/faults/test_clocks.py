"""Somebody sets the machine's clock in the middle of a session, or the law does: elapsed time goes on evenly, and what
was done to the clock is in the chain."""

import time
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pysqlite3 import dbapi2 as sqlite
from support.nursery import Forked

from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.faults
Made = Callable[..., tuple[Forked, dict[str, Any]]]
STEPS_S = (3600.0, -3600.0, 86400.0, -86400.0)
MOST_ERROR_S = 1.0
TOLD_S = 30.0  # patience with a busy machine: the chain is told each second
YEARS = (2026, 2027)


def errors(
    server: Forked, world: dict[str, Any], steps_s: tuple[float, ...], told_within_s: float = TOLD_S
) -> tuple[list[float], list[float]]:
    """By how much the elapsed time of the running session was wrong after each step, and the steps in the chain."""
    wall = server.data / "wall-offset"
    wall.write_text("0")
    server.start()
    token = next(person["token"] for person in world["people"] if person["role"] == "nurse")
    at = f"{server.url}/api/v1/sessions/{world['sessions']['running']['id']}"
    headers = {"Authorization": f"Bearer {token}"}

    def elapsed() -> tuple[float, float]:
        page = httpx.get(at, headers=headers, timeout=60).raise_for_status().json()
        return page["elapsed_s"], time.monotonic()

    before, began = elapsed()
    wrong, offset = [], 0.0
    for step in steps_s:
        offset += step
        fresh = server.data / "wall-offset.new"
        fresh.write_text(str(offset))
        fresh.replace(wall)
        after, now = elapsed()
        wrong.append(abs((after - before) - (now - began)))
    until = time.monotonic() + told_within_s
    while len(told := _told(server)) < len(steps_s) and time.monotonic() < until:
        time.sleep(0.1)
    server.stop()
    return wrong, told


def _told(server: Forked) -> list[float]:
    with sqlite.connect(server.data / "norket.sqlite3") as record:
        query = "SELECT json_extract(data, '$.by_s') FROM record_auditline WHERE kind = 'clock_stepped' ORDER BY seq"
        return [row[0] for row in record.execute(query)]


def test_a_step_moves_no_elapsed_time_and_is_recorded(clinic: Made, pytestconfig: pytest.Config) -> None:
    server, world = clinic("wall_can_be_set")
    rounds = 12 if pytestconfig.getoption("--faults") else 1
    wrong, told = errors(server, world, STEPS_S * rounds)
    assert max(wrong) < MOST_ERROR_S
    assert [round(step) for step in told] == list(STEPS_S * rounds)
    assert server.verify()["ok"] is True


def test_a_server_that_walks_with_the_wall_is_noticed(clinic: Made) -> None:
    wrong, _ = errors(*clinic("walks_with_the_wall"), STEPS_S[:1], told_within_s=0.0)
    assert max(wrong) > MOST_ERROR_S


@pytest.mark.long
def test_a_step_that_nobody_tells_the_chain_is_noticed(clinic: Made) -> None:
    _, told = errors(*clinic("walks_with_the_wall"), STEPS_S[:1])
    assert told == []


def transitions(zone: zoneinfo.ZoneInfo) -> Iterator[datetime]:
    """The instants of these years at which the zone changes its distance from UTC, to the second."""
    hour = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    while hour.year <= YEARS[-1]:
        late = hour + timedelta(hours=12)
        if hour.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
            low, high = 0, 12 * 3600
            while high - low > 1:
                middle = (low + high) // 2
                same = (hour + timedelta(seconds=middle)).astimezone(zone).utcoffset() == hour.astimezone(
                    zone
                ).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield hour + timedelta(seconds=high)
        hour = late


def test_over_every_change_of_the_clocks_by_law_durations_and_order_hold(pytestconfig: pytest.Config) -> None:
    """Times that a client sends with the offset of its wall: the hour that comes twice is two hours, and the order of
    what happened is the order in which it is told."""
    names = sorted(zoneinfo.available_timezones())
    seen = 0
    for name in names if pytestconfig.getoption("--faults") else names[::6]:
        zone = zoneinfo.ZoneInfo(name)
        for change in transitions(zone):
            seen += 1
            instants = [change + timedelta(minutes=minutes) for minutes in (-90, -30, -1, 0, 1, 30, 90)]
            sent = [instant.astimezone(zone).isoformat() for instant in instants]
            read = [COMMAND.validate_python({"type": "note", "text": "x", "at": text}).at for text in sent]
            assert len(set(sent)) == len(sent), (name, sent)
            assert [(one - read[0]).total_seconds() for one in read] == [0, 3600, 5340, 5400, 5460, 7200, 10800], name
            assert read == sorted(instants)
    assert seen > 50
