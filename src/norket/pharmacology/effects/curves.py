"""The concentration that drives an effect, for the typical and for each virtual patient of a prediction.

A delay is one more compartment that follows an output. It is put into the systems before they are solved, so that it is
as exact as they are, whatever the times asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.doses import Dose
from norket.pharmacology.engine import solve
from norket.pharmacology.models.model import S_FRACTION
from norket.pharmacology.models.system import LinearSystem, Segment
from norket.pharmacology.patient import Patient
from norket.pharmacology.run import Run
from norket.pharmacology.track import Track

Floats = NDArray[np.float64]
FOLLOWED = "followed"
RACEMATE_S = S_FRACTION["ketamine"]


class Predicted(Protocol):
    """What is needed of a prediction of concentrations."""

    @property
    def patient(self) -> Patient: ...
    @property
    def doses(self) -> tuple[Dose, ...]: ...
    @property
    def times_min(self) -> Floats: ...
    @property
    def tracks(self) -> tuple[Track, ...]: ...
    @property
    def runs(self) -> tuple[Run, ...]: ...
    @property
    def unread_min(self) -> tuple[tuple[float, float], ...]: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Forms:
    """Curves in ng/mL of the S form and of both together: typical (times,) and drawn (times, draws)."""

    s_typical: Floats
    s_drawn: Floats
    typical: Floats
    drawn: Floats


def run_at(prediction: Predicted, analyte: str, site: str, model: str | None = None) -> Run | None:
    """The preferred run of `analyte` at `site`, None if the prediction has none."""
    runs = {run.model.id: run for run in prediction.runs}
    for track in prediction.tracks:
        if (track.analyte, track.site) == (analyte, site) and track.model in runs and model in (None, track.model):
            return runs[track.model]
    return None


def curves(run: Run, output: str, times_min: Floats, delay: tuple[float, Floats] | None = None) -> Forms:
    """The curves of `output` at `times_min` (increasing); with `delay` (half-time in min: typical, drawn) behind it."""
    drawn = run.model.segments(run.patient, run.history, run.effects, run.drawn_factors)
    one = _solved(run, run.segments, output, times_min, None if delay is None else np.array([delay[0]]))[..., 0]
    each = _solved(run, drawn, output, times_min, None if delay is None else delay[1])
    parts = [S_FRACTION[drug] for drug in run.drugs]
    return Forms(_summed(one, parts), _summed(each, parts), _summed(one), _summed(each))


def _summed(curves: Floats, parts: Sequence[float] | None = None) -> Floats:
    """The sum over the drugs (first axis), of each its part."""
    weights = [1.0] * len(curves) if parts is None else parts
    total: Floats = sum((part * curve for part, curve in zip(weights, curves, strict=True)), np.zeros(()))
    return total


def _solved(
    run: Run, segments: Sequence[Segment], output: str, times_min: Floats, half_time_min: Floats | None
) -> Floats:
    """The curves (drugs, times, draws)."""
    columns = [run.drugs.index(dose.drug) for dose in run.history]
    inputs = run.model.inputs(run.history, columns, [1.0] * len(columns))
    read = output
    if half_time_min is not None:
        segments = [Segment(one.start_min, followed(one.system, output, half_time_min)) for one in segments]
        read = FOLLOWED
    return solve(segments, inputs, times_min, len(run.drugs))[read]


def followed(system: LinearSystem, output: str, half_time_min: Floats) -> LinearSystem:
    """`system` with a site that follows `output` with `half_time_min` (draws,): its one output, "followed" (ng/mL)."""
    rate = np.log(2) / half_time_min
    size = system.states
    matrix = np.zeros((system.draws, size + 1, size + 1))
    matrix[:, :size, :size] = system.A
    matrix[:, size, :size] = rate[:, None] * system.outputs[output]
    matrix[:, size, size] = -rate
    site = np.zeros((system.draws, size + 1))
    site[:, size] = 1.0
    return LinearSystem(matrix, _wider(system.inputs), {FOLLOWED: site}, system.release_min)


def _wider(vectors: Mapping[str, Floats]) -> dict[str, Floats]:
    return {name: np.pad(vector, ((0, 0), (0, 1))) for name, vector in vectors.items()}
