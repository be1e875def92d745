"""Curves of the few individuals whom modes do not answer for: from state to state, by the exponential of the system.

The same plan, walked the same way; constant inputs are states too, which nothing changes. Along a grid an output is a
sum over the states at its first time, each times a table: what the output will show of it, k steps later. The tables
grow by doubling, the next half from what there is and one exponential.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit, lean
from norket.pharmacology.kernels.stream import aligned
from norket.pharmacology.kernels.sums import LINE, OVER, add_up
from norket.pharmacology.kernels.walk import Plan

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@jit
def follow(
    plan: Plan,
    transition: Floats,
    doubled: Floats,
    entry: Floats,
    readout: Floats,
    amounts: Floats,
    last: Floats,
    out: Floats,
) -> None:
    """Fills `out[individual, output, time]`, and `last[n, individual]`, the states at the last node.

    `transition[length, n, n, individual]` belongs to the lengths of the plan, `doubled[step, double, n, n, individual]`
    to 1, 2, 4, 8 … of its steps; the states end with the constant inputs, one for each way. `entry[way, n,
    individual]`, `readout[output, n, individual]`, `amounts[row, individual]`.
    """
    pieces, steps, size, outputs = plan[5], doubled.shape[0], doubled.shape[2], out.shape[1]
    longest = 0
    for piece in range(pieces.shape[0]):
        longest = max(longest, pieces[piece, 3])
    width = -(-(longest + OVER) // LINE) * LINE
    used, seen = np.empty((size, size), dtype=np.bool_), np.empty((outputs, size), dtype=np.bool_)
    _used(doubled[0, 0], readout, used, seen)
    table, row = aligned(steps * outputs * size * width), aligned(out.shape[2] + OVER)
    starts, work = np.empty((pieces.shape[0], size)), np.zeros((3, size + 1))
    slots = np.empty(size, dtype=np.int64)
    for d in range(out.shape[0]):
        _walk(plan, transition, used, entry, amounts, d, starts, work)
        for i in range(size):
            last[i, d] = work[0, i]
        for output in range(outputs):
            shown = seen[output]
            for step in range(steps):
                begin = (step * outputs + output) * size * width
                _tabulate(doubled[step], readout[output], d, used, shown, longest, work[2], slots, table, begin, width)
            for piece in range(pieces.shape[0]):
                count = 0
                for i in range(size):
                    if shown[i]:
                        work[2, count + 1] = starts[piece, i]
                        slots[count] = i * width
                        count += 1
                place = (pieces[piece, 2] * outputs + output) * size * width
                add_up(row, pieces[piece, 4], pieces[piece, 3], work[2], 0, 1, table, place, slots, 0, count)
            out[d, output] = row[: out.shape[2]]


@lean
def _used(transition: Floats, readout: Floats, used: Flags, seen: Flags) -> None:
    """used[i, j]: whether state j leads to i in somebody; seen[output, j]: whether an output ever shows it."""
    for i in range(used.shape[0]):
        for j in range(used.shape[0]):
            some = False
            for d in range(transition.shape[2]):
                some |= transition[i, j, d] != 0.0
            used[i, j] = some
    for output in range(seen.shape[0]):
        for j in range(used.shape[0]):
            some = False
            for i in range(used.shape[0]):
                for d in range(transition.shape[2]):
                    some |= used[i, j] and readout[output, i, d] != 0.0
            seen[output, j] = some


@lean
def _walk(
    plan: Plan,
    transition: Floats,
    used: Flags,
    entry: Floats,
    amounts: Floats,
    d: int,
    starts: Floats,
    work: Floats,
) -> None:
    """starts[piece, n]: the states of one individual at the first time of each; work[0], those at the last node."""
    length_of, _, _, jumps, flows, pieces = plan
    state, ahead = work[0], work[1]
    size, ways = starts.shape[1], entry.shape[0]
    for i in range(size):
        state[i] = 0.0
    piece = 0
    for node in range(length_of.size):
        for event in range(jumps[0][node], jumps[0][node + 1]):
            amount = jumps[3][event] * amounts[jumps[2][event], d]
            for i in range(size):
                state[i] += amount * entry[jumps[1][event], i, d]
        for way in range(ways):
            state[size - ways + way] = 0.0
        for event in range(flows[0][node], flows[0][node + 1]):
            state[size - ways + flows[1][event]] += flows[3][event] * amounts[flows[2][event], d]
        while piece < pieces.shape[0] and pieces[piece, 0] == node:
            if pieces[piece, 1] >= 0:
                _advance(transition[pieces[piece, 1]], used, state, d, starts[piece])
            else:
                for i in range(size):
                    starts[piece, i] = state[i]
            piece += 1
        if length_of[node] >= 0:
            _advance(transition[length_of[node]], used, state, d, ahead)
            for i in range(size):
                state[i] = ahead[i]


@lean
def _advance(transition: Floats, used: Flags, state: Floats, d: int, ahead: Floats) -> None:
    for i in range(transition.shape[0]):
        total = 0.0
        for j in range(transition.shape[0]):
            if used[i, j]:
                total += transition[i, j, d] * state[j]
        ahead[i] = total


@lean
def _tabulate(
    doubled: Floats,
    readout: Floats,
    d: int,
    used: Flags,
    shown: Flags,
    longest: int,
    weight: Floats,
    slots: Integers,
    table: Floats,
    begin: int,
    width: int,
) -> None:
    """table[begin + n · width + k]: what one output shows, k steps later, of one in state n."""
    size = shown.size
    for n in range(size):
        table[begin + n * width] = readout[n, d]
    known, double = 1, 0
    while known < longest:
        for n in range(size):
            if shown[n]:
                count = 0
                for j in range(size):
                    if shown[j] and used[j, n]:
                        weight[count + 1] = doubled[double, j, n, d]
                        slots[count] = j * width
                        count += 1
                at, times = begin + n * width + known, min(known, longest - known)
                add_up(table, at, times, weight, 0, 1, table, begin, slots, 0, count)
        known *= 2
        double += 1
