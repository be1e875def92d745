"""Steps linear systems through time, many draws at once; each step is exact, so no step size can be wrong."""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@jit
def propagate(
    transition: Floats,
    forcing: Floats,
    entry: Floats,
    readout: Floats,
    step_of: Integers,
    segment_of: Integers,
    slot_of: Integers,
    jumps: Floats,
    rates: Floats,
    releases: tuple[Integers, Integers, Integers, Integers, Floats, Floats],
    first_draw: int,
    curves: Floats,
) -> None:
    """Fills `curves[output, column, slot, first_draw + draw]`.

    `transition[step, n, n, draw]` and `forcing[step, n, input, draw]` advance the state over one distinct step;
    `entry[segment, n, input, draw]` puts an amount into the state; `readout[segment, output, n, draw]` reads it.
    For each node in time: `jumps[node, input, column]` enters, `slot_of[node]` (or -1) is written, then the state
    advances by `step_of[node]` (or -1 at the end) under the constant `rates[node, input, column]` and the `releases`
    (arrays over them: input, column, first node, last node by draw, rate by draw, what the last step adds by state
    and draw).
    """
    columns, draws = curves.shape[1], transition.shape[3]
    moves, shows = _used(transition), _used(readout)
    state = np.zeros((transition.shape[1], columns, draws))
    ahead = np.zeros((transition.shape[1], columns, draws))
    for node in range(step_of.size):
        _add(entry[segment_of[node]], jumps[node], state)
        if slot_of[node] >= 0:
            for output in range(curves.shape[0]):
                for column in range(columns):
                    row = curves[output, column, slot_of[node], first_draw : first_draw + draws]
                    _read(readout[segment_of[node], output], shows[segment_of[node], output], state[:, column], row)
        if step_of[node] >= 0:
            _advance(transition[step_of[node]], moves[step_of[node]], state, ahead)
            _add(forcing[step_of[node]], rates[node], ahead)
            _release(forcing[step_of[node]], releases, node, ahead)
            state, ahead = ahead, state


@jit
def _add(gain: Floats, amounts: Floats, state: Floats) -> None:
    """state[n, column, draw] += gain[n, input, draw] · amounts[input, column]."""
    for source in range(amounts.shape[0]):
        for column in range(amounts.shape[1]):
            amount = amounts[source, column]
            if amount != 0.0:
                for i in range(state.shape[0]):
                    for draw in range(state.shape[2]):
                        state[i, column, draw] += gain[i, source, draw] * amount


@jit
def _release(
    forcing: Floats,
    releases: tuple[Integers, Integers, Integers, Integers, Floats, Floats],
    node: int,
    state: Floats,
) -> None:
    """Adds what each release brings in the step after `node`: a whole step of it, or its end."""
    way, column, first, last, rate, ending = releases
    for row in range(way.size):
        if node >= first[row]:
            for i in range(state.shape[0]):
                for draw in range(state.shape[2]):
                    if node < last[row, draw]:
                        state[i, column[row], draw] += forcing[i, way[row], draw] * rate[row, draw]
                    elif node == last[row, draw]:
                        state[i, column[row], draw] += ending[row, i, draw]


@jit
def _used(values: Floats) -> Flags:
    """Where `values[a, b, c, draw]` is not zero for every draw: what is left out of a sum changes nothing."""
    used = np.zeros(values.shape[:3], dtype=np.bool_)
    for a in range(values.shape[0]):
        for b in range(values.shape[1]):
            for c in range(values.shape[2]):
                used[a, b, c] = values[a, b, c].any()
    return used


@jit
def _read(weights: Floats, used: Flags, state: Floats, row: Floats) -> None:
    """row[draw] = sum over n of weights[n, draw] · state[n, draw], over those `used`."""
    row[:] = 0.0
    for i in range(state.shape[0]):
        if used[i]:
            for draw in range(row.size):
                row[draw] += weights[i, draw] * state[i, draw]


@jit
def _advance(transition: Floats, used: Flags, state: Floats, ahead: Floats) -> None:
    """ahead[n, column, draw] = sum over j of transition[n, j, draw] · state[j, column, draw], over those `used`."""
    ahead[:] = 0.0
    for i in range(state.shape[0]):
        for column in range(state.shape[1]):
            for j in range(state.shape[0]):
                if used[i, j]:
                    for draw in range(state.shape[2]):
                        ahead[i, column, draw] += transition[i, j, draw] * state[j, column, draw]
