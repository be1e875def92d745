"""Follows many individuals to a few moments: what a likelihood asks for, ten thousand times over.

A curve needs the whole matrix exponential of every step; a few readings need only what it does to one vector. Each
matrix is shifted by its lowest diagonal element and the exponential's series is summed on the vector (uniformisation):
for rates between compartments every term is positive, so nothing cancels. A long step is halved until its series is
short, and the step's matrix is squared back. Both forms are exact to rounding; the cheaper one is taken.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Draws that are carried through the series side by side: their rates stay in the nearest cache.
WIDTH = 128
# The series stops where its last term is below this part of the sum.
LEFT_OUT = 1e-17
EVERY = 4
# A step whose largest rate times length is above this is never summed at once: the sum would overflow.
LONGEST = 512.0
# What a step is halved to before it is squared back.
SHORT = 4.0
SHORT_TERMS = 28.0


@jit
def follow(
    matrix: Floats,
    pattern: tuple[Integers, Integers, Integers],
    entry: Floats,
    readout: Floats,
    nodes: Floats,
    jumps: Floats,
    flow: tuple[Integers, Integers, Floats, Floats, Floats],
    read: tuple[Integers, Integers, Integers],
    state: Floats,
    values: Floats,
) -> None:
    """Advances `state[column, n, draw]` from the first to the last of `nodes` (min) and fills `values[reading, draw]`.

    `pattern` = (kept, row, column): of `matrix[draw, N, N]` only the kept states matter, and between them the elements
    at (row, column), numbered within the kept; `entry[way, draw, N]`, `readout[output, draw, N]` are restricted too.
    At each node `jumps[node, way, column]` enters.
    `flow` = (way, column, amount, start (min), end[flow, draw] (min)): even inputs; each end is a node or a draw's own
    moment. `read` = (node, output, column) of each reading, taken after the jump.
    """
    kept, row, column = pattern
    draws = matrix.shape[0]
    width = min(WIDTH, draws)
    states = kept.size
    columns = state.shape[0]
    rates = np.empty((row.size, width))
    shift = np.empty(width)
    body = np.empty((columns, states, width))
    inflow = np.zeros((columns, states, width))
    now = np.empty(width)
    length = np.empty(width)
    for first in range(0, draws, width):
        own = np.minimum(np.arange(first, first + width), draws - 1)
        _rates(matrix, kept, row, column, own, rates, shift)
        for c in range(columns):
            for i in range(states):
                for d in range(width):
                    body[c, i, d] = state[c, i, own[d]]
        for node in range(nodes.size):
            _jump(entry, kept, own, jumps[node], body)
            _read(readout, kept, own, read, node, body, values)
            if node + 1 < nodes.size:
                now[:] = nodes[node]
                while _until(nodes[node + 1], nodes[node], flow, own, now, length):
                    running = _inflow(entry, kept, own, flow, nodes[node], now, inflow)
                    _advance(rates, row, column, shift, length, inflow, running, body)
                    for d in range(width):
                        now[d] = now[d] + length[d]
        for c in range(columns):
            for i in range(states):
                for d in range(width):
                    state[c, i, own[d]] = body[c, i, d]


@jit
def _rates(
    matrix: Floats, kept: Integers, row: Integers, column: Integers, own: Integers, rates: Floats, shift: Floats
) -> None:
    """The elements of each draw's matrix, shifted by what makes its diagonal non-negative."""
    shift[:] = 0.0
    for d in range(own.size):
        for i in range(kept.size):
            shift[d] = max(shift[d], -matrix[own[d], kept[i], kept[i]])
        for e in range(row.size):
            moved = shift[d] if row[e] == column[e] else 0.0
            rates[e, d] = matrix[own[d], kept[row[e]], kept[column[e]]] + moved


