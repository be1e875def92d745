"""Counts and gathers values by place, so that order statistics of millions are exact without holding them all.

A place is the number of the bin between two levels: 0 below `low`, 1 at `low` exactly, then equal bins up to `high`,
and one above it. A larger value never has a smaller place, so the count of each place says where an order statistic is.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit

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
    for row in range(rows.shape[0]):
        for part in range(low.shape[1]):
            for patient in range(rows.shape[1]):
                counts[row, part, place_of(rows[row, patient], low[row, part], high[row, part], bins)] += 1


@jit
def gather_places(
    rows: Floats, low: Floats, high: Floats, first: Counts, last: Counts, bins: int, found: Floats, who: Counts
) -> int:
    """Puts the values whose place is from `first` to `last[row, part]` into `found`, and row x parts + part into `who`.

    How many there are; those beyond the size of `found` are counted and not kept.
    """
    number = 0
    for row in range(rows.shape[0]):
        for part in range(low.shape[1]):
            if first[row, part] > last[row, part]:
                continue
            for patient in range(rows.shape[1]):
                place = place_of(rows[row, patient], low[row, part], high[row, part], bins)
                if first[row, part] <= place <= last[row, part]:
                    if number < found.size:
                        found[number] = rows[row, patient]
                        who[number] = row * low.shape[1] + part
                    number += 1
    return number
