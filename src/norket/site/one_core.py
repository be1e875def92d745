"""The threads that run Python stay on one core together, and move together to one that others leave alone.

Python runs one thread at a time. Where the threads of a server take their turns on several cores, what one has just
touched must come over to the other's cache each time: a tenth of the work and a third of the delay (decision 16). What
computes without Python's lock, such as the hashing of passwords, goes where there is room (`spread`). Of a system that
cannot say which core is busy nothing is asked.
"""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FIRST_S, EACH_S = 0.1, 5.0
# By so much of its time another core must have been freer than this one would be without us.
FREER = 0.3
STAT, THREADS = Path("/proc/stat"), Path("/proc/self/task")
IDLE, WAITS = 3, 4
log = logging.getLogger("norket.cores")

# Among which there is a choice, as the process was begun; none where the system does not tell.
CORES = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") and STAT.exists() else frozenset[int]()

_apart: set[int] = set()


@dataclass(frozen=True)
class Use:
    """What each core has spent idle and altogether since the machine began, in ticks, and this process in seconds."""

    idle: Mapping[int, int]
    whole: Mapping[int, int]
    own_s: float
    at: float


def use(cores: frozenset[int]) -> Use:
    """Of those of these cores that the system tells of."""
    rows = [line.split() for line in (STAT.read_text(encoding="ascii") if cores else "").splitlines()]
    found = {row[0]: [int(ticks) for ticks in row[1:9]] for row in rows}
    each = {core: found[f"cpu{core}"] for core in cores if f"cpu{core}" in found}
    idle = {core: ticks[IDLE] + ticks[WAITS] for core, ticks in each.items()}
    return Use(idle, {core: sum(ticks) for core, ticks in each.items()}, time.process_time(), time.monotonic())


def choose(before: Use, after: Use, here: int | None) -> int:
    """The core that others left alone most since `before`; the present one unless another was clearly freer."""
    passed = {core: spent - before.whole[core] for core, spent in after.whole.items() if core in before.whole}
    free = {core: (after.idle[core] - before.idle[core]) / max(1, spent) for core, spent in passed.items()}
    if here in free:
        own = (after.own_s - before.own_s) / max(after.at - before.at, 1e-9)
        free[here] = min(1.0, free[here] + own) + FREER
    return max(free, key=lambda core: (free[core], core))


def spread() -> None:
    """Lets the calling thread run on any core: it computes without Python's lock."""
    _apart.add(threading.get_native_id())
    if CORES:
        with contextlib.suppress(OSError):  # refused here as it was for the others, which `run` says
            os.sched_setaffinity(0, CORES)


def move(core: int) -> None:
    """All threads but those apart; those begun later go where their beginner is."""
    for thread in THREADS.iterdir():
        if int(thread.name) not in _apart:
            try:
                os.sched_setaffinity(int(thread.name), {core})
            except ProcessLookupError:  # it has ended
                continue


async def run() -> None:
    """Until cancelled. Where the system refuses, the threads stay where they are: slower, and no reason to stop."""
    try:
        await _stay()
    except OSError as fault:
        log.warning("the threads cannot be kept on one core: %s", fault)


async def _stay() -> None:
    before, here, wait_s = use(CORES), None, FIRST_S
    while len(before.whole) > 1:  # of one there is no choice
        await asyncio.sleep(wait_s)
        after, wait_s = use(CORES), EACH_S
        chosen = choose(before, after, here)
        if chosen != here:
            here = chosen
            move(here)
        before = after
