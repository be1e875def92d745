"""The only reader of time. In demo and test modes the clock may run faster and be set ahead; elsewhere never.

The setting lives in the data directory, so that a restart goes on from the same instant at the same rate. Whoever sets
the machine's clock while people are treated does not move their time (`steady`): the step is withheld and told.
"""

import json
import logging
import os
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from norket.site.problems import ProblemError
from norket.site.steady import Steady

FILE = "clock.json"
STEADY_FILE = "clock-steady.json"
BOOT = Path("/proc/sys/kernel/random/boot_id")
FASTEST = 1000.0
log = logging.getLogger("norket.clock")

_lock = threading.Lock()
_read: dict[str, tuple[float, tuple[datetime, datetime, float]]] = {}
_steady: dict[Path, Steady] = {}
_steps: list[timedelta] = []


class ClockRefusedError(ProblemError):
    """The test clock was asked for in an installation that treats people."""


def real() -> datetime:
    """The time of the machine, as anybody may have set it."""
    return datetime.now(UTC)


def counted() -> float:
    """Seconds that the machine has counted, asleep or awake, whatever its clock was set to."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def steady() -> datetime:
    """The time of the machine without the steps that are withheld."""
    with _lock:
        counts, wall = counted(), real()
        before = _steady.get(settings.NORKET_DATA) or _begun(wall, counts)
        after, step = before.stepped(wall, counts)
        _steady[settings.NORKET_DATA] = after
        if step:
            _steps.append(step)
            _keep(after)
        return after.at(wall)


def take_steps() -> list[timedelta]:
    """The steps of the machine's clock since the last time that somebody asked; each one is told once."""
    with _lock:
        taken, _steps[:] = list(_steps), []
    return taken


def held() -> timedelta:
    """How far the machine's clock is ahead of the time shown."""
    with _lock:
        kept = _steady.get(settings.NORKET_DATA)
    return kept.held if kept else timedelta()


def release() -> timedelta:
    """Shows the machine's time again, where a step was withheld; gives by how much the time shown moved."""
    with _lock:
        kept = _steady.get(settings.NORKET_DATA)
        if kept is None or not kept.held:
            return timedelta()
        _steady[settings.NORKET_DATA] = kept.release()
        _keep(kept.release())
        return kept.held


def now() -> datetime:
    """The present instant in UTC, on the clock of this installation."""
    wall = steady()
    if not settings.NORKET_SPEED_ALLOWED:
        return wall
    set_at, shown, rate = _setting()
    return shown + (wall - set_at) * rate


def rate() -> float:
    """How many seconds pass here while one passes outside."""
    return _setting()[2] if settings.NORKET_SPEED_ALLOWED else 1.0


def set_rate(faster: float) -> None:
    """From now on, time runs at this rate (test clock only)."""
    _check(faster)
    _write(now(), faster)


def _check(faster: float) -> None:
    if not 0 < faster <= FASTEST:
        raise ClockRefusedError(
            f"the rate of the test clock lies above 0 and is at most {FASTEST:g}; {faster:g} does not"
        )


def start(at: datetime, faster: float) -> None:
    """Begins the time of a new clinic: it shows `at` now and runs at this rate (test clock only)."""
    _check(faster)
    _write(at, faster)


def advance(by: timedelta) -> None:
    """Sets the test clock ahead. Time never goes back."""
    if by < timedelta():
        raise ClockRefusedError("the test clock cannot be set back")
    _write(now() + by, rate())


def _path() -> Path:
    return Path(settings.NORKET_DATA) / FILE


def _setting() -> tuple[datetime, datetime, float]:
    """When it was set (machine time), what it showed then, and its rate."""
    path = _path()
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return epoch, epoch, 1.0
    with _lock:
        known = _read.get(str(path))
        if known is None or known[0] != changed:
            stored = json.loads(path.read_text(encoding="utf-8"))
            instants = (datetime.fromisoformat(stored[name]) for name in ("set_at", "shown"))
            known = (changed, (*instants, float(stored["rate"])))  # type: ignore[assignment]
            _read[str(path)] = known  # type: ignore[assignment]
        return known[1]  # type: ignore[index]


def _write(shown: datetime, faster: float) -> None:
    if not settings.NORKET_SPEED_ALLOWED:
        raise ClockRefusedError("the clock can be set only in demo and test modes; here people are treated")
    _replace(_path(), {"set_at": steady().isoformat(), "shown": shown.isoformat(), "rate": faster})


def _begun(wall: datetime, counts: float) -> Steady:
    """As kept by the process before this one; what was set while none ran shows when the machine has not restarted."""
    path = Path(settings.NORKET_DATA) / STEADY_FILE
    kept: dict[str, Any] = {"boot": "", "held_s": 0.0}
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
    withheld = timedelta(seconds=kept["held_s"])
    if kept["boot"] and kept["boot"] == _boot():
        return Steady(datetime.fromisoformat(kept["epoch"]), withheld)
    begun = Steady.begin(wall, counts, withheld)
    _keep(begun)
    return begun


def _boot() -> str:
    """Names the time since the machine was started."""
    return BOOT.read_text(encoding="ascii").strip() if BOOT.exists() else ""


def _keep(one: Steady) -> None:
    """For the next process. Without room on the disk it stays in memory; time goes on."""
    if not Path(settings.NORKET_DATA).is_dir():
        return
    kept = {"boot": _boot(), "epoch": one.epoch.isoformat(), "held_s": one.held.total_seconds()}
    try:
        _replace(Path(settings.NORKET_DATA) / STEADY_FILE, kept)
    except OSError as error:
        log.error("the clock's state could not be kept: %s", error)


def _replace(path: Path, content: dict[str, Any]) -> None:
    """The whole file or none of it, on disk."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
