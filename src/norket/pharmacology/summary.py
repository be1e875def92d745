"""The few numbers that describe a typical curve: peak, time of peak, area, terminal half-life."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.engine import Input, solve
from norket.pharmacology.models.system import LinearSystem
from norket.units.quantities import MINUTES_PER_HOUR

Floats = NDArray[np.float64]
AUC_SPAN = "0-inf"
# Looks after each event: closely while the fastest process runs, ever wider until the slowest has run seven times over.
LOOKS, CLOSER_LOOKS = 200, 401
FIRST_LOOK, LAST_LOOK = 0.01, 7.0
# A mode this small beside the largest one is rounding, not kinetics.
NEGLIGIBLE = 1e-10


@dataclass(frozen=True)
class Summary:
    """Of the typical curve of all doses, from before the first to infinity, whatever times a prediction was asked for.

    `cmax_ng_ml` at `tmax_min`, the highest of all; `auc_ng_h_ml` from the first dose to infinity (exact, not
    trapezoids); `half_life_h` is terminal: that of the slowest mode which the doses excite and the analyte shows.
    """

    cmax_ng_ml: float
    tmax_min: float
    auc_ng_h_ml: float
    half_life_h: float

    def as_dict(self) -> dict[str, float | str]:
        """The numbers by name; `auc` says from when to when the area is."""
        return {**asdict(self), "auc": AUC_SPAN}


def summarise(system: LinearSystem, inputs: Sequence[Input], output: str) -> Summary:
    """The summary of `output` of a one-draw `system` (constant parameters) after all `inputs`."""
    single = [Input(one.way, one.amount_mg, one.start_min, one.duration_min, 0) for one in inputs]
    slowest = _slowest_rate(system, sorted({one.way for one in single}), output)
    tmax, cmax = _peak(system, single, output, slowest)
    exposure = np.linalg.solve(system.A[0], -sum(system.inputs[one.way][0] * one.amount_mg for one in single))
    return Summary(
        cmax_ng_ml=cmax,
        tmax_min=tmax,
        auc_ng_h_ml=float(system.outputs[output][0] @ exposure) / MINUTES_PER_HOUR,
        half_life_h=float(np.log(2)) / slowest / MINUTES_PER_HOUR,
    )


def _peak(system: LinearSystem, inputs: Sequence[Input], output: str, slowest: float) -> tuple[float, float]:
    """Looks at every event and after it, then closer around the highest: (time, height)."""
    looks = _looks(inputs, float(np.abs(np.linalg.eigvals(system.A[0])).max()), slowest)
    best = int(np.argmax(_curve(system, inputs, output, looks)))
    around = looks[max(best - 1, 0)], looks[min(best + 1, len(looks) - 1)]
    looks = np.unique([*np.linspace(*around, CLOSER_LOOKS), looks[best]])
    curve = _curve(system, inputs, output, looks)
    best = int(np.argmax(curve))
    return float(looks[best]), float(curve[best])


def _curve(system: LinearSystem, inputs: Sequence[Input], output: str, looks: Floats) -> Floats:
    return solve(system, inputs, looks, 1)[output][0, :, 0]


def _looks(inputs: Sequence[Input], fastest: float, slowest: float) -> Floats:
    moments = np.unique([moment for one in inputs for moment in (one.start_min, one.start_min + one.duration_min)])
    after = np.geomspace(FIRST_LOOK / fastest, LAST_LOOK / slowest, LOOKS)
    gaps = np.append(np.diff(moments), np.inf)
    between = [moment + after[after < gap] for moment, gap in zip(moments, gaps, strict=True)]
    return np.unique(np.concatenate([moments, *between]))


def _slowest_rate(system: LinearSystem, ways: Sequence[str], output: str) -> float:
    rates, modes = np.linalg.eig(system.A[0])
    entered = np.linalg.solve(modes, np.column_stack([system.inputs[way][0] for way in ways]))
    shown = np.abs((system.outputs[output][0] @ modes)[:, None] * entered).max(axis=1)
    return float(np.min(-rates.real[shown > NEGLIGIBLE * shown.max()]))
