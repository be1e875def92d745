"""What a model entry must say beside its numbers, read strictly so that a typing error cannot change a curve."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.units.dose_text import Drug, Route

Measured = Literal["S", "S + R"]
Condition = Literal["always", "racemate", "esketamine", "fast_input", "outside_studied_weight"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelWarning(_Strict):
    """A sentence that goes with a prediction when its condition holds."""

    when: Condition
    text: str = Field(min_length=1)


class Card(_Strict):
    """The `data` of a model entry.

    `measures`: what the model was fitted on. `analytes`: each output and its site. `parameters`: the figures of this
    entry that go to `build`; `also`: figures of other entries. `blocks`: parameters whose log-normal random effects
    vary together, read from this entry or from `variability_from`. `assumption` is shown wherever the track is not
    of the form that was measured. `covariates`: further facts that the model uses, by name.
    """

    title: str
    structure: str
    population: str
    site: str
    measures: Measured
    routes: tuple[Route, ...]
    adult_limits: str
    parameters: tuple[str, ...]
    also: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    blocks: tuple[tuple[str, ...], ...] = ()
    variability_from: str | None = None
    analytes: dict[str, str]
    assumption: str
    covariates: tuple[str, ...] = ()
    warnings: tuple[ModelWarning, ...] = ()
    limits: tuple[str, ...] = ()


class DefaultRow(_Strict):
    """One row of the default table: for this route, drug, analyte and purpose, this model."""

    route: Route
    drug: Drug
    analyte: str
    purpose: str
    model: str