@jit
def _jump(entry: Floats, kept: Integers, own: Integers, amounts: Floats, body: Floats) -> None:
    for way in range(amounts.shape[0]):
        for c in range(amounts.shape[1]):
            amount = amounts[way, c]
            if amount != 0.0:
                for i in range(kept.size):
                    for d in range(own.size):
                        body[c, i, d] += entry[way, own[d], kept[i]] * amount


@jit
def _read(
    readout: Floats,
    kept: Integers,
    own: Integers,
    read: tuple[Integers, Integers, Integers],
    node: int,
    body: Floats,
    values: Floats,
) -> None:
    for reading in range(read[0].size):
        if read[0][reading] == node:
            for d in range(own.size):
                total = 0.0
                for i in range(kept.size):
                    total += readout[read[1][reading], own[d], kept[i]] * body[read[2][reading], i, d]
                values[reading, own[d]] = total


@jit
def _until(
    end: float,
    begin: float,
    flow: tuple[Integers, Integers, Floats, Floats, Floats],
    own: Integers,
    now: Floats,
    length: Floats,
) -> bool:
    """How far each draw may go until an input of its own ends; whether any draw has still to go."""
    any_left = False
    for d in range(own.size):
        until = end
        for f in range(flow[0].size):
            stops = flow[4][f, own[d]]
            if flow[3][f] <= begin and now[d] < stops < until:
                until = stops
        length[d] = until - now[d]
        any_left = any_left or length[d] > 0.0
    return any_left


@jit
def _inflow(
    entry: Floats,
    kept: Integers,
    own: Integers,
    flow: tuple[Integers, Integers, Floats, Floats, Floats],
    begin: float,
    now: Floats,
    inflow: Floats,
) -> bool:
    inflow[:] = 0.0
    running = False
    for f in range(flow[0].size):
        for d in range(own.size):
            stops = flow[4][f, own[d]]
            if flow[3][f] <= begin and now[d] < stops:
                running = True
                rate = flow[2][f] / (stops - flow[3][f])
                for i in range(kept.size):
                    inflow[flow[1][f], i, d] += entry[flow[0][f], own[d], kept[i]] * rate
    return running


@jit
def _advance(
    rates: Floats,
    row: Integers,
    column: Integers,
    shift: Floats,
    length: Floats,
    inflow: Floats,
    running: bool,
    body: Floats,
) -> None:
    """body[column, n, draw] after `length[draw]` minutes under the constant `inflow`."""
    columns, states, width = body.shape
    reach = 0.0
    for d in range(width):
        reach = max(reach, shift[d] * length[d])
    halvings = 0
    while reach / 2.0**halvings > SHORT:
        halvings += 1
    at_once = (reach + 6.0 * np.sqrt(reach) + SHORT_TERMS) * row.size * columns
    squared = (states + columns) * SHORT_TERMS * row.size + halvings * float(states * states * (states + columns))
    vectors, entering = body, inflow
    if halvings > 0 and (reach > LONGEST or at_once > squared):
        vectors, entering = _short(halvings, length, inflow, states)
    else:
        halvings = 0
    for v in range(vectors.shape[0]):
        _series(rates, row, column, shift, length, entering[v], running, vectors[v])
    if halvings > 0:
        _square(halvings, length, vectors, body)


@jit
def _short(halvings: int, length: Floats, inflow: Floats, states: int) -> tuple[Floats, Floats]:
    """What is asked of a short part of the step: where each unit of a state goes, then what flows in; cuts `length`."""
    columns, _, width = inflow.shape
    for d in range(width):
        length[d] /= 2.0**halvings
    vectors = np.zeros((states + columns, states, width))
    entering = np.zeros((states + columns, states, width))
    for j in range(states):
        vectors[j, j, :] = 1.0
    for c in range(columns):
        for i in range(states):
            for d in range(width):
                entering[states + c, i, d] = inflow[c, i, d]
    return vectors, entering


