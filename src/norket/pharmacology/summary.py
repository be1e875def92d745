"""The few numbers that describe a typical curve: peak, time of peak, area, terminal half-life."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.engine import Input, solve
from norket.pharmacology.models.system import LinearSystem
from norket.units.quantities import MINUTES_PER_HOUR

Floats = NDArray[np.float64]
LOOKS = 401
# A mode this small beside the largest one is rounding, not kinetics.
NEGLIGIBLE = 1e-10


@dataclass(frozen=True)
class Summary:
    """Of the typical curve, from its start until `until_min`; the area also to infinity.

    `cmax_ng_ml` at `tmax_min`; `auc_ng_h_ml` and `auc_inf_ng_h_ml` (exact, not trapezoids); `half_life_h` is terminal:
    that of the slowest mode which the doses excite and the analyte shows.
    """

    cmax_ng_ml: float
    tmax_min: float
    auc_ng_h_ml: float
    auc_inf_ng_h_ml: float
    half_life_h: float
    until_min: float

    def as_dict(self) -> dict[str, float]:
        """The numbers by name."""
        return asdict(self)


def summarise(system: LinearSystem, inputs: Sequence[Input], output: str, span_min: tuple[float, float]) -> Summary:
    """The summary of `output` of a one-draw `system` (constant parameters) over `span_min` (start, end)."""
    single = [Input(one.way, one.amount_mg, one.start_min, one.duration_min, 0) for one in inputs]
    tmax, cmax = _peak(system, single, output, span_min)
    until = span_min[1]
    area = solve(_with_area(system, output), single, np.array([until]), 1)["area"][0, 0, 0]
    total = np.linalg.solve(system.A[0], -sum(system.inputs[one.way][0] * one.amount_mg for one in single))
    infinite = float(system.outputs[output][0] @ total)
    half_life = _terminal_half_life(system, sorted({one.way for one in single}), output)
    return Summary(
        cmax_ng_ml=cmax,
        tmax_min=tmax,
        auc_ng_h_ml=float(area) / MINUTES_PER_HOUR,
        auc_inf_ng_h_ml=infinite / MINUTES_PER_HOUR,
        half_life_h=half_life / MINUTES_PER_HOUR,
        until_min=until,
    )


def _peak(
    system: LinearSystem, inputs: Sequence[Input], output: str, span_min: tuple[float, float]
) -> tuple[float, float]:
    """Looks at even times and at every event, then closer around the highest: (time, height)."""
    start, end = span_min
    events = [moment for one in inputs for moment in (one.start_min, one.start_min + one.duration_min)]
    looks = np.unique([*np.linspace(start, end, LOOKS), *(moment for moment in events if start <= moment <= end)])
    for _ in range(2):
        curve = solve(system, inputs, looks, 1)[output][0, :, 0]
        top = int(np.argmax(curve))
        around = looks[max(top - 1, 0)], looks[min(top + 1, len(looks) - 1)]
        best = float(looks[top]), float(curve[top])
        looks = np.unique([*np.linspace(*around, LOOKS), best[0]])
    return best


def _with_area(system: LinearSystem, output: str) -> LinearSystem:
    """The system with one more state: the area under `output`, read as `area`; scaled to keep the rates alike."""
    size = system.states + 1
    rates = np.zeros((1, size, size))
    rates[0, :-1, :-1] = system.A[0]
    weights = system.outputs[output][0]
    scale = np.abs(weights).max() or 1.0
    rates[0, -1, :-1] = weights / scale
    inputs = {way: np.append(vector, [[0.0]], axis=1) for way, vector in system.inputs.items()}
    area = np.zeros((1, size))
    area[0, -1] = scale
    return LinearSystem(rates, inputs, {"area": area})


def _terminal_half_life(system: LinearSystem, ways: Sequence[str], output: str) -> float:
    rates, modes = np.linalg.eig(system.A[0])
    entered = np.linalg.solve(modes, np.column_stack([system.inputs[way][0] for way in ways]))
    shown = np.abs((system.outputs[output][0] @ modes)[:, None] * entered).max(axis=1)
    return float(np.log(2) / np.min(-rates.real[shown > NEGLIGIBLE * shown.max()]))
