"""A real server: streams that resume, samples from the socket to the screen, restart, faults, and the demo."""

import contextlib
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.server import Server

from norket.rehearsal.oru import oru

NORKET = Path(sys.executable).with_name("norket")
MIGRATIONS = Path(__file__).parents[2] / "src" / "norket" / "record" / "migrations"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """An installation with the world of two clinics, to be copied by each test that starts a server of its own."""
    folder = tmp_path_factory.mktemp("seeded")
    return folder, Server(folder).seed("authz")


@pytest.fixture(scope="module")
def clinic(
    seeded: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, dict[str, Any]]]:
    server = copy(seeded[0], tmp_path_factory.mktemp("live"))
    server.start()
    yield server, seeded[1]
    server.stop()


def copy(folder: Path, place: Path) -> Server:
    shutil.copytree(folder, place, dirs_exist_ok=True)
    return Server(place)


def token(world: dict[str, Any], role: str = "nurse", side: int = 0) -> dict[str, str]:
    clinic = world["clinics"][side]["id"]
    person = next(p for p in world["people"] if p["role"] == role and p["clinic"] == clinic)
    return {"Authorization": f"Bearer {person['token']}"}


def address(server: Server, world: dict[str, Any], *, place: int = 0, side: int = 0) -> str:
    return f"{server.url}/api/v1/sessions/{world['clinics'][side]['sessions'][place]['id']}"


def note(server: Server, world: dict[str, Any], key: str, text: str = "x") -> httpx.Response:
    headers = token(world) | {"Idempotency-Key": key}
    return httpx.post(f"{address(server, world)}/commands", json={"type": "note", "text": text}, headers=headers)


Frame = tuple[str, str, Any]


def frames(url: str, headers: dict[str, str], *, until: float = 10.0) -> Iterator[Frame]:
    """Id, event and data of each server-sent event."""
    began = time.monotonic()
    with httpx.stream("GET", url, headers=headers, timeout=until) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        said: dict[str, str] = {}
        for line in response.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                said[name] = value
            else:
                yield said.get("id", ""), said["event"], json.loads(said["data"])
                said = {}
            if time.monotonic() - began > until:
                return


def first(stream: Iterator[Frame], event: str) -> Frame:
    return next(one for one in stream if one[1] == event)


def test_a_viewer_gets_the_ledger_then_what_is_new_and_a_tick_each_second(clinic: Any) -> None:
    server, world = clinic
    stream = frames(f"{address(server, world)}/stream", token(world))
    place, _, events = first(stream, "events")
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert place.split(".")[0] == str(len(events))
    view = first(stream, "view")[2]
    assert view["version"] == len(events)
    began = time.monotonic()
    note(server, world, "new")
    _, _, more = first(stream, "events")
    assert time.monotonic() - began < 5
    assert [event["n"] for event in more] == [len(events) + 1]
    ticks = [datetime.fromisoformat(first(stream, "tick")[2]["now"]) for _ in range(3)]
    assert 1.0 < (ticks[2] - ticks[0]).total_seconds() < 4


@pytest.mark.parametrize("way", ["header", "address"])
def test_a_viewer_who_was_cut_off_goes_on_where_it_stopped(clinic: Any, way: str) -> None:
    server, world = clinic
    note(server, world, f"before-{way}")
    version = httpx.get(address(server, world), headers=token(world)).json()["version"]
    place = f"{version - 2}.0"
    headers = token(world) | ({"Last-Event-ID": place} if way == "header" else {})
    query = "" if way == "header" else f"?last_event_id={place}"
    stream = frames(f"{address(server, world)}/stream{query}", headers)
    _, _, events = first(stream, "events")
    assert [event["n"] for event in events] == [version - 1, version]


@pytest.mark.parametrize("place", ["x", "1", "-1.0", "1.2.3", "9" * 40 + ".0"])
def test_a_place_that_does_not_read_begins_at_the_beginning(clinic: Any, place: str) -> None:
    server, world = clinic
    stream = frames(f"{address(server, world)}/stream", token(world) | {"Last-Event-ID": place})
    assert first(stream, "events")[2][0]["n"] == 1


