"""The few numbers that describe a typical curve: peak, time of peak, area, terminal half-life."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.engine import solve
from norket.pharmacology.models.system import Input, LinearSystem, Segment
from norket.pharmacology.refusals import NotCoveredError
from norket.units.quantities import MINUTES_PER_HOUR

Floats = NDArray[np.float64]
AUC_SPAN = "0-inf"
# Looks after each event: closely while the fastest process runs, ever wider until the slowest has run seven times over.
LOOKS, CLOSER_LOOKS = 200, 401
FIRST_LOOK, LAST_LOOK = 0.01, 7.0
# A rate this small beside the fastest is none.
STILL = 1e-14
AREA, STATE = "area", "state "


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


def summarise(segments: Sequence[Segment], inputs: Sequence[Input], output: str) -> Summary:
    """The summary of `output` of the one-draw systems in `segments` after all `inputs`.

    A system that never loses what it holds has no area and no half-life: refused (`NotCoveredError`).
    """
    inputs = [replace(one, column=0) for one in inputs]
    ends = [_end(segments, one) for one in inputs]
    slowest = _slowest_rate(segments[-1].system, sorted({one.way for one in inputs}), output)
    fastest = max(float(np.abs(np.linalg.eigvals(segment.system.A[0])).max()) for segment in segments)
    boundaries = [segment.start_min for segment in segments[1:]]
    looks = _looks([*(one.start_min for one in inputs), *ends, *boundaries], fastest, slowest)
    tmax, cmax = _peak(segments, inputs, output, looks)
    return Summary(
        cmax_ng_ml=cmax,
        tmax_min=tmax,
        auc_ng_h_ml=area(segments, inputs, output),
        half_life_h=float(np.log(2)) / slowest / MINUTES_PER_HOUR,
    )


def area(segments: Sequence[Segment], inputs: Sequence[Input], output: str, until_min: float | None = None) -> float:
    """The area (ng h/mL) under `output` from before the first input until `until_min`, or to infinity; exact."""
    inputs = [replace(one, column=0) for one in inputs]
    last = max([*(_end(segments, one) for one in inputs), *(segment.start_min for segment in segments)])
    end = last if until_min is None else until_min
    counted = [Segment(segment.start_min, _counting(segment.system, output)) for segment in segments]
    found = solve(counted, inputs, np.array([end]), 1)
    total = float(found[AREA][0, 0, 0])
    if until_min is None:
        system = segments[-1].system
        left = np.array([found[f"{STATE}{state}"][0, 0, 0] for state in range(system.states)])
        total -= float(system.outputs[output][0] @ np.linalg.solve(system.A[0], left))
    return total / MINUTES_PER_HOUR


def _counting(system: LinearSystem, output: str) -> LinearSystem:
    """The system with one more state, the area under `output` so far, and with every state as an output."""
    size = system.states + 1
    matrix = np.zeros((1, size, size))
    matrix[:, :-1, :-1] = system.A[:1]
    matrix[:, -1, :-1] = system.outputs[output][:1]
    inputs = {way: np.append(vector[:1], [[0.0]], axis=1) for way, vector in system.inputs.items()}
    states = {f"{STATE}{state}": np.eye(size)[[state]] for state in range(system.states)}
    return LinearSystem(matrix, inputs, states | {AREA: np.eye(size)[[-1]]}, system.release_min)


def _end(segments: Sequence[Segment], one: Input) -> float:
    """When the last of an input has gone in."""
    system = [segment.system for segment in segments if segment.start_min <= one.start_min][-1]
    lasting = float(system.release_min[one.way][0]) if one.way in system.release_min else one.duration_min
    return one.start_min + lasting


def _peak(segments: Sequence[Segment], inputs: Sequence[Input], output: str, looks: Floats) -> tuple[float, float]:
    """Looks at every event and after it, then closer around the highest: (time, height)."""
    best = int(np.argmax(_curve(segments, inputs, output, looks)))
    around = looks[max(best - 1, 0)], looks[min(best + 1, len(looks) - 1)]
    looks = np.unique([*np.linspace(*around, CLOSER_LOOKS), looks[best]])
    curve = _curve(segments, inputs, output, looks)
    best = int(np.argmax(curve))
    return float(looks[best]), float(curve[best])


def _curve(segments: Sequence[Segment], inputs: Sequence[Input], output: str, looks: Floats) -> Floats:
    return solve(segments, inputs, looks, 1)[output][0, :, 0]


def _looks(moments: Sequence[float], fastest: float, slowest: float) -> Floats:
    events = np.unique(moments)
    after = np.geomspace(FIRST_LOOK / fastest, LAST_LOOK / slowest, LOOKS)
    gaps = np.append(np.diff(events), np.inf)
    between = [moment + after[after < gap] for moment, gap in zip(events, gaps, strict=True)]
    return np.unique(np.concatenate([events, *between]))


def _slowest_rate(system: LinearSystem, ways: Sequence[str], output: str) -> float:
    """The slowest mode among the states that the doses reach and that reach `output`: no other mode can show.

    Eigenvectors are not asked: those of two equal rates in a chain are parallel, and their weights without meaning.
    """
    matrix = system.A[0]
    rates = np.linalg.eigvals(matrix).real
    if (rates > -STILL * np.abs(rates).max()).any():
        message = f"the model never loses all of a dose, so that {output} has no area and no half-life"
        raise NotCoveredError("model_not_valid", message)
    entered = np.any([system.inputs[way][0] != 0 for way in ways], axis=0)
    between = _reached(matrix, entered) & _reached(matrix.T, system.outputs[output][0] != 0)
    return float(np.min(-np.linalg.eigvals(matrix[np.ix_(between, between)]).real))


def _reached(matrix: Floats, start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The states to which mass flows, by any number of steps, from those in `start`."""
    found = start
    for _ in range(len(matrix)):
        found = found | ((matrix != 0) @ found)
    return found
