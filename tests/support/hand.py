"""A forked process that does one step of a session at a time and may be killed at any of them: no server, no thread,
so that what it leaves depends on the steps alone. Speaks lines of JSON over a Unix socket."""

import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from django.db import DatabaseError
from support.nursery import Child, Nursery

STANDS_STILL = 1e-9
ANSWERS_WITHIN_S = 120.0


@dataclass
class Hand:
    """One process at the record after another; the next takes over when one has been killed."""

    nursery: Nursery
    data: Path
    plant: str = ""
    child: Child | None = None
    wire: Any = None
    kills: int = 0
    shown: datetime = field(default_factory=lambda: datetime(2026, 11, 20, 10, tzinfo=UTC))

    def ask(self, do: str, **more: Any) -> Any:
        """The answer, or None when the process died of the question."""
        if self.child is None:
            self._fork()
        self.wire.write(json.dumps({"do": do, **more}).encode() + b"\n")
        self.wire.flush()
        line = b""
        with contextlib.suppress(ConnectionError):
            line = self.wire.readline()
        if line:
            return json.loads(line)
        assert self.child is not None
        self.child.wait()
        self.wire.close()
        self.child, self.kills = None, self.kills + 1
        assert more.get("die"), (self.data / "server.log").read_text()[-4000:]
        return None

    def _fork(self) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            place = self.data / "hand.sock"
            place.unlink(missing_ok=True)
            listener.bind(str(place))
            listener.listen(1)
            listener.settimeout(ANSWERS_WITHIN_S)
            self.child = self.nursery.fork("hand", self.data, self.plant, wire=str(place))
            near = listener.accept()[0]
        near.settimeout(ANSWERS_WITHIN_S)
        self.wire = near.makefile("rwb")

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            self.wire.close()
            self.child, self.kills = None, self.kills + 1

    def wait(self, minutes: float) -> None:
        """Sets the clock of the clinic on; it stands there."""
        self.shown += timedelta(minutes=minutes)
        setting = {"set_at": datetime.now(UTC).isoformat(), "shown": self.shown.isoformat(), "rate": STANDS_STILL}
        fresh = self.data / "clock.new"
        fresh.write_text(json.dumps(setting))
        fresh.replace(self.data / "clock.json")


def serve(wire: socket.socket) -> None:
    """Answers each line until the other side has gone."""
    with wire.makefile("rwb") as lines:
        for line in lines:
            asked = json.loads(line)
            lines.write(json.dumps(_OPERATIONS[asked.pop("do")](**asked), default=str).encode() + b"\n")
            lines.flush()


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit(1)


def _act(session: str, person: str, body: dict[str, Any], key: str, ordered: bool, die: str) -> Any:
    from pydantic import TypeAdapter

    from norket.record import writer
    from norket.record.people.models import Person
    from norket.record.session import actions, queries
    from norket.site import clock
    from norket.therapy.finding import Refused
    from norket.therapy.session.events import COMMAND

    assert isinstance(COMMAND, TypeAdapter)
    if die == "before_commit":
        writer.before_commit.append(_die)
    if die == "after_commit":
        writer.listen(lambda told: _die() if told else None)
    done = actions.act(
        UUID(session),
        COMMAND.validate_python(body),
        by=Person.objects.get(pk=person).actor,
        now=clock.now(),
        command_id=key,
        expected_version=queries.state(UUID(session)).version if ordered else None,
    )
    if isinstance(done, Refused):
        return {"refused": done.code, "why": done.why}
    return {"events": [event.n for event in done.events], "version": done.version}


def _measure(device: str, patient: str, values: dict[str, float], key: str) -> Any:
    """A message of the monitor, and what is in memory goes to disk."""
    from norket.record.session import actions, chunks
    from norket.site import clock
    from norket.therapy.session.samples import UNITS, Sample

    now = clock.now()
    samples = [
        Sample(channel=name, value=value, unit=UNITS[name], at=now, received_at=now, device=device, interval_s=1.0)
        for name, value in values.items()
    ]
    done = actions.receive(device, patient, samples, message_id=key, raw=json.dumps(values).encode(), now=now)
    chunks.flush(now)
    return type(done).__name__


def _look() -> Any:
    from norket.site import watch

    return watch.look()


def _page(session: str) -> Any:
    from norket.record.session import queries
    from norket.site import clock

    found = queries.page(UUID(session), clock.now())
    return {"page": found, "events": [event.as_json() for event in queries.events(UUID(session))]}


def _verify(folder: str) -> Any:
    """Proves the record in another folder."""
    from django.db import connection

    from norket.record.verify import verify

    connection.close()
    connection.settings_dict["NAME"] = f"{folder}/norket.sqlite3"
    try:
        return verify()
    except (DatabaseError, ValueError, KeyError) as error:
        return {"ok": False, "why": repr(error)}


def _rows(table: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 -- a name of our own
        return cursor.fetchone()[0]


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "act": _act,
    "look": _look,
    "measure": _measure,
    "page": _page,
    "rows": _rows,
    "verify": _verify,
}
