"""A published model ready to be solved: its structure, its figures with units, and whom it covers."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from norket.knowledge import Entry, Value
from norket.pharmacology.doses import Dose, stretches
from norket.pharmacology.models.card import Card, Condition
from norket.pharmacology.models.system import Floats, LinearSystem
from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError
from norket.units.quantities import MINUTES_PER_HOUR

Build = Callable[[Mapping[str, Floats], Mapping[str, float]], LinearSystem]
# Figures keep the units of their source; a structure sees litres, minutes, kilograms and milligrams only.
TO_ENGINE_UNITS = {
    "1": 1.0,
    "L": 1.0,
    "L/min": 1.0,
    "L/h": 1.0 / MINUTES_PER_HOUR,
    "min": 1.0,
    "h": MINUTES_PER_HOUR,
    "/min": 1.0,
    "/h": 1.0 / MINUTES_PER_HOUR,
    "kg": 1.0,
}
NOT_READ = "the ages studied by this model were not read"


@dataclass(frozen=True, eq=False)
class Model:
    """`build` with the entry that holds its numbers. `related` are the other entries it takes figures from, by id."""

    id: str
    build: Build
    entry: Entry
    card: Card
    related: Mapping[str, Entry]

    @cached_property
    def typical(self) -> dict[str, float]:
        """The typical value of each parameter, in L, L/min, min and kg."""
        own = {name: _engine_number(self.entry, name) for name in self.card.parameters}
        for entry_id, names in self.card.also.items():
            own |= {name: _engine_number(self.related[entry_id], name) for name in names}
        return own

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """The parameters that have a random effect, in the order of `covariance`."""
        return tuple(name for block in self.card.blocks for name in block)

    @cached_property
    def covariance(self) -> Floats:
        """The covariance of the log-normal random effects, zero between blocks."""
        source = self.entry if self.card.variability_from is None else self.related[self.card.variability_from]
        matrix = np.zeros((len(self.varying), len(self.varying)))
        for block in self.card.blocks:
            for i, one in enumerate(block):
                at = self.varying.index(one)
                matrix[at, at] = _figure(source, f"variance.{one}").value
                for other in block[i + 1 :]:
                    beside = self.varying.index(other)
                    matrix[at, beside] = matrix[beside, at] = _figure(source, f"covariance.{one}.{other}").value
        return matrix

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Its own entry and the related ones: everything a prediction cites."""
        return (self.entry, *self.related.values())

    def system(self, patient: Patient, effects: Floats) -> LinearSystem:
        """The systems of the individuals whose random effects are the rows of `effects` (draws, len(varying))."""
        parameters = {name: np.full(len(effects), value) for name, value in self.typical.items()}
        for column, name in enumerate(self.varying):
            parameters[name] = parameters[name] * np.exp(effects[:, column])
        return self.build(parameters, {"weight_kg": patient.weight_kg, "age_y": patient.age_y})

    def check(self, patient: Patient, doses: Sequence[Dose], interactions: Sequence[str] = ()) -> None:
        """Refuses by name (`NotCoveredError`) what the model does not cover: route, age, weight, covariate."""
        for dose in doses:
            if dose.route not in self.card.routes:
                covered = ", ".join(self.card.routes)
                message = f"{self.id} does not cover the route '{dose.route}'; it covers: {covered}"
                raise NotCoveredError("route_not_covered", message)
        for name in patient.covariates:
            if name not in self.card.covariates:
                known = ", ".join(self.card.covariates) or "none beside weight"
                message = f"{self.id} has no covariate '{name}'; it knows: {known}"
                raise NotCoveredError("covariate_not_known", message)
        for drug in interactions:
            message = f"{self.id} does not know the interaction with '{drug}'; no interaction is in this model yet"
            raise NotCoveredError("interaction_not_known", message)
        self._check_body(patient)

    def _check_body(self, patient: Patient) -> None:
        limits = self.related[self.card.adult_limits]
        for name, number, unit in (("age", patient.age_y, "years"), ("weight", patient.weight_kg, "kg")):
            value = _value(limits, name)
            if _outside(value, number):
                low = "" if value.low is None else f" from {value.low:g}"
                high = "" if value.high is None else f" to {value.high:g}"
                message = f"{self.id} covers adults of{low}{high} {unit} ({name}); this patient has {number:g} {unit}"
                raise NotCoveredError("patient_not_covered", message)

    def warnings(self, patient: Patient, doses: Sequence[Dose]) -> tuple[str, ...]:
        """The sentences that must stand beside a prediction for this patient and these doses."""
        holds = self._conditions(patient, doses)
        said = [warning.text for warning in self.card.warnings if holds[warning.when]]
        limit = _value(self.related[self.card.adult_limits], "extrapolated_age")
        if _outside(limit, patient.age_y):
            said.append(self._extrapolated(patient.age_y, limit))
        return tuple(said)

    def _extrapolated(self, age_y: float, limit: Value) -> str:
        own = self._named("studied_age")
        span = f"this model studied {own[0].low:g} to {own[0].high:g} years" if own else NOT_READ
        return (
            f"{self.card.title}: {age_y:g} years is above the {limit.high:g} years up to which the adult models are "
            f"used without remark (policy {self.card.adult_limits}); {span}; the curve is an extrapolation."
        )

    def _named(self, name: str) -> list[Value]:
        return [value for value in self.entry.values if value.name == name]

    def _conditions(self, patient: Patient, doses: Sequence[Dose]) -> dict[Condition, bool]:
        return {
            "always": True,
            "racemate": any(dose.drug == "ketamine" for dose in doses),
            "esketamine": any(dose.drug == "esketamine" for dose in doses),
            "fast_input": bool(self.unread(patient, doses)),
            "outside_studied_weight": any(
                _outside(value, patient.weight_kg) for value in self._named("studied_weight")
            ),
        }

    def unread(self, patient: Patient, doses: Sequence[Dose]) -> tuple[tuple[float, float], ...]:
        """The spans (start, end) in minutes where peaks are not to be read: after each bolus or push.

        That is a stretch at one rate which is shorter than the model's `fast_input` and faster than any infusion; the
        span lasts for `fast_input` after its end.
        """
        fastest = _figure(self.related[self.card.adult_limits], "fastest_infusion").value
        limits = [value.value for value in self._named("fast_input") if value.value is not None]
        return tuple(
            (one.start_min, one.end_min + limit)
            for one in stretches(doses)
            for limit in limits
            if one.duration_min < limit and one.rate_mg_min * MINUTES_PER_HOUR / patient.weight_kg > fastest
        )

    def describe(self) -> dict[str, Any]:
        """The card as plain data: structure, parameters with units, population, validity, sources, limits."""
        figures = [(entry.id, value) for entry in self.entries for value in entry.values]
        own = self.card.model_dump(mode="json", include={"title", "structure", "population", "site", "measures"})
        return {
            "id": self.id,
            **own,
            "statement": self.entry.statement,
            "routes": list(self.card.routes),
            "analytes": dict(self.card.analytes),
            "certainty": self.entry.certainty,
            "figures": [
                {"entry": entry_id, **value.model_dump(mode="json", by_alias=True)} for entry_id, value in figures
            ],
            "variability": self.card.variability_from or self.entry.id,
            "sources": [{"entry": e.id, **s.model_dump()} for e in self.entries for s in e.sources],
            "limits": list(self.card.limits),
            "conflict": self.entry.conflict,
        }


def _value(entry: Entry, name: str) -> Value:
    for value in entry.values:
        if value.name == name:
            return value
    raise NotCoveredError(
        "model_not_valid", f"{entry.id}: the figure '{name}' is missing; add it with its unit and source"
    )


def _figure(entry: Entry, name: str) -> "_Number":
    value = _value(entry, name)
    if value.value is None or not math.isfinite(value.value):
        raise NotCoveredError("model_not_valid", f"{entry.id}: the figure '{name}' has no number")
    return _Number(value.value, value.unit)


@dataclass(frozen=True)
class _Number:
    value: float
    unit: str


def _engine_number(entry: Entry, name: str) -> float:
    figure = _figure(entry, name)
    if figure.unit not in TO_ENGINE_UNITS:
        known = ", ".join(TO_ENGINE_UNITS)
        raise NotCoveredError("model_not_valid", f"{entry.id}: '{name}' is in {figure.unit}; a model reads: {known}")
    return figure.value * TO_ENGINE_UNITS[figure.unit]


def _outside(value: Value, number: float) -> bool:
    below = value.low is not None and number < value.low
    above = value.high is not None and number > value.high
    return below or above
