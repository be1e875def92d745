"""The one writer: every change of the record happens in its turn, in one transaction, on disk before it is told.

One lock in this process orders the writers; the database orders processes (IMMEDIATE on SQLite, row locks on
PostgreSQL). Listeners are told after the commit; a listener that fails cannot undo what is on disk.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.utils import DatabaseError, OperationalError

WAIT_S = 10.0
# What SQLite and PostgreSQL say when a disk takes nothing more.
NO_ROOM = (
    "is full",
    "disk i/o",
    "readonly",
    "read-only",
    "unable to open database file",
    "no space",
    "could not extend",
)

_turn = threading.RLock()
_listeners: list[Callable[[str], None]] = []
before_commit: list[Callable[[], None]] = []


class WriterBusyError(OperationalError):
    """No turn came within the limit; nothing was written and the command may be sent again."""


def no_room(fault: BaseException) -> bool:
    """Whether the disk is full or lets nobody write. It may have room again at any moment; nothing was written."""
    return isinstance(fault, DatabaseError) and any(words in str(fault).lower() for words in NO_ROOM)


@contextmanager
def writing(told: str = "") -> Iterator[None]:
    """A turn of the writer around one transaction. `told` names what the listeners hear of after the commit."""
    if not _turn.acquire(timeout=WAIT_S):
        raise WriterBusyError("the record is busy; nothing was written, send it again")
    try:
        with transaction.atomic():
            yield
            if told:
                for step in before_commit:
                    step()
            transaction.on_commit(lambda: _tell(told), robust=True)
    finally:
        _turn.release()


def alive(within_s: float = 1.0) -> bool:
    """True when a turn can be had within the limit."""
    if not _turn.acquire(timeout=within_s):
        return False
    _turn.release()
    return True


def listen(listener: Callable[[str], None]) -> Callable[[], None]:
    """Calls `listener` with the name told after each commit, on the writing thread; returns the way to stop it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def _tell(told: str) -> None:
    for listener in tuple(_listeners):
        listener(told)
