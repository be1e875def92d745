"""Curves of many individuals from their modes: exact between the nodes of a course, one multiply a step on a grid.

At each node amounts enter and constant inputs change. From there each mode is a steady value plus a deviation that
fades. Nodes are walked 64 individuals side by side; curves are made one individual at a time, along time, from a table
of powers that all stretches of its curves share.

A plan is a tuple of arrays. `length_of[node]`: which of `lengths` leads to the next node, or -1. `jumps` and `flows`
are each (first[node + 1], way[event], row[event], share[event]): what enters at a node, and per minute until the next.
A stretch of a grid is a piece: `piece_of` (piece, 5) holds its node, its offset among `lengths` or -1, its grid step
among `steps`, how many times it has and where they begin.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit
from norket.pharmacology.kernels.modes import LANES
from norket.pharmacology.kernels.stream import stream

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Events = tuple[Integers, Integers, Integers, Floats]
Plan = tuple[Integers, Floats, Floats, Events, Events, Integers]
Body = tuple[Floats, Floats, Integers, Floats, Floats]
Layout = tuple[Integers, Integers, Integers, Integers]
# A stretch is computed in whole runs of this many times; the next stretch writes over what is too much.
RUN = 16
TILE = 8
# A power of two, so that halves of halves meet.
WIDE = 128
FOUR = 4


@jit
def factors(rates: Floats, lengths: Floats, result: Floats) -> None:
    """result[length, mode, lane] = exp(-rate · length)."""
    for number in range(lengths.size):
        for m in range(rates.shape[0]):
            row, rate, length = result[number, m], rates[m], lengths[number]
            for lane in range(LANES):
                row[lane] = np.exp(-rate[lane] * length)


@jit
def _enter(
    events: Events, node: int, entry: Floats, amounts: Floats, first: int, scratch: Floats, state: Floats
) -> None:
    """state[mode, lane] += what enters at `node`."""
    begin, way, row, share = events
    for event in range(begin[node], begin[node + 1]):
        given, size = amounts[row[event]], amounts.shape[1]
        for lane in range(LANES):
            scratch[lane] = share[event] * given[min(first + lane, size - 1)]
        gains = entry[way[event]]
        for m in range(gains.shape[0]):
            gain, into = gains[m], state[m]
            for lane in range(LANES):
                into[lane] += gain[lane] * scratch[lane]


@jit
def _settle(inflow: Floats, rates: Floats, link: Floats, source: Integers, steady: Floats) -> None:
    """steady[mode, lane]: where the modes go under the constant `inflow`."""
    for m in range(source.size):
        s, i, r = steady[m], inflow[m], rates[m]
        for lane in range(LANES):
            s[lane] = i[lane] / r[lane]
    for m in range(source.size):
        if source[m] >= 0:
            s, fed, before, r = steady[m], link[m], steady[source[m]], rates[m]
            for lane in range(LANES):
                s[lane] += fed[lane] * before[lane] / r[lane]


@jit
def _fade(state: Floats, factor: Floats, link: Floats, source: Integers, length: float, result: Floats) -> None:
    """result: the deviations `state` after `length` minutes."""
    for m in range(source.size):
        d, f, y = state[m], factor[m], result[m]
        for lane in range(LANES):
            y[lane] = d[lane] * f[lane]
        if source[m] >= 0:
            before, fed = state[source[m]], link[m]
            for lane in range(LANES):
                y[lane] += fed[lane] * length * before[lane] * f[lane]


@jit
def _walk(
    plan: Plan,
    rates: Floats,
    link: Floats,
    source: Integers,
    entry: Floats,
    readout: Floats,
    amounts: Floats,
    first: int,
    factor: Floats,
    work: Floats,
    apart: Floats,
    level: Floats,
) -> None:
    """Through all nodes: `apart[piece, mode, lane]`, the deviations at its first time, `level[piece, output, lane]`.

    work[0] ends as the state at the last node.
    """
    length_of, lengths, _, jumps, flows, pieces = plan
    state, steady, inflow = work[0], work[1], work[2]
    state[:] = 0.0
    piece = 0
    for node in range(length_of.size):
        _enter(jumps, node, entry, amounts, first, work[3, 0], state)
        flowing = flows[0][node + 1] > flows[0][node]
        if flowing:
            inflow[:] = 0.0
            _enter(flows, node, entry, amounts, first, work[3, 0], inflow)
            _settle(inflow, rates, link, source, steady)
            state -= steady
        while piece < pieces.shape[0] and pieces[piece, 0] == node:
            if pieces[piece, 1] >= 0:
                offset = pieces[piece, 1]
                _fade(state, factor[offset], link, source, lengths[offset], apart[piece])
            else:
                apart[piece] = state
            level[piece] = 0.0
            if flowing:
                _read(readout, steady, level[piece])
            piece += 1
        if length_of[node] >= 0:
            step = length_of[node]
            _fade(state, factor[step], link, source, lengths[step], inflow)
            state[:] = inflow
        if flowing:
            state += steady


@jit
def _read(readout: Floats, state: Floats, level: Floats) -> None:
    for output in range(level.shape[0]):
        for m in range(state.shape[0]):
            y, weight, z = level[output], readout[output, m], state[m]
            for lane in range(LANES):
                y[lane] += weight[lane] * z[lane]


@jit
def _powers(base: float, slope: float, row: Floats, times: Floats) -> None:
    """row[k] = base^k, by doubling; times[k] = slope · k · base^k where it has room."""
    row[0] = 1.0
    width = 1
    power = base
    while width < row.size:
        count = min(width, row.size - width)
        low, high = row[:width], row[width : width + count]
        for k in range(count):
            high[k] = low[k] * power
        power *= power
        width *= 2
    for k in range(times.size):
        times[k] = slope * k * row[k]


@jit
def _tables(
    rates: Floats, source: Integers, tables: Integers, steps: Floats, power: Floats, lane: int, table: Floats
) -> None:
    """table[step, number, k]: the powers of each mode, then k times the powers of each double rate."""
    nothing = table[0, 0, :0]
    for step in range(steps.size):
        for m in range(source.size):
            if tables[m] >= 0:
                double = tables[source.size + m]
                times = table[step, double] if double >= 0 else nothing
                _powers(power[step, m, lane], steps[step], table[step, tables[m]], times)


@jit
def _weigh(
    terms: Integers,
    first_term: Integers,
    readout: Floats,
    link: Floats,
    source: Integers,
    apart: Floats,
    level: Floats,
    weight: Floats,
) -> None:
    """weight[output, piece, slot, lane]: what multiplies each table in each stretch; the last slot is the level.

    `terms` (term, 3): its slot, the mode that is read, and whether its table rises before it falls.
    """
    weight[:] = 0.0
    for output in range(readout.shape[0]):
        for piece in range(apart.shape[0]):
            here = weight[output, piece]
            here[here.shape[0] - 1] = level[piece, output]
            for term in range(first_term[output], first_term[output + 1]):
                slot, m, rising = terms[term, 0], terms[term, 1], terms[term, 2]
                into, shown = here[slot], readout[output, m]
                if rising:
                    before, fed = apart[piece, source[m]], link[m]
                    for lane in range(LANES):
                        into[lane] += shown[lane] * fed[lane] * before[lane]
                else:
                    own = apart[piece, m]
                    for lane in range(LANES):
                        into[lane] += shown[lane] * own[lane]


@jit
def _turn(weight: Floats, turned: Floats) -> None:
    """turned[lane, number] = weight[number, lane], a few lanes at a time so that both stay in the cache."""
    for first in range(0, LANES, TILE):
        into = turned[first : first + TILE]
        for number in range(weight.shape[0]):
            source = weight[number, first : first + TILE]
            for lane in range(source.size):
                into[lane, number] = source[lane]


@jit
def _fours(pieces: Integers, t: Floats, s: Integers, c: Floats, first: int, row: Floats) -> None:
    """Adds slots `first` to `first` + 3 to a curve, or begins it with the level."""
    t0, t1, t2, t3 = t[s[first]], t[s[first + 1]], t[s[first + 2]], t[s[first + 3]]
    for piece in range(pieces.shape[0]):
        own, begin = c[piece], pieces[piece, 4]
        whole = -(-pieces[piece, 3] // RUN) * RUN
        c0, c1, c2, c3 = own[first], own[first + 1], own[first + 2], own[first + 3]
        level = own[own.size - 1]
        here = row[begin : begin + whole]
        if first == 0:
            for k in range(whole):
                here[k] = level + c0 * t0[k] + c1 * t1[k] + c2 * t2[k] + c3 * t3[k]
        else:
            for k in range(pieces[piece, 3]):
                here[k] += c0 * t0[k] + c1 * t1[k] + c2 * t2[k] + c3 * t3[k]


@jit
def _eight(pieces: Integers, t: Floats, s: Integers, c: Floats, row: Floats) -> None:
    """The same for the first eight slots at once."""
    t0, t1, t2, t3 = t[s[0]], t[s[1]], t[s[2]], t[s[3]]
    t4, t5, t6, t7 = t[s[4]], t[s[5]], t[s[6]], t[s[7]]
    for piece in range(pieces.shape[0]):
        own, begin = c[piece], pieces[piece, 4]
        whole = -(-pieces[piece, 3] // RUN) * RUN
        c0, c1, c2, c3 = own[0], own[1], own[2], own[3]
        c4, c5, c6, c7 = own[4], own[5], own[6], own[7]
        level = own[own.size - 1]
        here = row[begin : begin + whole]
        for k in range(whole):
            low = level + c0 * t0[k] + c1 * t1[k] + c2 * t2[k] + c3 * t3[k]
            here[k] = low + (c4 * t4[k] + c5 * t5[k] + c6 * t6[k] + c7 * t7[k])


@jit
def _curve(pieces: Integers, table: Floats, slots: Integers, c: Floats, row: Floats) -> None:
    """The curve of one output of one individual, one stretch after the other; the last may run over the end.

    c[piece]: what multiplies the table of each of the `slots` (in fours, -1 where there are no more), then the level.
    """
    begin = 0
    while begin < pieces.shape[0]:
        end = begin + 1
        while end < pieces.shape[0] and pieces[end, 2] == pieces[begin, 2]:
            end += 1
        own, t, fours = pieces[begin:end], table[pieces[begin, 2]], FOUR
        if slots.size > FOUR and slots[FOUR] >= 0:
            _eight(own, t, slots, c[begin:end], row)
            fours = 2 * FOUR
        else:
            _fours(own, t, slots, c[begin:end], 0, row)
        for four in range(fours, slots.size, FOUR):
            if slots[four] >= 0:
                _fours(own, t, slots, c[begin:end], four, row)
        begin = end


@jit
def trajectories(
    plan: Plan,
    body: Body,
    amounts: Floats,
    layout: Layout,
    out: Floats,
) -> None:
    """Fills `out[patient, output, time]`.

    `body` holds the rates, links, sources, entries and readouts of the modes. `layout`: tables (2 · modes,) which table
    holds the powers of a mode, then its rising powers, or -1; slots (output, slot) the tables an output sums, in fours;
    terms and where those of each output begin (see `_weigh`).
    """
    rates, link, source, entry, readout = body
    tables, slots, terms, first_term = layout
    pieces, lengths, steps = plan[5], plan[1], plan[2]
    states, outputs, times = source.size, out.shape[1], out.shape[2]
    factor, power = np.empty((lengths.size, states, LANES)), np.empty((steps.size, states, LANES))
    work = np.empty((4, states, LANES))
    apart, level = np.empty((pieces.shape[0], states, LANES)), np.empty((pieces.shape[0], outputs, LANES))
    weight = np.empty((outputs, pieces.shape[0], slots.shape[1] + 1, LANES))
    turned = np.empty((LANES, outputs * pieces.shape[0] * (slots.shape[1] + 1)))
    table = np.zeros((steps.size, tables.max() + 2, _whole(pieces[:, 3].max(), RUN)))
    row = np.empty(outputs * times + RUN)
    for block in range(rates.shape[0]):
        r, first = rates[block], block * LANES
        factors(r, lengths, factor)
        factors(r, steps, power)
        _walk(plan, r, link[block], source, entry[block], readout[block], amounts, first, factor, work, apart, level)
        _weigh(terms, first_term, readout[block], link[block], source, apart, level, weight)
        _turn(weight.reshape(turned.shape[1], LANES), turned)
        for lane in range(min(LANES, out.shape[0] - first)):
            _tables(r, source, tables, steps, power, lane, table)
            own = turned[lane].reshape(outputs, pieces.shape[0], slots.shape[1] + 1)
            for output in range(outputs):
                _curve(pieces, table, slots[output], own[output], row[output * times :])
            stream(row, out[first + lane].reshape(outputs * times))


@jit
def summaries(
    plan: Plan,
    body: Body,
    amounts: Floats,
    layout: Layout,
    whole: Events,
    grids: tuple[Integers, Floats],
    thresholds: tuple[Integers, Floats],
    peaks: Floats,
    places: Integers,
    areas: Floats,
    over: Floats,
) -> None:
    """Fills `peaks[patient, output]`, `places` (which time), `areas` (ng/mL · min), `over[patient, threshold]` (min).

    `whole` holds all that enters until the last time, as events of one node; `grids` where each grid begins (and the
    end) and its step; `thresholds` the output and the level of each.
    """
    rates, link, source, entry, readout = body
    tables, slots, terms, first_term = layout
    pieces, lengths, steps = plan[5], plan[1], plan[2]
    states, outputs, times = source.size, peaks.shape[1], grids[0][-1]
    factor, power = np.empty((lengths.size, states, LANES)), np.empty((steps.size, states, LANES))
    work = np.empty((4, states, LANES))
    apart, level = np.empty((pieces.shape[0], states, LANES)), np.empty((pieces.shape[0], outputs, LANES))
    weight = np.empty((outputs, pieces.shape[0], slots.shape[1] + 1, LANES))
    turned = np.empty((LANES, outputs * pieces.shape[0] * (slots.shape[1] + 1)))
    table = np.zeros((steps.size, tables.max() + 2, _whole(pieces[:, 3].max(), RUN)))
    row, best = np.full(_whole(times, WIDE) + WIDE, -np.inf), np.empty((2, WIDE))
    time_over, area = np.empty(times), np.empty((outputs, LANES))
    for block in range(rates.shape[0]):
        r, first = rates[block], block * LANES
        factors(r, lengths, factor)
        factors(r, steps, power)
        _walk(plan, r, link[block], source, entry[block], readout[block], amounts, first, factor, work, apart, level)
        _weigh(terms, first_term, readout[block], link[block], source, apart, level, weight)
        _turn(weight.reshape(turned.shape[1], LANES), turned)
        _areas(whole, r, link[block], source, entry[block], readout[block], amounts, first, work, area)
        for lane in range(min(LANES, peaks.shape[0] - first)):
            _tables(r, source, tables, steps, power, lane, table)
            own = turned[lane].reshape(outputs, pieces.shape[0], slots.shape[1] + 1)
            for output in range(outputs):
                _curve(pieces, table, slots[output], own[output], row)
                row[times : times + RUN] = -np.inf
                places[first + lane, output] = _highest(row, times, best)
                peaks[first + lane, output] = row[places[first + lane, output]]
                areas[first + lane, output] = area[output, lane]
                for number in range(thresholds[0].size):
                    if thresholds[0][number] == output:
                        found = _over(row, grids, thresholds[1][number], time_over)
                        over[first + lane, number] = found


@jit
def _whole(count: int, run: int) -> int:
    return (count + run - 1) // run * run


@jit
def _areas(
    whole: Events,
    rates: Floats,
    link: Floats,
    source: Integers,
    entry: Floats,
    readout: Floats,
    amounts: Floats,
    first: int,
    work: Floats,
    area: Floats,
) -> None:
    """area[output, lane]: what has entered each mode, less what is left in it (work[0]), has passed at its rate."""
    state, passed = work[0], work[1]
    passed[:] = 0.0
    _enter(whole, 0, entry, amounts, first, work[3, 0], passed)
    passed -= state
    _settle(passed, rates, link, source, work[2])
    area[:] = 0.0
    _read(readout, work[2], area)


@jit
def _highest(row: Floats, times: int, best: Floats) -> int:
    """The first place of the highest of row[:times]; what follows up to a whole `WIDE` must be lower."""
    top, less = best[0], best[1]
    top[:] = row[:WIDE]
    for begin in range(WIDE, times, WIDE):
        _raise(row[begin : begin + WIDE], top)
    half = WIDE // 2
    less[:half] = top[:half]
    _raise(top[half:], less[:half])
    while half > RUN:
        half //= 2
        _raise(less[half : 2 * half], less[:half])
    highest = less[0]
    for k in range(1, half):
        highest = max(less[k], highest)
    place = times
    for k in range(WIDE):
        if top[k] == highest:
            at = k
            while row[at] != highest:
                at += WIDE
            place = min(place, at)
    return place


@jit
def _raise(one: Floats, top: Floats) -> None:
    for k in range(top.size):
        a, b = one[k], top[k]
        top[k] = a if a > b else b


@jit
def _over(row: Floats, grids: tuple[Integers, Floats], threshold: float, work: Floats) -> float:
    """Minutes over the threshold inside the grids, straight from each time to the next."""
    total = 0.0
    for grid in range(grids[1].size):
        begin, end = grids[0][grid], grids[0][grid + 1]
        here, after, part = row[begin : end - 1], row[begin + 1 : end], work[: end - begin - 1]
        for k in range(part.size):
            a, b = here[k] - threshold, after[k] - threshold
            height = abs(a) + abs(b)
            part[k] = (max(a, 0.0) + max(b, 0.0)) / (height if height > 0.0 else 1.0)
        width = part.size
        while width > 1:
            half = (width + 1) // 2
            low, high = part[: width - half], part[half:width]
            for k in range(high.size):
                low[k] += high[k]
            width = half
        total += grids[1][grid] * part[0] if part.size else 0.0
    return total


@jit
def advance(
    plan: Plan,
    piece: int,
    node: int,
    body: Body,
    amounts: Floats,
    state: Floats,
    apart: Floats,
    level: Floats,
    power: Floats,
) -> None:
    """From `state[block, mode, lane]`, before what enters at `node`, to the node of `piece`, before what enters there.

    Fills the deviations `apart` at its first time, the `level[block, output, lane]` they fade to, and `power`, their
    factor for one step of its grid.
    """
    rates, link, source, entry, readout = body
    length_of, lengths, steps, jumps, flows, pieces = plan
    states = source.size
    factor, inflow, steady = np.empty((1, states, LANES)), np.empty((states, LANES)), np.empty((states, LANES))
    scratch, target, offset = np.empty(LANES), pieces[piece, 0], pieces[piece, 1]
    for block in range(rates.shape[0]):
        r, z, d, first = rates[block], state[block], apart[block], block * LANES
        for now in range(node, target + 1):
            d[:] = z
            _enter(jumps, now, entry[block], amounts, first, scratch, d)
            inflow[:] = 0.0
            _enter(flows, now, entry[block], amounts, first, scratch, inflow)
            _settle(inflow, r, link[block], source, steady)
            d -= steady
            if now < target:
                factors(r, lengths[length_of[now] : length_of[now] + 1], factor)
                _fade(d, factor[0], link[block], source, lengths[length_of[now]], z)
                z += steady
        if offset >= 0:
            factors(r, lengths[offset : offset + 1], factor)
            _fade(d, factor[0], link[block], source, lengths[offset], inflow)
            d[:] = inflow
        level[block] = 0.0
        _read(readout[block], steady, level[block])
        step = pieces[piece, 2]
        factors(r, steps[step : step + 1], power[block].reshape(1, states, LANES))


@jit
def rows(
    link: Floats,
    source: Integers,
    readout: Floats,
    shown: Integers,
    step_min: float,
    apart: Floats,
    level: Floats,
    power: Floats,
    out: Floats,
) -> None:
    """Fills `out[time, output, patient]` step by step and leaves `apart` at the next time.

    `shown[output, slot]` are the modes that an output shows, in fours, filled up with the number of modes.
    """
    states, outputs, slots = source.size, out.shape[1], shown.shape[1]
    weight, fed = np.zeros((outputs, slots, LANES)), np.empty((states, LANES))
    z, into = np.zeros((states + 1, LANES)), np.empty(LANES)
    for block in range(apart.shape[0]):
        first = block * LANES
        width = min(LANES, out.shape[2] - first)
        z[:states] = apart[block]
        fed[:] = link[block] * step_min
        for output in range(outputs):
            for slot in range(slots):
                if shown[output, slot] < states:
                    weight[output, slot] = readout[block, output, shown[output, slot]]
        faded, factor = z[:states].reshape(states * LANES), power[block].reshape(states * LANES)
        for time in range(out.shape[0]):
            for output in range(outputs):
                into[:] = level[block, output]
                w, s = weight[output], shown[output]
                for four in range(0, slots, FOUR):
                    if s[four] < states:
                        _add_four(
                            w[four : four + FOUR], z[s[four]], z[s[four + 1]], z[s[four + 2]], z[s[four + 3]], into
                        )
                out[time, output, first : first + width] = into[:width]
            for m in range(states):
                if source[m] >= 0:
                    _add_one(fed[m], z[source[m]], z[m])
            for k in range(faded.size):
                faded[k] *= factor[k]
        apart[block] = z[:states]


@jit
def _add_four(w: Floats, z0: Floats, z1: Floats, z2: Floats, z3: Floats, into: Floats) -> None:
    w0, w1, w2, w3 = w[0], w[1], w[2], w[3]
    for lane in range(LANES):
        into[lane] += w0[lane] * z0[lane] + w1[lane] * z1[lane] + w2[lane] * z2[lane] + w3[lane] * z3[lane]


@jit
def _add_one(w: Floats, z: Floats, into: Floats) -> None:
    for lane in range(LANES):
        into[lane] += w[lane] * z[lane]
