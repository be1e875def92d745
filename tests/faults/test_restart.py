"""After a kill: how soon the live screen is right again, in a process of its own."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.nursery import Forked
from support.server import Server

pytestmark = pytest.mark.faults
Made = Callable[..., tuple[Forked, dict[str, Any]]]
BACK_S = 5.0
MOST_ERROR_S = 1.0
# A machine that runs the whole suite beside it is slow, so the short form counts what the processor did for it.
BUSY_S = 10.0
COMES_WITHIN_S = 300.0


Seen = tuple[list[float], list[float], list[float]]


def restarted(server: Server, world: dict[str, Any], times: int, lives_s: float = 0.0) -> Seen:
    """The server is killed, after it lived at least so long, and started so often. Of each: the seconds until there was
    a page, what of them the processor worked, and by how much the time on the page was wrong."""
    token = next(person["token"] for person in world["people"] if person["role"] == "nurse")
    at = f"{server.url}/api/v1/sessions/{world['sessions']['running']['id']}"
    headers = {"Authorization": f"Bearer {token}"}
    taken, busy, wrong = list[float](), list[float](), list[float]()
    server.start()
    try:
        for _ in range(times):
            time.sleep(lives_s)
            before, first = _page(at, headers)
            server.kill()
            began, server.process = time.monotonic(), server.launch()
            after, second = _page(at, headers)
            taken.append(second[1] - began)
            busy.append(_processor_s(server.process.pid))
            wrong.append(_error(after["elapsed_s"] - before["elapsed_s"], first, second))
            assert after["phase"] == before["phase"] == "running"
    finally:
        server.kill()
    return taken, busy, wrong


def test_after_a_kill_the_screen_is_right_within_seconds(
    seeded: tuple[Path, dict[str, Any]], tmp_path: Path, pytestconfig: pytest.Config, record_property: Any
) -> None:
    long = pytestconfig.getoption("--faults")
    server = Server(Path(shutil.copytree(seeded[0], tmp_path / "clinic")))
    taken, busy, wrong = restarted(server, seeded[1], 100 if long else 1)
    record_property("back_s", [round(one, 2) for one in sorted(taken)])
    record_property("busy_s", [round(one, 2) for one in sorted(busy)])
    assert max(wrong) < MOST_ERROR_S
    assert max(busy) < BUSY_S
    assert not long or sorted(taken)[len(taken) // 2] < BACK_S


def test_a_server_that_forgets_how_long_it_was_dead_is_noticed(clinic: Made) -> None:
    server, world = clinic("forgets_the_downtime")
    assert max(restarted(server, world, 1, 2 * MOST_ERROR_S)[2]) > MOST_ERROR_S


def _page(at: str, headers: dict[str, str]) -> tuple[dict[str, Any], tuple[float, float]]:
    """The page as soon as there is one, and when it was asked for and came."""
    until = time.monotonic() + COMES_WITHIN_S
    while time.monotonic() < until:
        asked = time.monotonic()
        try:
            answer = httpx.get(at, headers=headers, timeout=60)
        except httpx.TransportError:
            time.sleep(0.02)
            continue
        if answer.status_code == httpx.codes.OK:
            return dict(answer.json()), (asked, time.monotonic())
    raise AssertionError("the screen did not come back")


def _error(shown_s: float, first: tuple[float, float], second: tuple[float, float]) -> float:
    """By how much the time shown is more or less than can have passed between two pages."""
    least, most = second[0] - first[1], second[1] - first[0]
    return max(0.0, least - shown_s, shown_s - most)


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