@jit
def _square(halvings: int, length: Floats, vectors: Floats, body: Floats) -> None:
    """The whole step from its short part, squared back; `length` is restored."""
    columns, states, width = body.shape
    work = np.empty_like(vectors)
    for _ in range(halvings):
        for v in range(states + columns):
            _apply(vectors, vectors[v], work[v])
        for c in range(columns):
            _add(vectors[states + c], work[states + c])
        vectors, work = work, vectors
    for c in range(columns):
        _apply(vectors, body[c], work[c])
        _add(vectors[states + c], work[c])
        for i in range(states):
            for d in range(width):
                body[c, i, d] = work[c, i, d]
    for d in range(width):
        length[d] *= 2.0**halvings


@jit
def _add(more: Floats, target: Floats) -> None:
    for i in range(target.shape[0]):
        total, source = target[i], more[i]
        for d in range(total.size):
            total[d] += source[d]


@jit
def _apply(step: Floats, vector: Floats, result: Floats) -> None:
    """result[i] = sum over j of step[j, i] · vector[j]: `step[j]` holds the column that starts at state j."""
    states, width = vector.shape
    for i in range(states):
        target = result[i]
        for d in range(width):
            target[d] = 0.0
        for j in range(states):
            source, factor = vector[j], step[j, i]
            for d in range(width):
                target[d] += factor[d] * source[d]


@jit
def _series(
    rates: Floats,
    row: Integers,
    column: Integers,
    shift: Floats,
    length: Floats,
    inflow: Floats,
    running: bool,
    body: Floats,
) -> None:
    """body[n, draw] after `length[draw]`, by the shifted series; `inflow` is one more state that stays at one."""
    states, width = body.shape
    term = np.empty((states, width))
    ahead = np.empty((states, width))
    scaled = np.empty((row.size, width))
    moved = np.empty(width)
    one = np.empty(width)
    reach = 0.0
    for d in range(width):
        moved[d] = shift[d] * length[d]
        one[d] = length[d]
        reach = max(reach, moved[d])
    for i in range(states):
        for d in range(width):
            term[i, d] = body[i, d]
    for e in range(row.size):
        for d in range(width):
            scaled[e, d] = rates[e, d] * length[d]
    power = 0
    more = True
    while more:
        power += 1
        _times(scaled, row, column, term, ahead)
        if running:
            _plus(inflow, one, ahead)
            for d in range(width):
                one[d] *= moved[d] / power
        _onto(ahead, 1.0 / power, body)
        term, ahead = ahead, term
        if power >= reach + states and power % EVERY == 0:
            more = _still_counts(term, body)
    for d in range(width):
        moved[d] = np.exp(-moved[d])
    for i in range(states):
        total = body[i]
        for d in range(width):
            total[d] *= moved[d]


@jit
def _times(scaled: Floats, row: Integers, column: Integers, term: Floats, ahead: Floats) -> None:
    """ahead = scaled · term, element by element of the matrix."""
    for i in range(ahead.shape[0]):
        for d in range(ahead.shape[1]):
            ahead[i, d] = 0.0
    for e in range(row.size):
        target, source, factor = ahead[row[e]], term[column[e]], scaled[e]
        for d in range(target.size):
            target[d] += factor[d] * source[d]


@jit
def _plus(entering: Floats, one: Floats, ahead: Floats) -> None:
    for i in range(ahead.shape[0]):
        target, source = ahead[i], entering[i]
        for d in range(target.size):
            target[d] += source[d] * one[d]


@jit
def _onto(ahead: Floats, part: float, body: Floats) -> None:
    """ahead becomes the next term; body takes it in."""
    for i in range(ahead.shape[0]):
        target, total = ahead[i], body[i]
        for d in range(target.size):
            target[d] *= part
            total[d] += target[d]


@jit
def _still_counts(term: Floats, total: Floats) -> bool:
    for i in range(term.shape[0]):
        largest = 0.0
        for d in range(term.shape[1]):
            largest = max(largest, abs(term[i, d]) - LEFT_OUT * abs(total[i, d]))
        if largest > 0.0:
            return True
    return False
