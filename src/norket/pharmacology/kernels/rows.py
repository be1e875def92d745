"""Rows of many individuals, one time after the other: one multiply a mode and step, nothing kept but the modes."""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.fade import fade
from norket.pharmacology.kernels.jit import jit, lean
from norket.pharmacology.kernels.modes import LANES
from norket.pharmacology.kernels.walk import Body, Plan, carry, enter, settle

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FOUR = 4


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
    shape, target, offset = entry.shape[1:], pieces[piece, 0], pieces[piece, 1]
    factor, scratch, steady = np.empty(shape[1:]), np.empty(LANES), np.empty(shape[1:])
    rest, shown = np.empty(shape), np.empty((shape[0], level.shape[1], LANES))
    for block in range(rates.shape[0]):
        r, z, d, fed, first = rates[block], state[block], apart[block], link[block], block * LANES
        settle(r, fed, source, entry[block], readout[block], rest, shown)
        d[:] = z
        for now in range(node, target + 1):
            enter(jumps, now, entry[block], amounts, first, scratch, d)
            steady[:] = 0.0
            enter(flows, now, rest, amounts, first, scratch, steady)
            d -= steady
            if now < target:
                _factors(r, lengths[length_of[now]], factor)
                carry(factor, fed, source, lengths[length_of[now]], d)
                d += steady
                z[:] = d
        if offset >= 0:
            _factors(r, lengths[offset], factor)
            carry(factor, fed, source, lengths[offset], d)
        level[block] = 0.0
        enter(flows, target, shown, amounts, first, scratch, level[block])
        _factors(r, steps[pieces[piece, 2]], power[block])


@lean
def _factors(rates: Floats, length: float, result: Floats) -> None:
    """result[mode, lane] = exp(-rate · length)."""
    for m in range(rates.shape[0]):
        fade(rates[m], length, result[m])


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
