"""Two hundred sessions at 1 Hz, twenty viewers, then a storm of strangers: how late is what the screens show?

Open loop: every message has the time at which it was meant to leave, and its delay is counted from there, so that a
server that stalls can't hide it by slowing the senders down. Delays end where the event arrives in a viewer's stream;
drawing it is the browser's. Pulse and saturation stay within every limit, but for one second of each session that is
looked at, in its turn: its alert must come, once. NORKET_BENCH_SECONDS sets how long each half lasts (default 150 s:
calm, then the same with the storm).
"""

import asyncio
import contextlib
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from bench_live import message
from row import Row

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.server import Server

SECONDS = int(os.environ.get("NORKET_BENCH_SECONDS", "150"))
VIEWERS = 20
LOGINS, STRANGERS, BIG = 50, 4, 10_000_000
LOW, GOOD = 80, 97
PULSES = 35
FIRST_PULSE = 60
GOAL_MS, STORM_GOAL_MS = 500.0, 1000.0


@dataclass
class Seen:
    """What one half of the run saw."""

    meant: dict[tuple[str, int], float] = field(default_factory=dict)
    came: dict[tuple[str, int], float] = field(default_factory=dict)
    crossed: dict[str, float] = field(default_factory=dict)
    alerted: dict[str, float] = field(default_factory=dict)
    alerts: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    storm: Counter[int] = field(default_factory=Counter)
    cpu_s: float = 0.0


async def monitor(port: int, session: dict[str, Any], place: int, turn: int, begin: float, seen: Seen) -> None:
    """A message each second at its own moment of the second. Viewed sessions take turns in crossing a limit."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = asyncio.create_task(_answers(reader, seen))
    for second in range(SECONDS):
        due = begin + second + place / 200
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        pulse = FIRST_PULSE + second % PULSES
        number = turn * 100_000 + second
        low = place < VIEWERS and second == 10 + place * max(1, (SECONDS - 20) // VIEWERS)
        seen.meant[session["id"], number] = due
        if low:
            seen.crossed[session["id"]] = due
        writer.write(message(session["device"], session["mrn"], number, LOW if low else GOOD, pulse))
    await asyncio.sleep(3)
    answers.cancel()
    writer.close()


async def _answers(reader: asyncio.StreamReader, seen: Seen) -> None:
    while True:
        answer = await reader.readuntil(b"\x1c\r")
        seen.refusals += b"|AA|" not in answer


async def viewer(url: str, session: dict[str, Any], token: str, halves: list[Seen]) -> None:
    """One screen: the pulses in the order in which they were sent, and the alerts."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(timeout=None) as client,  # noqa: S113 -- a stream has no end of its own; the bench cancels it
        client.stream("GET", f"{url}/api/v1/sessions/{session['id']}/stream", headers=headers) as stream,
    ):
        kind, counts = "", Counter[int]()
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind in {"samples", "events"} and halves:
                now, seen, turn = time.perf_counter(), halves[-1], len(halves)
                for one in json.loads(line.removeprefix("data: ")):
                    if kind == "events":
                        _alert(one, session["id"], now, seen)
                    elif one["channel"] == "hr_per_min":
                        seen.came.setdefault((session["id"], turn * 100_000 + counts[turn]), now)
                        counts[turn] += 1


def _alert(event: dict[str, Any], session: str, now: float, seen: Seen) -> None:
    if event["type"] == "alert_raised" and "spo2" in event["data"]["rule"] and session in seen.crossed:
        seen.alerts[session] += 1
        seen.alerted.setdefault(session, now)


async def strangers(url: str, seconds: float) -> Counter[int]:
    """Fifty who try passwords, and some who ask for what is not there and send what is too long. They are a process of
    their own: on the loop of the monitors and viewers, each wait of theirs would count as the server's."""
    until, told = time.perf_counter() + seconds, Counter[int]()

    async def login(client: httpx.AsyncClient, name: int) -> None:
        page = await client.get("/accounts/login/")
        token = client.cookies.get("csrftoken", "")
        form = {"login": f"nurse{name % 20 + 1}", "password": "wrong", "csrfmiddlewaretoken": token}
        answer = await client.post("/accounts/login/", data=form, headers={"Referer": url})
        told[page.status_code if page.status_code != httpx.codes.OK else answer.status_code] += 1

    async def other(client: httpx.AsyncClient, number: int) -> None:
        if number % 4:
            answer = await client.get(f"/no/such/page/{number}")
        else:
            answer = await client.post("/accounts/login/", content=bytes(BIG))
        told[answer.status_code] += 1

    async def again(work: Any, name: int) -> None:
        number = name
        while time.perf_counter() < until:
            with contextlib.suppress(httpx.TransportError):
                async with httpx.AsyncClient(base_url=url, timeout=20, verify=False) as client:  # noqa: S501 -- http
                    await work(client, number)
            number += 1
            await asyncio.sleep(0.2)

    await asyncio.gather(
        *(again(login, name) for name in range(LOGINS)), *(again(other, name * 2) for name in range(STRANGERS))
    )
    return told


