"""The gateway: follows one SDC device and sends what it reports to the HL7 port, again until it is answered."""

import logging
import queue
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from hl7.client import MLLPClient

from norket.exchange.hl7v2.table import device_table
from norket.exchange.sdc.report import Report, message

WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
SILENT_S = 10.0
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
AGAIN = "|207^"  # the record could not store it: the only refusal that another try can mend
log = logging.getLogger("norket.sdc")


class PlainTextError(ValueError):
    """A device of the network was to be followed without encryption."""


def follow(
    address: str,
    *,
    hl7: tuple[str, int],
    certificates: Path | None,
    now: Callable[[], datetime],
    stop: threading.Event,
) -> None:
    """Follows the device at `address` until `stop`; connects again when either side breaks off.

    Without `certificates` only a device of this machine is followed. What came while the port did not answer is sent
    afterwards; whether it is too old by then is the receiver's word.
    """
    if certificates is None and urlsplit(address).hostname not in LOOPBACK:
        raise PlainTextError(f"{address}: a device of the network needs certificates. Name their folder.")
    from sdc11073.exceptions import ApiUsageError  # noqa: PLC0415 -- of the extra `devices`, as all below

    from norket.exchange.sdc.provider import connected  # noqa: PLC0415

    wait = WAIT_S
    while not stop.is_set():
        try:
            with connected(address, certificates, now) as device:
                log.warning("following %s", device.identity)
                wait = WAIT_S
                _hand_on(device.reports, lambda: device.connected, hl7, stop)
        except (OSError, TimeoutError, ApiUsageError, RuntimeError) as error:
            log.warning("%s cannot be followed: %s %s", address, type(error).__name__, error)
        stop.wait(wait)
        wait = min(2 * wait, LONGEST_WAIT_S)


def _hand_on(
    reports: "queue.Queue[Report]", alive: Callable[[], bool], hl7: tuple[str, int], stop: threading.Event
) -> None:
    """Each report in its order, until the device is gone."""
    told: set[str] = set()
    while not stop.is_set() and (alive() or not reports.empty()):
        try:
            report = reports.get(timeout=WAIT_S)
        except queue.Empty:
            continue
        answer = _answered(message(report, device_table()), hl7, stop)
        if "MSA|AA|" not in answer:
            why = answer.rsplit("|", 1)[-1].strip() or answer
            if why not in told:
                told.add(why)
                log.warning("%s: not charted: %s", report.device, why)


def _answered(text: bytes, hl7: tuple[str, int], stop: threading.Event) -> str:
    """The receiver's answer to one message; sent again, unchanged, until there is one that says what became of it."""
    wait = WAIT_S
    while not stop.is_set():
        try:
            with MLLPClient(*hl7) as client:
                client.socket.settimeout(SILENT_S)
                answer = client.send_message(text).decode("ascii", "replace")
            if AGAIN not in answer:
                return str(answer)
        except (OSError, TimeoutError) as error:
            log.warning("no answer from %s:%s: %s", *hl7, type(error).__name__)
        stop.wait(wait)
        wait = min(2 * wait, LONGEST_WAIT_S)
    return ""
