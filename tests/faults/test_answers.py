"""Answers that are lost, late or asked for again: each command is carried out once, and every answer to it is the same.

A proxy before the server loses answers after the commit, sends requests several times at once, and breaks off.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from support.nursery import Forked

pytestmark = pytest.mark.faults
LOST = 0.3
AT_ONCE = 8
Made = Callable[..., tuple[Forked, dict[str, Any]]]


@dataclass
class Wire:
    """The network between one client and the server, as bad as the chance says; keeps every answer it has seen."""

    http: httpx.AsyncClient
    chance: random.Random
    answers: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    lost: int = 0

    async def send(self, url: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, bytes]:
        """What the client gets in the end; it asks again, under the same key, until an answer comes through."""
        while True:
            copies = self.chance.choice((1, 1, 2, 5))
            asked = await asyncio.gather(*(self._once(url, body, headers) for _ in range(copies)))
            through = [answer for answer in asked if answer is not None and self.chance.random() > LOST]
            self.lost += copies - len(through)
            if through:
                return through[0]

    async def _once(self, url: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, bytes] | None:
        try:
            answer = await self.http.post(url, json=body, headers=headers)
        except httpx.TransportError:
            return None
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            self.answers.setdefault(headers["Idempotency-Key"], []).append((answer.status_code, answer.content))
        return answer.status_code, answer.content


async def _storm(server: Forked, world: dict[str, Any], count: int) -> Wire:
    token = next(person["token"] for person in world["people"] if person["role"] == "nurse")
    sessions = [session["id"] for session in world["sessions"].values()]
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        wire, gate = Wire(http, random.Random(3)), asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"lost-{number}"}
                url = f"/api/v1/sessions/{sessions[number % 3]}/commands"
                await wire.send(url, {"type": "note", "text": f"note {number}"}, headers)

        await asyncio.gather(*(one(number) for number in range(count)))
        return wire


def judge(server: Forked, world: dict[str, Any], count: int) -> str:
    """What went wrong; nothing when each command left one event and one answer."""
    server.start()
    wire = asyncio.run(_storm(server, world, count))
    assert wire.lost > count / 10
    token = next(person["token"] for person in world["people"] if person["role"] == "nurse")
    kept = list[str]()
    for session in world["sessions"].values():
        at = f"{server.url}/api/v1/sessions/{session['id']}/events"
        found = httpx.get(at, headers={"Authorization": f"Bearer {token}"}, timeout=60).json()["events"]
        kept += [event["data"]["text"] for event in found if event["type"] == "noted"]
    server.stop()
    for key, answers in wire.answers.items():
        if len(set(answers)) > 1 or answers[0][0] != httpx.codes.OK:
            return f"{key} was answered in {len(set(answers))} ways: {answers[0]}"
    wanted = sorted(f"note {number}" for number in range(count))
    if sorted(text for text in kept if text in set(wanted)) != wanted:
        return f"{len(kept)} notes for {count} commands"
    return "" if server.verify()["ok"] else "the chain does not hold"


def test_lost_and_repeated_answers_leave_each_command_once(clinic: Made, pytestconfig: pytest.Config) -> None:
    count = 20_000 if pytestconfig.getoption("--faults") else 120
    assert judge(*clinic(), count) == ""


def test_a_server_that_forgets_its_keys_is_noticed(clinic: Made) -> None:
    assert judge(*clinic("forgets_keys"), 20) != ""
