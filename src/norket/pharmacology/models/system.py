"""A linear compartment system: what every published model here becomes before it is solved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NG_ML_PER_MG_L = 1000.0


@dataclass(frozen=True, eq=False)
class LinearSystem:
    """dx/dt = A x + inputs · rate, y = outputs · x, for `draws` individuals at once. Amounts in mg, time in min.

    `A` has the shape (draws, states, states), in 1/min. `inputs[way]` (draws, states) is where one mg of a dose by
    that way goes; `outputs[name]` (draws, states) turns the state into ng/mL. A way is a route (`"oral"`), or a route
    and a word (`"intranasal swallowed"`) where one dose goes to several places. `release_min[way]` (draws,): what is
    given at once by this way enters evenly over that time, each individual's own. Frozen; the arrays are read-only.
    """

    A: Floats
    inputs: Mapping[str, Floats]
    outputs: Mapping[str, Floats]
    release_min: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        draws, states, _ = self.A.shape
        object.__setattr__(self, "A", _read_only(self.A, (draws, states, states)))
        for name, shape in (("inputs", (draws, states)), ("outputs", (draws, states)), ("release_min", (draws,))):
            vectors = {key: _read_only(value, shape) for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, MappingProxyType(vectors))
        for way, lasting in self.release_min.items():
            if way not in self.inputs or not (lasting > 0).all():
                raise ValueError(f"the release by '{way}' needs an input of that name and a time above zero")

    @property
    def draws(self) -> int:
        """How many individuals it holds."""
        return int(self.A.shape[0])

    @property
    def states(self) -> int:
        """How many state variables each individual has."""
        return int(self.A.shape[1])


@dataclass(frozen=True, eq=False)
class Segment:
    """From `start_min` on the parameters are those of `system`, until the next segment starts."""

    start_min: float
    system: LinearSystem


@dataclass(frozen=True, eq=False)
class Input:
    """One dose as the engine sees it: `amount_mg` into the input `way` of the system, counted in `column`."""

    way: str
    amount_mg: float
    start_min: float
    duration_min: float
    column: int


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

    def chain(self, source: str, steps: Sequence[str], target: str, rate: Floats) -> None:
        """Transit: a first-order flow at `rate` from `source` through each of `steps` into `target`."""
        for one, after in pairwise((source, *steps, target)):
            self.flow(one, after, rate)

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

    def system(
        self,
        inputs: Mapping[str, Floats],
        outputs: Mapping[str, Floats],
        release_min: Mapping[str, Floats] = MappingProxyType({}),
    ) -> LinearSystem:
        """The finished system."""
        return LinearSystem(self._rates, inputs, outputs, release_min)
