"""From a message to the record: what is understood is charted, the rest kept aside, and the sender told."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import lru_cache
from typing import Literal, ParamSpec, Protocol, TypeVar

from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections

from norket.exchange.hl7v2.ack import ack
from norket.exchange.hl7v2.parse import Parsed, Rejected, parse
from norket.exchange.hl7v2.table import device_table
from norket.record.session import actions

log = logging.getLogger("norket.hl7v2")
P = ParamSpec("P")
R = TypeVar("R")


class Runner(Protocol):
    """Runs work that touches the database away from the event loop."""

    def __call__(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[R]: ...


async def on_thread(work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Django's own way, for callers without one of theirs."""
    return await sync_to_async(work)(*args, **kwargs)


async def receive(raw: bytes, now: datetime, *, run: Runner = on_thread, read_on: Runner = on_thread) -> bytes:
    """Take one message; the answer leaves only after the record holds the samples or the refused message. It is taken
    apart away from the event loop, too: a large one would keep every stream and every tap waiting.

    A record that cannot store answers AE with `storage`: the sender keeps the message and sends it again.
    """
    read = await read_on(parse, raw, now, device_table())
    if isinstance(read, Parsed) and read.clock_warning:
        say_once(f"{read.sending_device}: its clock is not ours; set both from one time server")
    if isinstance(read, Parsed) and stored_at_hand(read, raw):
        return ack(read, now)
    try:
        outcome = await run(store, read, raw, now)
    except Error as error:
        await run(close_old_connections)
        outcome = refused(read, "storage", f"Not stored ({type(error).__name__}); send the message again.")
    return ack(outcome, now)


@lru_cache(maxsize=1024)
def say_once(text: str) -> None:
    """A device sends each second; its trouble is told once."""
    log.warning(text)


def stored_at_hand(read: Parsed, raw: bytes) -> bool:
    """Chart `read` where that takes no look at the disk, as almost always: a thread would take longer to begin."""
    return (
        actions.receive_at_hand(
            read.sending_device,
            read.patient_identity,
            read.samples,
            message_id=read.message_id,
            raw=raw,
            sent_at=read.sent_at,
        )
        is not None
    )


def store(read: Parsed | Rejected, raw: bytes, now: datetime) -> Parsed | Rejected:
    """Chart `read` or put it aside. The record decides whether device and patient belong to a session."""
    if isinstance(read, Rejected):
        actions.quarantine(raw, f"{read.code}: {read.why}", read.sending_device, now, message_id=read.message_id)
        return read
    received = actions.receive(
        read.sending_device,
        read.patient_identity,
        read.samples,
        message_id=read.message_id,
        raw=raw,
        now=now,
        sent_at=read.sent_at,
    )
    if isinstance(received, actions.Quarantined):
        return refused(read, "device", f"Not charted: {received.reason}.")
    return read


def refused(read: Parsed | Rejected, code: Literal["device", "storage"], why: str) -> Rejected:
    """The same message, refused after it was read."""
    return Rejected(code, why, read.message_id, read.sending_device, read.header)
