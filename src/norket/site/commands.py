"""What the clinic commands do, once Django is set up. The command line itself stands in `norket.cli`."""

import asyncio
import ipaddress
import json
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from norket.record.access import actions as access
from norket.record.access.models import Device
from norket.record.audit import chain
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.record.verify import verify
from norket.site import clock, doctor, faults, home, serve
from norket.site.problems import ProblemError
from norket.therapy.finding import Refused

T = TypeVar("T")


class UnfitError(ProblemError):
    """The installation must not serve as it is; the message says why and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    check_host(host)
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise UnfitError(f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port") from error


def check_host(host: str, *, hl7: bool = False) -> None:
    """Refuses an address beyond this machine in demo and test modes, whose passwords everyone knows, and for the web
    without TLS before it. HL7 has no TLS of its own: it may listen on a closed network."""
    if _is_loopback(host):
        return
    if settings.NORKET_MODE != "production":
        raise UnfitError(f"{settings.NORKET_MODE} mode is served on this machine only; {host} is beyond it")
    if not hl7 and urlsplit(settings.NORKET_ORIGIN).scheme != "https":
        raise UnfitError(
            f"{host} is beyond this machine, and {settings.NORKET_ORIGIN} has no TLS: set NORKET_ORIGIN to the https "
            "address of the proxy before it, or stay on 127.0.0.1"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_fit() -> None:
    """Refuses an installation with something bad in it."""
    bad = [check for check in doctor.examine() if check.state == "bad"]
    if bad:
        raise UnfitError("\n".join(f"{check.name}: {check.why}" for check in bad))


def run_server(
    sock: socket.socket,
    hl7: tuple[str, int] | None,
    *,
    started: Callable[[serve.Ports], None],
    fault: str | None = None,
    beside: Callable[[serve.Ports], Awaitable[None]] | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM."""
    check_fit()
    if hl7 is not None:
        check_host(hl7[0], hl7=True)
    if fault:
        faults.arm(fault)
    connection.close()

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve.run(sock, hl7=hl7, stop=stop, started=started, beside=beside)

    asyncio.run(main())


def audit_verify(anchor_file: Path | None) -> dict[str, Any]:
    """The document of `norket audit verify --json`."""
    path = anchor_file or default_anchors()
    anchors = chain.load(path) if anchor_file or path.exists() else []
    return verify(anchors, home.key("audit"))


def audit_anchor(anchor_file: Path | None) -> tuple[chain.Anchor, Path]:
    """Notes where the chain stands."""
    path = anchor_file or default_anchors()
    note = chain.anchor(clock.now(), home.key("audit"))
    chain.write(path, note)
    return note, path


def default_anchors() -> Path:
    return Path(settings.NORKET_DATA) / doctor.ANCHORS


def device_add(identity: str, name: str, clinic: str) -> dict[str, str]:
    """The new device as `norket device add --json` shows it, with its token."""
    found = granted(access.clinic_named(clinic))
    device, token = granted(access.add_device(found, identity, name, by="command line", now=clock.now()))
    return _device(device) | {"token": token}


def devices() -> list[dict[str, Any]]:
    """Every device of every clinic."""
    rows = Device.objects.select_related("clinic").order_by("clinic__name", "identity")
    return [_device(row) | {"active": row.active} for row in rows]


def _device(device: Device) -> dict[str, str]:
    clinic = device.clinic
    return {"identity": device.identity, "name": device.name, "clinic": clinic.name, "clinic_id": str(clinic.pk)}


def granted(done: T | Refused) -> T:
    if isinstance(done, Refused):
        raise UnfitError(done.why)
    return done


def export_events() -> Iterator[str]:
    """Every event of every session as one line of JSON each, session by session."""
    for session_id in SessionRecord.objects.order_by("planned_for", "id").values_list("id", flat=True):
        for event in queries.events(session_id):
            yield json.dumps(event.as_json(), ensure_ascii=False)
