"""What the watch found while the record could not be written: kept in memory, shown on every screen, and written with
the time at which it was found as soon as there is room again."""

import threading
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from norket.knowledge.reader import read
from norket.therapy.actor import SYSTEM
from norket.therapy.session.events import Decided, Recorded
from norket.therapy.session.fold import fold
from norket.therapy.session.state import SessionState
from norket.therapy.session.watch_events import AlertRaised

RULE = "concerns.equipment"
NAME = "record.unwritable"

_kept: dict[UUID, tuple[Decided, ...]] = {}
_lock = threading.Lock()


def of(session_id: UUID) -> tuple[Decided, ...]:
    """What waits for the record of this session, in the order in which it was found."""
    with _lock:
        return _kept.get(session_id, ())


def keep(session_id: UUID, found: Iterable[Decided]) -> None:
    with _lock:
        _kept[session_id] = (*_kept.get(session_id, ()), *found)


def forget(session_id: UUID) -> None:
    """It is in the record now."""
    with _lock:
        _kept.pop(session_id, None)


def clear() -> None:
    """Nothing waits any more."""
    with _lock:
        _kept.clear()


def shown(state: SessionState) -> SessionState:
    """The state with what waits on top; its version is then ahead of the ledger's."""
    waiting = of(UUID(state.session))
    if not waiting:
        return state
    extra = [
        Recorded(
            session=state.session,
            n=state.version + place,
            at=one.at,
            recorded_at=one.at,
            by=SYSTEM.id,
            command_id="unwritten",
            event=one.event,
        )
        for place, one in enumerate(waiting, start=1)
    ]
    return fold((*state.ledger, *extra), state.session)


def trouble(session_id: UUID, why: str, now: datetime) -> None:
    """Says in the session that nothing is written at present; once, until it has been written."""
    if any(isinstance(one.event, AlertRaised) and one.event.alert_id.startswith(NAME) for one in of(session_id)):
        return
    alert = AlertRaised(
        alert_id=f"{NAME}:{now.isoformat()}",
        rule=RULE,
        tier=read().entry(RULE).data["tier"],
        technical=True,
        why=f"The record cannot be written ({why[:100]}): nothing that is entered is kept",
        advice="Write on paper with the time. Alerts are still shown. Make room on the disk of the server.",
    )
    keep(session_id, [Decided(at=now, event=alert)])
