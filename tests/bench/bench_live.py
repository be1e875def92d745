"""Twenty chairs at 1 Hz: a command from sent to answered, and a vital sign from the socket to the screen's stream.

One process serves; twenty monitors send one message a second over MLLP and twenty viewers hold a stream each, all on
the same machine. The path of a vital sign is measured from the byte leaving the monitor's socket to its arrival in
the viewer's stream; drawing it is the browser's.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from row import Row

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.server import Server

SECONDS = 30
COMMANDS = 200
VITAL = "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC||{value}|262688^MDC_DIM_PERCENT^MDC|||||R|||{at}"
PULSE = "OBX|2|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC||{value}|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||{at}"


def message(device: str, patient: str, number: int, spo2: int, pulse: int) -> bytes:
    at = datetime.now(UTC).strftime("%Y%m%d%H%M%S.%f")[:18] + "+0000"
    head = f"MSH|^~\\&|{device}||||{at}||ORU^R01^ORU_R01|{device}-{number}|P|2.6"
    rows = [VITAL.format(value=spo2, at=at), PULSE.format(value=pulse, at=at)]
    text = "\r".join(
        [head, f"PID|||{patient}^^^^MR", f"OBR|1|{number}|{number}|182777000^monitoring of patient^SCT|||{at}", *rows]
    )
    return b"\x0b" + text.encode() + b"\r\x1c\r"


async def monitor(
    port: int, session: dict[str, Any], sent: dict[tuple[str, int], float], refusals: list[bytes]
) -> None:
    """One message a second; the pulse counts up, so that each one can be told apart on arrival."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(SECONDS):
        pulse = 60 + number
        sent[session["id"], pulse] = time.perf_counter()
        writer.write(message(session["device"], session["mrn"], number, 97, pulse))
        answer = await reader.readuntil(b"\x1c\r")
        if b"|AA|" not in answer:
            refusals.append(answer)
        await asyncio.sleep(max(0.0, sent[session["id"], pulse] + 1 - time.perf_counter()))
    writer.close()


async def viewer(url: str, session: dict[str, Any], token: str, seen: dict[tuple[str, int], float]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(timeout=None) as client,  # noqa: S113 -- a stream has no end of its own; the bench cancels it
        client.stream("GET", f"{url}/api/v1/sessions/{session['id']}/stream", headers=headers) as stream,
    ):
        kind = ""
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind == "samples":
                now = time.perf_counter()
                for sample in json.loads(line.removeprefix("data: ")):
                    if sample["channel"] == "hr_per_min":
                        seen.setdefault((session["id"], round(sample["value"])), now)


async def commander(url: str, sessions: list[dict[str, Any]], token: str, taken: list[float]) -> None:
    async with httpx.AsyncClient(timeout=20) as client:
        for number in range(COMMANDS):
            session = sessions[number % len(sessions)]
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-{number}"}
            began = time.perf_counter()
            answer = await client.post(
                f"{url}/api/v1/sessions/{session['id']}/commands",
                headers=headers,
                json={"type": "record_score", "score": "pain", "value": number % 10},
            )
            taken.append(time.perf_counter() - began)
            assert answer.status_code == httpx.codes.OK, answer.text
            await asyncio.sleep(max(0.0, SECONDS / COMMANDS - taken[-1]))


async def measure(server: Server, world: dict[str, Any]) -> tuple[list[float], list[float]]:
    token = next(person["token"] for person in world["people"] if person["username"] == "prescriber")
    sent: dict[tuple[str, int], float] = {}
    seen: dict[tuple[str, int], float] = {}
    taken: list[float] = []
    refusals: list[bytes] = []
    viewers = [asyncio.create_task(viewer(server.url, session, token, seen)) for session in world["sessions"]]
    await asyncio.sleep(2)
    await asyncio.gather(
        commander(server.url, world["sessions"], token, taken),
        *(monitor(server.mllp_port, session, sent, refusals) for session in world["sessions"]),
    )
    await asyncio.sleep(2)
    for task in viewers:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert not refusals, refusals[0]
    assert seen.keys() == sent.keys(), f"{len(sent.keys() - seen.keys())} of {len(sent)} vital signs never arrived"
    return taken, [seen[key] - sent[key] for key in sent]


def percentiles(name: str, taken: list[float], how: str) -> Iterator[Row]:
    cuts = statistics.quantiles(taken, n=100)
    yield Row(f"{name}, p50", cuts[49] * 1000, "ms", how)
    yield Row(f"{name}, p99", cuts[98] * 1000, "ms", how)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        world = server.seed("load")
        ready = server.start()
        try:
            commands, vitals = asyncio.run(measure(server, world))
        finally:
            server.stop()
    chairs = f"{len(world['sessions'])} chairs at 1 Hz for {SECONDS} s"
    return [
        Row("serve, to ready", ready * 1000, "ms", "start of the process to /readyz"),
        *percentiles("a command, sent to answered", commands, f"{len(commands)} commands, {chairs}"),
        *percentiles("a vital sign, socket to stream", vitals, f"{len(vitals)} messages, {chairs}"),
    ]
