"""Counts and gathers values by place, so that order statistics of millions are exact without holding them all.

A place is the number of the bin between two levels: 0 below `low`, 1 at `low` exactly, then equal bins up to `high`,
and one above it. A larger value never has a smaller place, so the count of each place says where an order statistic is.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit
from norket.pharmacology.kernels.selection import sieve

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@jit
def place_of(value: float, low: float, high: float, bins: int) -> int:
    """The place of a value, 0 to bins + 2."""
    if value < low:
        return 0
    if value == low:
        return 1
    if value > high:
        return bins + 2
    return 2 + min(bins - 1, int((value - low) / (high - low) * bins))


@jit
def count_places(rows: Floats, low: Floats, high: Floats, counts: Counts) -> None:
    """Adds to `counts[row, part, place]` each of `rows[row, patient]`, by its place from `low` to `high[row, part]`."""
    bins = counts.shape[2] - 3
    inside, below = np.empty(rows.shape[1]), np.empty(low.shape[1], dtype=np.int64)
    for row in range(rows.shape[0]):
        kept = inside[: sieve(rows[row], low[row], high[row], below, inside)]
        for part in range(low.shape[1]):
            begin, end, own, within = low[row, part], high[row, part], counts[row, part], 0
            for value in kept:
                if begin <= value <= end:
                    own[place_of(value, begin, end, bins)] += 1
                    within += 1
            own[0] += below[part]
            own[bins + 2] += rows.shape[1] - below[part] - within


@jit
def gather_places(
    rows: Floats, low: Floats, high: Floats, first: Counts, last: Counts, bins: int, found: Floats, who: Counts
) -> int:
    """Puts the values whose place is from `first` to `last[row, part]` into `found`, and row x parts + part into `who`.

    How many there are; those beyond the size of `found` are counted and not kept.
    """
    number, parts = 0, low.shape[1]
    inside, below = np.empty(rows.shape[1]), np.empty(parts, dtype=np.int64)
    begin, end = np.empty(parts), np.empty(parts)
    for row in range(rows.shape[0]):
        for part in range(parts):
            begin[part] = _least(low[row, part], high[row, part], first[row, part], bins)
            end[part] = -np.inf
            if first[row, part] <= last[row, part]:
                end[part] = _least(low[row, part], high[row, part], last[row, part] + 3, bins)
        kept = inside[: sieve(rows[row], begin, end, below, inside)]
        for part in range(parts):
            for value in kept:
                place = place_of(value, low[row, part], high[row, part], bins)
                if first[row, part] <= place <= last[row, part]:
                    if number < found.size:
                        found[number] = value
                        who[number] = row * parts + part
                    number += 1
    return number


@jit
def _least(low: float, high: float, place: int, bins: int) -> float:
    """A level that none at the place or above it is below: one bin lower, as the bins' ends are rounded."""
    if place == 0:
        return -np.inf
    if place > bins + 3:
        return np.inf
    return low + max(place - 3, 0) * ((high - low) / bins)
