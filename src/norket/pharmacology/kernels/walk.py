"""From node to node of a course, 64 individuals side by side: exact, whatever enters.

At each node amounts enter and constant inputs change. From there each mode is a steady value plus a deviation that
fades. A plan is a tuple of arrays. `length_of[node]`: which of `lengths` leads to the next node, or -1. `jumps` and
`flows` are each (first[node + 1], way[event], row[event], share[event]): what enters at a node, and per minute until
the next. A stretch of a grid is a piece: `pieces` (piece, 5) holds its node, its offset among `lengths` or -1, its grid
step among `steps`, how many times it has and where they begin.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import lean
from norket.pharmacology.kernels.modes import LANES, add, copy, fill

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Events = tuple[Integers, Integers, Integers, Floats]
Plan = tuple[Integers, Floats, Floats, Events, Events, Integers]
Body = tuple[Floats, Floats, Integers, Floats, Floats]


@lean
def enter(
    events: Events, node: int, gains: Floats, amounts: Floats, first: int, scratch: Floats, total: Floats
) -> None:
    """total[row, lane] += gains[way, row, lane] times what enters by that way at `node`."""
    begin, way, row, share = events
    for event in range(begin[node], begin[node + 1]):
        given, size = amounts[row[event]], amounts.shape[1]
        for lane in range(LANES):
            scratch[lane] = share[event] * given[min(first + lane, size - 1)]
        for number in range(total.shape[0]):
            add(gains[way[event], number], scratch, total[number])


@lean
def settle(
    rates: Floats, link: Floats, source: Integers, entry: Floats, readout: Floats, rest: Floats, level: Floats
) -> None:
    """Under a constant input of one a minute: rest[way, mode, lane], where the modes go; level[way, output, lane]."""
    for way in range(entry.shape[0]):
        for m in range(source.size):
            s, i, r = rest[way, m], entry[way, m], rates[m]
            for lane in range(LANES):
                s[lane] = i[lane] / r[lane]
        for m in range(source.size):
            if source[m] >= 0:
                s, fed, before, r = rest[way, m], link[m], rest[way, source[m]], rates[m]
                for lane in range(LANES):
                    s[lane] += fed[lane] * before[lane] / r[lane]
        read(readout, rest[way], level[way])


@lean
def read(readout: Floats, state: Floats, level: Floats) -> None:
    """level[output, lane]: what the outputs show of a state."""
    for output in range(level.shape[0]):
        fill(0.0, level[output])
        for m in range(state.shape[0]):
            add(readout[output, m], state[m], level[output])


@lean
def carry(factor: Floats, link: Floats, source: Integers, length: float, state: Floats) -> None:
    """Deviations become what they are after `length` minutes; `factor[mode, lane]` is what is left of each."""
    for m in range(source.size):
        d = state[m]
        if source[m] >= 0:
            before, fed = state[source[m]], link[m]
            for lane in range(LANES):
                d[lane] += fed[lane] * length * before[lane]
    for m in range(source.size):
        d, left = state[m], factor[m]
        for lane in range(LANES):
            d[lane] *= left[lane]


@lean
def walk(
    plan: Plan,
    rates: Floats,
    link: Floats,
    source: Integers,
    entry: Floats,
    readout: Floats,
    amounts: Floats,
    first: int,
    factor: Floats,
    room: tuple[Floats, Floats, Floats],
    apart: Floats,
    level: Floats,
) -> None:
    """Through all nodes: `apart[piece, mode, lane]`, the deviations at its first time, `level[piece, output, lane]`,
    what they fade to. `factor[length, mode, lane]` is what is left after each of the lengths. `room` holds where inputs
    lead the modes (way, mode, lane), what outputs show of that, and (state, steady, scratch); the state ends as that at
    the last node.
    """
    length_of, lengths, _, jumps, flows, pieces = plan
    rest, shown, work = room
    state, steady, scratch = work[0], work[1], work[2, 0]
    settle(rates, link, source, entry, readout, rest, shown)
    piece = 0
    for m in range(source.size):
        fill(0.0, state[m])
    for node in range(length_of.size):
        enter(jumps, node, entry, amounts, first, scratch, state)
        for m in range(source.size):
            fill(0.0, steady[m])
        enter(flows, node, rest, amounts, first, scratch, steady)
        for m in range(source.size):
            shift(-1.0, steady[m], state[m])
        while piece < pieces.shape[0] and pieces[piece, 0] == node:
            for m in range(source.size):
                copy(state[m], apart[piece, m])
            if pieces[piece, 1] >= 0:
                carry(factor[pieces[piece, 1]], link, source, lengths[pieces[piece, 1]], apart[piece])
            for output in range(readout.shape[0]):
                fill(0.0, level[piece, output])
            enter(flows, node, shown, amounts, first, scratch, level[piece])
            piece += 1
        if length_of[node] >= 0:
            carry(factor[length_of[node]], link, source, lengths[length_of[node]], state)
        for m in range(source.size):
            shift(1.0, steady[m], state[m])


@lean
def shift(times: float, by: Floats, into: Floats) -> None:
    """into += times · by."""
    for lane in range(LANES):
        into[lane] += times * by[lane]
