"""The simulated monitor speaks to real sockets only: MLLP to a listener, HTTP to a server on loopback."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from norket.exchange.hl7v2.ack import ack
from norket.exchange.hl7v2.listener import serve
from norket.exchange.hl7v2.parse import Parsed, parse
from norket.exchange.hl7v2.table import device_table
from norket.rehearsal import monitor
from norket.rehearsal.monitor import Monitor
from norket.rehearsal.oru import oru
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.pump import Delivered

DEVICE = "00A1B2C3D4E5F607"
START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
RUNNING = {
    "start": "2026-03-01T10:00:00Z",
    "end": None,
    "rate_ml_h": 52.5,
    "concentration_mg_ml": 1.0,
    "volume_ml": None,
}
TOKEN = "device-" + "token"


class Record:
    """A server that knows one session, and who asked for it."""

    def __init__(self) -> None:
        self.body: dict[str, Any] = {"segments": [RUNNING], "boluses": [], "phase": "running"}
        self.asked: list[tuple[str, str | None]] = []
        self.status = 200

    @contextmanager
    def serving(self) -> Iterator[str]:
        record = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                record.asked.append((self.path, self.headers.get("Authorization")))
                text = json.dumps(record.body).encode()
                self.send_response(record.status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args: Any) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


async def rehearse(record: Record, api: str, *, messages: int, cut_after: int = 0, seed: int = 3) -> list[Parsed]:
    """Runs the monitor until so many messages were taken; the listener cuts the connection after `cut_after`."""
    clock = [START + timedelta(minutes=30)]
    taken: list[Parsed] = []
    enough = asyncio.Event()

    def now() -> datetime:
        clock[0] += timedelta(seconds=2)
        return clock[0]

    async def handle(raw: bytes) -> bytes:
        read = parse(raw, clock[0], device_table())
        assert isinstance(read, Parsed), read
        taken.append(read)
        if len(taken) >= messages:
            enough.set()
        if len(taken) == cut_after:
            raise ConnectionResetError
        return ack(read, clock[0])

    async with await serve(handle=handle) as listener:
        task = asyncio.create_task(
            monitor.run(
                host="127.0.0.1",
                port=listener.port,
                api_base=api,
                token=TOKEN,
                device_identity=DEVICE,
                patient_identity="10006",
                session_id="s-1",
                now=now,
                seed=seed,
                speed=100,
            )
        )
        async with asyncio.timeout(30):
            await enough.wait()
        record.body = {**record.body, "phase": "discharged"}
        async with asyncio.timeout(30):
            await task
    return taken


def test_it_sends_numerics_that_the_parser_charts_and_ends_when_the_patient_has_left() -> None:
    record = Record()
    with record.serving() as api:
        taken = asyncio.run(rehearse(record, api, messages=25))
    assert record.asked[0] == ("/api/v1/sessions/s-1", "Bearer device-token")
    first = taken[0]
    assert (first.sending_device, first.patient_identity) == (DEVICE, "10006")
    assert {sample.channel for sample in first.samples} == {"spo2_percent", "hr_per_min", "rr_per_min"}
    assert len({message.message_id for message in taken}) == len(taken)
    pressures = [message for message in taken if any(sample.channel == "sbp_mmhg" for sample in message.samples)]
    assert len(pressures) == 1


ASKED = {"rule": "monitoring.capnography", "acknowledged_by": None}
ANSWERED = ASKED | {"acknowledged_by": "a nurse"}
LACKING = {"rule": "preflight.capnography"}
OTHER = {"rule": "escalation.t2.sbp_high", "acknowledged_by": "a nurse"}


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({}, False),
        ({"alerts": [ASKED, OTHER]}, False),
        ({"alerts": [OTHER, ANSWERED]}, True),
        ({"missing": [LACKING]}, True),
        ({"missing": [{"rule": "preflight.escort"}]}, False),
    ],
)
def test_expired_co2_comes_once_somebody_has_answered_that_it_is_asked_for(told: dict[str, Any], read: bool) -> None:
    record = Record()
    record.body |= told
    with record.serving() as api:
        taken = asyncio.run(rehearse(record, api, messages=3))
    channels = {sample.channel for message in taken for sample in message.samples}
    assert ("etco2_mmhg" in channels) == read
    assert "rr_per_min" in channels


def test_with_a_capnograph_the_breathing_rate_is_that_of_the_breath() -> None:
    """What is measured at the chest is never told as measured in the breath."""

    def rows(*channels: str) -> str:
        told = [(channel, 15.0, START) for channel in channels]
        return oru(device=DEVICE, patient="10006", message_id="1", sent_at=START, values=told).decode()

    assert "MDC_CO2_RESP_RATE" in rows("rr_per_min", "etco2_mmhg")
    assert "|151708^MDC_CONC_AWAY_CO2_ET^MDC|" in rows("rr_per_min", "etco2_mmhg")
    assert "CO2" not in rows("rr_per_min")
    assert "|151562^MDC_RESP_RATE^MDC|" in rows("rr_per_min")


def test_it_connects_again_after_a_cut() -> None:
    record = Record()
    with record.serving() as api:
        taken = asyncio.run(rehearse(record, api, messages=5, cut_after=2))
    assert len(taken) >= 5


@pytest.mark.parametrize(("status", "said"), [(500, True), (403, False)])
def test_nothing_is_sent_before_the_doses_are_known(caplog: pytest.LogCaptureFixture, status: int, said: bool) -> None:
    """Not bound yet is a monitor's normal morning; a server that fails is not."""
    record = Record()
    record.status = status

    async def refused(api: str) -> int:
        asked = len(record.asked)
        async with await serve(handle=never) as listener:
            task = asyncio.create_task(
                monitor.run(
                    host="127.0.0.1",
                    port=listener.port,
                    api_base=api,
                    token=TOKEN,
                    device_identity=DEVICE,
                    patient_identity="10006",
                    session_id="s-1",
                    now=lambda: START,
                    seed=1,
                )
            )
            await asyncio.sleep(1.2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return len(record.asked) - asked

    async def never(raw: bytes) -> bytes:
        raise AssertionError(raw)

    with record.serving() as api:
        assert asyncio.run(refused(api)) >= 2
    assert ("cannot be read: HTTP" in caplog.text) == said


def test_the_same_seed_and_clock_send_the_same_bytes() -> None:
    def messages() -> list[bytes]:
        clock = iter(START + timedelta(seconds=step) for step in range(60))
        one = Monitor(VirtualPatient(11), DEVICE, "10006", lambda: next(clock))
        delivered = Delivered(segments=(RUNNING,))

        async def many() -> list[bytes]:
            return [await one.measure(delivered) for _ in range(50)]

        return asyncio.run(many())

    assert messages() == messages()


@pytest.mark.parametrize("speed", [1, 10, 60, 1000])
def test_a_fast_clock_does_not_make_the_feed_look_dead(speed: float) -> None:
    tick = Monitor(VirtualPatient(1), DEVICE, "10006", lambda: START, speed).tick_s
    assert tick <= 1
    assert tick * speed <= 10 or tick == monitor.SHORTEST_TICK_S


def test_the_patient_receives_also_what_no_pump_gave() -> None:
    spray = {"at": "2026-03-01T10:05:00Z", "route": "intranasal", "drug": "esketamine", "amount_mg": 28.0}
    running = RUNNING | {"drug": "esketamine"}
    given = Delivered((running,), (), others=(spray,)).doses(START, START + timedelta(minutes=10))
    assert [(one.route, one.drug, one.start_min) for one in given] == [
        ("iv", "esketamine", 0.0),
        ("intranasal", "esketamine", 5.0),
    ]
    assert len(Delivered((), (), others=(spray,)).doses(START, START + timedelta(minutes=4))) == 0
