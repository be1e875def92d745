"""What a model entry must say beside its numbers, read strictly so that a typing error cannot change a curve."""

from collections.abc import Collection
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.units.dose_text import Drug, Route

Measured = Literal["S", "S + R"]
KETAMINE = "ketamine"
Condition = Literal["always", "racemate", "esketamine", "fast_input", "outside_studied_weight", "outside_studied_age"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelWarning(_Strict):
    """A sentence that goes with a prediction when its condition holds."""

    when: Condition
    text: str = Field(min_length=1)


class Choice(_Strict):
    """A covariate that is one of `choices`, or not known."""

    choices: tuple[str, ...]


class Range(_Strict):
    """A covariate that is a number between `low` and `high`; `default` where nothing is said."""

    low: float
    high: float
    default: float


class Card(_Strict):
    """The `data` of a model entry.

    `measures`: what the model was fitted on. `analytes`: each output and its site. `parameters`: the figures of this
    entry that go to `build`; `also`: figures of other entries, as a list or renamed by a mapping. `patient_limits`: the
    entry that says which weights and ages are covered. `blocks`: parameters whose random effects vary together between
    patients, read from this entry or from `variability_from`; log-normal, or on the logit if named in `logit`;
    `occasion_blocks`: the same between occasions. `covariates`: further facts that the model uses. `intrinsic`: the
    parameters that an interaction multiplies, by organ. `stepped`: parameters change with time, in steps. `assumption`
    is shown wherever the track is not of the form that was measured. `drug`: what its doses are of, if not ketamine.
    """

    title: str
    structure: str
    population: str
    site: str
    measures: Measured
    drug: str = KETAMINE
    routes: tuple[Route, ...]
    patient_limits: str
    parameters: tuple[str, ...]
    also: dict[str, tuple[str, ...] | dict[str, str]] = Field(default_factory=dict)
    blocks: tuple[tuple[str, ...], ...] = ()
    logit: tuple[str, ...] = ()
    occasion_blocks: tuple[tuple[str, ...], ...] = ()
    variability_from: str | None = None
    analytes: dict[str, str]
    assumption: str
    covariates: dict[str, Choice | Range] = Field(default_factory=dict)
    intrinsic: dict[Literal["liver", "gut"], tuple[str, ...]] = Field(default_factory=dict)
    stepped: bool = False
    warnings: tuple[ModelWarning, ...] = ()
    limits: tuple[str, ...] = ()

    def figures(self, entry_id: str) -> dict[str, str]:
        """Which figures of the other entry `entry_id` are taken, and under which parameter names."""
        taken = self.also[entry_id]
        return dict(taken) if isinstance(taken, dict) else {name: name for name in taken}


class DefaultRow(_Strict):
    """One row of the default table: a history of these routes and drugs, this analyte and purpose, this model."""

    routes: tuple[Route, ...]
    drugs: tuple[Drug, ...]
    analyte: str
    purpose: str
    model: str

    def covers(self, routes: Collection[str], drugs: Collection[str]) -> bool:
        """Whether all of these routes and drugs are in the row."""
        return set(routes) <= set(self.routes) and set(drugs) <= set(self.drugs)
