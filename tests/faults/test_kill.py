"""A server that is killed at any moment loses no command it has acknowledged, doubles none, and goes on from there.

A nurse and a prescriber take one patient from check-in to discharge while three others chart in other chairs; a
killer ends the server with SIGKILL at random times. Whoever got no answer sends the same command with the same key
again, as every client of ours does. The servers are forked from a loaded process, so that a thousand kills take
minutes; `test_restart.py` and `tests/site/test_live.py` start real ones.
"""

import random
import shutil
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.journey import post, whole_treatment
from support.nursery import Forked, Nursery
from support.server import READY_WITHIN_S, Server

pytestmark = pytest.mark.faults
PLANTED_KILLS = 4
LIVES_S = 0.8  # at most, between a start and the next kill
ANSWER_WITHIN_S = 240.0  # patience with a busy machine: a restart and its many kills lie within


@dataclass
class Client:
    """Sends commands until each has an answer; keeps every key it sent and every answer it got."""

    http: httpx.Client
    restarts: list[float]
    sent: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, list[int]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def send(self, session_id: str, token: str, body: dict[str, Any], key: str, *, ordered: bool) -> None:
        """Send until answered; an order carries the version that the client sees, and is decided anew when stale."""
        self.sent[key] = session_id
        until = time.monotonic() + ANSWER_WITHIN_S
        while time.monotonic() < until:
            try:
                version = self.version(session_id, token) if ordered else None
                answer = post(self.http, session_id, token, body, key, version)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == httpx.codes.OK:
                self.acknowledged[key] = [event["n"] for event in answer.json()["events"]]
                return
            if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
                self.refused[key] = answer.text
                return
            assert answer.status_code in {httpx.codes.CONFLICT, httpx.codes.SERVICE_UNAVAILABLE}, answer.text
        raise AssertionError(f"no answer to {key} within {ANSWER_WITHIN_S} s")

    def version(self, session_id: str, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return int(self.http.get(f"/api/v1/sessions/{session_id}", headers=headers).json()["version"])


@dataclass
class Outcome:
    world: dict[str, Any]
    tokens: dict[str, str]
    clients: list[Client]
    kills: int
    restarts_s: list[float]
    ledgers: dict[str, list[dict[str, Any]]]
    views: dict[str, dict[str, Any]]
    audit: dict[str, Any]


def _killer(server: Server, rounds: int, seed: int, done: threading.Event, restarts: list[float]) -> None:
    randomly = random.Random(seed)
    for _ in range(rounds):
        if done.is_set():
            return
        time.sleep(randomly.uniform(0.02, LIVES_S))
        server.kill()
        restarts.append(server.start())


class Helper(threading.Thread):
    """A thread whose failure is the test's."""

    failed: BaseException | None = None

    def run(self) -> None:
        try:
            super().run()
        except (AssertionError, httpx.HTTPError, OSError, ValueError, KeyError) as error:
            self.failed = error

    def end(self, within_s: float) -> None:
        """Joins; raises what it raised, or that it did not end."""
        self.join(timeout=within_s)
        if self.failed is not None:
            raise self.failed
        assert not self.is_alive(), f"{self.name} still runs after {within_s} s"


def _nurse_elsewhere(client: Client, session_id: str, token: str, name: str, done: threading.Event) -> None:
    count = 0
    while not done.is_set():
        count += 1
        body = {"type": "note", "text": f"{name} {count}"}
        if count % 2:
            body = {"type": "record_vitals", "vitals": {"sbp_mmhg": 120 + count % 9, "dbp_mmhg": 70, "hr_per_min": 66}}
        client.send(session_id, token, body, f"{name}-{count}", ordered=False)
        time.sleep(0.1)


def _treatment(client: Client, killer: Helper, server: Server, world: dict[str, Any], rounds: int) -> None:
    """One patient from check-in to discharge, as long as the killing lasts: each step is spread over its share."""
    tokens, ids = _by_name(world, "token"), _by_name(world, "id")
    ago = {"ate_at": 9, "drank_at": 3}
    times = {name: (server.now() - timedelta(hours=hours)).isoformat() for name, hours in ago.items()}
    planned = {**world["sessions"]["planned"], "checker": ids["prescriber"], **times}
    steps = list(whole_treatment(planned))
    for number, step in enumerate(steps):
        server.advance(step.wait_min)
        ordered = step.name in {"start_infusion", "change_rate", "resume", "discharge"}
        assert killer.failed is None, killer.failed
        client.send(planned["id"], tokens[step.role], step.body, f"step-{number}", ordered=ordered)
        while len(client.restarts) < rounds * (number + 1) // (len(steps) + 1) and killer.is_alive():
            time.sleep(0.05)


def _by_name(world: dict[str, Any], what: str) -> dict[str, str]:
    return {person["username"]: person[what] for person in world["people"]}


def through_kills(server: Forked, world: dict[str, Any], rounds: int, *, treated: bool) -> Outcome:
    """Three nurses chart (and, if asked, one patient is treated) while the server is killed so often."""
    tokens, done, restarts = _by_name(world, "token"), threading.Event(), list[float]()
    clients = [Client(httpx.Client(base_url=server.url, timeout=20), restarts) for _ in range(4)]
    threads = [
        Helper(target=_nurse_elsewhere, args=(clients[i], world["sessions"][name]["id"], tokens["nurse"], name, done))
        for i, name in enumerate(("running", "recovery", "waiting"), start=1)
    ]
    server.start()
    try:
        killer = Helper(target=_killer, args=(server, rounds, 11, done, restarts))
        for thread in (*threads, killer):
            thread.start()
        if treated:
            _treatment(clients[0], killer, server, world, rounds)
        killer.end(within_s=READY_WITHIN_S + 60)
        done.set()
        for thread in threads:
            thread.end(within_s=ANSWER_WITHIN_S + 30)
        return _collect(server, world, tokens, clients, restarts)
    finally:
        done.set()
        server.stop()


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory,
    fault_rounds: int,
    nursery: Nursery,
    seeded: tuple[Path, dict[str, Any]],
) -> Outcome:
    server = Forked(shutil.copytree(seeded[0], tmp_path_factory.mktemp("kill") / "clinic"), nursery=nursery)
    return through_kills(server, seeded[1], fault_rounds, treated=True)


