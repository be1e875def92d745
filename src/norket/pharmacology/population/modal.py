"""A model's systems as sums of exponentials, and which patients need the propagator instead.

The answer of a linear system to constant inputs is exact in this form. It divides by differences of rates, so patients
whose rates are nearly equal are named in `close` and solved by the engine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.modes import LANES, decompose, nonzero
from norket.pharmacology.models.system import LinearSystem

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
LARGEST_BLOCK = 3
# What the differences of rates may magnify an error by. Alone, it is a gap of 5e-4, or of 1.7e-2 at a double rate:
# the worst error there is 2e-11, or 2e-10, of the peak.
MOST_NARROW = 200.0
# Modes that cancel leave their rounding: measured, 1e-15 of the peak for each time that they are larger than their sum.
MOST_LOST = 600.0
# Two rates that are one number in the model may differ in the last bits, by the order of a sum.
SAME = 1e-14


@dataclass(frozen=True, eq=False)
class Modes:
    """The modes of many patients, in blocks of 64 side by side (the last one padded).

    `rates[block, mode, lane]` in 1/min; mode m holds z with dz/dt = -rate·z + link·z[source[m]] + entry·input, where
    `link` is used by the later mode of a double rate only (`source[m]` is -1 for all others). `entry[block, way, mode,
    lane]` and `readout[block, output, mode, lane]` (ng/mL per unit of z). `close[patient]`: to be solved by the engine.
    `unsolved` says why no patient has modes, or is empty.
    """

    system: LinearSystem
    rates: Floats
    link: Floats
    source: Integers
    entry: Floats
    readout: Floats
    close: Flags
    unsolved: str = ""

    @property
    def arrays(self) -> tuple[Floats, Floats, Integers, Floats, Floats]:
        """The modes as the kernels read them."""
        return self.rates, self.link, self.source, self.entry, self.readout

    @property
    def patients(self) -> int:
        """How many patients there are."""
        return self.system.draws

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in, in the order of `entry`."""
        return tuple(self.system.inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """What is read, in the order of `readout`."""
        return tuple(self.system.outputs)


def modes(system: LinearSystem) -> Modes:
    """The modes of each patient of `system` (constant parameters; any number of patients)."""
    pattern = nonzero(system.A)
    order, starts, reach = _blocks(pattern)
    source, triple = _doubles(system.A, order, starts, reach)
    entries = np.stack([np.asarray(vector) for vector in system.inputs.values()])
    readers = np.stack([np.asarray(vector) for vector in system.outputs.values()])
    blocks = -(-system.draws // LANES)
    shape = (system.states, LANES)
    rates, link = np.ones((blocks, *shape)), np.zeros((blocks, *shape))
    entry = np.zeros((blocks, len(entries), *shape))
    readout = np.zeros((blocks, len(readers), *shape))
    narrow, lost = np.full((2, system.draws), np.inf)
    unsolved = _unsolved(starts, triple)
    if not unsolved:
        home = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        structure = order, np.ascontiguousarray(pattern[np.ix_(order, order)]), starts, home, reach, source
        decompose(system.A, entries, readers, structure, rates, link, entry, readout, narrow, lost)
    close = ~((narrow <= MOST_NARROW) & (lost <= MOST_LOST))
    _still(close, rates, link, entry, readout)
    return Modes(system, rates, link, source, entry, readout, close, unsolved)


def _unsolved(starts: Integers, triple: bool) -> str:
    if np.diff(starts).max() > LARGEST_BLOCK:
        return f"more than {LARGEST_BLOCK} compartments exchange with each other"
    return "three compartments in a row have one rate" if triple else ""


def _still(close: Flags, *arrays: Floats) -> None:
    """Nothing moves in the lanes of close patients, so that no infinity or NaN is carried along."""
    block, lane = np.divmod(np.flatnonzero(close), LANES)
    for number, array in enumerate(arrays):
        array[block, ..., lane] = 1.0 if number == 0 else 0.0


def _blocks(pattern: Flags) -> tuple[Integers, Integers, Flags]:
    """The states block by block, where each block starts (and the end), and which blocks feed which in the end."""
    states = len(pattern)
    reach = pattern.T | np.eye(states, dtype=np.bool_)
    for middle in range(states):
        reach |= np.outer(reach[:, middle], reach[middle])
    together = reach & reach.T
    head = together.argmax(axis=1)
    heads = sorted(set(head.tolist()), key=lambda one: (-int(reach[one].sum()), one))
    members = [np.flatnonzero(head == one) for one in heads]
    starts = np.cumsum([0, *(len(block) for block in members)])
    between = reach[np.ix_(heads, heads)] & ~np.eye(len(heads), dtype=np.bool_)
    return np.concatenate(members).astype(np.int64), starts.astype(np.int64), between


def _doubles(matrices: Floats, order: Integers, starts: Integers, reach: Flags) -> tuple[Integers, bool]:
    """For the later of two connected blocks that have one rate in all patients, the earlier; whether three have."""
    source = np.full(len(order), -1, dtype=np.int64)
    lone = [block for block in range(len(starts) - 1) if starts[block + 1] - starts[block] == 1]
    rate = {block: matrices[:, order[starts[block]], order[starts[block]]] for block in lone}
    used: list[int] = []
    for place, later in enumerate(lone):
        for earlier in lone[:place]:
            apart = np.abs(rate[later] - rate[earlier])
            if reach[earlier, later] and bool((apart <= SAME * np.abs(rate[earlier])).all()):
                source[starts[later]] = starts[earlier]
                used += [later, earlier]
    return source, len(used) > len(set(used))
