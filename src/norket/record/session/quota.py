"""How many unreadable or misdirected messages are kept whole. A sender gone wild, or a hostile one, would fill the
disk; beyond the quota its messages are only counted, and the count goes into the audit chain."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)
OF_ONE_SENDER = 30
OF_ALL = 300
EVERYBODY = ""


@dataclass
class _Window:
    began: datetime
    kept: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class Skipped:
    """So many messages of this sender came beyond the quota in the minute that began then."""

    sender: str
    began: datetime
    count: int


_windows: dict[str, _Window] = {}
_lock = threading.Lock()


def admit(sender: str, now: datetime) -> bool:
    """Whether one more message of this sender is kept whole. Senders beyond what is kept of all are counted as one."""
    with _lock:
        everybody = _windows.setdefault(EVERYBODY, _Window(now))
        if everybody.kept >= OF_ALL:
            everybody.skipped += 1
            return False
        own = _windows.setdefault(sender or "-", _Window(now))
        if own.kept >= OF_ONE_SENDER:
            own.skipped += 1
            return False
        own.kept += 1
        everybody.kept += 1
        return True


def over(now: datetime) -> list[Skipped]:
    """The minutes that are over and had messages beyond the quota; all minutes that are over are forgotten."""
    with _lock:
        ended = {name: one for name, one in _windows.items() if not timedelta() <= now - one.began < WINDOW}
        for name in ended:
            del _windows[name]
    return [Skipped(name or "all senders", one.began, one.skipped) for name, one in ended.items() if one.skipped]


def forget() -> None:
    """Every minute is new again."""
    with _lock:
        _windows.clear()