def _collect(
    server: Forked, world: dict[str, Any], tokens: dict[str, str], clients: list[Client], restarts: list[float]
) -> Outcome:
    headers = {"Authorization": f"Bearer {tokens['nurse']}"}
    ledgers, views = {}, {}
    for name, session in world["sessions"].items():
        at = f"/api/v1/sessions/{session['id']}"
        ledgers[name] = clients[0].http.get(f"{at}/events", headers=headers).json()["events"]
        views[name] = clients[0].http.get(at, headers=headers).json()
    server.stop()
    return Outcome(world, tokens, clients, len(restarts), restarts, ledgers, views, server.verify())


def _keys(ledger: list[dict[str, Any]]) -> Counter[str]:
    """How many separate runs of events each command id has: one command leaves one unbroken run."""
    runs: Counter[str] = Counter()
    before = ""
    for event in ledger:
        runs[event["command_id"]] += event["command_id"] != before
        before = event["command_id"]
    return runs


def lost(outcome: Outcome) -> set[str]:
    """What was acknowledged and is in no ledger."""
    stored = {event["command_id"] for ledger in outcome.ledgers.values() for event in ledger}
    return {key for client in outcome.clients for key in client.acknowledged} - stored


def misnamed(outcome: Outcome) -> set[str]:
    """What was acknowledged with other events than those that are stored."""
    by_id = {session["id"]: name for name, session in outcome.world["sessions"].items()}
    stored = {
        key: [event["n"] for event in outcome.ledgers[by_id[client.sent[key]]] if event["command_id"] == key]
        for client in outcome.clients
        for key in client.acknowledged
    }
    told = {key: numbers for client in outcome.clients for key, numbers in client.acknowledged.items()}
    return {key for key, numbers in told.items() if stored[key] != numbers}


