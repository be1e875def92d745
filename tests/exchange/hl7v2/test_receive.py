"""What is understood reaches the stream of the bound session; everything else is kept aside, whole, and refused."""

import asyncio
import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import OperationalError
from support.worlds import World

from norket.exchange.hl7v2.ack import ack
from norket.exchange.hl7v2.parse import Parsed, Rejected, parse
from norket.exchange.hl7v2.receive import receive, store
from norket.exchange.hl7v2.table import device_table
from norket.record.audit.models import AuditLine
from norket.record.session import quota
from norket.record.session.models import QuarantinedMessage
from norket.record.session.samples import HUB
from norket.record.verify import verify
from norket.rehearsal.oru import oru

pytestmark = pytest.mark.django_db


def sent(world: World, now: datetime, *, patient: str = "", device: str = "", spo2: int = 97) -> bytes:
    clinic = world.clinic()
    return oru(
        device=device or clinic["device"],
        patient=patient or clinic["sessions"][0]["mrn"],
        message_id="1",
        sent_at=now,
        values=[("spo2_percent", spo2, now), ("hr_per_min", 72, now)],
    )


def taken(raw: bytes, now: datetime) -> Parsed | Rejected:
    return store(parse(raw, now, device_table()), raw, now)


def charted(world: World, side: int = 0) -> list[tuple[str, float]]:
    return [(sample.channel, sample.value) for _, sample in HUB.after(world.session(side=side), 0)]


def kept() -> list[tuple[str, bytes]]:
    return [(row.reason, bytes(row.raw)) for row in QuarantinedMessage.objects.order_by("pk")]


def test_a_message_of_the_bound_device_joins_the_stream_of_its_session(world: World) -> None:
    assert isinstance(taken(sent(world, world.now), world.now), Parsed)
    assert charted(world) == [("spo2_percent", 97.0), ("hr_per_min", 72.0)]
    assert kept() == []


def test_the_same_message_again_is_acknowledged_and_charted_once(world: World) -> None:
    raw = sent(world, world.now)
    assert isinstance(taken(raw, world.now), Parsed)
    assert isinstance(taken(raw, world.now + timedelta(seconds=3)), Parsed)
    assert len(charted(world)) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"patient": "NOBODY"}, "patient"),
        ({"device": "A-STRANGER"}, "unknown device"),
    ],
)
def test_an_unknown_patient_or_device_is_kept_aside(world: World, change: dict[str, Any], reason: str) -> None:
    raw = sent(world, world.now, **change)
    refused = taken(raw, world.now)
    assert isinstance(refused, Rejected)
    assert b"\rMSA|AE|1\r" in ack(refused, world.now)
    assert reason in refused.why
    assert charted(world) == []
    assert [(reason in why, stored) for why, stored in kept()] == [(True, raw)]


def test_the_patient_of_another_clinic_never_takes_a_devices_values(world: World) -> None:
    other = world.clinic(1)["sessions"][0]["mrn"]
    assert isinstance(taken(sent(world, world.now, patient=other), world.now), Rejected)
    assert charted(world) == []
    assert charted(world, side=1) == []


def test_an_old_id_with_other_content_is_kept_aside(world: World) -> None:
    taken(sent(world, world.now), world.now)
    assert isinstance(taken(sent(world, world.now, spo2=90), world.now), Rejected)
    assert charted(world) == [("spo2_percent", 97.0), ("hr_per_min", 72.0)]
    assert len(kept()) == 1


def test_a_monitor_that_starts_anew_counts_its_ids_from_one_and_is_charted(world: World) -> None:
    taken(sent(world, world.now), world.now)
    later = world.now + timedelta(seconds=1)
    assert isinstance(taken(sent(world, later, spo2=88), later), Parsed)
    assert [value for channel, value in charted(world) if channel == "spo2_percent"] == [97.0, 88.0]
    assert kept() == []


def test_what_was_sent_before_a_monitor_started_anew_is_still_charted_once(world: World) -> None:
    later = world.now + timedelta(minutes=1)
    for raw in (sent(world, world.now), sent(world, later, spo2=88), sent(world, world.now)):
        assert isinstance(taken(raw, later), Parsed)
    assert len(charted(world)) == 4


def test_carbon_dioxide_labelled_as_saturation_is_kept_aside_whole(world: World) -> None:
    raw = (
        sent(world, world.now)
        .replace(b"MDC_PULS_OXIM_SAT_O2", b"MDC_CO2_ET")
        .replace(b"262688^MDC_DIM_PERCENT", b"266016^MDC_DIM_MMHG")
    )
    refused = taken(raw, world.now)
    assert isinstance(refused, Rejected)
    assert refused.code == "label"
    assert charted(world) == []
    assert [stored for _, stored in kept()] == [raw]


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff" * 40, b"A" * quota.STRANGERS_KEEP, b"MSH|^~\\&|" + "é".encode() * 300]
)
def test_bytes_of_any_kind_can_be_kept_aside(world: World, raw: bytes) -> None:
    assert isinstance(taken(raw, world.now), Rejected)
    assert [stored for _, stored in kept()] == [raw]


def test_of_a_device_that_nobody_knows_the_beginning_is_kept_with_the_hash_of_the_whole(world: World) -> None:
    for raw in (b"A" * 65_537, sent(world, world.now, device="A-STRANGER") + b"NTE|1||" + b"x" * 5_000 + b"\r"):
        assert isinstance(taken(raw, world.now), Rejected)
        line = json.loads(AuditLine.objects.order_by("-seq")[0].data)
        assert (line["bytes"], line["sha256_whole"]) == (len(raw), sha256(raw).hexdigest())
        assert kept()[-1][1] == raw[: quota.STRANGERS_KEEP]
    assert verify()["ok"]


def test_of_a_known_device_the_whole_is_kept(world: World) -> None:
    raw = sent(world, world.now, patient="NOBODY") + b"NTE|1||" + b"x" * 5_000 + b"\r"
    assert isinstance(taken(raw, world.now), Rejected)
    assert kept()[-1][1] == raw
    assert "sha256_whole" not in json.loads(AuditLine.objects.order_by("-seq")[0].data)


def test_a_record_that_cannot_store_asks_for_the_message_again(world: World) -> None:
    async def broken(work: Any, *args: Any, **kwargs: Any) -> Any:
        if work is store:
            raise OperationalError("disk full")

    answer = asyncio.run(receive(sent(world, world.now), world.now, run=broken))
    assert b"\rMSA|AE|1\r" in answer
    assert b"send the message again" in answer
