"""All that can differ in one patient, as one vector: the random effects of every model that an observation needs.

Two models share a random effect where they take its variability from one entry under one name: what a venous level
teaches of clearance then holds for the arterial curve too. Beside them stand the random effects of the occasions and
of the effect models, and the error of a resting value that several rises share.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.doses import Dose
from norket.pharmacology.effects import Driver, EffectModel
from norket.pharmacology.effects.curves import FOLLOWED, RACEMATE_S, followed
from norket.pharmacology.individual.likelihood import Errors
from norket.pharmacology.individual.observation import Observation
from norket.pharmacology.individual.readings import Reading, Readings
from norket.pharmacology.individual.rest import Key, rest_key, rest_variance
from norket.pharmacology.models.model import S_FRACTION, Model
from norket.pharmacology.models.system import Input, Segment
from norket.pharmacology.models.variability import Residual
from norket.pharmacology.patient import Patient

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answer:
    """What answers one observation: a model's output, or an effect model driven by one."""

    observation: Observation
    model: Model
    output: str
    enantiomer: str
    effect: EffectModel | None = None
    driver: Driver | None = None

    @property
    def delay(self) -> str | None:
        """The parameter of the effect that is its delay behind the model's output."""
        return None if self.driver is None else self.driver.delay


@dataclass(frozen=True, eq=False)
class Joint:
    """The random effects `keys` of one patient with their prior `covariance`, and what predicts each observation."""

    patient: Patient
    doses: tuple[Dose, ...]
    answers: tuple[Answer, ...]
    models: tuple[Model, ...]

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Each random effect: the entry of its variability, its parameter, and when its occasion starts (min)."""
        return tuple(dict.fromkeys(key for keys, _ in self._blocks for key in keys))

    @cached_property
    def covariance(self) -> Floats:
        """The prior covariance of the random effects, in the order of `keys`."""
        matrix = np.zeros((len(self.keys), len(self.keys)))
        done: set[Key] = set()
        for keys, own in self._blocks:
            at = np.array([self.keys.index(key) for key in keys], dtype=np.int64)
            fresh = np.array([key not in done for key in keys], dtype=bool)
            new = fresh[:, None] | fresh[None, :]
            block = matrix[np.ix_(at, at)]
            matrix[np.ix_(at, at)] = np.where(new, own, block)
            done |= set(keys)
        return matrix

    @cached_property
    def root(self) -> Floats:
        """The lower root of the covariance: effects = whitened · rootᵀ."""
        found: Floats = np.asarray(np.linalg.cholesky(self.covariance), dtype=np.float64)
        return found

    @cached_property
    def effects(self) -> tuple[EffectModel, ...]:
        """The effect models that answer an observation."""
        found = {answer.effect.id: answer.effect for answer in self.answers if answer.effect is not None}
        return tuple(found.values())

    @cached_property
    def _blocks(self) -> list[tuple[tuple[Key, ...], Floats]]:
        found = [(model_keys(one, self.doses), model_covariance(one, self.doses)) for one in self.models]
        found += [(effect_keys(one), one.covariance) for one in self.effects]
        return found + [((rest_key(one),), np.array([[variance]])) for one, variance in self.rests.items()]

    @cached_property
    def rests(self) -> dict[EffectModel, float]:
        """The effects whose rises share the error of a resting value, with its variance."""
        found = {
            one: rest_variance(one, (answer.observation for answer in self.answers if answer.effect is one))
            for one in self.effects
        }
        return {one: variance for one, variance in found.items() if variance > 0}

    def columns(self, keys: Sequence[Key]) -> Integers:
        """Where these random effects stand in the vector."""
        return np.array([self.keys.index(key) for key in keys], dtype=np.int64)

    @cached_property
    def errors(self) -> Errors:
        """The observed values with their errors, in the order of the answers."""
        rows = [_error(answer) for answer in self.answers]
        share, added, log = (np.array([row[n] for row in rows]) for n in range(3))
        below = np.array([answer.observation.below for answer in self.answers], dtype=bool)
        values = np.array([answer.observation.value for answer in self.answers])
        level = np.array([answer.effect is None for answer in self.answers], dtype=bool)
        return Errors(values, share, added, log.astype(bool), below, level)

    @cached_property
    def _groups(self) -> list["_Group"]:
        """Answers that are read from one solution: of one model, and of one delay behind it."""
        found: dict[tuple[str, str], list[int]] = {}
        for number, answer in enumerate(self.answers):
            delayed = answer.effect.id if answer.effect is not None and answer.delay is not None else ""
            found.setdefault((answer.model.id, delayed), []).append(number)
        return [self._group(numbers) for numbers in found.values()]

    def _group(self, numbers: list[int]) -> "_Group":
        mine = [self.answers[number] for number in numbers]
        delayed = mine[0].delay is not None
        readings = tuple(
            Reading(one.observation.at_min, FOLLOWED if delayed else one.output, one.enantiomer) for one in mine
        )
        model = mine[0].model
        inputs = inputs_of(model, self.doses, tuple(dict.fromkeys(one.enantiomer for one in readings)))
        columns = self.columns(model_keys(model, self.doses))
        effects = np.zeros((1, len(self.keys)))
        group = _Group(np.array(numbers), model, columns, mine[0] if delayed else None)
        return replace(group, readings=Readings(self._segments(group, effects), inputs, readings))

    def _segments(self, group: "_Group", effects: Floats) -> list[Segment]:
        segments = group.model.segments(self.patient, self.doses, effects[:, group.columns])
        if group.delayed is None or group.delayed.effect is None or group.delayed.delay is None:
            return segments
        half_time = self.effect_parameters(group.delayed.effect, effects)[group.delayed.delay]
        output = group.delayed.output
        return [Segment(one.start_min, followed(one.system, output, half_time)) for one in segments]

    def predict(self, whitened: Floats) -> Floats:
        """What would be measured without error (observations, draws), for whitened effects (draws, keys)."""
        return self.measured(whitened @ self.root.T)

    def measured(self, effects: Floats) -> Floats:
        """The same for random effects (draws, keys)."""
        found = np.empty((len(self.answers), len(effects)))
        for group in self._groups:
            if group.readings is not None:
                found[group.numbers] = group.readings.of(self._segments(group, effects))
        for number, answer in enumerate(self.answers):
            if answer.effect is not None and answer.driver is not None:
                parameters = self.effect_parameters(answer.effect, effects)
                found[number] = answer.effect.response(answer.driver.of_s(found[number], RACEMATE_S), parameters)
                if answer.observation.rest_readings and answer.effect in self.rests:
                    found[number] += effects[:, self.keys.index(rest_key(answer.effect))]
        return found

    def effect_parameters(self, effect: EffectModel, effects: Floats) -> dict[str, Floats]:
        """The parameters (draws,) of an effect model for random effects (draws, keys)."""
        found = {name: np.full(len(effects), value) for name, value in effect.typical.items()}
        for name, column in zip(effect.varying, self.columns(effect_keys(effect)), strict=True):
            found[name] = found[name] * np.exp(effects[:, column])
        return found


@dataclass(frozen=True, eq=False)
class _Group:
    numbers: Integers
    model: Model
    columns: Integers
    delayed: Answer | None
    readings: Readings | None = None


def inputs_of(model: Model, doses: Sequence[Dose], forms: Sequence[str]) -> list[Input]:
    """The doses as the engine sees them, a column for each of the `forms` ("S + R", "S", "R")."""
    found: list[Input] = []
    for column, form in enumerate(forms):
        found += model.inputs(doses, [column] * len(doses), [_part(form, dose) for dose in doses])
    return found


def _part(form: str, dose: Dose) -> float:
    s = S_FRACTION[dose.drug]
    return {"S + R": 1.0, "S": s, "R": 1.0 - s}[form]


def model_keys(model: Model, doses: Sequence[Dose]) -> tuple[Key, ...]:
    """The random effects of a model for a history, in the order in which it takes them."""
    source = model.card.variability_from or model.entry.id
    within = [(source, name, start) for start in model.occasions(doses) for name in model.occasion_varying]
    return (*((source, name, None) for name in model.varying), *within)


def model_covariance(model: Model, doses: Sequence[Dose]) -> Floats:
    """Their prior covariance."""
    between, within = len(model.varying), len(model.occasion_varying)
    occasions = len(model.occasions(doses)) if within else 0
    matrix = np.zeros((between + within * occasions,) * 2)
    matrix[:between, :between] = model.covariance
    for number in range(occasions):
        own = slice(between + number * within, between + (number + 1) * within)
        matrix[own, own] = model.occasion_covariance
    return matrix


def effect_keys(effect: EffectModel) -> tuple[Key, ...]:
    """The random effects of an effect model."""
    return tuple((effect.entry.id, name, None) for name in effect.varying)


@lru_cache(maxsize=64)
def residual_of(model: Model, analyte: str) -> Residual:
    """The residual error of a model, looked up once; refused where no source gives it (`NotCoveredError`)."""
    return model.residual(analyte)


def _error(answer: Answer) -> tuple[float, float, bool]:
    """Share and added standard deviation of an observation, and whether they are on the log scale."""
    observed = answer.observation
    if answer.effect is not None:
        return observed.error_cv, float(np.hypot(answer.effect.residual_sd or 0.0, observed.error_sd)), False
    residual = residual_of(answer.model, observed.what)
    share = float(np.hypot(residual.share, observed.error_cv))
    return share, float(np.hypot(residual.additive_ng_ml, observed.error_sd)), residual.log > 0
