"""One model asked about one history: the typical patient, each dose's share, and the virtual patients of the band."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.doses import Dose
from norket.pharmacology.engine import solve
from norket.pharmacology.models import Model
from norket.pharmacology.models.model import S_FRACTION, Factors
from norket.pharmacology.models.shelf import PREFIX
from norket.pharmacology.models.system import Input, Segment
from norket.pharmacology.patient import Patient
from norket.pharmacology.summary import Summary, area, summarise
from norket.pharmacology.track import Track
from norket.pharmacology.uncertainty import bands, sampled

Floats = NDArray[np.float64]
Form = Literal["S + R", "S"]


class Answer(Protocol):
    """What answers for an analyte: one model's run, or a mixture of several."""

    @property
    def model_id(self) -> str: ...

    @property
    def analytes(self) -> Mapping[str, str]: ...

    def individuals(self, output: str, form: Form) -> Floats: ...

    def share(self, output: str, dose: int) -> Floats: ...

    def summary(self, output: str) -> Summary: ...

    def area_ng_h_ml(self, output: str, until_min: float) -> float: ...


@dataclass(frozen=True, eq=False)
class Run:
    """`effects` (draws, …) are the random effects of the virtual patients; `factors` multiply parameters of the typical
    patient and `drawn_factors` those of each virtual one. `sample_seed`: add the error of a measured sample, from it.
    """

    model: Model
    patient: Patient
    history: tuple[Dose, ...]
    times_min: Floats
    effects: Floats
    factors: Factors = field(default_factory=dict)
    drawn_factors: Factors = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    sample_seed: int | None = None
    _summaries: dict[str, Summary] = field(default_factory=dict)

    @property
    def model_id(self) -> str:
        """Whose answer it is."""
        return self.model.id

    @property
    def analytes(self) -> Mapping[str, str]:
        """What it gives, and where."""
        return self.model.card.analytes

    @cached_property
    def segments(self) -> list[Segment]:
        """The typical patient over time."""
        none = np.zeros((1, self.effects.shape[1]))
        return self.model.segments(self.patient, self.history, none, self.factors)

    @cached_property
    def inputs(self) -> list[Input]:
        """All doses, each whole, in one column."""
        return self.model.inputs(self.history, [0] * len(self.history), [1.0] * len(self.history))

    @cached_property
    def typical(self) -> Mapping[str, Floats]:
        """The typical curve of each output (2 x doses, times): the S and the R part of each dose in turn."""
        count = len(self.history)
        inputs = self._halves([2 * number for number in range(count)], [2 * number + 1 for number in range(count)])
        curves = solve(self.segments, inputs, self.times_min, 2 * count)
        return {name: curve[:, :, 0] for name, curve in curves.items()}

    @cached_property
    def drawn(self) -> Mapping[str, Floats]:
        """The curves of the virtual patients, each output (2, times, draws): all S and all R."""
        segments = self.model.segments(self.patient, self.history, self.effects, self.drawn_factors)
        count = len(self.history)
        curves = solve(segments, self._halves([0] * count, [1] * count), self.times_min, 2)
        if self.sample_seed is None:
            return curves
        return {name: self._sampled(name, curve, self.sample_seed) for name, curve in curves.items()}

    def _sampled(self, output: str, curve: Floats, seed: int) -> Floats:
        """A sample has one error, that of the sum; each form takes its share of it."""
        both = curve.sum(axis=0)
        ratio = np.divide(sampled(self.model, output, both, seed), both, out=np.ones_like(both), where=both > 0)
        found: Floats = curve * ratio
        return found

    def _halves(self, s_columns: list[int], r_columns: list[int]) -> list[Input]:
        s_parts = [S_FRACTION[dose.drug] for dose in self.history]
        s_form = self.model.inputs(self.history, s_columns, s_parts)
        return s_form + self.model.inputs(self.history, r_columns, [1.0 - part for part in s_parts])

    def individuals(self, output: str, form: Form) -> Floats:
        """The curves (times, draws) of the virtual patients in ng/mL."""
        curves: Floats = self.drawn[output][0] if form == "S" else self.drawn[output].sum(axis=0)
        return curves

    def track(self, output: str, form: Form) -> Track:
        """The typical curve and the band of one output, all forms together or S alone."""
        typical = self.typical[output][::2] if form == "S" else self.typical[output]
        racemic = self.model.card.measures != "S"
        esketamine = any(dose.drug == "esketamine" for dose in self.history)
        assumed = racemic if form == "S" else (not racemic or esketamine)
        name = output if form == "S + R" else f"s_{output}"
        curves = (read_only(curve) for curve in (typical.sum(axis=0), *bands(self.individuals(output, form))))
        site = self.model.card.analytes[output]
        return Track(name, site, self.model.id, form, "; ".join(self._said(assumed)), *curves)

    def _said(self, assumed: bool) -> list[str]:
        card = self.model.card
        said = [card.assumption] if assumed else []
        if card.variability_from is not None:
            said.append(f"variability borrowed from {card.variability_from.removeprefix(PREFIX)}")
        return [*said, *self.assumed]

    def share(self, output: str, dose: int) -> Floats:
        """The part of the typical curve that dose number `dose` makes."""
        return read_only(self.typical[output][2 * dose : 2 * dose + 2].sum(axis=0))

    def summary(self, output: str) -> Summary:
        """Peak, its time, area and half-life of the typical curve, on the model's own times."""
        if output not in self._summaries:
            self._summaries[output] = summarise(self.segments, self.inputs, output)
        return self._summaries[output]

    def area_ng_h_ml(self, output: str, until_min: float) -> float:
        """The area under the typical curve from the first dose until `until_min`."""
        return area(self.segments, self.inputs, output, until_min)


def read_only(values: Floats) -> Floats:
    """A copy that nobody can change."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array
