"""Wrong passwords at a locked screen. They are counted for this browser and the name alone: each one after the second
makes the next wait longer, by seconds. Whoever guesses at the door, or at another screen, keeps nobody away from the
chair; and who knows one password clears what was guessed at no other name."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from norket.desk.page import Asked

FREE, LONGEST_S, KEPT = 2, 30, 4096


@dataclass(frozen=True)
class Failed:
    """How often in a row, and from when on the next one is looked at."""

    times: int
    until: datetime


Key = tuple[str, str]
_failed: dict[Key, Failed] = {}
_lock = threading.Lock()


def wait_s(times: int) -> int:
    """How long the next one waits after so many wrong ones: 0, 0, 2, 4, 8, 16, 30, 30 ..."""
    return 0 if times <= FREE else min(2 ** min(times - FREE, 10), LONGEST_S)


def begin(request: Asked, username: str) -> int:
    """Counts this one as wrong until `right` says otherwise; the seconds to wait first, or 0: it is looked at now."""
    key = _key(request, username)
    with _lock:
        before = _failed.get(key)
        if before is not None and before.until > request.now:
            return max(1, round((before.until - request.now).total_seconds()))
        times = before.times + 1 if before is not None else 1
        if len(_failed) >= KEPT:
            _failed.pop(next(iter(_failed)))
        _failed[key] = Failed(times, request.now + timedelta(seconds=wait_s(times)))
    return 0


def right(request: Asked, username: str) -> None:
    """It was right: nothing is counted for this name here any more."""
    with _lock:
        _failed.pop(_key(request, username), None)


def _key(request: Asked, username: str) -> Key:
    """The sign-in of this browser, or the pass that outlives it; and the name."""
    return getattr(request, "pass_key", "") or str(request.session.session_key), username[:150].lower()
