"""What a history can reach: the compartments that its doses fill, so that nobody pays for those that stay empty."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.models.system import Floats, LinearSystem, Segment


def reached(segments: Sequence[Segment], ways: Sequence[str]) -> list[Segment]:
    """The systems with only these `ways` and the states that they fill, directly or through others.

    Every other state is zero for ever, so that no output changes. Without a way the systems stay as they are.
    """
    kept = np.flatnonzero(_filled([segment.system for segment in segments], ways))
    if not ways or (len(kept), len(ways)) == (segments[0].system.states, len(segments[0].system.inputs)):
        return list(segments)
    return [Segment(segment.start_min, _part(segment.system, kept, ways)) for segment in segments]


def _filled(systems: Sequence[LinearSystem], ways: Sequence[str]) -> NDArray[np.bool_]:
    flows = np.any([(system.A != 0).any(axis=0) for system in systems], axis=0)
    filled = np.any([(system.inputs[way] != 0).any(axis=0) for system in systems for way in ways], axis=0)
    for _ in range(len(flows)):
        filled = filled | flows[:, filled].any(axis=1)
    found: NDArray[np.bool_] = filled
    return found


def _part(system: LinearSystem, kept: NDArray[np.int64], ways: Sequence[str]) -> LinearSystem:
    outputs: dict[str, Floats] = {name: vector[:, kept] for name, vector in system.outputs.items()}
    inputs = {way: system.inputs[way][:, kept] for way in ways}
    release_min = {way: lasting for way, lasting in system.release_min.items() if way in ways}
    return LinearSystem(system.A[:, kept][:, :, kept], inputs, outputs, release_min)
