"""The simulated bedside monitor: it reads the doses over HTTP, asks its patient, and sends what it measures over MLLP.

It uses the interfaces that any device uses, with a device's token; the server cannot tell it from a real one.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from hl7.mllp import HL7StreamReader, HL7StreamWriter, InvalidBlockError, open_hl7_connection

from norket.pharmacology.patient import Sex
from norket.rehearsal.cuff import Cuff
from norket.rehearsal.oru import oru
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.pump import Delivered, read_delivered
from norket.rehearsal.scenario import ETCO2, NUMERICS, SECONDS_PER_MINUTE, Scenario, Vitals

log = logging.getLogger("norket.rehearsal")

POLL_S = 1.0
ANSWER_S = 10.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 8.0
UNBOUND = (403, 404)  # a device may read a session only while it is bound to it
# A clock that runs faster still sees a value every few of its seconds, so that no feed looks dead.
WIDEST_GAP_S = 4.0
SHORTEST_TICK_S = 0.05


async def run(
    *,
    host: str,
    port: int,
    api_base: str,
    token: str,
    device_identity: str,
    patient_identity: str,
    session_id: str,
    now: Callable[[], datetime],
    seed: int,
    speed: float = 1.0,
    scenario: Scenario = "uneventful",
    weight_kg: float = 70.0,
    age_y: float = 45.0,
    sex: Sex = "female",
    height_cm: float | None = None,
    resting: dict[str, float] | None = None,
    capnograph: bool = False,
    begun: "Callable[[Monitor], None]" = lambda _: None,
) -> None:
    """Measure until the patient has left. `now` is the clinic's clock and `speed` how fast it runs; ends by cancelling.
    `begun` is told the monitor that is at work. `capnograph`: it reads expired CO2 from the beginning, else from when
    somebody at the chair answers that it is asked for.

    A server that is away is tried again, sooner first and then later; what was measured meanwhile is not kept.
    """
    patient = VirtualPatient(seed, weight_kg, age_y, sex, height_cm, scenario, resting or {})
    monitor = Monitor(patient, device_identity, patient_identity, now, speed, capnograph)
    begun(monitor)
    headers = {"Authorization": f"Bearer {token}"}
    client = httpx.AsyncClient(base_url=api_base, headers=headers, timeout=ANSWER_S, trust_env=False)
    async with client, asyncio.TaskGroup() as group:
        reading = group.create_task(monitor.follow(client, session_id))
        sending = group.create_task(monitor.send(host, port))
        await reading
        sending.cancel()


@dataclass
class Monitor:
    """One monitor at one chair. `delivered` is None until the doses could be read: before that nothing is sent."""

    patient: VirtualPatient
    device: str
    patient_identity: str
    now: Callable[[], datetime]
    speed: float = 1.0
    capnograph: bool = False
    delivered: Delivered | None = None
    refusals: set[str] = field(default_factory=set)
    sent: int = 0

    def __post_init__(self) -> None:
        self.cuff = Cuff.of(self.patient)
        start = self.now()
        # Midnight: a monitor that is switched off and on again goes on with the same patient.
        self.zero = datetime(start.year, start.month, start.day, tzinfo=start.tzinfo or UTC)

    @property
    def tick_s(self) -> float:
        """Seconds of real time between two messages."""
        interval = self.patient.figures.value("rehearsal.monitor", "numerics_interval_s")
        return max(SHORTEST_TICK_S, min(interval, WIDEST_GAP_S / self.speed))

    async def follow(self, client: httpx.AsyncClient, session_id: str) -> None:
        """Keep the doses as the record has them; waits until the device is bound, ends when the patient has left."""
        wait = FIRST_WAIT_S
        while self.delivered is None or self.delivered.open:
            try:
                self.delivered = await read_delivered(client, session_id)
                self.capnograph = self.capnograph or self.delivered.capnograph
                wait = FIRST_WAIT_S
                await asyncio.sleep(POLL_S)
                continue
            except httpx.HTTPStatusError as error:
                if error.response.status_code not in UNBOUND:
                    self._say(f"the doses cannot be read: HTTP {error.response.status_code}")
            except (httpx.TransportError, KeyError, ValueError) as error:
                self._say(f"the doses cannot be read: {type(error).__name__} {error}")
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    async def send(self, host: str, port: int) -> None:
        """Send at the pace of the monitor, again and again over new connections; ends by cancelling."""
        wait = FIRST_WAIT_S
        while True:
            try:
                reader, writer = await open_hl7_connection(host, port)
                try:
                    wait = FIRST_WAIT_S
                    await self._converse(reader, writer)
                finally:
                    writer.close()
            except (OSError, TimeoutError, asyncio.IncompleteReadError, InvalidBlockError, ValueError) as error:
                self._say(f"no answer from {host}:{port}: {type(error).__name__} {error}")
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    async def _converse(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self.delivered is not None:
                writer.writeblock(await self.measure(self.delivered))
                async with asyncio.timeout(ANSWER_S):
                    await writer.drain()
                    self._answered(await reader.readblock())
            due = max(due + self.tick_s, loop.time())
            await asyncio.sleep(due - loop.time())

    async def measure(self, delivered: Delivered) -> bytes:
        """One message: the numerics of this moment, and the pressure when a cuff reading is ready."""
        at = self.now()
        time_min = (at - self.zero).total_seconds() / SECONDS_PER_MINUTE
        doses = delivered.doses(self.zero, at)
        vitals = await asyncio.to_thread(self.patient.at, time_min, doses)
        channels = (*NUMERICS, ETCO2) if self.capnograph else NUMERICS
        values = [(channel, getattr(vitals, channel), at) for channel in channels]
        changes = [dose.start_min for dose in doses]
        values += [(channel, value, at) for channel, value in self._pressure(vitals, changes)]
        self.sent += 1
        message_id = f"{self.device}-{at:%Y%m%d%H%M%S%f}-{self.sent}"
        return oru(device=self.device, patient=self.patient_identity, message_id=message_id, sent_at=at, values=values)

    def _pressure(self, vitals: Vitals, changes_min: list[float]) -> list[tuple[str, float | None]]:
        ready = self.cuff.ready(vitals.time_min)
        self.cuff.begin(vitals.time_min, changes_min)
        if not ready:
            return []
        read = self.cuff.reads(vitals)
        return [("sbp_mmhg", read[0] if read else None), ("dbp_mmhg", read[1] if read else None)]

    def _answered(self, block: bytes) -> None:
        answer = block.decode("ascii", "replace")
        if "\rMSA|AA|" not in answer:
            self._say(f"refused: {answer.rsplit('|', 1)[-1].strip() or answer}")

    def _say(self, text: str) -> None:
        """Each trouble once."""
        if text not in self.refusals:
            self.refusals.add(text)
            log.warning("simulated monitor %s: %s", self.device, text)
