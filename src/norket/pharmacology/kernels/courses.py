"""Curves of many individuals from their modes: exact between the nodes of a course, one table a mode on a grid.

Nodes are walked 64 individuals side by side (`walk`); curves are made one individual at a time, along time, from a
table of powers that all stretches of its curves share.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.fade import fade
from norket.pharmacology.kernels.jit import jit, lean
from norket.pharmacology.kernels.modes import LANES, add, copy, fill
from norket.pharmacology.kernels.stream import aligned, stream
from norket.pharmacology.kernels.sums import LINE, OVER, add_up, highest_sum
from norket.pharmacology.kernels.walk import Body, Plan, walk

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Layout = tuple[Integers, Integers, Integers, Integers, Integers]
# What a block of individuals needs on the way: what is left of the modes after each length, the powers of each step,
# the room of the walk, deviations, levels, weights and tables.
Room = tuple[Floats, Floats, tuple[Floats, Floats, Floats], Floats, Floats, Floats, Floats]
# A table's powers are given at 1, 2, 4 … 64 steps.
DOUBLINGS, LONG = 7, 64


@jit
def room(plan: Plan, layout: Layout, states: int, ways: int, outputs: int) -> Room:
    """Room for one block of individuals, to be used again for the next."""
    pieces, lengths, steps = plan[5], plan[1], plan[2]
    longest, count, widest = 0, 0, 0
    for piece in range(pieces.shape[0]):
        longest = max(longest, pieces[piece, 3])
    for number in layout[0]:
        count = max(count, number + 1)
    for output in range(outputs):
        widest = max(widest, layout[2][output + 1] - layout[2][output] + 1)
    width = -(-(longest + OVER) // LONG) * LONG
    walked = np.empty((ways, states, LANES)), np.empty((ways, outputs, LANES)), np.empty((3, states, LANES))
    return (
        np.empty((lengths.size, states, LANES)),
        np.empty((steps.size, DOUBLINGS, states, LANES)),
        walked,
        np.empty((pieces.shape[0], states, LANES)),
        np.empty((pieces.shape[0], outputs, LANES)),
        np.empty((outputs, pieces.shape[0], widest, LANES)),
        aligned(steps.size * count * width).reshape(steps.size, count, width),
    )


@lean
def prepare(plan: Plan, body: Body, amounts: Floats, layout: Layout, block: int, own: Room) -> None:
    """Walks a block of individuals through the course, up to what multiplies each table in each stretch."""
    rates, link, source, entry, readout = body
    factor, power, walked, apart, level, weight, _ = own
    r, first = rates[block], block * LANES
    for m in range(source.size):
        for number in range(factor.shape[0]):
            fade(r[m], plan[1][number], factor[number, m])
        for step in range(power.shape[0]):
            for double in range(DOUBLINGS):
                fade(r[m], plan[2][step] * (1 << double), power[step, double, m])
    walk(plan, r, link[block], source, entry[block], readout[block], amounts, first, factor, walked, apart, level)
    _weigh(layout, readout[block], link[block], source, apart, level, weight)


@lean
def _weigh(
    layout: Layout, readout: Floats, link: Floats, source: Integers, apart: Floats, level: Floats, weight: Floats
) -> None:
    """weight[output, piece, slot, lane]: the level, then what multiplies each table in each stretch."""
    _, _, _, terms, first_term = layout
    for output in range(readout.shape[0]):
        for piece in range(apart.shape[0]):
            copy(level[piece, output], weight[output, piece, 0])
            for slot in range(1, weight.shape[2]):
                fill(0.0, weight[output, piece, slot])
            for term in range(first_term[output], first_term[output + 1]):
                slot, m, rising = terms[term, 0], terms[term, 1], terms[term, 2]
                into, shown = weight[output, piece, slot + 1], readout[output, m]
                if rising:
                    before, fed = apart[piece, source[m]], link[m]
                    for lane in range(LANES):
                        into[lane] += shown[lane] * fed[lane] * before[lane]
                else:
                    add(shown, apart[piece, m], into)


@lean
def tabulate(source: Integers, tables: Integers, steps: Floats, lane: int, power: Floats, table: Floats) -> None:
    """table[step, number, k]: the powers of each mode of one individual, or k times those of a double rate."""
    for step in range(steps.size):
        for m in range(source.size):
            if tables[m] >= 0:
                row = table[step, tables[m]]
                _powers(power[step, :, m, lane], row)
                if tables[source.size + m] >= 0:
                    rising = table[step, tables[source.size + m]]
                    for k in range(rising.size):
                        rising[k] = steps[step] * k * row[k]


@lean
def _powers(doubled: Floats, row: Floats) -> None:
    """row[k] = the k-th power of doubled[0], from its 1st, 2nd, 4th … as they are given: few roundings."""
    one, two, four = doubled[0], doubled[1], doubled[2]
    row[0], row[1], row[2], row[3] = 1.0, one, two, one * two
    row[4], row[5], row[6], row[7] = four, four * one, four * two, four * row[3]
    width = LINE
    for double in range(3, DOUBLINGS - 1):
        low, high, power = row[:width], row[width : 2 * width], doubled[double]
        for k in range(width):
            high[k] = low[k] * power
        width *= 2
    start, long = row[:LONG], doubled[DOUBLINGS - 1]
    power = long
    for begin in range(LONG, row.size, LONG):
        part = row[begin : begin + LONG]
        for k in range(LONG):
            part[k] = start[k] * power
        power *= long


@jit
def places_of(layout: Layout, table: Floats) -> Integers:
    """Where in the flat `table` of one step each slot's table begins."""
    found = np.empty_like(layout[1])
    for slot in range(found.size):
        found[slot] = layout[1][slot] * table.shape[2]
    return found


