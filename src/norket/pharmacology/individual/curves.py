"""The individual's curves beside the population's: the same prediction, with this patient's random effects in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.doses import Dose
from norket.pharmacology.effects import EffectModel
from norket.pharmacology.effects.curves import RACEMATE_S, curves
from norket.pharmacology.individual.joint import Joint, model_covariance, model_keys
from norket.pharmacology.individual.rest import Key
from norket.pharmacology.models import Model
from norket.pharmacology.models.system import Segment
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.run import Form, Run
from norket.pharmacology.uncertainty import bands

Floats = NDArray[np.float64]
FORMS: dict[str, Form] = {"S + R": "S + R", "S": "S"}
REST = 14


@dataclass(frozen=True, eq=False)
class IndividualRun(Run):
    """A run whose typical patient is this one: the curves named typical, and the summaries, are those of the `mode`."""

    mode: Floats | None = None

    @cached_property
    def segments(self) -> list[Segment]:
        """This patient at the mode, over time."""
        effects = np.zeros((1, self.effects.shape[1])) if self.mode is None else self.mode[None]
        return self.model.segments(self.patient, self.history, effects, self.factors)


@dataclass(frozen=True, eq=False)
class EffectBand:
    """An effect over time in the unit of its model: the 5th, 50th and 95th percentile before and after."""

    effect: EffectModel
    prior: Floats
    posterior: Floats


@dataclass(frozen=True, eq=False)
class Individual:
    """What `Posterior.predict` answers: `prior` is the population's prediction, `posterior` this patient's.

    In `posterior` the curve `typical` of each track is that of the mode, and the band that of the posterior draws.
    `effects` holds the effects that were observed. Both predictions have the same times, doses and models.
    """

    prior: Prediction
    posterior: Prediction
    effects: Mapping[str, EffectBand]

    @property
    def times_min(self) -> Floats:
        """The times of all curves, in minutes."""
        return self.posterior.times_min


def individual(joint: Joint, prior: Prediction, mode: Floats, effects: Floats, seed: int) -> Individual:
    """The individual's prediction from the prior one, the mode and equally likely draws (draws, keys)."""
    chance = np.random.Generator(np.random.PCG64([seed, REST]))
    runs = {}
    for run in prior.runs:
        drawn = extended(joint, run.model, run.history, effects, chance)
        at_mode = extended(joint, run.model, run.history, mode[None], None)[0]
        fields = {
            name: getattr(run, name) for name in ("model", "patient", "history", "times_min", "factors", "assumed")
        }
        runs[run.model.id] = IndividualRun(effects=drawn, mode=at_mode, **fields)
    tracks = [
        runs[one.model].track(
            one.analyte if one.enantiomer == "S + R" else one.analyte.removeprefix("s_"), FORMS[one.enantiomer]
        )
        for one in prior.tracks
    ]
    preferred = {name: runs[one.model_id] for name, one in prior.preferred.items()}
    after = replace(
        prior, tracks=tuple(tracks), runs=tuple(runs.values()), preferred=preferred, draws=len(effects), seed=seed
    )
    found = {one.id: _effect(joint, one, prior, after, effects, chance) for one in joint.effects}
    return Individual(prior, after, found)


def extended(
    joint: Joint, model: Model, doses: tuple[Dose, ...], effects: Floats, chance: np.random.Generator | None
) -> Floats:
    """The random effects of a model for draws (draws, keys) of the joint ones.

    What was not learned (a model without observation, an occasion to come) is drawn from the prior given what was;
    without `chance` it is the mean of that.
    """
    keys = model_keys(model, doses)
    known = [number for number, key in enumerate(keys) if key in joint.keys]
    fresh = [number for number, key in enumerate(keys) if key not in joint.keys]
    found = np.zeros((len(effects), len(keys)))
    own: tuple[Key, ...] = tuple(keys[number] for number in known)
    found[:, known] = effects[:, joint.columns(own)]
    if fresh:
        matrix = model_covariance(model, doses)
        rest = matrix[np.ix_(fresh, fresh)]
        if known:
            gain = np.linalg.solve(matrix[np.ix_(known, known)], matrix[np.ix_(known, fresh)]).T
            found[:, fresh] = found[:, known] @ gain.T
            rest = rest - gain @ matrix[np.ix_(known, fresh)]
        if chance is not None:
            found[:, fresh] += chance.standard_normal((len(effects), len(fresh))) @ np.linalg.cholesky(rest).T
    return found


def _effect(
    joint: Joint,
    effect: EffectModel,
    prior: Prediction,
    after: Prediction,
    effects: Floats,
    chance: np.random.Generator,
) -> EffectBand:
    draws = len(prior.runs[0].effects)
    before = chance.standard_normal((draws, len(joint.keys))) @ joint.root.T
    shown = [_response(joint, effect, one, drawn) for one, drawn in ((prior, before), (after, effects))]
    return EffectBand(effect, bands(shown[0]), bands(shown[1]))


def _response(joint: Joint, effect: EffectModel, prediction: Prediction, effects: Floats) -> Floats:
    answer = next(one for one in joint.answers if one.effect is effect)
    run = next(one for one in prediction.runs if one.model.id == answer.model.id)
    parameters = joint.effect_parameters(effect, effects)
    delay = None if answer.delay is None else (effect.typical[answer.delay], parameters[answer.delay])
    forms = curves(run, answer.output, prediction.times_min, delay)
    level = forms.s_drawn if answer.driver is None else answer.driver.of_s(forms.s_drawn, RACEMATE_S)
    return effect.response(level, parameters)
