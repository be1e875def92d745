"""Order statistics of many curves at each time, exact, without sorting every time anew.

From one time to the next few individuals change places. So the draws that stood around a percentile at the time before
bracket it now: those below the bracket are counted, those inside it are sorted. Where that fails, all are sorted.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# How many draws on each side of a percentile are followed, and how many are sorted by insertion at most.
BESIDE, FEW = 10, 160


@jit
def percentiles(curves: Floats, parts: Floats, result: Floats) -> None:
    """Fills `result[part, time]` with the quantile of `curves[time, draw]` at each of `parts` (0 to 1).

    Linear between the two order statistics around it, as NumPy does.
    """
    draws = curves.shape[1]
    values, who = np.empty(draws), np.empty(draws, dtype=np.int64)
    for number in range(parts.size):
        place = parts[number] * (draws - 1)
        below = int(place)
        above = min(below + 1, draws - 1)
        followed = 0
        for time in range(curves.shape[0]):
            row = curves[time]
            under, inside = _within_bracket(row, who, followed, values)
            if followed == 0 or inside > FEW or below < under or above >= under + inside:
                values[:] = np.sort(row)
                under, inside = 0, draws
                followed = _around(row, values[max(below - BESIDE, 0)], values[min(above + BESIDE, draws - 1)], who)
            else:
                _sort(values, who, inside)
                followed = _keep(who, below - under - BESIDE, above - under + BESIDE, inside)
            low, high = values[below - under], values[above - under]
            result[number, time] = low + (place - below) * (high - low)


@jit
def _within_bracket(row: Floats, who: Integers, followed: int, values: Floats) -> tuple[int, int]:
    """How many of `row` are below all of those followed; then `values` and `who` hold those among them."""
    if followed == 0:
        return 0, row.size
    low = high = row[who[0]]
    for number in range(1, followed):
        low = min(low, row[who[number]])
        high = max(high, row[who[number]])
    under = inside = 0
    for draw in range(row.size):
        value = row[draw]
        under += value < low
        if (value >= low) & (value <= high):
            values[inside] = value
            who[inside] = draw
            inside += 1
    return under, inside


@jit
def _around(row: Floats, low: float, high: float, who: Integers) -> int:
    """Fills `who` with the draws from `low` to `high`; how many they are."""
    count = 0
    for draw in range(row.size):
        if (row[draw] >= low) & (row[draw] <= high):
            who[count] = draw
            count += 1
    return count


@jit
def _sort(values: Floats, who: Integers, count: int) -> None:
    """Sorts the first `count` values, and who they are, by insertion."""
    for number in range(1, count):
        value, draw = values[number], who[number]
        at = number
        while at > 0 and values[at - 1] > value:
            values[at], who[at] = values[at - 1], who[at - 1]
            at -= 1
        values[at], who[at] = value, draw


@jit
def _keep(who: Integers, first: int, last: int, count: int) -> int:
    """Moves those from place `first` to `last` to the front of `who`; how many they are."""
    first, last = max(first, 0), min(last, count - 1)
    for number in range(last - first + 1):
        who[number] = who[first + number]
    return last - first + 1
