"""Each second: what has time made due in any session? Alerts rise and escalate here, infusions come to their end."""

import asyncio
import logging
from datetime import datetime
from uuid import UUID

from django.db import Error as DatabaseError

from norket.record.audit import clock_steps
from norket.record.session import actions, queries
from norket.record.session.queries import FAULTS
from norket.site import clock
from norket.site.threads import acting

EACH_S = 1.0
log = logging.getLogger("norket.watch")


def look() -> int:
    """One look at every active session; gives the number of events written. One session's fault spares the others."""
    written = 0
    for session_id in queries.active():
        now = clock.now()
        try:
            written += len(actions.watch(session_id, queries.samples(session_id), now))
        except DatabaseError as fault:
            log.error("the watch of session %s failed: %s: %s", session_id, type(fault).__name__, fault)
        except FAULTS as fault:
            log.error("the watch of session %s failed: %s: %s", session_id, type(fault).__name__, fault)
            written += _call(session_id, fault, now)
    return written


def _call(session_id: UUID, fault: BaseException, now: datetime) -> int:
    """Says it where people look: an alert in the session that is not being watched."""
    try:
        return len(actions.watch_failed(session_id, type(fault).__name__, now))
    except (DatabaseError, *FAULTS) as second:
        log.error("session %s: nobody could be called: %s: %s", session_id, type(second).__name__, second)
        return 0


def mind_the_clock() -> None:
    """Tells of each step of the machine's clock, and lets go of what was withheld once nobody is being treated."""
    now = clock.now()
    for step in clock.take_steps():
        log.error("the machine's clock was set by %+.1f s; time goes on evenly here", step.total_seconds())
        clock_steps.tell("clock_stepped", step, clock.held(), now)
    if clock.held() and not queries.active():
        moved = clock.release()
        log.warning("nobody is being treated: the machine's time is shown again, %+.1f s on", moved.total_seconds())
        clock_steps.tell("clock_released", moved, clock.held(), clock.now())


async def run() -> None:
    """Until cancelled."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        try:
            await acting(mind_the_clock)
            await acting(look)
        except DatabaseError as fault:
            log.error("the watch could not read the record: %s: %s", type(fault).__name__, fault)
        due = max(due + EACH_S, loop.time())
        await asyncio.sleep(due - loop.time())
