"""A demo clinic behind a real server, as people and devices at its chairs use it: copied from one that was seeded
once, on its own clock, with a simulated monitor where a test wants one."""

import asyncio
import contextlib
import json
import shutil
import sqlite3
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from support.nursery import Forked, Nursery
from support.server import Server

from norket.rehearsal import monitor

ANSWERS_WITHIN_S = 30.0
LOG_END = 4000
QUARANTINE = "SELECT received_at, reason FROM record_quarantinedmessage ORDER BY received_at DESC LIMIT 5"


@dataclass
class Clinic:
    """A server over the demo world of `seed`; `made` is what the seed printed."""

    server: Server
    made: dict[str, Any]
    monitors: list["Bedside"] = field(default_factory=list)

    @classmethod
    def copied(cls, planted: Path, made: dict[str, Any], place: Path, nursery: Nursery | None = None) -> "Clinic":
        """The same world in a folder of its own, on a clock that shows the instant it was made for. Its server is
        forked from the nursery, where one is given."""
        shutil.copytree(planted, place, dirs_exist_ok=True)
        setting = {"set_at": datetime.now(UTC).isoformat(), "shown": made["now"], "rate": 1.0}
        (place / "clock.json").write_text(json.dumps(setting))
        return cls(Forked(place, mode="demo", nursery=nursery) if nursery else Server(place, mode="demo"), made)

    @property
    def url(self) -> str:
        return self.server.url

    def now(self) -> datetime:
        """What the clock of the clinic shows."""
        kept = json.loads((self.server.data / "clock.json").read_text())
        shown, set_at = (datetime.fromisoformat(kept[name]) for name in ("shown", "set_at"))
        return shown + (datetime.now(UTC) - set_at) * float(kept["rate"])

    def session(self, name: str) -> dict[str, Any]:
        return dict(self.made["sessions"][name])

    def live(self, name: str) -> str:
        return f"{self.url}/sessions/{self.session(name)['id']}/"

    def person(self, username: str) -> dict[str, Any]:
        return next(one for one in self.made["people"] if one["username"] == username)

    def get(self, path: str, username: str = "prescriber") -> Any:
        """What the interface answers this person."""
        with self._client(username) as client:
            answer = client.get(path)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def view(self, name: str) -> dict[str, Any]:
        return dict(self.get(f"/api/v1/sessions/{self.session(name)['id']}"))

    def events(self, name: str) -> list[dict[str, Any]]:
        return list(self.get(f"/api/v1/sessions/{self.session(name)['id']}/events")["events"])

    def connect_monitor(self, name: str) -> "Bedside":
        """Binds the chair's monitor to the session and switches the simulated one on."""
        session, simulated = self.session(name), self.made["simulated"][name]
        device = next(one for one in self.made["devices"] if one["identity"] == simulated["device"])
        body = {"type": "bind_device", "device_id": device["identity"], "identifiers": session["identifiers"][:2]}
        with self._client("nurse") as client:
            headers = {"Idempotency-Key": str(uuid.uuid4())}
            answer = client.post(f"/api/v1/sessions/{session['id']}/commands", json=body, headers=headers)
        assert answer.status_code == httpx.codes.OK, answer.text
        bedside = Bedside(self, session, device, simulated)
        self.monitors.append(bedside)
        bedside.start()
        return bedside

    def told(self) -> str:
        """What the server, its port for devices and the simulated monitors said: for the report of a failed test."""
        log = (self.server.data / "server.log").read_text(errors="replace")
        kept = sqlite3.connect(f"file:{self.server.data / 'norket.sqlite3'}?mode=ro", uri=True)
        with contextlib.closing(kept):
            aside = kept.execute(QUARANTINE).fetchall()
        return "\n".join(
            [
                f"clock of the clinic: {self.now().isoformat()}",
                f"server: {'runs' if self.server.process and self.server.process.poll() is None else 'ended'}",
                *(bedside.told() for bedside in self.monitors),
                f"put aside, newest first: {aside}",
                f"log of the server, its end:\n{log[-LOG_END:]}",
            ]
        )

    def close(self) -> None:
        for bedside in self.monitors:
            bedside.stop()
        self.server.stop()

    def _client(self, username: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.person(username)['token']}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=ANSWERS_WITHIN_S, trust_env=False)


@dataclass
class Bedside:
    """A simulated patient on a simulated monitor, in a thread with a loop of its own, over the real socket."""

    clinic: Clinic
    session: dict[str, Any]
    device: dict[str, Any]
    simulated: dict[str, Any]
    thread: threading.Thread | None = None
    loop: asyncio.AbstractEventLoop | None = None
    task: "asyncio.Task[None] | None" = None
    at_work: monitor.Monitor | None = None

    def start(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        if self.loop is not None and self.task is not None and self.loop.is_running():
            self.loop.call_soon_threadsafe(self.task.cancel)
        if self.thread is not None:
            self.thread.join(timeout=ANSWERS_WITHIN_S)

    def told(self) -> str:
        """Where this monitor stands, and what it was refused."""
        task, at_work = self.task, self.at_work
        error = task.exception() if task is not None and task.done() and not task.cancelled() else None
        state = f"ended with {error!r}" if error else "ended" if task is None or task.done() else "measures"
        sent = f"{at_work.sent} messages; {sorted(at_work.refusals)}" if at_work is not None else "not begun"
        return f"simulated monitor {self.device['identity']}: {state}, {sent}"

    def _run(self) -> None:
        async def main() -> None:
            self.loop = asyncio.get_running_loop()
            self.task = asyncio.ensure_future(self._measure())
            await asyncio.wait([self.task])

        asyncio.run(main())

    def _begun(self, at_work: monitor.Monitor) -> None:
        self.at_work = at_work

    async def _measure(self) -> None:
        await monitor.run(
            begun=self._begun,
            host="127.0.0.1",
            port=self.clinic.server.mllp_port,
            api_base=self.clinic.url,
            token=self.device["token"],
            device_identity=self.device["identity"],
            patient_identity=self.session["mrn"],
            session_id=self.session["id"],
            now=self.clinic.now,
            seed=self.clinic.made.get("seed", 1),
            scenario=self.simulated["scenario"],
            resting=self.simulated["resting"],
            weight_kg=self.session["weight_kg"],
            age_y=self.session["age_y"],
            sex=self.session["sex"],
            height_cm=self.session["height_cm"],
        )
