"""How many unreadable or misdirected messages are kept whole. A sender gone wild, or a hostile one, would fill the
disk; beyond the quota its messages are only counted, and the count goes into the audit chain.

Of a sender that no clinic knows the beginning is kept, with the length and the hash of the whole; all of them together
have a budget of bytes for a day, smaller than that of everybody."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)
OF_ONE_SENDER = 30
OF_ALL = 300
EVERYBODY = ""
STRANGERS_KEEP = 4096
DAY = timedelta(days=1)
BYTES_OF_STRANGERS = 32_000_000
BYTES_OF_ALL = 256_000_000


@dataclass
class _Window:
    began: datetime
    kept: int = 0
    skipped: int = 0


@dataclass
class _Day:
    """How many bytes were kept since the day began."""

    began: datetime
    of_all: int = 0
    of_strangers: int = 0


@dataclass(frozen=True)
class Skipped:
    """So many messages of this sender came beyond the quota in the minute that began then."""

    sender: str
    began: datetime
    count: int


_windows: dict[str, _Window] = {}
_day: list[_Day] = []
_lock = threading.Lock()


def admit(sender: str, now: datetime, size: int = 0, *, stranger: bool = False) -> bool:
    """Whether one more message of this sender, of so many bytes, is kept. Senders beyond what is kept of all are
    counted as one."""
    with _lock:
        everybody = _windows.setdefault(EVERYBODY, _Window(now))
        if everybody.kept >= OF_ALL:
            everybody.skipped += 1
            return False
        own = _windows.setdefault(sender or "-", _Window(now))
        if own.kept >= OF_ONE_SENDER:
            own.skipped += 1
            return False
        if not _fits(now, size, stranger=stranger):
            own.skipped += 1
            return False
        own.kept += 1
        everybody.kept += 1
        return True


def _fits(now: datetime, size: int, *, stranger: bool) -> bool:
    """Whether the budget of the day holds so many bytes more; what fits is taken from it."""
    if not _day or not timedelta() <= now - _day[0].began < DAY:
        _day[:] = [_Day(now)]
    today = _day[0]
    theirs = size if stranger else 0
    if today.of_all + size > BYTES_OF_ALL or today.of_strangers + theirs > BYTES_OF_STRANGERS:
        return False
    today.of_all += size
    today.of_strangers += theirs
    return True


def over(now: datetime) -> list[Skipped]:
    """The minutes that are over and had messages beyond the quota; all minutes that are over are forgotten."""
    with _lock:
        ended = {name: one for name, one in _windows.items() if not timedelta() <= now - one.began < WINDOW}
        for name in ended:
            del _windows[name]
    return [Skipped(name or "all senders", one.began, one.skipped) for name, one in ended.items() if one.skipped]


def forget() -> None:
    """Every minute and every day is new again."""
    with _lock:
        _windows.clear()
        _day.clear()
