"""`norket demo`: a whole clinic on this machine, with simulated patients on simulated monitors, moving at once."""

import asyncio
import json
import shutil
import sys
import threading
import webbrowser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from norket.rehearsal import monitor
from norket.site import clock, commands, rehearsals, worlds
from norket.site.boot import migrate
from norket.site.serve import Ports

HOST = "127.0.0.1"
ASKED_S = 1.0


def run(
    *, port: int, speed: float, seed: int, browser: bool, temporary: Path | None, scenario: str | None = None
) -> None:
    """Seeds, serves, rehearses and opens the browser until Ctrl-C; a temporary folder goes with it."""
    try:
        _say(f"setting up a demo clinic in {settings.NORKET_DATA}")
        sock = commands.bind(HOST, port)
        migrate()
        clock.set_rate(speed)
        world, begun = _world(seed, scenario)

        async def monitors(ports: Ports) -> None:
            async with asyncio.TaskGroup() as group:
                for name in world["sessions"]:
                    group.create_task(_monitor(ports, world, name, seed, speed))
                while True:
                    await asyncio.sleep(ASKED_S)
                    for name in rehearsals.take(world):
                        group.create_task(_monitor(ports, world, name, seed, speed))

        def started(ports: Ports) -> None:
            if begun is not None:
                clock.start(begun, speed)
            _greet(ports, world, browser=browser)

        commands.run_server(sock, (HOST, 0), beside=monitors, started=started)
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    _say("the demo clinic is closed")


def _world(seed: int, scenario: str | None) -> tuple[dict[str, Any], datetime | None]:
    """The clinic of this folder, and when it began if it was made just now."""
    kept = Path(settings.NORKET_DATA) / "world.json"
    if kept.exists():
        return dict(json.loads(kept.read_text(encoding="utf-8"))), None
    begun = clock.now()
    world = worlds.plant("demo", seed=seed, now=begun)
    if scenario is not None:
        rehearsals.ask(scenario, seed=seed, now=begun, lot=world["lot"])
        rehearsals.take(world)
    kept.write_text(json.dumps(world), encoding="utf-8")
    return world, begun


async def _monitor(ports: Ports, world: dict[str, Any], name: str, seed: int, speed: float) -> None:
    session = world["sessions"][name]
    simulated = world["simulated"][name]
    device = next(one for one in world["devices"] if one["identity"] == simulated["device"])
    await monitor.run(
        host=HOST,
        port=ports.hl7 or 0,
        api_base=f"http://{HOST}:{ports.web}",
        token=device["token"],
        device_identity=device["identity"],
        patient_identity=session["mrn"],
        session_id=session["id"],
        now=clock.now,
        seed=seed,
        speed=speed,
        scenario=simulated["scenario"],
        resting=simulated["resting"],
        weight_kg=session["weight_kg"],
        age_y=session["age_y"],
        sex=session["sex"],
        height_cm=session["height_cm"],
    )


def _greet(ports: Ports, world: dict[str, Any], *, browser: bool) -> None:
    address = f"http://{HOST}:{ports.web}"
    moving = next((name for name in world["sessions"] if name.startswith("rehearsal")), "running")
    live = f"{address}/sessions/{world['sessions'][moving]['id']}/"
    _say(f"open {address}   (HL7 on mllp://{HOST}:{ports.hl7}; Ctrl-C ends it)")
    _say("sign in as:")
    for person in world["people"]:
        _say(f"  {person['username']:<14} {person['password']:<20} {person['name']}, {person['role']}")
    _say(f"a session that is moving: {live}")
    if browser:
        threading.Thread(target=webbrowser.open, args=[live], daemon=True).start()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 -- this is a command
