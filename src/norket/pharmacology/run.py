"""One model asked about one history: the typical patient, each dose's share, and the virtual patients of the band."""

from collections.abc import Mapping, Sequence
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
from norket.units.dose_text import Drug

Floats = NDArray[np.float64]
Form = Literal["S + R", "S"]
EFFECT_SITE = "effect site"


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
    _percentiles: dict[str, Floats] = field(default_factory=dict)

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
        return self.model.inputs(self.history, [0] * len(self.history))

    @cached_property
    def drugs(self) -> tuple[Drug, ...]:
        """The drugs of the history: each has its own part of S. R is taken to behave as S by every model here."""
        return tuple(dict.fromkeys(dose.drug for dose in self.history))

    @cached_property
    def typical(self) -> Mapping[str, Floats]:
        """The typical curve of each output (doses, times), a row for each dose."""
        count = len(self.history)
        inputs = self.model.inputs(self.history, range(count))
        return {name: curve[:, :, 0] for name, curve in solve(self.segments, inputs, self.times_min, count).items()}

    @cached_property
    def drawn(self) -> Mapping[str, Floats]:
        """The curves of the virtual patients, each output (drugs, times, draws)."""
        segments = self.model.segments(self.patient, self.history, self.effects, self.drawn_factors)
        columns = [self.drugs.index(dose.drug) for dose in self.history]
        inputs = self.model.inputs(self.history, columns)
        curves = solve(segments, inputs, self.times_min, len(self.drugs))
        if self.sample_seed is None:
            return curves
        return {name: self._sampled(name, curve, self.sample_seed) for name, curve in curves.items()}

    def _sampled(self, output: str, curve: Floats, seed: int) -> Floats:
        """A sample has one error, that of the sum; each drug takes its share of it. Nobody samples an effect site."""
        if self.model.card.analytes[output] == EFFECT_SITE:
            return curve
        both = curve.sum(axis=0)
        ratio = np.divide(sampled(self.model, output, both, seed), both, out=np.ones_like(both), where=both > 0)
        found: Floats = curve * ratio
        return found

    def individuals(self, output: str, form: Form) -> Floats:
        """The curves (times, draws) of the virtual patients in ng/mL."""
        return _together(self.drawn[output], [_part(drug, form) for drug in self.drugs])

    def track(self, output: str, form: Form) -> Track:
        """The typical curve and the band of one output, all forms together or S alone."""
        typical = _together(self.typical[output], [_part(dose.drug, form) for dose in self.history])
        racemic = self.model.card.measures != "S"
        assumed = racemic if form == "S" else ("esketamine" if racemic else "ketamine") in self.drugs
        name = output if form == "S + R" else f"s_{output}"
        curves = (read_only(curve) for curve in (typical, *self._bands(output, form)))
        site = self.model.card.analytes[output]
        return Track(name, site, self.model.id, form, "; ".join(self._said(assumed)), *curves)

    def _bands(self, output: str, form: Form) -> Floats:
        """The percentiles. Those of S after one drug are its part of those of all: they are sought once."""
        if form == "S" and len(self.drugs) > 1:
            return bands(self.individuals(output, form))
        if output not in self._percentiles:
            self._percentiles[output] = bands(self.individuals(output, "S + R"))
        found: Floats = self._percentiles[output] * _part(self.drugs[0], form)
        return found

    def _said(self, assumed: bool) -> list[str]:
        card = self.model.card
        said = [card.assumption] if assumed else []
        if card.variability_from is not None:
            said.append(f"variability borrowed from {card.variability_from.removeprefix(PREFIX)}")
        return [*said, *self.assumed]

    def share(self, output: str, dose: int) -> Floats:
        """The part of the typical curve that dose number `dose` makes."""
        return read_only(self.typical[output][dose])

    def summary(self, output: str) -> Summary:
        """Peak, its time, area and half-life of the typical curve, on the model's own times."""
        if output not in self._summaries:
            self._summaries[output] = summarise(self.segments, self.inputs, output)
        return self._summaries[output]

    def area_ng_h_ml(self, output: str, until_min: float) -> float:
        """The area under the typical curve from the first dose until `until_min`."""
        return area(self.segments, self.inputs, output, until_min)


def _part(drug: Drug, form: Form) -> float:
    """How much of a drug is of this form."""
    return S_FRACTION[drug] if form == "S" else 1.0


def _together(curves: Floats, parts: Sequence[float]) -> Floats:
    """The sum over the first axis, each row with its part; a single whole row is not copied."""
    if parts == [1.0]:
        whole: Floats = curves[0]
        return whole
    found: Floats = np.tensordot(np.array(parts), curves, axes=1)
    return found


def read_only(values: Floats) -> Floats:
    """A copy that nobody can change."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array
