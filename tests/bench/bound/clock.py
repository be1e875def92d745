"""How a benchmark takes the time on a machine that others use too: many short turns, the best of each.

`wall` is what a user waits. `processor` is what the cores spent on it, without the time that others held them: on a
busy machine it says what one thread can do, and on a quiet one it is the same.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True)
class Took:
    """Seconds."""

    wall: float
    processor: float

    def least(self, other: "Took") -> "Took":
        return Took(min(self.wall, other.wall), min(self.processor, other.processor))


def once(call: Callable[[], object]) -> Took:
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return Took(time.perf_counter() - wall, time.process_time() - processor)


def best(call: Callable[[], object], runs: int = 5, at_most_s: float = 20.0) -> Took:
    """The least of several turns; the first, which warms up, does not count."""
    return alternating({"": call}, runs, at_most_s)[""]


def alternating(calls: dict[str, Callable[[], object]], rounds: int = 5, at_most_s: float = 60.0) -> dict[str, Took]:
    """The least of each, taken in turns, so that what disturbs the machine disturbs all of them."""
    taken: dict[str, list[Took]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    began = time.perf_counter()
    for number in range(rounds):
        if number and time.perf_counter() - began > at_most_s:
            break
        for name, call in calls.items():
            taken[name].append(once(call))
    return {name: reduce(Took.least, found) for name, found in taken.items()}
