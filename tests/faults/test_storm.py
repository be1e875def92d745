"""Clients that leave in the middle: hundreds at once, before and after their request is whole. The writer survives
them, and the next command is answered at once."""

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from support.nursery import Forked

pytestmark = pytest.mark.faults
ANSWERED_S = 1.0
PATIENCE_S = 5.0
GONE_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: the connection is reset, not closed
Made = Callable[..., tuple[Forked, dict[str, Any]]]


def _leave(server: Forked, request: bytes, how: int) -> None:
    """Sends a part of the request, or all of it, and is gone before the answer."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        parts = (
            0,
            len(request) // 4,
            len(request) // 2,
            len(request) - 5,
            len(request),
        )  # the last but one: in the body
        wire.sendall(request[: parts[how % 5]])
        if how % 2:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, GONE_AT_ONCE)


def _request(path: str, token: str, key: str) -> bytes:
    body = b'{"type":"note","text":"gone"}'
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        f"Idempotency-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def storm(server: Forked, world: dict[str, Any], count: int, patience_s: float = PATIENCE_S) -> float:
    """Seconds until a command is answered after so many clients came and went; infinite when it takes longer than the
    patience."""
    server.start()
    token = next(person["token"] for person in world["people"] if person["role"] == "nurse")
    path = f"/api/v1/sessions/{world['sessions']['running']['id']}/commands"
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "before"}
    httpx.post(f"{server.url}{path}", json={"type": "note", "text": "before"}, headers=headers, timeout=30)
    with ThreadPoolExecutor(16) as pool:
        for number in range(count):
            pool.submit(_leave, server, _request(path, token, f"gone-{number}"), number)
    # Those that sent a whole request are commands all the same and have their turn; then it is ours.
    _answered(server, path, {**headers, "Idempotency-Key": "in-between"}, patience_s)
    return _answered(server, path, {**headers, "Idempotency-Key": "after"}, patience_s)


def _answered(server: Forked, path: str, headers: dict[str, str], patience_s: float) -> float:
    began = time.monotonic()
    with contextlib.suppress(httpx.TransportError):
        body = {"type": "note", "text": "after"}
        answer = httpx.post(f"{server.url}{path}", json=body, headers=headers, timeout=patience_s)
        if answer.status_code == httpx.codes.OK:
            return time.monotonic() - began
    return float("inf")


def test_after_a_storm_of_clients_that_left_a_command_is_answered(
    clinic: Made, pytestconfig: pytest.Config, record_property: Any
) -> None:
    server, world = clinic()
    long = pytestconfig.getoption("--faults")
    taken = storm(server, world, 5000 if long else 200)
    record_property("answered_s", round(taken, 3))
    server.stop()
    assert server.verify()["ok"] is True
    assert taken < (ANSWERED_S if long else PATIENCE_S)  # the short form shares its machine with the suite


@pytest.mark.parametrize("patience_s", [1.5, pytest.param(PATIENCE_S, marks=pytest.mark.long)])
def test_a_writer_that_a_lost_client_can_hold_is_noticed(clinic: Made, patience_s: float) -> None:
    server, world = clinic("dies_of_a_lost_client")
    assert storm(server, world, 40, patience_s) == float("inf")
    server.kill()  # which ends politely no more
