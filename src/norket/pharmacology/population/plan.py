"""A course as the kernels read it: nodes in time, what enters at each, and the stretches of the grids between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.engine import TICKS_PER_MINUTE
from norket.pharmacology.population.course import Course, Portion
from norket.pharmacology.population.modal import Modes

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SLOTS = 4
Layout = tuple[Integers, Integers, Integers, Integers, Integers]
Events = tuple[Integers, Integers, Integers, Floats]


@dataclass(frozen=True)
class Plan:
    """`arrays`, `layout` and `whole` as in `kernels.courses`."""

    arrays: tuple[Integers, Floats, Floats, Events, Events, Integers]
    layout: Layout
    whole: Events


def plan(modes: Modes, course: Course) -> Plan:
    """The plan of a `course` for these `modes`."""
    arrays, whole = timeline(course, modes.ways)
    return Plan(arrays, _layout(modes), whole)


@lru_cache(maxsize=256)
def timeline(
    course: Course, ways: tuple[str, ...]
) -> tuple[tuple[Integers, Floats, Floats, Events, Events, Integers], Events]:
    """What does not depend on the patients: every block of them takes the same."""
    last = _tick(course.grids[-1].end_min)
    moments = [moment for one in course.portions for moment in (one.start_min, one.start_min + one.duration_min)]
    nodes = sorted({_tick(moment) for moment in (*moments, *(grid.start_min for grid in course.grids))} | {last})
    nodes = [node for node in nodes if node <= last]
    lengths: dict[float, int] = {}
    length_of = [lengths.setdefault(after - node, len(lengths)) for node, after in pairwise(nodes)]
    steps: dict[float, int] = {}
    pieces = _pieces(course, nodes, lengths, steps)
    jumps = [one for one in course.portions if one.duration_min == 0]
    flows = [one for one in course.portions if one.duration_min > 0]
    arrays = (
        np.array([*length_of, -1], dtype=np.int64),
        np.array(list(lengths)),
        np.array(list(steps)),
        _events(jumps, nodes, ways),
        _events(flows, nodes, ways),
        np.array(pieces, dtype=np.int64).reshape(-1, 5),
    )
    return arrays, _whole(course, last, ways)


def _tick(moment: float) -> float:
    return round(moment * TICKS_PER_MINUTE) / TICKS_PER_MINUTE


def _pieces(
    course: Course, nodes: Sequence[float], lengths: dict[float, int], steps: dict[float, int]
) -> list[tuple[int, int, int, int, int]]:
    found, begin = [], 0
    ends = [*nodes[1:], np.inf]
    for grid in course.grids:
        times = np.round(grid.times_min * TICKS_PER_MINUTE) / TICKS_PER_MINUTE
        step = steps.setdefault(grid.step_min, len(steps))
        for node, (at, end) in enumerate(zip(nodes, ends, strict=True)):
            low, high = np.searchsorted(times, [at, end])
            if high > low:
                offset = float(times[low]) - at
                number = lengths.setdefault(offset, len(lengths)) if offset else -1
                found.append((node, number, step, int(high - low), begin + int(low)))
        begin += grid.count
    return found


def _events(portions: Sequence[Portion], nodes: Sequence[float], ways: Sequence[str]) -> Events:
    rows: list[tuple[int, int, float]] = []
    first = [0]
    for node in nodes:
        for one in portions:
            start, end = _tick(one.start_min), _tick(one.start_min + one.duration_min)
            if node == start and not one.duration_min:
                rows.append((ways.index(one.way), one.row, one.share))
            elif start <= node < end:
                rows.append((ways.index(one.way), one.row, one.share / (end - start)))
        first.append(len(rows))
    return _columns(first, rows)


def _whole(course: Course, last: float, ways: Sequence[str]) -> Events:
    """All that enters until the last time."""
    rows = []
    for one in course.portions:
        start, end = _tick(one.start_min), _tick(one.start_min + one.duration_min)
        part = 1.0 if end <= last else (last - start) / (end - start)
        if start <= last:
            rows.append((ways.index(one.way), one.row, one.share * part))
    return _columns([0, len(rows)], rows)


def _columns(first: Sequence[int], rows: Sequence[tuple[int, int, float]]) -> Events:
    way, row = (np.array([one[column] for one in rows], dtype=np.int64) for column in (0, 1))
    return np.array(first, dtype=np.int64), way, row, np.array([one[2] for one in rows], dtype=np.float64)


def _layout(modes: Modes) -> Layout:
    """Which tables there are, and which of them each output sums: only modes that it shows in somebody."""
    states = len(modes.source)
    tables = np.full(2 * states, -1, dtype=np.int64)
    count = 0
    for m in range(states):
        if modes.source[m] < 0:
            tables[m], count = count, count + 1
    for m in range(states):
        if modes.source[m] >= 0:
            tables[states + modes.source[m]], count = count, count + 1
    shown = (modes.readout != 0).any(axis=0).any(axis=-1)
    rows: list[list[tuple[int, int, int]]] = []
    used: list[list[int]] = []
    for output in range(len(modes.outputs)):
        taken: list[int] = []
        terms = []
        for m in np.flatnonzero(shown[output]).tolist():
            home = m if modes.source[m] < 0 else int(modes.source[m])
            terms.append((_slot(taken, int(tables[home])), m, 0))
            if home != m:
                terms.append((_slot(taken, int(tables[states + home])), m, 1))
        rows.append(terms)
        used.append(taken)
    slots = np.array([table for taken in used for table in taken], dtype=np.int64)
    flat = np.array([term for terms in rows for term in terms], dtype=np.int64).reshape(-1, 3)
    return tables, slots, _begins(used), flat, _begins(rows)


def _begins(parts: Sequence[Sequence[object]]) -> Integers:
    return np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64)


def shown_in_fours(modes: Modes) -> Integers:
    """The modes that each output shows in somebody (outputs, slots), filled up with the number of modes."""
    shown = [np.flatnonzero(one) for one in (modes.readout != 0).any(axis=0).any(axis=-1)]
    width = max(SLOTS, -(-max(len(one) for one in shown) // SLOTS) * SLOTS)
    found = np.full((len(shown), width), len(modes.source), dtype=np.int64)
    for number, one in enumerate(shown):
        found[number, : len(one)] = one
    return found


def _slot(taken: list[int], table: int) -> int:
    if table not in taken:
        taken.append(table)
    return taken.index(table)
