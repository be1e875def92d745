"""What is given and when it is read, the same clock for every patient; only the amounts are each patient's own."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Portion:
    """One dose: patient p gets `share` × `amounts[row, p]` mg by `way`, evenly over `duration_min` (0: a bolus).

    With the weights in kg as row 0 of the amounts, `share` is mg/kg. A dose that some patients skip, or that is capped,
    is a row of its own. An infusion that stops in some patients is a row of portions, one for each time it may stop.
    """

    way: str
    share: float
    row: int
    start_min: float
    duration_min: float = 0.0


@dataclass(frozen=True)
class Grid:
    """`count` times from `start_min` on, `step_min` apart. A single time is a grid of one."""

    start_min: float
    step_min: float
    count: int

    def __post_init__(self) -> None:
        if self.count < 1 or not self.step_min > 0:
            raise ValueError("a grid needs one time or more, and a step above zero")

    @property
    def end_min(self) -> float:
        """Its last time."""
        return self.start_min + (self.count - 1) * self.step_min

    @property
    def times_min(self) -> Floats:
        """Its times."""
        times: Floats = self.start_min + np.arange(self.count, dtype=np.float64) * self.step_min
        return times


@dataclass(frozen=True)
class Course:
    """The `portions` of a protocol, and the `grids` on which curves are read, one after the other."""

    portions: tuple[Portion, ...]
    grids: tuple[Grid, ...]

    def __post_init__(self) -> None:
        if not self.grids:
            raise ValueError("a course needs a time at which it is read")
        for before, after in zip(self.grids, self.grids[1:], strict=False):
            if after.start_min <= before.end_min:
                raise ValueError(f"a grid starts at {after.start_min:g} min, before the last ends ({before.end_min:g})")

    @cached_property
    def times_min(self) -> Floats:
        """All times at which curves are read, increasing."""
        times: Floats = np.concatenate([grid.times_min for grid in self.grids])
        return times
