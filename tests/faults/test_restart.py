"""After a kill: how soon the live screen is right again, in a process of its own."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.server import Server

pytestmark = pytest.mark.faults
BACK_S = 5.0
MOST_ERROR_S = 1.0
# A machine that runs the whole suite beside it is slow, so the short form counts what the processor did for it.
BUSY_S = 10.0
COMES_WITHIN_S = 300.0


def test_after_a_kill_the_screen_is_right_within_seconds(
    seeded: tuple[Path, dict[str, Any]], tmp_path: Path, pytestconfig: pytest.Config, record_property: Any
) -> None:
    long = pytestconfig.getoption("--faults")
    server = Server(Path(shutil.copytree(seeded[0], tmp_path / "clinic")))
    token = next(person["token"] for person in seeded[1]["people"] if person["role"] == "nurse")
    at = f"{server.url}/api/v1/sessions/{seeded[1]['sessions']['running']['id']}"
    headers = {"Authorization": f"Bearer {token}"}
    server.start()
    taken, busy, wrong = [], [], []
    try:
        for _ in range(100 if long else 1):
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
    record_property("back_s", [round(one, 2) for one in sorted(taken)])
    record_property("busy_s", [round(one, 2) for one in sorted(busy)])
    assert max(wrong) < MOST_ERROR_S
    assert max(busy) < BUSY_S
    assert not long or sorted(taken)[len(taken) // 2] < BACK_S


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