def test_two_viewers_see_the_same(clinic: Any) -> None:
    server, world = clinic
    streams = [frames(f"{address(server, world)}/stream", token(world)) for _ in range(2)]
    views = [first(stream, "view")[2] for stream in streams]
    assert views[0]["version"] == views[1]["version"]


@pytest.mark.parametrize(("role", "side", "status"), [("sysadmin", 0, 403), ("nurse", 1, 404)])
def test_a_stream_is_guarded_like_every_route(clinic: Any, role: str, side: int, status: int) -> None:
    server, world = clinic
    response = httpx.get(f"{address(server, world)}/stream", headers=token(world, role, side))
    assert response.status_code == status


def test_signing_out_ends_the_stream(clinic: Any) -> None:
    server, world = clinic
    person = next(p for p in world["people"] if p["role"] == "prescriber")
    with httpx.Client(base_url=server.url, timeout=30) as browser:
        browser.get("/accounts/login/")
        form = {"login": person["username"], "password": person["password"]}
        form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
        assert browser.post("/accounts/login/", data=form).status_code == 302
        session = world["clinics"][0]["sessions"][0]["id"]
        cookies = {"Cookie": f"sessionid={browser.cookies['sessionid']}"}
        stream = frames(f"{server.url}/api/v1/sessions/{session}/stream", cookies, until=30)
        first(stream, "view")
        leave = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/accounts/logout/", data=leave).status_code == 302
        began = time.monotonic()
        for _ in stream:
            assert time.monotonic() - began < 20
    assert time.monotonic() - began < 20


def test_the_board_streams_the_own_clinic(clinic: Any) -> None:
    server, world = clinic
    cards = first(frames(f"{server.url}/api/v1/board/stream", token(world)), "view")[2]
    own = {session["id"] for session in world["clinics"][0]["sessions"]}
    assert {card["session"] for card in cards} == own


def send(server: Server, message: bytes) -> bytes:
    """One message over MLLP, and its answer."""
    with socket.create_connection(("127.0.0.1", server.mllp_port), timeout=5) as link:
        link.sendall(b"\x0b" + message + b"\x1c\r")
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            part = link.recv(4096)
            assert part, "the listener closed the connection"
            answer += part
    return answer


def measured(world: dict[str, Any], value: float, message_id: str) -> bytes:
    """A saturation of the first patient, now."""
    at, side = datetime.now(UTC), world["clinics"][0]
    return oru(
        device=side["device"],
        patient=side["sessions"][0]["mrn"],
        message_id=message_id,
        sent_at=at,
        values=[("spo2_percent", value, at)],
    )


def test_a_device_message_is_on_the_screen_within_a_second(clinic: Any) -> None:
    server, world = clinic
    stream = frames(f"{address(server, world)}/stream", token(world))
    first(stream, "view")
    began = time.monotonic()
    assert b"|AA|" in send(server, measured(world, 93.0, "screen"))
    _, _, samples = first(stream, "samples")
    took = time.monotonic() - began
    assert [(one["channel"], one["value"]) for one in samples] == [("spo2_percent", 93.0)]
    assert took < 3, took  # a second on a quiet machine; the suite's own load is not the server's


def test_a_viewer_who_comes_back_does_not_get_a_sample_twice(clinic: Any) -> None:
    server, world = clinic
    send(server, measured(world, 94.0, "again-1"))
    stream = frames(f"{address(server, world)}/stream", token(world))
    place, _, _ = first(stream, "samples")
    send(server, measured(world, 95.0, "again-2"))
    back = frames(f"{address(server, world)}/stream", token(world) | {"Last-Event-ID": place})
    assert [one["value"] for one in first(back, "samples")[2]] == [95.0]


