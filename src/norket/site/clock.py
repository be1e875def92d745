"""The only reader of time. In demo and test modes the clock may run faster and be set ahead; elsewhere never.

The setting lives in the data directory, so that a restart goes on from the same instant at the same rate.
"""

import json
import os
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from norket.site.problems import ProblemError

FILE = "clock.json"
FASTEST = 1000.0

_lock = threading.Lock()
_read: dict[str, tuple[float, tuple[datetime, datetime, float]]] = {}


class ClockRefusedError(ProblemError):
    """The test clock was asked for in an installation that treats people."""


def real() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


def now() -> datetime:
    """The present instant in UTC, on the clock of this installation."""
    wall = real()
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
    path = _path()
    text = json.dumps({"set_at": real().isoformat(), "shown": shown.isoformat(), "rate": faster})
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)
