"""After a kill: how soon the live screen is right again, in a process of its own."""

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
PATIENCE = 6  # a machine that runs the whole suite beside it takes that much longer


def test_after_a_kill_the_screen_is_right_within_seconds(
    seeded: tuple[Path, dict[str, Any]], tmp_path: Path, pytestconfig: pytest.Config, record_property: Any
) -> None:
    long = pytestconfig.getoption("--faults")
    server = Server(Path(shutil.copytree(seeded[0], tmp_path / "clinic")))
    token = next(person["token"] for person in seeded[1]["people"] if person["role"] == "nurse")
    at = f"{server.url}/api/v1/sessions/{seeded[1]['sessions']['running']['id']}"
    headers = {"Authorization": f"Bearer {token}"}
    server.start()
    taken, wrong = [], []
    try:
        for _ in range(100 if long else 2):
            before, seen = httpx.get(at, headers=headers, timeout=60).json(), time.monotonic()
            server.kill()
            began, server.process = time.monotonic(), server.launch()
            page = _first_page(at, headers, until=began + BACK_S * PATIENCE * 3)
            taken.append(time.monotonic() - began)
            wrong.append(abs(page["elapsed_s"] - before["elapsed_s"] - (time.monotonic() - seen)))
            assert page["phase"] == before["phase"] == "running"
    finally:
        server.stop()
    record_property("back_s", [round(one, 2) for one in sorted(taken)])
    assert max(wrong) < MOST_ERROR_S
    assert sorted(taken)[len(taken) // 2] < (BACK_S if long else BACK_S * PATIENCE)


def _first_page(at: str, headers: dict[str, str], until: float) -> dict[str, Any]:
    while time.monotonic() < until:
        try:
            answer = httpx.get(at, headers=headers, timeout=30)
        except httpx.TransportError:
            time.sleep(0.02)
            continue
        if answer.status_code == httpx.codes.OK:
            return dict(answer.json())
    raise AssertionError("the screen did not come back")
