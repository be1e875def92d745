"""How a benchmark takes the time on a machine that others use too."""

import time
from collections.abc import Callable


def best(call: Callable[[], object], runs: int = 5, at_most_s: float = 20.0) -> float:
    """The shortest of several times, in seconds; the first, which warms up, does not count."""
    call()
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < runs and (len(taken) < 1 or time.perf_counter() - began < at_most_s):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def alternating(calls: dict[str, Callable[[], object]], rounds: int = 5, at_most_s: float = 60.0) -> dict[str, float]:
    """The shortest time of each, taken in turns, so that what disturbs the machine disturbs all of them."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    began = time.perf_counter()
    for number in range(rounds):
        if number and time.perf_counter() - began > at_most_s:
            break
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    return {name: min(found) for name, found in taken.items()}
