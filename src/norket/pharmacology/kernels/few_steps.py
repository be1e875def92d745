"""The few steps of a level that keep a curve closest to one: where to step and how high, exactly.

A curve is the sum of responses to a level that is constant over stretches. For given stretches the smallest largest
distance from one is a linear program in the levels (Chebyshev), solved by the dual simplex method: its objective only
rises, so a choice is given up as soon as it passes the best one known. Whole levels come from branching on the bounds.
The places of the steps are searched depth first; the start of a curve bounds all that can follow it.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# late[mark, sample], quick[sample], base[sample], first sample judged from below,
# amounts[mark], amount of the jump, budget, largest step
Problem = tuple[Floats, Floats, Floats, int, Floats, float, float, float]

VIOLATED, SMALLEST_PIVOT = 1e-11, 1e-12
# A price on the levels, too small to matter, that makes the way to the answer unique and the answer the lowest one.
PRICE = 1e-12
WHOLE, BETTER = 1e-6, 1e-9
MOST_PIVOTS, MOST_OPEN = 5000, 2000
FOUND, HOPELESS, IMPOSSIBLE, LOST = 0, 1, 2, 3
LOW, HIGH, ABOVE, BELOW, BUDGET, UP, DOWN = 0, 1, 2, 3, 4, 5, 6


@jit
def search(
    problem: Problem,
    steps: int,
    moments: Floats,
    sample_of: Integers,
    rules: tuple[float, float, float],
    high: Floats,
    quantum: Floats,
    best: float,
    answer: Floats,
    places: Integers,
) -> tuple[float, bool]:
    """The smallest distance below `best` with exactly `steps` steps, or `best`; and whether the search was complete.

    `moments[mark]` are the times at which a step may lie, the last one the end; `sample_of[mark]` the sample there.
    `rules`: the shortest stretch, the earliest and the latest step. `high` and `quantum` are for the level and the jump
    (quantum 0: any value). `answer` (levels, then the jump) and `places` (marks) are filled when something is found.
    """
    last = moments.size - 1
    shortest, earliest, latest = rules
    marks = np.zeros(steps + 2, dtype=np.int64)
    following = np.zeros(steps + 2, dtype=np.int64)
    depth = 1
    following[1] = 1
    complete = True
    while depth >= 1:
        leaf = depth == steps + 1
        mark = last
        if not leaf:
            mark = following[depth]
            following[depth] += 1
            ahead = steps + 1 - depth
            if last - mark < ahead or moments[last] - moments[mark] < shortest * ahead or moments[mark] > latest:
                depth -= 1
                continue
            if moments[mark] - moments[marks[depth - 1]] < shortest or moments[mark] < earliest:
                continue
        marks[depth] = mark
        best, fine = _whole(problem, marks, depth, sample_of[mark], high, quantum, best, answer, places, leaf)
        if leaf:
            complete = complete and fine
        if leaf or not fine:
            depth -= 1
        else:
            depth += 1
            following[depth] = mark + 1
    return best, complete


@jit
def _whole(
    problem: Problem,
    marks: Integers,
    stretches: int,
    samples: int,
    high: Floats,
    quantum: Floats,
    best: float,
    answer: Floats,
    places: Integers,
    to_the_end: bool,
) -> tuple[float, bool]:
    """Levels in multiples of their quantum: branch and bound, depth first, the nearer multiple first.

    Gives the smallest distance below `best`, or `best`, and whether nothing was left out. Not `to_the_end`: in place of
    the latter, whether the samples so far allow less than `best` with any levels; what follows cannot make it less.
    """
    size = stretches + 1
    lows, tops = np.zeros((MOST_OPEN, size)), np.empty((MOST_OPEN, size))
    for j in range(size):
        tops[0, j] = high[1] if j == stretches else high[0]
    found = np.empty(size + 1)
    opened = 1
    complete = True
    while opened > 0:
        opened -= 1
        low, top = lows[opened].copy(), tops[opened].copy()
        status = _levels(problem, marks, stretches, samples, low, top, best - BETTER, found)
        if not to_the_end:
            return best, status in (FOUND, LOST)
        if status == LOST or opened + 2 > MOST_OPEN:
            complete = False
            continue
        if status != FOUND:
            continue
        column, below = _fraction(found, stretches, quantum)
        if column < 0:
            _settle(found, stretches, quantum)
            distance = _distance(problem, marks, stretches, samples, found)
            if distance < best:
                best = distance
                for j in range(size):
                    answer[j], places[j] = found[j], marks[j]
            continue
        unit = quantum[1] if column == stretches else quantum[0]
        upward = found[column] - below * unit > unit / 2
        for turn in range(2):
            for j in range(size):
                lows[opened, j], tops[opened, j] = low[j], top[j]
            if (turn == 0) == upward:
                tops[opened, column] = below * unit
            else:
                lows[opened, column] = (below + 1) * unit
            opened += 1
    return best, complete


@jit
def _fraction(found: Floats, stretches: int, quantum: Floats) -> tuple[int, float]:
    """The first in time that is no multiple of its quantum, with the multiple below it; column -1 if all are.

    What comes first shapes the whole curve, so its bound rises at once; a late level often changes nothing.
    """
    for place in range(stretches + 1):
        j = stretches if place == 0 else place - 1
        unit = quantum[1] if j == stretches else quantum[0]
        if unit > 0.0:
            number = found[j] / unit
            if abs(number - np.round(number)) > WHOLE:
                return j, np.floor(number)
    return -1, 0.0


@jit
def _settle(found: Floats, stretches: int, quantum: Floats) -> None:
    for j in range(stretches + 1):
        unit = quantum[1] if j == stretches else quantum[0]
        if unit > 0.0:
            found[j] = np.round(found[j] / unit) * unit


@jit
def _value(problem: Problem, marks: Integers, stretches: int, sample: int, levels: Floats) -> float:
    late, quick, base = problem[0], problem[1], problem[2]
    value: float = base[sample] + quick[sample] * levels[stretches]
    for j in range(stretches):
        value += (late[marks[j], sample] - late[marks[j + 1], sample]) * levels[j]
    return value


@jit
def _distance(problem: Problem, marks: Integers, stretches: int, samples: int, levels: Floats) -> float:
    """The largest distance above one at any sample, or below one at the judged ones."""
    distance = 0.0
    for sample in range(samples + 1):
        off = _value(problem, marks, stretches, sample, levels) - 1.0
        distance = max(distance, off)
        if sample >= problem[3]:
            distance = max(distance, -off)
    return distance


@jit
def _levels(  # noqa: PLR0912 -- one loop of a textbook method, kept in one piece
    problem: Problem,
    marks: Integers,
    stretches: int,
    samples: int,
    low: Floats,
    high: Floats,
    cutoff: float,
    found: Floats,
) -> int:
    """Fills `found` (levels, jump, distance) with the optimum of the linear program, by the dual simplex method."""
    size = stretches + 2
    inverse = np.zeros((size, size))
    multiplier = np.empty(size)
    row, weight = np.empty(size), np.empty(size)
    for j in range(size):
        inverse[j, j] = -1.0
        multiplier[j] = 1.0 if j == size - 1 else PRICE * (1.0 + j)
        found[j] = 0.0 if j == size - 1 else low[j]
        if j < size - 1 and high[j] < low[j]:
            return IMPOSSIBLE
    for _ in range(MOST_PIVOTS):
        if found[size - 1] >= cutoff:
            return HOPELESS
        kind, at = _worst(problem, marks, stretches, samples, low, high, found)
        if kind < 0:
            return FOUND
        limit = _row(problem, marks, stretches, kind, at, low, high, row)
        leaving, smallest = -1, np.inf
        for i in range(size):
            weight[i] = 0.0
            for j in range(size):
                weight[i] += row[j] * inverse[j, i]
            if weight[i] > SMALLEST_PIVOT and multiplier[i] / weight[i] < smallest:
                leaving, smallest = i, multiplier[i] / weight[i]
        if leaving < 0:
            return IMPOSSIBLE
        excess = limit
        for j in range(size):
            excess -= row[j] * found[j]
        for j in range(size):
            inverse[j, leaving] /= weight[leaving]
            found[j] += inverse[j, leaving] * excess
        for i in range(size):
            if i != leaving:
                multiplier[i] = max(multiplier[i] - smallest * weight[i], 0.0)
                for j in range(size):
                    inverse[j, i] -= weight[i] * inverse[j, leaving]
        multiplier[leaving] = smallest
    return LOST


@jit
def _worst(
    problem: Problem, marks: Integers, stretches: int, samples: int, low: Floats, high: Floats, found: Floats
) -> tuple[int, int]:
    """The constraint that is violated most (kind and place), or kind -1."""
    kind, at, worst = -1, 0, VIOLATED
    for j in range(stretches + 1):
        if low[j] - found[j] > worst:
            kind, at, worst = LOW, j, low[j] - found[j]
        if found[j] - high[j] > worst:
            kind, at, worst = HIGH, j, found[j] - high[j]
    distance = found[stretches + 1]
    if -distance > worst:
        kind, at, worst = LOW, stretches + 1, -distance
    for sample in range(samples + 1):
        off = _value(problem, marks, stretches, sample, found) - 1.0
        if off - distance > worst:
            kind, at, worst = ABOVE, sample, off - distance
        if sample >= problem[3] and -off - distance > worst:
            kind, at, worst = BELOW, sample, -off - distance
    amounts, jump, budget, step = problem[4], problem[5], problem[6], problem[7]
    total = jump * found[stretches]
    for j in range(stretches):
        total += (amounts[marks[j]] - amounts[marks[j + 1]]) * found[j]
    if total - budget > worst:
        kind, at, worst = BUDGET, 0, total - budget
    for j in range(stretches - 1):
        change = found[j + 1] - found[j]
        if change - step > worst:
            kind, at, worst = UP, j, change - step
        if -change - step > worst:
            kind, at, worst = DOWN, j, -change - step
    return kind, at


@jit
def _row(
    problem: Problem, marks: Integers, stretches: int, kind: int, at: int, low: Floats, high: Floats, row: Floats
) -> float:
    """Writes a constraint as row · (levels, jump, distance) <= what is returned."""
    late, quick, base = problem[0], problem[1], problem[2]
    for j in range(row.size):
        row[j] = 0.0
    if kind == LOW:
        row[at] = -1.0
        lowest: float = 0.0 if at == stretches + 1 else -low[at]
        return lowest
    if kind == HIGH:
        row[at] = 1.0
        highest: float = high[at]
        return highest
    if kind == BUDGET:
        for j in range(stretches):
            row[j] = problem[4][marks[j]] - problem[4][marks[j + 1]]
        row[stretches] = problem[5]
        return problem[6]
    if kind in (UP, DOWN):
        sign = 1.0 if kind == UP else -1.0
        row[at] = -sign
        row[at + 1] = sign
        return problem[7]
    above: float = 1.0 - base[at]
    sign = 1.0 if kind == ABOVE else -1.0
    for j in range(stretches):
        row[j] = sign * (late[marks[j], at] - late[marks[j + 1], at])
    row[stretches] = sign * quick[at]
    row[stretches + 1] = -1.0
    return above if kind == ABOVE else -above
