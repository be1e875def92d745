"""The gateway follows the public library's own provider: what it reports reaches the HL7 port once, in its order."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sdc11073.mdib.providermdib import ProviderMdib
from sdc11073.provider.providerimpl import SdcProvider
from sdc11073.wsdiscovery.wsdimpl import WSDiscoverySingleAdapter
from sdc11073.xml_types import pm_types
from sdc11073.xml_types.dpws_types import ThisDeviceType, ThisModelType

from norket.exchange.hl7v2 import listener
from norket.exchange.hl7v2.ack import ack
from norket.exchange.hl7v2.parse import Parsed, Rejected, parse
from norket.exchange.hl7v2.receive import refused
from norket.exchange.hl7v2.table import device_table
from norket.exchange.sdc import gateway

PATIENCE_S = 60.0
PM = "http://standards.ieee.org/downloads/11073/11073-10207-2017/participant"
MSG = "http://standards.ieee.org/downloads/11073/11073-10207-2017/message"
SEQUENCE = "urn:uuid:00000000-0000-4000-8000-000000000001"
MDIB = f"""<?xml version="1.0" encoding="UTF-8"?>
<msg:GetMdibResponse xmlns:msg="{MSG}" xmlns:pm="{PM}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 SequenceId="{SEQUENCE}" MdibVersion="1"><msg:Mdib SequenceId="{SEQUENCE}" MdibVersion="1"><pm:MdDescription>
 <pm:Mds Handle="mds0"><pm:Type Code="70041"/>
  <pm:SystemContext Handle="sc0"><pm:PatientContext Handle="pc0"/><pm:LocationContext Handle="lc0"/></pm:SystemContext>
  <pm:Clock Handle="clk0" Resolution="PT1S"/><pm:Vmd Handle="vmd0"><pm:Channel Handle="ch0">
   <pm:Metric xsi:type="pm:NumericMetricDescriptor" Handle="spo2" MetricCategory="Msrmt" MetricAvailability="Cont"
    Resolution="1"><pm:Type Code="150456" SymbolicCodeName="MDC_PULS_OXIM_SAT_O2"/><pm:Unit Code="262688"/></pm:Metric>
  </pm:Channel></pm:Vmd></pm:Mds></pm:MdDescription></msg:Mdib></msg:GetMdibResponse>""".encode()


class Oximeter:
    """The library's provider with one saturation, on loopback."""

    def __init__(self) -> None:
        self.mdib = ProviderMdib.from_string(MDIB)
        self.discovery = WSDiscoverySingleAdapter("lo")
        self.discovery.start()
        model = ThisModelType(manufacturer="Test", manufacturer_url="", model_name="M", model_number="1", model_url="")
        device = ThisDeviceType(friendly_name="Oximeter", firmware_version="1", serial_number="1")
        self.provider = SdcProvider(self.discovery, model, device, self.mdib, epr=uuid4())
        self.provider.start_all(start_rtsample_loop=False)
        self.address = self.provider.get_xaddrs()[0]
        self.identity = self.provider.epr_urn

    def associate(self, number: str) -> None:
        with self.mdib.context_state_transaction() as change:
            state = change.mk_context_state("pc0", set_associated=True)
            state.Identification = [pm_types.InstanceIdentifier(root="urn:oid:1.2", extension_string=number)]

    def shows(self, value: int, validity: Any = pm_types.MeasurementValidity.VALID) -> None:
        with self.mdib.metric_state_transaction() as change:
            state = change.get_state("spo2")
            state.ActivationState = pm_types.ComponentActivation.ON
            if state.MetricValue is None:
                state.mk_metric_value()
            state.MetricValue.Value = Decimal(value)
            state.MetricValue.DeterminationTime = time.time()
            state.MetricValue.MetricQuality.Validity = validity

    def stop(self) -> None:
        self.provider.stop_all()
        self.discovery.stop()


class Port:
    """An HL7 port that keeps what it read; `full` refuses once, as a record that cannot store."""

    def __init__(self) -> None:
        self.read: list[Parsed | Rejected] = []
        self.full = 0

    async def hear(self, raw: bytes) -> bytes:
        now = datetime.now(UTC)
        read = parse(raw, now, device_table())
        if self.full and isinstance(read, Parsed):
            self.full -= 1
            return ack(refused(read, "storage", "Not stored; send the message again."), now)
        self.read.append(read)
        return ack(read, now)

    @property
    def values(self) -> list[tuple[str, str, float]]:
        taken = (one for one in self.read if isinstance(one, Parsed))
        return [(one.sending_device, one.patient_identity, sample.value) for one in taken for sample in one.samples]


@contextmanager
def listening(port: Port) -> Iterator[int]:
    loop, ready, numbers = asyncio.new_event_loop(), threading.Event(), list[int]()

    async def serve() -> None:
        async with await listener.serve(handle=port.hear) as running:
            numbers.append(running.port)
            ready.set()
            await asyncio.get_running_loop().create_future()

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE_S)
    yield numbers[0]
    loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
    thread.join(PATIENCE_S)


@contextmanager
def following(address: str, port: int) -> Iterator[None]:
    stop = threading.Event()
    work = threading.Thread(
        target=gateway.follow,
        args=(address,),
        kwargs={"hl7": ("127.0.0.1", port), "certificates": None, "now": lambda: datetime.now(UTC), "stop": stop},
        daemon=True,
    )
    work.start()
    yield
    stop.set()
    work.join(PATIENCE_S)
    assert not work.is_alive()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.1)


@pytest.fixture
def oximeter() -> Iterator[Oximeter]:
    device = Oximeter()
    yield device
    device.stop()


def test_a_device_is_followed_and_its_numbers_come_once_and_in_order(oximeter: Oximeter) -> None:
    port, told = Port(), list[int]()
    with listening(port) as number, following(oximeter.address, number):
        oximeter.associate("MRN-1")
        until(lambda: _shows_one_more(oximeter, port, told))
        oximeter.shows(91, pm_types.MeasurementValidity.INVALID)
        port.full = 1
        for value in (94, 93, 92):
            oximeter.shows(value)
        until(lambda: len(port.values) >= 3 and port.values[-1][2] == 92)
    assert [value for _, _, value in port.values][-3:] == [94, 93, 92]
    assert {(device, patient) for device, patient, _ in port.values} == {(oximeter.identity, "MRN-1")}
    assert 91 not in [value for _, _, value in port.values]
    numbers = [one.message_id for one in port.read]
    assert len(set(numbers)) == len(numbers)


def _shows_one_more(oximeter: Oximeter, port: Port, told: list[int]) -> bool:
    """The device does not know when it is followed: it shows a number each second, as devices do."""
    oximeter.shows(97)
    told.append(97)
    time.sleep(0.5)
    return bool(port.values)


def test_a_device_without_a_patient_says_nothing(oximeter: Oximeter) -> None:
    port = Port()
    with listening(port) as number, following(oximeter.address, number):
        for value in (97, 96, 95):
            oximeter.shows(value)
            time.sleep(0.5)
        assert port.read == []
        oximeter.associate("MRN-2")
        until(lambda: _shows_one_more(oximeter, port, []))
    assert {patient for _, patient, _ in port.values} == {"MRN-2"}


def test_a_device_of_the_network_is_not_followed_in_plain_text() -> None:
    with pytest.raises(gateway.PlainTextError, match="needs certificates"):
        gateway.follow(
            "http://192.0.2.7:8080/x",
            hl7=("127.0.0.1", 1),
            certificates=None,
            now=lambda: datetime.now(UTC),
            stop=threading.Event(),
        )
