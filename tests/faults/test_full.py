"""A disk without room: commands are refused cleanly and none is half there, alerts are raised and shown all the same,
and with room again everything goes on by itself, the alerts in the ledger with the time at which they were found."""

import contextlib
import os
import resource
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.nursery import Forked

from norket.rehearsal.oru import oru

pytestmark = pytest.mark.faults
Made = Callable[..., tuple[Forked, dict[str, Any]]]
UNAIDED_S = 10.0
SHOWN_S = 60.0  # patience with a busy machine: the watch looks each second
ROOM = 300_000
TMPFS_MB = 24
Disk = Callable[[Forked], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def small_files(server: Forked) -> Iterator[None]:
    """No file of the process may grow beyond a little more than the log has now."""
    log = server.data / "norket.sqlite3-wal"
    usual = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (log.stat().st_size + ROOM, usual[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, usual)


@contextlib.contextmanager
def ballast(server: Forked) -> Iterator[None]:
    """The rest of the file system is filled up."""
    path = server.data / "ballast"
    with path.open("wb") as file, contextlib.suppress(OSError):
        free = os.statvfs(server.data)
        file.write(bytes(max(0, free.f_bavail * free.f_frsize - ROOM)))
    try:
        yield
    finally:
        path.unlink()


class Nurse:
    """Charts until the disk is full."""

    def __init__(self, server: Forked, world: dict[str, Any]) -> None:
        token = next(person["token"] for person in world["people"] if person["role"] == "nurse")
        self.http = httpx.Client(base_url=server.url, timeout=30, headers={"Authorization": f"Bearer {token}"})
        self.at = f"/api/v1/sessions/{world['sessions']['running']['id']}"
        self.answered: list[str] = []

    def note(self, key: str) -> httpx.Response:
        body = {"type": "note", "text": f"{key} " + "x" * 1500}
        answer = self.http.post(f"{self.at}/commands", json=body, headers={"Idempotency-Key": key})
        if answer.status_code == httpx.codes.OK:
            self.answered.append(key)
        return answer

    def until_full(self) -> httpx.Response:
        for number in range(400):
            answer = self.note(f"note-{number}")
            if answer.status_code != httpx.codes.OK:
                return answer
        raise AssertionError("the disk never became full")

    def page(self) -> dict[str, Any]:
        return dict(self.http.get(self.at).raise_for_status().json())

    def kept(self) -> list[dict[str, Any]]:
        return list(self.http.get(f"{self.at}/events").raise_for_status().json()["events"])


def measured(server: Forked, session: dict[str, Any], number: int, **values: float) -> None:
    """The monitor sends one message; its answer is read."""
    at = server.now()
    message = oru(
        device=session["device"],
        patient=session["mrn"],
        message_id=f"full-{number}",
        sent_at=at,
        values=[(channel, value, at) for channel, value in values.items()],
    )
    with socket.create_connection(("127.0.0.1", server.mllp_port), timeout=20) as wire:
        wire.sendall(b"\x0b" + message + b"\x1c\r")
        assert wire.recv(4096)


def walk(server: Forked, world: dict[str, Any], disk: Disk, shown_within_s: float = SHOWN_S) -> None:
    server.start()
    nurse = Nurse(server, world)
    session = world["sessions"]["running"] | {"device": world["simulated"]["running"]["device"]}
    with disk(server):
        refused = nurse.until_full()
        assert refused.status_code == httpx.codes.INSUFFICIENT_STORAGE, refused.text
        assert refused.json()["refused"] == "no_room"
        body = {"type": "record_vitals", "vitals": {"sbp_mmhg": 120, "dbp_mmhg": 75}}
        fact = nurse.http.post(f"{nurse.at}/commands", json=body, headers={"Idempotency-Key": "fact"})
        assert fact.status_code in {httpx.codes.OK, httpx.codes.INSUFFICIENT_STORAGE}
        before = {alert["alert_id"] for alert in nurse.page()["alerts"]}
        shown: list[dict[str, Any]] = []
        until = time.monotonic() + shown_within_s
        number = 0
        while time.monotonic() < until and not shown:
            number += 1
            measured(server, session, number, spo2_percent=70.0)
            nurse.note(f"full-{number}")
            shown = [one for one in nurse.page()["alerts"] if one["alert_id"] not in before and one["tier"] == "T3"]
            time.sleep(0.3)
        assert shown, "no alert was shown while the disk was full"
        assert nurse.note("still-full").status_code == httpx.codes.INSUFFICIENT_STORAGE
    began = time.monotonic()
    while nurse.note("room-again").status_code != httpx.codes.OK:
        assert time.monotonic() - began < UNAIDED_S
        time.sleep(0.2)
    while not (found := [e for e in nurse.kept() if e["data"].get("alert_id") == shown[0]["alert_id"]]):
        assert time.monotonic() - began < UNAIDED_S + 5, "the alert was not written"
        time.sleep(0.2)
    assert found[0]["at"] < found[0]["recorded_at"]
    kept = [event["command_id"] for event in nurse.kept()]
    assert [key for key in nurse.answered if kept.count(key) != 1] == []
    server.stop()
    assert server.verify()["ok"] is True


def test_without_room_commands_are_refused_and_alerts_shown(clinic: Made) -> None:
    walk(*clinic(), small_files)


@pytest.mark.long
def test_a_file_system_that_is_full(clinic: Made, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("no file system can be mounted here (not root?), so a really full one is NOT tested")
    try:
        walk(*clinic(folder=place / "clinic"), ballast)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("patience_s", [6.0, pytest.param(SHOWN_S, marks=pytest.mark.long)])
def test_a_server_that_forgets_to_watch_is_noticed(clinic: Made, patience_s: float) -> None:
    with pytest.raises(AssertionError, match="no alert was shown"):
        walk(*clinic("remembers_alerts"), small_files, patience_s)
