"""How many device messages a second one core reads, and how long one takes from socket to acknowledgement."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from row import Row

from norket.exchange.hl7v2.ack import ack
from norket.exchange.hl7v2.listener import END, START, serve
from norket.exchange.hl7v2.parse import Parsed, parse
from norket.exchange.hl7v2.table import device_table

SAMPLE = Path(__file__).parents[1] / "exchange" / "hl7v2" / "samples" / "pcd01_gateway_ucum.hl7"
NOW = datetime(2026, 3, 1, 10, 15, 1, tzinfo=UTC)
READS = 5_000
ROUND_TRIPS = 2_000


def reads_per_s(raw: bytes) -> float:
    table = device_table()
    assert isinstance(parse(raw, NOW, table), Parsed)
    began = time.perf_counter()
    for _ in range(READS):
        parse(raw, NOW, table)
    return READS / (time.perf_counter() - began)


async def round_trips_ms(raw: bytes) -> list[float]:
    """Sorted times of one message after the other over one connection on loopback, with reader and acknowledgement."""

    async def handle(message: bytes) -> bytes:
        return ack(parse(message, NOW, device_table()), NOW)

    taken = []
    async with await serve(handle=handle) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        for _ in range(ROUND_TRIPS):
            began = time.perf_counter()
            writer.write(START + raw + END)
            await reader.readuntil(END)
            taken.append((time.perf_counter() - began) * 1000)
        writer.close()
    return sorted(taken)


def run() -> list[Row]:
    raw = SAMPLE.read_bytes()
    times = asyncio.run(round_trips_ms(raw))
    read = f"one core, {READS} times, {len(raw)} bytes, 7 OBX rows"
    trip = f"{ROUND_TRIPS} on loopback, no record"
    return [
        Row("ORU^R01 read and judged", reads_per_s(raw), "msg/s", read),
        Row("socket to acknowledgement, median", times[len(times) // 2], "ms", trip),
        Row("socket to acknowledgement, p99", times[len(times) * 99 // 100], "ms", trip),
    ]
