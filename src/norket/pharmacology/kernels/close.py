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
    places: Integers,
    out: Floats,
) -> None:
    """Fills `out[places[individual], output, time]`, and `last[n, individual]`, the states at the last node.

    `transition[length, n, n, individual]` belongs to the lengths of the plan, `doubled[step, double, n, n, individual]`
    to 1, 2, 4, 8 … of its steps; the states end with the constant inputs, one for each way. `entry[way, n,
    individual]`, `readout[output, n, individual]`, `amounts[row, individual]`.
    """
    pieces, steps, size, outputs = plan[5], doubled.shape[0], doubled.shape[2], out.shape[1]
    longest, doubles = 0, 0
    for piece in range(pieces.shape[0]):
        longest = max(longest, pieces[piece, 3])
    while 1 << doubles < longest:
        doubles += 1
    width = -(-(longest + OVER) // LINE) * LINE
    used, seen = np.empty((size, size), dtype=np.bool_), np.empty((outputs, size), dtype=np.bool_)
    _used(doubled[0, 0], readout, used, seen)
    many, shown, first, after = _lists(used, seen)
    slots, starting = after * width, shown * width
    table, row = aligned(steps * outputs * size * width), aligned(out.shape[2] + OVER)
    starts, work, own = np.empty((pieces.shape[0], size)), np.zeros((3, size + 1)), np.empty((doubles, size, size))
    for d in range(places.size):
        _walk(plan, transition, used, entry, amounts, d, starts, work)
        for i in range(size):
            last[i, d] = work[0, i]
        for step in range(steps):
            _own(doubled[step], used, d, own)
            for output in range(outputs):
                begin, states = (step * outputs + output) * size * width, shown[output, : many[output]]
                leads = first[output], after[output], slots[output]
                _tabulate(own, readout[output], d, states, leads, longest, work[2], table, begin, width)
        for output in range(outputs):
            for piece in range(pieces.shape[0]):
                for number in range(many[output]):
                    work[2, number + 1] = starts[piece, shown[output, number]]
                place, at = (pieces[piece, 2] * outputs + output) * size * width, pieces[piece, 4]
                add_up(row, at, pieces[piece, 3], work[2], 0, 1, table, place, starting[output], 0, many[output])
            into = out[places[d], output]
            for k in range(into.size):
                into[k] = row[k]


@jit
def _lists(used: Flags, seen: Flags) -> tuple[Integers, Integers, Integers, Integers]:
    """How many states each output ever shows, and which; of each of these, where it leads, as far as that is shown:
    after[output, first[output, number] : first[output, number + 1]].
    """
    outputs, size = seen.shape
    many, shown = np.zeros(outputs, dtype=np.int64), np.zeros((outputs, size), dtype=np.int64)
    first, after = np.zeros((outputs, size + 1), dtype=np.int64), np.zeros((outputs, size * size), dtype=np.int64)
    for output in range(outputs):
        count, links = 0, 0
        for n in range(size):
            if seen[output, n]:
                for j in range(size):
                    if seen[output, j] and used[j, n]:
                        after[output, links] = j
                        links += 1
                shown[output, count] = n
                count += 1
                first[output, count] = links
        many[output] = count
    return many, shown, first, after


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
def _own(doubled: Floats, used: Flags, d: int, own: Floats) -> None:
    """own[double, n, j]: what leads from n to j in one individual, side by side."""
    for double in range(own.shape[0]):
        for j in range(used.shape[0]):
            for n in range(used.shape[0]):
                if used[j, n]:
                    own[double, n, j] = doubled[double, j, n, d]


@lean
def _tabulate(
    own: Floats,
    readout: Floats,
    d: int,
    states: Integers,
    leads: tuple[Integers, Integers, Integers],
    longest: int,
    weight: Floats,
    table: Floats,
    begin: int,
    width: int,
) -> None:
    """table[begin + n · width + k]: what one output shows, k steps later, of one in state n."""
    first, after, slots = leads
    for n in states:
        table[begin + n * width] = readout[n, d]
    known, double = 1, 0
    while known < longest:
        times = min(known, longest - known)
        for number in range(states.size):
            n, at, count = states[number], first[number], first[number + 1] - first[number]
            for k in range(count):
                weight[k + 1] = own[double, n, after[at + k]]
            add_up(table, begin + n * width + known, times, weight, 0, 1, table, begin, slots, at, count)
        known *= 2
        double += 1
