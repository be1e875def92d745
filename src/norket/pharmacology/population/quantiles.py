"""Exact percentiles over time of any number of people, in bounded memory.

Few people: their curves are kept and the percentiles selected. Many: a first few hundred blocks show roughly where
each percentile is; then everybody is counted by place around it; then only the values at the very place are gathered
and sorted. Counts are whole numbers, and an order statistic does not depend on the order of the people, so the answer
is the same for any chunks and any number of workers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.ranks import count_places, gather_places
from norket.pharmacology.kernels.selection import order_statistics

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
BINS = 256
# A bracket is this many standard errors of the pilot's own percentile wide, on each side.
STANDARD_ERRORS, SPARE = 6.0, 2


@dataclass(frozen=True, eq=False)
class Brackets:
    """Between which levels each percentile of each row is looked for; `low`, `high` (rows, percentiles)."""

    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Places:
    """At which places the two order statistics around each percentile are, and how many values lie before `first`."""

    first: Counts
    last: Counts
    before: Counts


@dataclass(frozen=True, eq=False)
class Gathered:
    """Values with the row x percentile that each belongs to."""

    values: Floats
    who: Counts


def of_all(rows: Floats, percentiles: Sequence[float]) -> Floats:
    """Every percentile (percentiles, rows) of values that are all there (rows, people); linear between the two around
    it. Rows that are one moment after the other take the least time. Raises ValueError where a value is infinite or not
    a number, and where there are no people.
    """
    place = np.asarray(percentiles)[:, None] / 100 * (rows.shape[1] - 1)
    below = place.astype(np.int64)
    low, high = _selected(rows, below[:, 0], np.minimum(below[:, 0] + 1, rows.shape[1] - 1))
    found: Floats = low + (place - below) * (high - low)
    return found


def brackets(pilot: Floats, percentiles: Sequence[float]) -> Brackets:
    """Where to look, from the curves of a pilot (rows, people)."""
    people, part = pilot.shape[1], np.asarray(percentiles) / 100
    place, aside = part * (people - 1), STANDARD_ERRORS * np.sqrt(part * (1 - part) * people) + SPARE
    ends = np.concatenate([place - aside, np.ceil(place + aside)]).clip(0, people - 1).astype(np.int64)
    low, high = np.split(_selected(pilot, ends, ends)[0], 2)
    return Brackets(np.ascontiguousarray(low.T), np.ascontiguousarray(high.T))


def _selected(rows: Floats, first: Counts, last: Counts) -> Floats:
    """The values (2, places, rows) at the places `first` and `last` of each row in order."""
    if not rows.shape[1]:
        raise ValueError("percentiles of nobody")
    found = np.empty((2, len(first), len(rows)))
    order_statistics(np.ascontiguousarray(rows), first, last, found)
    return found


def counted(rows: Floats, around: Brackets, before: Counts | None = None) -> Counts:
    """How many of `rows` (rows, people) are at each place, (rows, percentiles, places); added to those counted before.

    Raises ValueError where a value is infinite or not a number.
    """
    counts = np.zeros((*around.low.shape, BINS + 3), dtype=np.int64) if before is None else before
    count_places(np.ascontiguousarray(rows), around.low, around.high, counts)
    return counts


def places(counts: Counts, percentiles: Sequence[float], people: int) -> Places:
    """Where the order statistics are, from the counts of everybody."""
    until = counts.cumsum(axis=2)
    place = np.asarray(percentiles) / 100 * (people - 1)
    below = place.astype(np.int64)
    above = np.minimum(below + 1, people - 1)
    first = (until <= below[:, None]).sum(axis=2)
    last = (until <= above[:, None]).sum(axis=2)
    before = np.take_along_axis(until - counts, first[:, :, None], axis=2)[:, :, 0]
    return Places(first.astype(np.int64), last.astype(np.int64), before)


def gathered(rows: Floats, around: Brackets, at: Places) -> Gathered:
    """The values of `rows` at the places asked for. Where all of them are equal (the low end itself) none is needed."""
    rows, (first, last) = np.ascontiguousarray(rows), _needed(at)
    found, who = np.empty(rows.shape[1]), np.empty(rows.shape[1], dtype=np.int64)
    count = gather_places(rows, around.low, around.high, first, last, BINS, found, who)
    if count > found.size:
        found, who = np.empty(count), np.empty(count, dtype=np.int64)
        gather_places(rows, around.low, around.high, first, last, BINS, found, who)
    return Gathered(found[:count].copy(), who[:count].copy())


def _needed(at: Places) -> tuple[Counts, Counts]:
    known = (at.first == 1) & (at.last == 1)
    return np.where(known, 1, at.first), np.where(known, 0, at.last)


def of_gathered(
    parts: Sequence[Gathered], around: Brackets, at: Places, percentiles: Sequence[float], people: int
) -> Floats:
    """Every percentile (percentiles, rows), from the gathered values of everybody."""
    values = np.concatenate([part.values for part in parts])
    who = np.concatenate([part.who for part in parts])
    order = np.lexsort((values, who))
    values, who = values[order], who[order]
    rows, count = around.low.shape
    starts = np.searchsorted(who, np.arange(rows * count + 1))
    found = np.empty((count, rows))
    for row in range(rows):
        for number, one in enumerate(percentiles):
            if at.first[row, number] == 1 and at.last[row, number] == 1:
                found[number, row] = around.low[row, number]
                continue
            own = values[starts[row * count + number] : starts[row * count + number + 1]]
            place = one / 100 * (people - 1)
            below = int(place)
            low = own[below - at.before[row, number]]
            high = own[min(below + 1, people - 1) - at.before[row, number]]
            found[number, row] = low + (place - below) * (high - low)
    return found