def test_ready_says_what_a_supervisor_asks(clinic: Any) -> None:
    server, _ = clinic
    body = httpx.get(f"{server.url}/readyz").json()
    assert body["ready"] is body["writer_alive"] is body["warm"] is True
    latest = sorted(path.stem for path in MIGRATIONS.glob("0*.py"))[-1]
    assert body["schema"] == latest
    assert body["last_commit_age_ms"] >= 0
    assert len(body["knowledge_edition"]) == 64
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_a_stopped_server_goes_at_once_with_viewers_connected_and_keeps_the_last_samples(
    seeded: Any, tmp_path: Path
) -> None:
    server, world = copy(seeded[0], tmp_path), seeded[1]
    server.start()
    send(server, measured(world, 91.0, "last"))
    stream = frames(f"{address(server, world)}/stream", token(world), until=60)
    first(stream, "view")
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 8
    with contextlib.suppress(httpx.TransportError):
        list(stream)
    server.start()
    again = first(frames(f"{address(server, world)}/stream", token(world)), "samples")[2]
    server.stop()
    assert [one["value"] for one in again] == [91.0]
    assert json.loads(server.run("audit", "verify", "--json"))["ok"]


def test_lost_answers_and_repeats_leave_each_command_once(seeded: Any, tmp_path: Path) -> None:
    server, world = copy(seeded[0], tmp_path), seeded[1]
    with (tmp_path / "fault.log").open("wb") as log:
        process = subprocess.Popen(
            [NORKET, "serve", "--port", str(server.port), "--fault", "drop_answer"],
            env=server.environment,
            stdout=log,
            stderr=log,
        )
        wait_for(f"{server.url}/healthz")
        answers = [note(server, world, f"n{n}", str(n)).status_code for n in range(6)]
        again = [note(server, world, f"n{n}", str(n)) for n in range(6) for _ in range(2)]
        process.terminate()
        process.wait(timeout=10)
    assert 500 in answers
    assert {response.status_code for response in again} == {200, 500}
    lines = [json.loads(line) for line in server.run("events", "export", "--ndjson").splitlines()]
    texts = [line["data"]["text"] for line in lines if line["type"] == "noted" and line["data"]["text"].isdigit()]
    assert texts == [str(n) for n in range(6)]


def wait_for(url: str, within: float = 60.0) -> None:
    began = time.monotonic()
    while time.monotonic() - began < within:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url, timeout=2)
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {within} s")


def test_the_demo_moves_and_ends_cleanly(tmp_path: Path) -> None:
    folder, said = tmp_path / "demo", tmp_path / "said"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [NORKET, "demo", "--port", "0", "--no-browser", "--speed", "10", "--data", str(folder)],
            stdout=log,
            stderr=log,
        )
        try:
            url = moving(said, process)
            session = url.rstrip("/").rsplit("/", 1)[1]
            world = json.loads((folder / "world.json").read_text())
            nurse = next(person for person in world["people"] if person["username"] == "nurse")
            root = url.split("/sessions/")[0]
            headers = {"Authorization": f"Bearer {nurse['token']}"}
            stream = frames(f"{root}/api/v1/sessions/{session}/stream", headers, until=60)
            assert first(stream, "view")[2]["phase"] == "running"
            live = {one["channel"] for _ in range(2) for one in first(stream, "samples")[2]}
            assert {"spo2_percent", "hr_per_min"} <= live
            assert first(stream, "tick")[2]["rate"] == 10
            cards = httpx.get(f"{root}/api/v1/board", headers=headers).json()
            waiting = next(c for c in cards if c["session"] == world["sessions"]["waiting"]["id"])
            assert len(waiting["view"]["missing"]) == 2
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0
    assert "Traceback" not in said.read_text()
    assert len(world["patients"]) >= 12


def moving(said: Path, process: "subprocess.Popen[bytes]") -> str:
    """The address that the demo prints for its moving session."""
    began = time.monotonic()
    while time.monotonic() - began < 90:
        assert process.poll() is None, said.read_text()
        found = re.search(r"moving: (\S+)", said.read_text())
        if found:
            wait_for(found[1].split("/sessions/")[0] + "/healthz")
            return found[1]
        time.sleep(0.1)
    raise AssertionError(said.read_text())