async def storm(url: str, seen: Seen) -> None:
    """The strangers come, and what they were told."""
    asked = await asyncio.create_subprocess_exec(sys.executable, __file__, url, str(SECONDS), stdout=subprocess.PIPE)
    told, _ = await asked.communicate()
    seen.storm.update({int(status): count for status, count in json.loads(told).items()})


def _cpu_s(pids: list[int]) -> float:
    """Processor time of the server and its children."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(server: Server, world: dict[str, Any]) -> list[Seen]:
    token = next(person["token"] for person in world["people"] if person["username"] == "prescriber")
    halves: list[Seen] = []
    sessions = world["sessions"]
    viewers = [asyncio.create_task(viewer(server.url, one, token, halves)) for one in sessions[:VIEWERS]]
    await asyncio.sleep(3)
    for turn in (1, 2):
        halves.append(Seen())
        seen, begin = halves[-1], time.perf_counter() + 1
        before = _cpu_s([server.process.pid])
        work = [monitor(server.mllp_port, one, place, turn, begin, seen) for place, one in enumerate(sessions)]
        if turn == 2:
            work.append(storm(server.url, seen))
        await asyncio.gather(*work)
        seen.cpu_s = _cpu_s([server.process.pid]) - before
    for one in viewers:
        one.cancel()
    await asyncio.gather(*viewers, return_exceptions=True)
    return halves


def rows(name: str, seen: Seen, goal: float) -> Iterator[Row]:
    looked_at = {session for session, _ in seen.came}
    late = [
        (seen.came[key] - meant) * 1000 for key, meant in seen.meant.items() if key[0] in looked_at and key in seen.came
    ]
    missing = sum(key[0] in looked_at and key not in seen.came for key in seen.meant)
    load = os.getloadavg()[0]
    how = f"{len(late)} of {len(seen.meant)} messages, open loop, load average {load:.1f}"
    cuts = statistics.quantiles(late, n=100) if len(late) > 1 else [float("inf")] * 99
    yield Row(f"{name}: a vital sign, meant to be sent to the stream, p50", cuts[49], "ms", how)
    yield Row(f"{name}: the same, p99", cuts[98], "ms", how, limit=goal)
    yield Row(f"{name}: the same, the latest", max(late, default=float("inf")), "ms", how)
    yield Row(f"{name}: not seen", missing, "messages", how, limit=0)
    delays = [(seen.alerted[one] - at) * 1000 for one, at in seen.crossed.items() if one in seen.alerted]
    what = f"{len(seen.crossed)} crossings"
    yield Row(f"{name}: a crossing to its alert, median", statistics.median(delays or [float("inf")]), "ms", what)
    yield Row(f"{name}: the same, the latest", max(delays, default=float("inf")), "ms", what)
    once = sum(seen.alerts[one] == 1 for one in seen.crossed)
    yield Row(f"{name}: crossings alerted once", once, "alerts", what, least=len(seen.crossed))
    yield Row(f"{name}: processor time of the server", seen.cpu_s / SECONDS, "cores", how)
    if seen.storm:
        yield Row(f"{name}: answers to strangers", seen.storm.total(), "answers", str(dict(seen.storm)))


def _additions_s() -> float:
    """How fast a core is just now: one that others share is sometimes half as fast, and every figure with it."""
    began, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - began


def run() -> list[Row]:
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # who is turned away while still sending is told so
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        world = server.seed("hospital")
        core = Row("a core: ten million additions", _additions_s(), "s", "plain Python; compare runs by it")
        server.start()
        try:
            calm, stormy = asyncio.run(measure(server, world))
        finally:
            server.stop()
    return [core, *rows("calm", calm, GOAL_MS), *rows("storm", stormy, STORM_GOAL_MS)]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(strangers(sys.argv[1], float(sys.argv[2])))))
