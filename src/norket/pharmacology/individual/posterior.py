"""What `norket.update` answers: one patient's random effects after the observations, with the working."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from norket.knowledge import Reference
from norket.pharmacology.doses import Dose
from norket.pharmacology.individual.curves import Individual, individual
from norket.pharmacology.individual.joint import Joint
from norket.pharmacology.individual.observation import Observation
from norket.pharmacology.individual.parameters import Parameter
from norket.pharmacology.individual.sampling import resample
from norket.pharmacology.individual.taught import Taught
from norket.pharmacology.models import Model
from norket.pharmacology.patient import Patient
from norket.pharmacology.predict import predict_delivered
from norket.pharmacology.refusals import NotCoveredError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
BAND_DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Posterior:
    """One patient's random effects after `observations` (in the order of time).

    `mode`, `mean` (effects,) and `covariance` are of the random effects, `names` says which is which; `draws` (draws,
    effects) with `weights` (draws,) that add up to one are the posterior itself. `method`: "importance" (sampling
    around the mode), "tempered" (sequential Monte Carlo, where that did not hold) or "prior" (nothing was observed).
    `effective` is the effective sample size, `tail_shape` that of the weights (nan where there is none). `parameters`
    says what was learned of each, `taught` what each observation taught, `bits` what all of them did. `asked` is the
    model that was named, if one was. Arrays are read-only.
    """

    patient: Patient
    doses: tuple[Dose, ...]
    observations: tuple[Observation, ...]
    joint: Joint
    names: tuple[str, ...]
    mode: Floats
    mean: Floats
    covariance: Floats
    draws: Floats
    weights: Floats
    method: str
    effective: float
    tail_shape: float
    parameters: tuple[Parameter, ...]
    taught: tuple[Taught, ...]
    bits: float
    asked: Model | None
    warnings: tuple[str, ...]
    sources: tuple[Reference, ...]
    edition: str
    seed: int

    @property
    def models(self) -> tuple[str, ...]:
        """The ids of the models that answered the observations."""
        return tuple(one.id for one in self.joint.models)

    @property
    def effective_fraction(self) -> float:
        """The effective sample size as a part of the draws."""
        return self.effective / len(self.weights)

    @cached_property
    def prior_covariance(self) -> Floats:
        """The covariance of the random effects before anything was observed."""
        return self.joint.covariance

    def equal_draws(self, count: int) -> Floats:
        """`count` equally likely draws (count, effects), the same each time."""
        return self.draws[resample(self.weights, count, self.seed)]

    def predict(
        self, doses: Sequence[str | Dose] | None = None, times_min: ArrayLike | None = None, *, draws: int = BAND_DRAWS
    ) -> Individual:
        """The individual's curves beside the population's, for `doses` (the whole history, with what is planned).

        Without `doses` those of the update. What nothing was learned about, such as an occasion to come, comes from the
        prior. Raises what `norket.predict` raises.
        """
        history = self.doses if doses is None else _resolved(doses, self.patient)
        before = predict_delivered(self.patient, history, times_min, draws, self.seed, model=self.asked)
        return individual(self.joint, before, self.mode, self.equal_draws(draws), self.seed)

    def to_json(self) -> dict[str, Any]:
        """The document of `norket update --json`, as plain data. The draws themselves are left out."""
        return {
            "models": list(self.models),
            "observations": [one.as_dict() for one in self.observations],
            "doses": [_dose(one) for one in self.doses],
            "names": list(self.names),
            "mode": self.mode.tolist(),
            "mean": self.mean.tolist(),
            "covariance": self.covariance.tolist(),
            "prior_covariance": self.prior_covariance.tolist(),
            "parameters": [one.as_dict() for one in self.parameters],
            "taught": [one.as_dict() for one in self.taught],
            "bits": self.bits,
            "method": self.method,
            "draws": len(self.weights),
            "effective": self.effective,
            "effective_fraction": self.effective_fraction,
            "tail_shape": None if np.isnan(self.tail_shape) else self.tail_shape,
            "warnings": list(self.warnings),
            "sources": [reference.model_dump(mode="json") for reference in self.sources],
            "edition": self.edition,
            "seed": self.seed,
        }

    def plot(self, path: str | Path | None = None, *, until_min: float | None = None) -> "Figure":
        """Prior and posterior bands with the observations as points; written to `path` if given."""
        from norket.pharmacology.individual.plot import draw, plot_times  # noqa: PLC0415 -- matplotlib is slow to load

        if not self.observations:
            raise NotCoveredError("observation_not_valid", "nothing was observed: plot a prediction instead")
        who = f"{self.patient.weight_kg:g} kg, {self.patient.age_y:g} years, {self.patient.sex}"
        learned = f"{self.bits:.1f} bits from {len(self.observations)} observations"
        found = self.predict(times_min=plot_times(self.joint, until_min))
        return draw(self.joint, self.mode, found, f"{learned}; {who}; {self.effective:,.0f} effective draws", path)


def _resolved(doses: Sequence[str | Dose], patient: Patient) -> tuple[Dose, ...]:
    return tuple(Dose.parse(dose, patient) if isinstance(dose, str) else dose for dose in doses)


def _dose(dose: Dose) -> dict[str, Any]:
    names = ("text", "drug", "route", "amount_mg", "start_min", "duration_min")
    return {name: getattr(dose, name) for name in names}