@lean
def curve(
    pieces: Integers,
    weight: Floats,
    widest: int,
    table: Floats,
    a_step: int,
    slots: Integers,
    first_slot: Integers,
    output: int,
    lane: int,
    row: Floats,
    begin: int,
) -> None:
    """row[begin:] becomes the curve of one output of one individual, stretch by stretch; the last may run over its end.

    `weight` and `table` of a room are flat here, with `widest` weights a stretch and `a_step` numbers a step; `slots`
    are the `places_of` their tables.
    """
    slot, count = first_slot[output], first_slot[output + 1] - first_slot[output]
    for piece in range(pieces.shape[0]):
        first = (output * pieces.shape[0] + piece) * widest * LANES + lane
        at, place = begin + pieces[piece, 4], pieces[piece, 2] * a_step
        add_up(row, at, pieces[piece, 3], weight, first, LANES, table, place, slots, slot, count)


@lean
def peak(
    pieces: Integers,
    weight: Floats,
    widest: int,
    table: Floats,
    a_step: int,
    slots: Integers,
    first_slot: Integers,
    output: int,
    lane: int,
    row: Floats,
) -> tuple[int, float]:
    """The first place of the highest of such a curve, and its value; only the stretch that has it goes to `row`."""
    slot, count = first_slot[output], first_slot[output + 1] - first_slot[output]
    best, own = -np.inf, 0
    for piece in range(pieces.shape[0]):
        first = (output * pieces.shape[0] + piece) * widest * LANES + lane
        place = pieces[piece, 2] * a_step
        found = highest_sum(pieces[piece, 3], weight, first, LANES, table, place, slots, slot, count)
        if found > best:
            best, own = found, piece
    first, place = (output * pieces.shape[0] + own) * widest * LANES + lane, pieces[own, 2] * a_step
    add_up(row, 0, pieces[own, 3], weight, first, LANES, table, place, slots, slot, count)
    at = 0
    while row[at] < best:
        at += 1
    return pieces[own, 4] + at, row[at]


@jit
def trajectories(plan: Plan, body: Body, amounts: Floats, layout: Layout, out: Floats) -> None:
    """Fills `out[patient, output, time]`.

    `body` holds the rates, links, sources, entries and readouts of the modes. `layout`: tables (2 · modes,) which table
    holds the powers of a mode, then its rising powers, or -1; slots, the tables that an output sums, and where those of
    each output begin; terms (term, 3), the slot of its output, the mode that is read and whether its table rises before
    it falls, and where those of each output begin.
    """
    source, outputs, times, flat = body[2], out.shape[1], out.shape[2], out.reshape(out.size)
    own = room(plan, layout, source.size, body[3].shape[1], outputs)
    power, weight, table = own[1], own[5], own[6]
    slots, widest, a_step = places_of(layout, table), weight.shape[2], table.shape[1] * table.shape[2]
    weights, tables = weight.reshape(weight.size), table.reshape(table.size)
    row, begin, waiting = aligned(LINE + times + OVER), 0, 0
    for block in range(body[0].shape[0]):
        prepare(plan, body, amounts, layout, block, own)
        for lane in range(min(LANES, out.shape[0] - block * LANES)):
            tabulate(source, layout[0], plan[2], lane, power, table)
            for output in range(outputs):
                curve(plan[5], weights, widest, tables, a_step, slots, layout[2], output, lane, row, waiting)
                size, at = waiting + times, begin - waiting
                waiting = stream(row, flat, at, size)
                begin += times
    for k in range(waiting):
        flat[begin - waiting + k] = row[k]
