"""From a message to the record: what is understood is charted, the rest kept aside, and the sender told."""

from datetime import datetime
from typing import Literal

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from norket.exchange.hl7v2.ack import ack
from norket.exchange.hl7v2.parse import Parsed, Rejected, parse
from norket.exchange.hl7v2.table import device_table
from norket.record.session import actions


async def receive(raw: bytes, now: datetime) -> bytes:
    """Take one message; the answer leaves only after the record holds the samples or the refused message.

    A record that cannot store answers AE with `storage`: the sender keeps the message and sends it again.
    """
    read = parse(raw, now, device_table())
    try:
        outcome = await sync_to_async(store)(read, raw, now)
    except DatabaseError as error:
        outcome = refused(read, "storage", f"Not stored ({type(error).__name__}); send the message again.")
    return ack(outcome, now)


def store(read: Parsed | Rejected, raw: bytes, now: datetime) -> Parsed | Rejected:
    """Chart `read` or put it aside. The record decides whether device and patient belong to a session."""
    if isinstance(read, Rejected):
        actions.quarantine(raw, f"{read.code}: {read.why}", read.sending_device, now)
        return read
    received = actions.receive(
        read.sending_device, read.patient_identity, read.samples, message_id=read.message_id, raw=raw, now=now
    )
    if isinstance(received, actions.Quarantined):
        return refused(read, "device", received.reason)
    return read


def refused(read: Parsed | Rejected, code: Literal["device", "storage"], why: str) -> Rejected:
    """The same message, refused after it was read."""
    return Rejected(code, why, read.message_id, read.sending_device, read.header)
