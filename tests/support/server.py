"""A real server process for tests that kill it: started on loopback, watched through /readyz, ended by pid."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

NORKET = Path(sys.executable).with_name("norket")
READY_WITHIN_S = 180.0  # patience with a busy machine; how soon a server is back is measured by name
SEEDED_WITHIN_S = 1200.0  # two hundred sessions are walked through one command after the other
GOES_WITHIN_S = 15.0
LOOK_S = 0.03
# A server as people run it keeps its compiled modules; hundreds of starts should not compile them hundreds of times.
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
LOG_END = 8000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """One installation in `data`: seeded once, then started and killed as often as the test likes."""

    data: Path
    mode: str = "test"
    port: int = field(default_factory=free_port)
    mllp_port: int = field(default_factory=free_port)
    process: Any = None  # of `subprocess.Popen`, or forked and like one

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name != NO_BYTECODE} | {
            "NORKET_DATA": str(self.data),
            "NORKET_MODE": self.mode,
            "NORKET_SECRET_KEY": "only-for-this-test" * 4,
            "NORKET_HL7_PORT": str(self.mllp_port),
            "PYTHONFAULTHANDLER": "1",  # SIGABRT then writes where every thread stands
        }

    def run(self, *arguments: str, within_s: float = READY_WITHIN_S) -> str:
        done = subprocess.run(
            [NORKET, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        assert done.returncode == 0, f"norket {' '.join(arguments)}: {done.stderr[-2000:]}"
        return done.stdout

    def seed(self, world: str, seed: int = 1) -> dict[str, Any]:
        self.run("migrate")
        told = self.run("seed", "--world", world, "--seed", str(seed), "--json", within_s=SEEDED_WITHIN_S)
        return dict(json.loads(told))

    def start(self) -> float:
        """Start, wait until ready, and give the seconds that took."""
        began, said = time.monotonic(), "nothing"
        self.process = self.launch()
        with httpx.Client(base_url=self.url, timeout=5) as client:
            while time.monotonic() - began < READY_WITHIN_S:
                assert self.process.poll() is None, self.why()
                with contextlib.suppress(httpx.TransportError):
                    answer = client.get("/readyz")
                    if answer.status_code == httpx.codes.OK:
                        return time.monotonic() - began
                    said = answer.text
                time.sleep(LOOK_S)
        raise AssertionError(f"not ready within {READY_WITHIN_S} s, last said {said!r}\n{self.why()}")

    def launch(self) -> "subprocess.Popen[bytes]":
        with (self.data / "server.log").open("ab") as log:
            return subprocess.Popen(
                [NORKET, "serve", "--port", str(self.port)], env=self.environment, stdout=log, stderr=log
            )

    def why(self) -> str:
        """How the process ended, or where every thread of it stands, and the end of what it said. Ends it."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(timeout=10)
        return f"exit status {self.process.returncode}\n" + (self.data / "server.log").read_text()[-LOG_END:]

    def now(self) -> datetime:
        """What the clock of the clinic shows."""
        return self._clock(datetime.now(UTC))[0]

    def _clock(self, wall: datetime) -> tuple[datetime, float]:
        path = self.data / "clock.json"
        if not path.exists():
            return wall, 1.0
        kept = json.loads(path.read_text())
        rate = float(kept["rate"])
        return datetime.fromisoformat(kept["shown"]) + (wall - datetime.fromisoformat(kept["set_at"])) * rate, rate

    def advance(self, minutes: float) -> None:
        """Set the test clock ahead, as `clock.advance` does; the running server reads it at its next look."""
        path, wall = self.data / "clock.json", datetime.now(UTC)
        shown, rate = self._clock(wall)
        shown += timedelta(minutes=minutes)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"set_at": wall.isoformat(), "shown": shown.isoformat(), "rate": rate}))
        fresh.replace(path)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> None:
        """End politely; a server that does not go within its grace is an error."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=GOES_WITHIN_S)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"not gone within {GOES_WITHIN_S} s of SIGTERM\n{self.why()}") from None
