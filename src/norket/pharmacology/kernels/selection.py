"""Order statistics of many values in row after row, exact, without sorting: the rows are one moment after the other.

From one moment to the next an order statistic goes on as it went, nearly. So where it should be now is a narrow
bracket; one pass over the row counts the values below each bracket and keeps the few inside, among which the answer is
selected. The counts tell whether the bracket held it; if not, they say on which side to look. Where nothing is known
yet, a sample of the row gives the bracket. However the bracket was found, the answer is the same.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# A tile is this many pieces of so many values: one column of it is looked at closer where one of its values is kept.
PIECES, PIECE = 4, 256
# The bracket's half width is this times the root of how many values there are, in spaces between neighbours (so many
# change places from one moment to the next), and the last surprise, but of that no more than this part of all values.
BESIDE, WIDEST = 0.2, 0.03
# How many values of a row are looked at when nothing is known, and how many standard errors wide the bracket is then.
# Looking again at one row in ten costs less than keeping more of each.
SAMPLE, STANDARD_ERRORS = 2048, 2.0
# Places of a sample that goes round by this part of the row is even, and follows no rhythm in the order of patients.
ROUND = 0.6180339887498949
# A bracket that missed is moved; after so many misses a sample is asked, and at last the bracket is everything.
SAMPLED, EVERYTHING = 2, 4
SPARE = 8
LARGEST = np.finfo(np.float64).max


@jit
def order_statistics(rows: Floats, first: Integers, last: Integers, found: Floats) -> None:
    """Fills `found[0, part, row]` and `found[1, part, row]` with the values at the places `first` and `last[part]` of
    the row in order (0 is its least). Raises ValueError where a value is infinite or not a number.
    """
    low, high, width = np.empty(first.size), np.empty(first.size), np.empty(first.size)
    beside = BESIDE * np.sqrt(rows.shape[1])
    below = np.empty(first.size, dtype=np.int64)
    inside, sample = np.empty(rows.shape[1]), np.empty(min(SAMPLE, rows.shape[1]))
    for row in range(rows.shape[0]):
        if row > 1:
            _expect(found[:, :, row - 2 : row], width, low, high)
        else:
            _ask_some(rows[row], first, last, sample, low, high)
        tries = 0
        while not _select(rows[row], first, last, low, high, width, below, inside, found[:, :, row]):
            tries += 1
            if tries == SAMPLED:
                _ask_some(rows[row], first, last, sample, low, high)
            elif tries >= EVERYTHING:
                low[:], high[:] = -np.inf, np.inf
        for part in range(first.size):
            surprise = abs(found[0, part, row] - _next(found[0, part, row - 2 : row])) if row > 1 else 0.0
            width[part] = beside * width[part] + min(surprise, WIDEST * rows.shape[1] * width[part])


@jit
def _next(values: Floats) -> float:
    """What follows two values on their straight line."""
    return float(2 * values[1] - values[0])


@jit
def _expect(found: Floats, width: Floats, low: Floats, high: Floats) -> None:
    """The brackets where the last two moments point."""
    for part in range(low.size):
        low[part] = _next(found[0, part]) - width[part]
        high[part] = _next(found[1, part]) + width[part]


@jit
def _ask_some(row: Floats, first: Integers, last: Integers, sample: Floats, low: Floats, high: Floats) -> None:
    """The brackets that a sample of the row tells."""
    size = sample.size
    if size == row.size:
        sample[:] = row
    else:
        at = 0.0
        for number in range(size):
            at = (at + ROUND) % 1.0
            sample[number] = row[int(at * row.size)]
    sample.sort()
    for part in range(first.size):
        below, until = first[part] / row.size, (last[part] + 1) / row.size
        low[part] = sample[max(int(below * size - _error(below, size)), 0)]
        high[part] = sample[min(int(until * size + _error(until, size)), size - 1)]


@jit
def _error(part: float, size: int) -> float:
    return 1.0 + STANDARD_ERRORS * float(np.sqrt(part * (1 - part) * size))


@jit
def _select(
    row: Floats,
    first: Integers,
    last: Integers,
    low: Floats,
    high: Floats,
    width: Floats,
    below: Integers,
    inside: Floats,
    found: Floats,
) -> bool:
    """Fills `found`, and `width` with the space between neighbours. False where a bracket missed; those are moved."""
    count = sieve(row, low, high, below, inside)
    kept, held = inside[:count], True
    for part in range(first.size):
        under = within = 0
        for value in kept:
            under += value < low[part]
            within += (value >= low[part]) & (value <= high[part])
        width[part] = (high[part] - low[part]) / max(within, 1)
        short, over = below[part] - first[part], last[part] + 1 - below[part] - within
        aside = 2 * width[part] * min(max(short, over) + SPARE, WIDEST * row.size)
        if short > 0:
            low[part], high[part] = low[part] - aside, low[part]
        elif over > 0:
            low[part], high[part] = high[part], high[part] + aside
        held &= (short <= 0) & (over <= 0)
        if held:
            at = under - short
            found[0, part] = _find(kept, at)
            found[1, part] = _find(kept[at:], last[part] - first[part])
    return held


@jit
def sieve(row: Floats, low: Floats, high: Floats, below: Integers, inside: Floats) -> int:
    """Counts the values `below` each bracket and puts those `inside` any of them there; how many those are."""
    hit, columns = np.empty(PIECE, dtype=np.int64), np.empty(PIECE, dtype=np.int64)
    below[:] = 0
    finite = count = 0
    for at in range(0, row.size, PIECES * PIECE):
        tile = row[at : at + PIECES * PIECE]
        hit[:] = 0
        for begin in range(0, tile.size, PIECE):
            finite += _mark(tile[begin : begin + PIECE], low, high, below, hit)
        number = 0
        for column in range(PIECE):
            columns[number] = column
            number += hit[column] != 0
        for column in columns[:number]:
            for patient in range(column, tile.size, PIECE):
                inside[count] = tile[patient]
                count += _is_inside(tile[patient], low, high)
    if finite < row.size:
        raise ValueError("a value is infinite or not a number; it has no place among the others")
    return count


@jit
def _mark(piece: Floats, low: Floats, high: Floats, below: Integers, hit: Integers) -> int:
    """Adds to the counts `below` the brackets and marks in `hit` what is inside one; how many values are finite.

    Plain loops without a branch, one bracket after the other: the compiler makes them eight values wide. Its own word
    for "true" in such a loop is -1.
    """
    finite = 0
    for patient in range(piece.size):
        finite += abs(piece[patient]) <= LARGEST
    for part in range(low.size):
        begin, end, under = low[part], high[part], 0
        for patient in range(piece.size):
            value = piece[patient]
            under += value < begin
            hit[patient] |= -np.int64((value >= begin) & (value <= end))
        below[part] += under
    return finite


@jit
def _is_inside(value: float, low: Floats, high: Floats) -> bool:
    found = False
    for part in range(low.size):
        found |= (value >= low[part]) & (value <= high[part])
    return found


@jit
def _find(values: Floats, place: int) -> float:
    """The value at a place of `values` in order (Hoare's method): it is put there, and none after it is less."""
    left, right = 0, values.size - 1
    while left < right:
        pivot, i, j = values[place], left, right
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if j < place:
            left = i
        if place < i:
            right = j
    return float(values[place])
