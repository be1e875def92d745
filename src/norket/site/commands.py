"""What the clinic commands do, once Django is set up. The command line itself stands in `norket.cli`."""

import asyncio
import json
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from norket.record.audit import chain
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.record.verify import verify
from norket.site import clock, doctor, faults, home, serve
from norket.site.problems import ProblemError


class UnfitError(ProblemError):
    """The installation must not serve as it is; the message says why and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise UnfitError(f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port") from error


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
    return Path(settings.NORKET_DATA) / "anchors.jsonl"


def export_events() -> Iterator[str]:
    """Every event of every session as one line of JSON each, session by session."""
    for session_id in SessionRecord.objects.order_by("planned_for", "id").values_list("id", flat=True):
        for event in queries.events(session_id):
            yield json.dumps(event.as_json(), ensure_ascii=False)
