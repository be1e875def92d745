"""What have time and the monitors made due in any session? Alerts rise and escalate here, infusions come to their end.

A session is looked at when something of it was measured, and each second when nothing was.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import Error as DatabaseError

from norket.knowledge import KnowledgeError
from norket.record.audit import clock_steps
from norket.record.session import actions, heads, queries, unwritten
from norket.record.session.queries import FAULTS
from norket.record.session.samples import HUB
from norket.site import clock
from norket.site.threads import acting, tell
from norket.therapy.session import limits
from norket.therapy.session.samples import Sample, Samples
from norket.therapy.session.state import SessionState
from norket.therapy.session.watch import due

EACH_S = 1.0
APART_S = 0.25
AT_ONCE = 4
# A watch that is far behind catches up first: of more arrivals than these the earlier are judged together.
LATE_AT_MOST = 5
log = logging.getLogger("norket.watch")


def look() -> int:
    """One look at every active session; gives the number of events written. One session's fault spares the others."""
    return look_at(heads.active())


def look_at(session_ids: Sequence[UUID]) -> int:
    """One look at each of these. Where several messages came since the last one, each that holds a value past a limit
    is judged in its turn: what a look that comes late would find over was an alert all the same."""
    written, known = 0, queries.known(session_ids)
    for session_id in session_ids:
        now = clock.now()
        try:
            written += _look_at_one(session_id, known.get(session_id), now)
        except DatabaseError as fault:
            log.error("the watch of session %s failed: %s: %s", session_id, type(fault).__name__, fault)
            unwritten.trouble(session_id, str(fault), now)
        except FAULTS as fault:
            log.error("the watch of session %s failed: %s: %s", session_id, type(fault).__name__, fault)
            written += _call(session_id, fault, now)
    return written


def _look_at_one(session_id: UUID, state: SessionState | None, now: datetime) -> int:
    samples, written = queries.samples(session_id), 0
    came, last = HUB.unjudged(session_id)
    HUB.judged(session_id, last)
    for at in _passed(came, state)[-LATE_AT_MOST:]:
        found = actions.watch(session_id, _as_of(samples, at), now, state, as_of=at)
        if found:  # the next instant is judged with them
            state = queries.known([session_id]).get(session_id)
            written += len(found)
    return written + len(actions.watch(session_id, samples, now, state))


def is_quiet(session_id: UUID) -> bool:
    """One look that takes no disk: whether the session is at hand and nothing is due in it. Where that is not so, a
    whole look follows."""
    state, now = queries.at_hand(session_id), clock.now()
    if state is None or not HUB.is_open(session_id) or unwritten.of(session_id):
        return False
    came, last = HUB.unjudged(session_id)
    try:
        quiet = not _passed(came, state) and not due(state, HUB.recent(session_id), now, queries.base())
    except FAULTS:
        return False
    if quiet:
        HUB.judged(session_id, last)
    return quiet


def _passed(came: Sequence[Sample], state: SessionState | None) -> list[datetime]:
    """When messages came, before the latest one, that hold a value past a limit. Of a session whose state is not known:
    all that came."""
    base, latest = queries.base(), {sample.received_at for sample in came[-1:]}
    if state is None:
        return sorted({sample.received_at for sample in came} - latest)
    return sorted({sample.received_at for sample in came if limits.is_past(state, sample, base)} - latest)


def _as_of(samples: Samples, at: datetime) -> Samples:
    """The samples that had come by then."""
    return {channel: tuple(one for one in found if one.received_at <= at) for channel, found in samples.items()}


def unwritable(fault: DatabaseError) -> None:
    """The record takes nothing at present: says so in every session that is active."""
    for session_id in heads.active():
        unwritten.trouble(session_id, str(fault), clock.now())


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
    if clock.held() and not heads.active():
        moved = clock.release()
        log.warning("nobody is being treated: the machine's time is shown again, %+.1f s on", moved.total_seconds())
        clock_steps.tell("clock_released", moved, clock.held(), clock.now())


class Rota:
    """Whose turn it is: those with a new value past an emergency limit; those of whom something new was measured, in
    the order in which it came; then, once a second, those of whom nothing has been heard."""

    def __init__(self) -> None:
        self.active: frozenset[UUID] = frozenset()
        self.grave: dict[UUID, None] = {}
        self.fresh: dict[UUID, None] = {}
        self.waiting: dict[UUID, None] = {}
        self.seen: dict[UUID, float] = {}
        self.stirred = asyncio.Event()

    def arrived(self, session_id: UUID, *, grave: bool = False) -> None:
        if session_id in self.active:
            (self.grave if grave else self.fresh)[session_id] = None
            self.stirred.set()

    def round(self, active: Sequence[UUID], at: float) -> None:
        """A second has passed."""
        self.active = frozenset(active)
        self.seen = {one: seen for one, seen in self.seen.items() if at - seen < EACH_S}
        self.waiting = dict.fromkeys(one for one in active if one not in self.seen)

    def next(self, at: float) -> list[UUID]:
        """The next few; of one that sends all the time, not the next look before its time."""
        told = (*self.grave, *self.fresh)
        ready = (one for one in told if at - self.seen.get(one, -APART_S) >= APART_S)
        chosen = list(dict.fromkeys((*ready, *self.waiting)))[:AT_ONCE]
        for one in chosen:
            self.grave.pop(one, None)
            self.fresh.pop(one, None)
            self.waiting.pop(one, None)
            self.seen[one] = at
        return chosen


async def run() -> None:
    """Until cancelled. A few sessions at a time, so that what devices send is never behind a look at all of them."""
    loop, rota = asyncio.get_running_loop(), Rota()
    deaf = HUB.listen(lambda session_id, came: tell(loop, rota.arrived, session_id, grave=_grave(came)))
    next_round = loop.time()
    try:
        while True:
            try:
                if loop.time() >= next_round:
                    next_round = max(next_round + EACH_S, loop.time())
                    await acting(mind_the_clock)
                    rota.round(await acting(heads.active), loop.time())
                chosen = rota.next(loop.time())
                if chosen:
                    await _see(chosen)
                    continue
            except DatabaseError as fault:
                log.error("the watch could not read the record: %s: %s", type(fault).__name__, fault)
            await _until(next_round, rota)
    finally:
        deaf()


async def _see(chosen: Sequence[UUID]) -> None:
    """A look at each: here on the loop, or with the disk on the thread that writes. Python runs one thread at a time,
    and to change between them twice for each of hundreds of looks a second costs more than the looks."""
    stirred = []
    for session_id in chosen:
        if not is_quiet(session_id):
            stirred.append(session_id)
        await asyncio.sleep(0)
    if stirred:
        await acting(look_at, stirred)


def _grave(came: Sequence[Sample]) -> bool:
    """Whether a value is past a limit of the highest tier, or may be: a limit is missing."""
    try:
        return any(limits.is_emergency(sample, queries.base()) for sample in came)
    except KnowledgeError:
        return True


async def _until(next_round: float, rota: Rota) -> None:
    """Until the next second, or something new; what came too soon after the last look waits for a moment."""
    rota.stirred.clear()
    left = next_round - asyncio.get_running_loop().time()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(rota.stirred.wait(), max(0.0, min(left, APART_S) if rota.grave or rota.fresh else left))
