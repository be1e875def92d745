"""Where the ledger of a session stands, without asking the disk each time: hundreds of looks a second ask for it.

What this process commits is told by the writer and is asked for anew. What another process commits is seen with the
next look at all sessions, or after `KEPT_S` at the latest. Inside a transaction the disk is asked: it has written what
nobody is told of yet.
"""

import threading
import time
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from norket.record import writer
from norket.record.session.models import SessionRecord
from norket.therapy.session.state import ACTIVE

# The watch looks at all sessions once a second.
KEPT_S = 2.0


class Head(NamedTuple):
    """What the row of a session says of its ledger, and whose it is."""

    version: int
    head: str
    phase: str
    mrn: str
    clinic_id: UUID


FIELDS = ("pk", "version", "head", "phase", "patient__mrn", "patient__clinic_id")

_kept: dict[UUID, tuple[float, Head]] = {}
_lock = threading.Lock()
_told = 0


def in_transaction() -> bool:
    """Whether the disk must be asked."""
    return bool(connection.in_atomic_block)


def at_hand(session_id: UUID) -> Head | None:
    """What is known of this session without the disk."""
    if in_transaction():
        return None
    with _lock:
        until, head = _kept.get(session_id, (0.0, None))
    return head if time.monotonic() < until else None


def of(session_ids: Iterable[UUID]) -> dict[UUID, Head]:
    """Where the ledgers of these sessions stand; one query for those that are not at hand."""
    asked = {session_id: at_hand(session_id) for session_id in session_ids}
    found = {session_id: head for session_id, head in asked.items() if head is not None}
    missing = asked.keys() - found.keys()
    return found | _asked(Q(pk__in=missing)) if missing else found


def active() -> list[UUID]:
    """The sessions that the watcher looks at; one that is over stays while an alert of it is open. One look at all."""
    return list(_asked(Q(phase__in=ACTIVE) | Q(phase="planned", version__gt=1) | Q(alarmed=True)))


def _asked(which: Q) -> dict[UUID, Head]:
    """As the disk has it. It is kept unless something was committed meanwhile."""
    before, until = _told, time.monotonic() + KEPT_S
    found = {pk: Head(*rest) for pk, *rest in SessionRecord.objects.filter(which).values_list(*FIELDS)}
    if not in_transaction():
        with _lock:
            if before == _told:
                _kept.update((pk, (until, head)) for pk, head in found.items())
    return found


def _forget(told: str) -> None:
    """A session was written, or nobody says what."""
    global _told  # noqa: PLW0603 -- counts what was committed since this process began
    with _lock:
        _told += 1
        if told:
            _kept.pop(UUID(told), None)
        else:
            _kept.clear()


writer.listen(_forget)
