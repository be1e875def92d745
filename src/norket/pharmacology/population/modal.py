"""A model's systems as sums of exponentials, and which patients need the propagator instead.

The answer of a linear system to constant inputs is exact in this form. It divides by differences of rates, so patients
whose rates are nearly equal are named in `close` and solved by the engine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.models.system import LinearSystem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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
    source: NDArray[np.int64]
    entry: Floats
    readout: Floats
    close: Flags
    unsolved: str = ""

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
    raise NotImplementedError
