"""What carries a state over one step: the exponential of the system augmented with its inputs (Van Loan)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology import kernels
from norket.pharmacology.models.system import Input, LinearSystem, Segment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ONE = np.ones(1)


def propagators(
    segments: Sequence[Segment], steps: Sequence[tuple[int, float]], ways: Sequence[str], block: slice
) -> tuple[Floats, Floats]:
    """Transition (steps, n, n, draws) and forcing (steps, n, ways, draws) of each distinct (segment, length in min)."""
    states, draws = segments[0].system.states, block.stop - block.start
    size = states + len(ways)
    result = np.empty((len(steps), size, size, draws))
    for number, segment in enumerate(segments):
        own = [step for step, (of, _) in enumerate(steps) if of == number]
        if not own:
            continue
        part = np.empty((len(own), size, size, draws))
        kernels.exponentials(_augmented(segment.system, ways, block), np.array([steps[step][1] for step in own]), part)
        result[own] = part
    return np.ascontiguousarray(result[:, :states, :states]), np.ascontiguousarray(result[:, :states, states:])


def stack(vectors: Mapping[str, Floats], names: Sequence[str], block: slice) -> Floats:
    """The named vectors (draws, n) of a system as one array (names, n, draws)."""
    return np.stack([vectors[name][block].T for name in names])


@dataclass(frozen=True, eq=False)
class Releases:
    """What the released inputs add, one row each: `rate[row, draw]` (mg/min) in the whole steps from node `first` to
    node `last[row, draw]`, and in that one, where the release of this draw ends, the amounts `ending[row, n, draw]`.
    """

    way: Integers
    column: Integers
    first: Integers
    last: Integers
    rate: Floats
    ending: Floats


def releases(
    segments: Sequence[Segment],
    segment_of: Integers,
    nodes: Floats,
    released: Sequence[Input],
    ways: Sequence[str],
    block: slice,
) -> Releases:
    """The releases over the `nodes` (min), each starting at a node; `segment_of` each node, its segment."""
    states, draws = segments[0].system.states, block.stop - block.start
    first = np.searchsorted(nodes, np.array([one.start_min for one in released])).astype(np.int64)
    last = np.zeros((len(released), draws), dtype=np.int64)
    rate = np.zeros((len(released), draws))
    ending = np.zeros((len(released), states, draws))
    for row, one in enumerate(released):
        if first[row] == len(nodes):
            continue
        lasting = segments[segment_of[first[row]]].system.release_min[one.way][block]
        rate[row] = one.amount_mg / lasting
        last[row] = np.searchsorted(nodes, one.start_min + lasting, side="right") - 1
        inside = last[row] < len(nodes) - 1
        ends = np.where(inside, one.start_min + lasting, nodes[-1])
        before, after = ends - nodes[last[row]], nodes[np.minimum(last[row] + 1, len(nodes) - 1)] - ends
        matrix = _augmented_each(segments, segment_of[last[row]], ways, block)
        ending[row] = rate[row] * _then(matrix, states, states + ways.index(one.way), before, after)
    way = np.array([ways.index(one.way) for one in released], dtype=np.int64)
    return Releases(way, np.array([one.column for one in released], dtype=np.int64), first, last, rate, ending)


def _augmented(system: LinearSystem, ways: Sequence[str], block: slice) -> Floats:
    """The system with its inputs as further states that do not change, (n + ways, n + ways, draws)."""
    states, size = system.states, system.states + len(ways)
    matrix = np.zeros((size, size, block.stop - block.start))
    matrix[:states, :states] = system.A[block].transpose(1, 2, 0)
    matrix[:states, states:] = stack(system.inputs, ways, block).transpose(1, 0, 2)
    return matrix


def _augmented_each(segments: Sequence[Segment], segment: Integers, ways: Sequence[str], block: slice) -> Floats:
    """The same, each draw in a segment of its own."""
    found = {int(number): _augmented(segments[number].system, ways, block) for number in np.unique(segment)}
    matrix = next(iter(found.values())).copy()
    for number, own in found.items():
        matrix[:, :, segment == number] = own[:, :, segment == number]
    return matrix


def _then(matrix: Floats, states: int, source: int, before: Floats, after: Floats) -> Floats:
    """The state (n, draws) after a unit rate into `source` for `before` minutes and nothing for `after` minutes."""
    during, rest = np.empty((2, 1, *matrix.shape))
    kernels.exponentials(matrix * before, ONE, during)
    kernels.exponentials(matrix * after, ONE, rest)
    state: Floats = np.einsum("ijd,jd->id", rest[0, :states, :states], during[0, :states, source])
    return state
