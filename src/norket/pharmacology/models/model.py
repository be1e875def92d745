"""A published model ready to be solved: its structure, its figures with units, and whom it covers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from norket.knowledge import Entry, Value
from norket.pharmacology.doses import Dose, stretches
from norket.pharmacology.models.card import KETAMINE, Card, Choice, Condition
from norket.pharmacology.models.figures import engine_number, figure, outside, value_named
from norket.pharmacology.models.system import Floats, Input, LinearSystem, Segment
from norket.pharmacology.models.variability import Residual, covariance, individual, residual
from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError
from norket.units.quantities import MINUTES_PER_HOUR

Build = Callable[[Mapping[str, Floats], Mapping[str, float]], LinearSystem]
Ways = Callable[[Sequence[Dose], Mapping[str, float]], list[dict[str, float]]]
Factors = Mapping[str, Floats | float]
NO_FACTORS: Factors = MappingProxyType({})
NOT_READ = "the ages studied by this model were not read"
VARIABILITY = ("variance.", "covariance.", "occasion_", "residual")
S_FRACTION = {"ketamine": 1 / 2, "esketamine": 1.0}


@dataclass(frozen=True, eq=False)
class Model:
    """`build` with the entry that holds its numbers. `related` are the other entries it takes figures from, by id.

    `ways` says which part of each dose takes which way into the body; None: all of it takes every way of its route.
    """

    id: str
    build: Build
    entry: Entry
    card: Card
    related: Mapping[str, Entry]
    ways: Ways | None = None

    @cached_property
    def typical(self) -> dict[str, float]:
        """The typical value of each parameter, in L, L/min, min, 1/min, kg and mg."""
        own = {name: engine_number(self.entry, name) for name in self.card.parameters}
        for entry_id in self.card.also:
            taken = self.card.figures(entry_id)
            own |= {name: engine_number(self.related[entry_id], of) for of, name in taken.items()}
        return own

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """The parameters that have a random effect between patients, in the order of `covariance`."""
        return tuple(name for block in self.card.blocks for name in block)

    @cached_property
    def covariance(self) -> Floats:
        """The covariance of the random effects between patients, zero between blocks."""
        return covariance(self._variable, self.card.blocks)

    @cached_property
    def occasion_varying(self) -> tuple[str, ...]:
        """The parameters that have a random effect between occasions of one patient."""
        return tuple(name for block in self.card.occasion_blocks for name in block)

    @cached_property
    def occasion_covariance(self) -> Floats:
        """The covariance of the random effects between occasions."""
        return covariance(self._variable, self.card.occasion_blocks, "occasion_")

    @property
    def _variable(self) -> Entry:
        return self.entry if self.card.variability_from is None else self.related[self.card.variability_from]

    @cached_property
    def relative_errors(self) -> dict[str, float]:
        """The relative standard error of each typical value whose source gives one (`rse.NAME`)."""
        stated = [value.name for value in self.entry.values if value.name.startswith("rse.")]
        return {name.removeprefix("rse."): figure(self.entry, name).value for name in stated}

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Its own entry and the related ones: everything a prediction cites."""
        return (self.entry, *(entry for entry in self.related.values() if entry.id != self.entry.id))

    def residual(self, analyte: str) -> Residual:
        """The error of a measured sample of `analyte`; refused where no source gave one (`NotCoveredError`)."""
        found = residual(self.entry, analyte) or residual(self._variable, analyte)
        if found is None:
            raise NotCoveredError("residual_not_known", f"{self.id}: no source gives the residual error of {analyte}")
        return found

    def occasions(self, doses: Sequence[Dose]) -> tuple[float, ...]:
        """When each occasion starts (min): with the first dose, and with each that starts long after the last one."""
        starts = sorted(dose.start_min for dose in doses)
        if not self.occasion_varying:
            return tuple(starts[:1])
        gap = engine_number(self.related["models.occasion"], "gap")
        after = [start for before, start in pairwise(starts) if start - before >= gap]
        return (*starts[:1], *after)

    def inputs(
        self, doses: Sequence[Dose], columns: Sequence[int], parts: Sequence[float] | None = None
    ) -> list[Input]:
        """The `doses` as the engine sees them: each by all its ways, in its column, whole or a part."""
        parts = [1.0] * len(doses) if parts is None else parts
        if self.ways is not None:
            ways = self.ways(doses, self.typical)
        else:
            ways = [dict.fromkeys(self._routes[dose.route], 1.0) for dose in doses]
        return [
            Input(way, dose.amount_mg * part * fraction, dose.start_min, dose.duration_min, column)
            for dose, taken, column, part in zip(doses, ways, columns, parts, strict=True)
            for way, fraction in taken.items()
            if part * fraction > 0
        ]

    @cached_property
    def _layout(self) -> LinearSystem:
        """The system of somebody: which ways and outputs there are does not depend on whose it is."""
        body = self._covariates(Patient(weight_kg=70.0, age_y=40.0, sex="female", height_cm=170.0), 0.0)
        return self.build(self._individuals(np.zeros((1, len(self.varying)))), body)

    @cached_property
    def _routes(self) -> dict[str, list[str]]:
        return {route: [w for w in self._layout.inputs if w.partition(" ")[0] == route] for route in self.card.routes}

    @cached_property
    def releasing(self) -> frozenset[str]:
        """The routes by which a dose is given at once and released over a time of its own."""
        return frozenset(way.partition(" ")[0] for way in self._layout.release_min)

    def system(self, patient: Patient, effects: Floats) -> LinearSystem:
        """The systems of the individuals whose random effects are the rows of `effects`, on their first occasion."""
        return self.segments(patient, (), effects)[0].system

    def segments(
        self, patient: Patient, doses: Sequence[Dose], effects: Floats, factors: Factors = NO_FACTORS
    ) -> list[Segment]:
        """The individuals over time, a segment for each occasion and each step in which a parameter changes.

        `effects` (draws, between patients + occasions x between occasions) are random effects, a row for each
        individual; missing columns of occasions count as zero. `factors` multiply parameters by name.
        """
        return self.segments_of(self._covariates(patient, 0.0), doses, effects, factors)

    def segments_of(
        self,
        facts: Mapping[str, float | Floats],
        doses: Sequence[Dose],
        effects: Floats,
        factors: Factors = NO_FACTORS,
    ) -> list[Segment]:
        """The same for individuals who differ in body too: `facts` are covariates as `build` takes them.

        One number for all, or an array (draws,) with each individual's own: `weight_kg`, `age_y`, `female` (0 or 1),
        `height_cm` if known, `race=asian` (0 or 1) for each choice of a covariate, other covariates by name.
        """
        own = len(self.varying)
        each = len(self.occasion_varying)
        began = self.occasions(doses)
        segments = []
        for start, elapsed_h in self._boundaries(doses):
            number = max(0, int(np.searchsorted(began, start, side="right")) - 1) if np.isfinite(start) else 0
            here = effects[:, own + number * each : own + (number + 1) * each]
            parameters = self._individuals(effects[:, :own], here)
            for name, factor in factors.items():
                parameters[name] = parameters[name] * factor
            # A structure is written for numbers and works as well on arrays, value by value.
            covariates = cast("Mapping[str, float]", {**facts, "elapsed_h": elapsed_h})
            segments.append(Segment(start, self.build(parameters, covariates)))
        return segments

    def _boundaries(self, doses: Sequence[Dose]) -> list[tuple[float, float]]:
        """When each segment starts (min), and the hours since the first dose in its middle."""
        if not self.card.stepped or not doses:
            return [(-np.inf, 0.0), *((start, 0.0) for start in self.occasions(doses)[1:])]
        step, longest = (engine_number(self.entry, name) for name in ("step", "longest_course"))
        first = min(dose.start_min for dose in doses)
        count = int(np.ceil(longest / step))
        middles = [(number + 0.5) * step / MINUTES_PER_HOUR for number in range(count)]
        return [(-np.inf if number == 0 else first + number * step, middle) for number, middle in enumerate(middles)]

    def _individuals(self, effects: Floats, occasion: Floats | None = None) -> dict[str, Floats]:
        moved = dict.fromkeys(self.typical, np.zeros(len(effects)))
        for column, name in enumerate(self.varying):
            moved[name] = moved[name] + effects[:, column]
        if occasion is not None and occasion.shape[1]:
            for column, name in enumerate(self.occasion_varying):
                moved[name] = moved[name] + occasion[:, column]
        return {
            name: individual(value, moved[name], logit=name in self.card.logit) for name, value in self.typical.items()
        }

    def _covariates(self, patient: Patient, elapsed_h: float) -> dict[str, float]:
        facts = {"weight_kg": patient.weight_kg, "age_y": patient.age_y, "female": float(patient.sex == "female")}
        if patient.height_cm is not None:
            facts["height_cm"] = patient.height_cm
        for name, kind in self.card.covariates.items():
            said = patient.covariates.get(name)
            if isinstance(kind, Choice):
                facts |= {f"{name}={choice}": float(said == choice) for choice in kind.choices}
            else:
                facts[name] = kind.default if said is None else float(said)
        return facts | {"elapsed_h": elapsed_h}

    def check(self, patient: Patient, doses: Sequence[Dose], until_min: float | None = None) -> None:
        """Refuses by name (`NotCoveredError`) what the model does not cover: route, dose, body, covariate, time."""
        for dose in doses:
            if dose.route not in self.card.routes:
                covered = ", ".join(self.card.routes)
                message = f"{self.id} does not cover the route '{dose.route}'; it covers: {covered}"
                raise NotCoveredError("route_not_covered", message)
            if KETAMINE not in (self.card.drug, dose.drug):
                message = f"{self.id} is a model of {self.card.drug}, not of {dose.drug}; write doses without a drug"
                raise NotCoveredError("dose_not_covered", message)
            if dose.duration_min and dose.route in self.releasing:
                message = f"{self.id}: a dose by the route '{dose.route}' is given at once; leave out 'over'"
                raise NotCoveredError("dose_not_covered", message)
        if self.ways is not None:
            self.ways(doses, self.typical)
        self._check_covariates(patient)
        self._check_body(patient)
        self._check_time(doses, until_min)

    def _check_covariates(self, patient: Patient) -> None:
        for name, said in patient.covariates.items():
            kind = self.card.covariates.get(name)
            if kind is None:
                known = ", ".join(self.card.covariates) or "none beside weight"
                message = f"{self.id} has no covariate '{name}'; it knows: {known}"
                raise NotCoveredError("covariate_not_known", message)
            if isinstance(kind, Choice):
                valid, known = said in kind.choices, "one of " + ", ".join(kind.choices)
            else:
                valid, known = _is_between(said, kind.low, kind.high), f"a number from {kind.low:g} to {kind.high:g}"
            if not valid:
                raise NotCoveredError("covariate_not_known", f"{self.id}: '{name}' must be {known}, not {said!r}")

    def _check_body(self, patient: Patient) -> None:
        limits = self.related[self.card.patient_limits]
        for name, number, unit in (("age", patient.age_y, "years"), ("weight", patient.weight_kg, "kg")):
            value = value_named(limits, name)
            if value is None or (value.low is None and value.high is None):
                raise NotCoveredError("model_not_valid", f"{limits.id}: the range '{name}' is missing")
            if outside(value, number):
                low = "" if value.low is None else f" from {value.low:g}"
                high = "" if value.high is None else f" to {value.high:g}"
                message = f"{self.id} covers {name}s{low}{high} {unit}; this patient has {number:g} {unit}"
                raise NotCoveredError("patient_not_covered", message)

    def _check_time(self, doses: Sequence[Dose], until_min: float | None) -> None:
        if not self.card.stepped or until_min is None:
            return
        longest = engine_number(self.entry, "longest_course")
        if until_min - min(dose.start_min for dose in doses) > longest:
            hours = longest / MINUTES_PER_HOUR
            message = f"{self.id} is not followed beyond {hours:g} h after the first dose; ask for earlier times"
            raise NotCoveredError("times_not_covered", message)

    def warnings(self, patient: Patient, doses: Sequence[Dose]) -> tuple[str, ...]:
        """The sentences that must stand beside a prediction for this patient and these doses."""
        holds = self._conditions(patient, doses)
        said = [warning.text for warning in self.card.warnings if holds[warning.when]]
        limit = value_named(self.related[self.card.patient_limits], "extrapolated_age")
        if limit is not None and outside(limit, patient.age_y):
            said.append(self._extrapolated(patient.age_y, limit))
        return (*said, *self._above_label(patient, doses))

    @property
    def remarks(self) -> frozenset[str]:
        """The sentences among its warnings that stand beside every curve of such a drug, whoever the patient is."""
        return frozenset(one.text for one in self.card.warnings if one.when in ("always", "racemate", "esketamine"))

    def _above_label(self, patient: Patient, doses: Sequence[Dose]) -> Iterator[str]:
        """A sentence for each kind of route by which a dose is above the highest of the label."""
        limits = self.related[self.card.patient_limits]
        for name, own in (("highest_dose_iv", True), ("highest_dose_other", False)):
            limit = value_named(limits, name)
            if limit is None or limit.value is None:
                continue
            given = [one for one in stretches(doses) if (one.route == "iv") == own and one.drug == KETAMINE]
            most = max((_within_an_hour_mg(one) / patient.weight_kg for one in given), default=0.0)
            if most > limit.value:
                yield (
                    f"{self.card.title}: {most:.3g} mg/kg within an hour is above the {limit.value:g} mg/kg of the "
                    f"highest anaesthetic dose on the label ({limits.id}); no study that was read for it gave as "
                    "much; the curve is an extrapolation. Is the unit right?"
                )

    def _extrapolated(self, age_y: float, limit: Value) -> str:
        own = value_named(self.entry, "studied_age")
        span = f"this model studied {own.low:g} to {own.high:g} years" if own else NOT_READ
        return (
            f"{self.card.title}: {age_y:g} years is above the {limit.high:g} years up to which the adult models are "
            f"used without remark (policy {self.card.patient_limits}); {span}; the curve is an extrapolation."
        )

    def _conditions(self, patient: Patient, doses: Sequence[Dose]) -> dict[Condition, bool]:
        weights, ages = (value_named(self.entry, name) for name in ("studied_weight", "studied_age"))
        return {
            "always": True,
            "racemate": any(dose.drug == "ketamine" for dose in doses),
            "esketamine": any(dose.drug == "esketamine" for dose in doses),
            "fast_input": bool(self.unread(patient, doses)),
            "outside_studied_weight": weights is not None and outside(weights, patient.weight_kg),
            "outside_studied_age": ages is not None and outside(ages, patient.age_y),
        }

    def unread(self, patient: Patient, doses: Sequence[Dose]) -> tuple[tuple[float, float], ...]:
        """The spans (start, end) in minutes where peaks are not to be read: after each intravenous bolus or push.

        That is a stretch at one rate which is shorter than the model's `fast_input` and faster than any infusion; the
        span lasts for `fast_input` after its end.
        """
        if value_named(self.entry, "fast_input") is None:
            return ()
        limit = engine_number(self.entry, "fast_input")
        stated = value_named(self.related[self.card.patient_limits], "fastest_infusion")
        fastest = 0.0 if stated is None else figure(self.related[self.card.patient_limits], stated.name).value
        return tuple(
            (one.start_min, one.end_min + limit)
            for one in stretches(doses)
            if one.route == "iv" and one.duration_min < limit
            if one.rate_mg_min * MINUTES_PER_HOUR / patient.weight_kg > fastest
        )

    def _used(self) -> Iterator[tuple[Entry, Value, str]]:
        """The figures that it rests on, each with the parameter that it is: all of its own; of other entries what it
        takes, its limits and the variability that it borrows."""
        whole = {self.entry.id, self.card.patient_limits}
        for entry in self.entries:
            taken = self.card.figures(entry.id) if entry.id in self.card.also else {}
            for value in entry.values:
                lent = entry is self._variable and value.name.startswith(VARIABILITY)
                if entry.id in whole or value.name in taken or lent:
                    yield entry, value, taken.get(value.name, "")

    def describe(self) -> dict[str, Any]:
        """The card as plain data: structure, parameters with units, population, validity, sources, limits."""
        own = self.card.model_dump(mode="json", include={"title", "structure", "population", "site", "measures"})
        return {
            "id": self.id,
            **own,
            "statement": self.entry.statement,
            "routes": list(self.card.routes),
            "analytes": dict(self.card.analytes),
            "covariates": {name: kind.model_dump(mode="json") for name, kind in self.card.covariates.items()},
            "certainty": self.entry.certainty,
            "figures": [
                {"entry": entry.id, "parameter": parameter, **value.model_dump(mode="json", by_alias=True)}
                for entry, value, parameter in self._used()
            ],
            "variability": self.card.variability_from or self.entry.id,
            "sources": [{"entry": e.id, **s.model_dump()} for e in self.entries for s in e.sources],
            "limits": list(self.card.limits),
            "conflict": self.entry.conflict,
        }


def _within_an_hour_mg(dose: Dose) -> float:
    """The most of one stretch that falls into one hour."""
    return dose.amount_mg * min(1.0, MINUTES_PER_HOUR / dose.duration_min) if dose.duration_min else dose.amount_mg


def _is_between(said: str | float, low: float, high: float) -> bool:
    try:
        return low <= float(said) <= high
    except ValueError:
        return False
