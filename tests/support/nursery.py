"""Servers by the hundred: one process loads the program once and forks a server for each start.

A forked server has read nothing of its installation: it opens the record and rebuilds everything from disk, as a
process of its own would, in a fraction of a second instead of seconds. How soon a real process is back is measured
elsewhere. A server can be started with a plant, which breaks it on purpose: a harness that does not notice is none.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.server import GOES_WITHIN_S, READY_WITHIN_S, Server

TESTS = Path(__file__).parents[1]
BEGINS = datetime(2026, 11, 20, 10, tzinfo=UTC)
KEYS = {"NORKET_SECRET_KEY": "only-for-this-test" * 4, "NORKET_AUDIT_KEY": "only-for-these-anchors" * 3}


class Child:
    """A forked process as `subprocess.Popen` shows one; its parent keeps no exit status, so a death reads as 1."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self.wait(0) if self.returncode is None else self.returncode

    def wait(self, timeout: float = GOES_WITHIN_S) -> int | None:
        """1 once it has gone; raises when it has not, unless it was only asked for (0)."""
        if self.returncode is None and select.select([self._handle], [], [], timeout)[0]:
            self.returncode = 1
            os.close(self._handle)
        if self.returncode is None and timeout:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Nursery:
    """The loaded process. Use as a context; `fork` gives a child that does one of the jobs of `_JOBS`."""

    def __init__(self, url: str | None = None, mode: str = "test") -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="norket-nursery-"))
        hidden = ("NORKET_", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
        known = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        known |= KEYS | {"NORKET_DATA": str(self.scratch), "NORKET_MODE": mode, "PYTHONFAULTHANDLER": "1"}
        known |= {"DATABASE_URL": url} if url else {}
        known["PYTHONPATH"] = os.pathsep.join([str(TESTS), *filter(None, [known.get("PYTHONPATH")])])
        self.log = (self.scratch / "nursery.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, __file__], env=known, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log
        )
        assert self._line(), self.why()

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()
        self.log.close()
        shutil.rmtree(self.scratch)

    def fork(self, job: str, data: Path, plant: str = "", **options: Any) -> Child:
        assert self.process.stdin is not None
        asked = {"job": job, "data": str(data), "plant": plant, "options": options}
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()
        return Child(int(self._line()))

    def run(self, job: str, data: Path, **options: Any) -> Any:
        """Does a job to its end and gives what it answers."""
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder) / "answer.json"
            self.fork(job, data, answer=str(answer), **options).wait(READY_WITHIN_S)
            assert answer.exists(), (data / "server.log").read_text()[-4000:]
            return json.loads(answer.read_text())

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def why(self) -> str:
        return (self.scratch / "nursery.log").read_text()[-4000:]


@dataclass
class Forked(Server):
    """A server whose process is forked from a nursery."""

    nursery: Nursery | None = None
    plant: str = ""
    fault: str = ""

    def launch(self) -> Any:
        assert self.nursery is not None
        return self.nursery.fork(
            "serve", self.data, self.plant, port=self.port, hl7=self.mllp_port, fault=self.fault or None
        )

    def verify(self) -> dict[str, Any]:
        """What `norket audit verify --json` says."""
        assert self.nursery is not None
        return dict(self.nursery.run("verify", self.data))


def _serve(options: dict[str, Any]) -> None:
    from norket.site import commands

    hl7 = ("127.0.0.1", options["hl7"])
    sock = commands.bind("127.0.0.1", options["port"])
    commands.run_server(sock, hl7, started=lambda _: None, fault=options["fault"])


def _seed(options: dict[str, Any]) -> Any:
    from norket.site import clock, worlds
    from norket.site.boot import migrate

    migrate()
    now = datetime.fromisoformat(options["now"]) if "now" in options else BEGINS  # the same clinic whenever it is made
    clock.start(now, 1.0)
    return worlds.plant(options["world"], seed=options["seed"], now=now)


def _verify(options: dict[str, Any]) -> Any:
    from norket.record.verify import verify

    return verify()


def _hand(options: dict[str, Any]) -> None:
    from support.hand import serve

    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(options["wire"])
        serve(wire)


_JOBS = {"serve": _serve, "seed": _seed, "verify": _verify, "hand": _hand}


def _child(asked: dict[str, Any]) -> None:
    """In the forked process: its own folder, its own log, its own database."""
    from django.conf import settings
    from django.db import connections
    from support import plants

    data = Path(asked["data"])
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = os.open(data / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ["NORKET_DATA"] = str(data)
    settings.NORKET_DATA = data
    settings.NORKET_HOSPITALS, settings.NORKET_WORDS = data / "hospitals.json", data / "questionnaires"
    if connections.databases["default"]["ENGINE"].endswith("sqlite3"):
        connections.databases["default"]["NAME"] = data / "norket.sqlite3"
    if asked["plant"]:
        plants.ALL[asked["plant"]]()
    answer = _JOBS[asked["job"]](asked["options"])
    if "answer" in asked["options"]:
        part = Path(asked["options"]["answer"] + ".part")
        part.write_text(json.dumps(answer))
        part.rename(asked["options"]["answer"])


def main() -> None:
    """Loads the program, then forks a child for each line on stdin and answers with its number."""
    from norket.site.boot import boot

    boot()
    from django.db import connections
    from django.urls import get_resolver

    from norket.knowledge import read
    from norket.record.access import policy
    from norket.record.session import prediction
    from norket.site import asgi, commands, worlds
    from norket.therapy.screening.compiled import compiled

    assert asgi.application, (commands.bind, worlds.plant)
    compiled(read())
    policy.read()
    prediction.warm_up()
    assert get_resolver().reverse_dict
    connections.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever dies is taken away at once
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    out.write(b"ready\n")
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            out.close()
            code = 1
            try:
                _child(asked)
                code = 0
            finally:
                with contextlib.suppress(OSError):
                    sys.stderr.flush()
                if code:
                    import traceback

                    traceback.print_exc()
                os._exit(code)
        out.write(b"%d\n" % pid)


if __name__ == "__main__":
    main()