def doubled(outcome: Outcome) -> list[str]:
    """What is there twice: a command in two places of its ledger, or words that were sent once and stand twice."""
    keys = [key for ledger in outcome.ledgers.values() for key, runs in _keys(ledger).items() if runs > 1]
    notes = [event for ledger in outcome.ledgers.values() for event in ledger if event["type"] == "noted"]
    words = Counter(event["data"]["text"] for event in notes)
    return keys + [text for text, times in words.items() if times > 1]


def test_the_server_was_killed_as_often_as_asked(outcome: Outcome, fault_rounds: int) -> None:
    assert outcome.kills == fault_rounds


def test_no_acknowledged_command_is_lost(outcome: Outcome) -> None:
    assert sum(len(client.acknowledged) for client in outcome.clients) > outcome.kills
    assert lost(outcome) == set()


def test_the_answer_named_the_events_that_are_stored(outcome: Outcome) -> None:
    assert misnamed(outcome) == set()


def test_no_command_is_carried_out_twice(outcome: Outcome) -> None:
    assert doubled(outcome) == []


@pytest.mark.parametrize(
    ("plant", "finds"),
    [("answers_first", lost), ("keys_in_memory", doubled)],
    ids=["answers before the commit", "knows its keys until it ends"],
)
def test_a_server_that_a_kill_finds_so_is_noticed(
    nursery: Nursery, seeded: tuple[Path, dict[str, Any]], tmp_path: Path, plant: str, finds: Any
) -> None:
    server = Forked(Path(shutil.copytree(seeded[0], tmp_path / "clinic")), nursery=nursery, plant=plant)
    assert finds(through_kills(server, seeded[1], PLANTED_KILLS, treated=False))


def test_the_ledgers_count_without_a_gap(outcome: Outcome) -> None:
    for ledger in outcome.ledgers.values():
        assert [event["n"] for event in ledger] == list(range(1, len(ledger) + 1))


def test_the_treatment_went_all_the_way(outcome: Outcome) -> None:
    assert outcome.clients[0].refused == {}
    assert outcome.views["planned"]["phase"] == "discharged"


def test_elapsed_time_and_milligrams_follow_the_events_and_not_the_downtime(outcome: Outcome) -> None:
    """Computed here from the ledger alone: rate times time between start, pause, resume, change and stop."""
    rate, since, delivered_ml = 0.0, None, 0.0
    concentration = outcome.world["sessions"]["planned"]["concentration_mg_ml"]
    held = 0.0
    for event in outcome.ledgers["planned"]:
        at = datetime.fromisoformat(event["at"])
        if since is not None and event["type"] in {
            "rate_changed",
            "infusion_paused",
            "infusion_resumed",
            "infusion_stopped",
        }:
            delivered_ml += rate * (at - since).total_seconds() / 3600
            since = at
        match event["type"]:
            case "infusion_started":
                rate, since = event["data"]["rate_ml_h"], at
            case "rate_changed":
                rate = event["data"]["rate_ml_h"]
            case "infusion_paused":
                held, rate = rate, 0.0
            case "infusion_resumed":
                rate = held
            case "infusion_stopped":
                rate, since = 0.0, None
                assert event["data"]["delivered_mg"] == pytest.approx(delivered_ml * concentration, abs=1e-6)
    assert outcome.views["planned"]["delivered_mg"] == pytest.approx(delivered_ml * concentration, abs=1e-6)
    assert delivered_ml > 0


def test_the_audit_chain_holds(outcome: Outcome) -> None:
    assert outcome.audit["ok"] is True
    assert outcome.audit["lines"] > len(outcome.ledgers["planned"])


def test_the_server_is_back_within_seconds(outcome: Outcome, record_property: Any) -> None:
    record_property("restart_s", sorted(outcome.restarts_s))
    assert sorted(outcome.restarts_s)[len(outcome.restarts_s) // 2] < 20
