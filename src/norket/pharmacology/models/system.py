"""A linear compartment system: what every published model here becomes before it is solved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NG_ML_PER_MG_L = 1000.0


@dataclass(frozen=True, eq=False)
class LinearSystem:
    """dx/dt = A x + inputs · rate, y = outputs · x, for `draws` individuals at once. Amounts in mg, time in min.

    `A` has the shape (draws, states, states), in 1/min. `inputs[name]` (draws, states) is where one mg of a dose by
    that way goes; `outputs[name]` (draws, states) turns the state into ng/mL. Frozen; the arrays are read-only.
    """

    A: Floats
    inputs: Mapping[str, Floats]
    outputs: Mapping[str, Floats]

    def __post_init__(self) -> None:
        draws, states, _ = self.A.shape
        object.__setattr__(self, "A", _read_only(self.A, (draws, states, states)))
        for name in ("inputs", "outputs"):
            vectors = {key: _read_only(value, (draws, states)) for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, MappingProxyType(vectors))

    @property
    def draws(self) -> int:
        """How many individuals it holds."""
        return int(self.A.shape[0])

    @property
    def states(self) -> int:
        """How many state variables each individual has."""
        return int(self.A.shape[1])


def _read_only(values: Floats, shape: tuple[int, ...]) -> Floats:
    array = np.array(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"a system of shape {shape} got an array of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("a system needs finite numbers only")
    array.flags.writeable = False
    return array


class Compartments:
    """Builds a `LinearSystem` from named compartments and the rate constants (1/min) between them."""

    def __init__(self, names: Sequence[str], draws: int) -> None:
        self._index = {name: number for number, name in enumerate(names)}
        self._rates = np.zeros((draws, len(names), len(names)))

    def flow(self, source: str, target: str, rate: Floats) -> None:
        """A first-order flow of mass out of `source` into `target`."""
        self.loss(source, rate)
        self._rates[:, self._index[target], self._index[source]] += rate

    def exchange(self, one: str, other: str, clearance: Floats, volume: Floats, other_volume: Floats) -> None:
        """Distribution between two compartments with an inter-compartmental clearance (L/min) and volumes (L)."""
        self.flow(one, other, clearance / volume)
        self.flow(other, one, clearance / other_volume)

    def loss(self, source: str, rate: Floats) -> None:
        """A first-order loss of mass out of the system."""
        self._rates[:, self._index[source], self._index[source]] -= rate

    def follow(self, site: str, source: str, volume: Floats, rate: Floats) -> None:
        """`site` holds a concentration (mg/L) that follows that of `source`; it takes no mass."""
        self._rates[:, self._index[site], self._index[source]] += rate / volume
        self._rates[:, self._index[site], self._index[site]] -= rate

    def at(self, name: str, value: Floats | float = 1.0) -> Floats:
        """The vector (draws, states) that is `value` at compartment `name` and zero elsewhere."""
        vector = np.zeros(self._rates.shape[:2])
        vector[:, self._index[name]] = value
        return vector

    def concentration(self, name: str, volume: Floats | float = 1.0) -> Floats:
        """The vector that reads compartment `name` as ng/mL in `volume` litres."""
        return self.at(name, NG_ML_PER_MG_L / volume)

    def system(self, inputs: Mapping[str, Floats], outputs: Mapping[str, Floats]) -> LinearSystem:
        """The finished system."""
        return LinearSystem(self._rates, inputs, outputs)
