"""One patient's parameters: what each random effect was before, what it is now, and the parameter in its unit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.effects import EffectModel
from norket.pharmacology.individual.joint import Joint, effect_keys, model_keys
from norket.pharmacology.individual.rest import Key, rest_key
from norket.pharmacology.models import Model
from norket.pharmacology.models.figures import figure, value_named
from norket.pharmacology.models.variability import individual

Floats = NDArray[np.float64]
LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
CLASSES = 1000


@dataclass(frozen=True)
class Parameter:
    """One parameter of one patient in the unit of its source (for the source's reference weight where it has one).

    `typical` is the population's; `mode`, `p5`, `p50`, `p95` are this patient's. `prior_sd` and `posterior_sd` are of
    the random effect (log or logit scale), `effect_mode` and `effect_mean` its place. `learned` is the part of its
    prior variance that the observations took away: 0 nothing was learned, 1 it is known.
    """

    name: str
    of: str
    occasion_start_min: float | None
    unit: str
    typical: float
    mode: float
    p5: float
    p50: float
    p95: float
    effect_mode: float
    effect_mean: float
    prior_sd: float
    posterior_sd: float

    @property
    def learned(self) -> float:
        """1 - posterior variance / prior variance."""
        return 1.0 - (self.posterior_sd / self.prior_sd) ** 2

    @property
    def label(self) -> str:
        """Its name, with the occasion if it has one."""
        start = self.occasion_start_min
        return self.name if start is None else f"{self.name} (occasion at {start:g} min)"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {name: getattr(self, name) for name in (*self.__dataclass_fields__, "learned")}


def parameters(joint: Joint, mode: Floats, effects: Floats, weights: Floats) -> tuple[Parameter, ...]:
    """The parameters of all random effects, from the mode and weighted draws (draws, keys) of the effects."""
    found: dict[Key, Parameter] = {}
    for model in joint.models:
        for key in model_keys(model, joint.doses):
            found.setdefault(key, _of_model(joint, model, key, mode, effects, weights))
    for effect in joint.effects:
        for key in effect_keys(effect):
            found.setdefault(key, _of_effect(joint, effect, key, mode, effects, weights))
    for effect in joint.rests:
        found[rest_key(effect)] = _of_rest(joint, effect, mode, effects, weights)
    return tuple(found[key] for key in joint.keys)


def _of_model(joint: Joint, model: Model, key: Key, mode: Floats, effects: Floats, weights: Floats) -> Parameter:
    column, moved, mode_moved = joint.keys.index(key), effects[:, joint.keys.index(key)], 0.0
    mode_moved = float(mode[column])
    between = (key[0], key[1], None)
    if key[2] is not None and between in joint.keys:
        moved = moved + effects[:, joint.keys.index(between)]
        mode_moved += float(mode[joint.keys.index(between)])
    typical, unit = _figure(model, key[1])
    logit = key[1] in model.card.logit
    values = individual(typical, moved, logit=logit)
    at_mode = float(individual(typical, np.array([mode_moved]), logit=logit)[0])
    return _parameter(joint, key, model.id, (unit, typical, at_mode), values, (mode, effects, weights))


def _of_effect(
    joint: Joint, effect: EffectModel, key: Key, mode: Floats, effects: Floats, weights: Floats
) -> Parameter:
    column = joint.keys.index(key)
    typical = effect.typical[key[1]]
    values = typical * np.exp(effects[:, column])
    at_mode = float(typical * np.exp(mode[column]))
    return _parameter(joint, key, effect.id, ("", typical, at_mode), values, (mode, effects, weights))


def _of_rest(joint: Joint, effect: EffectModel, mode: Floats, effects: Floats, weights: Floats) -> Parameter:
    """How far the resting value was read below the truth, in the unit of the effect; 0 was expected."""
    key = rest_key(effect)
    column = joint.keys.index(key)
    told = (effect.unit, 0.0, float(mode[column]))
    return _parameter(joint, key, effect.id, told, effects[:, column], (mode, effects, weights))


def _parameter(
    joint: Joint,
    key: Key,
    of: str,
    told: tuple[str, float, float],
    values: Floats,
    where: tuple[Floats, Floats, Floats],
) -> Parameter:
    mode, effects, weights = where
    column = joint.keys.index(key)
    mean = float(weights @ effects[:, column])
    variance = float(weights @ (effects[:, column] - mean) ** 2)
    p5, p50, p95 = quantiles(values, weights, (LOW, MIDDLE, HIGH))
    prior_sd = float(np.sqrt(joint.covariance[column, column]))
    unit, typical, at_mode = told
    shown = (unit, typical, at_mode, p5, p50, p95, float(mode[column]), mean, prior_sd, float(np.sqrt(variance)))
    return Parameter(key[1], of, key[2], *shown)


def _figure(model: Model, name: str) -> tuple[float, str]:
    """The typical value of a parameter in the unit of its source."""
    if name in model.card.parameters and value_named(model.entry, name) is not None:
        own = figure(model.entry, name)
        return own.value, own.unit
    for entry_id in model.card.also:
        for of, called in model.card.figures(entry_id).items():
            if called == name:
                other = figure(model.related[entry_id], of)
                return other.value, other.unit
    return model.typical[name], ""


def quantiles(values: Floats, weights: Floats, levels: tuple[float, ...]) -> list[float]:
    """Quantiles of weighted `values` (draws,), by the middle of each draw's weight.

    Only the draws around a level are put in order; the weight of many narrow classes says which those are.
    """
    low, span = float(values.min()), float(np.ptp(values))
    if not span > 0:
        return [low] * len(levels)
    place = ((values - low) * (CLASSES / span)).astype(np.int64)
    filled = np.flatnonzero(np.bincount(place))
    until = np.cumsum(np.bincount(place, weights)[filled])
    found = []
    for level in levels:
        crossed = min(int(np.searchsorted(until, level)), len(filled) - 1)
        first, last = max(crossed - 1, 0), min(crossed + 1, len(filled) - 1)
        near = np.flatnonzero((place >= filled[first]) & (place <= filled[last]))
        near = near[np.argsort(values[near])]
        ladder = np.cumsum(weights[near]) - 0.5 * weights[near] + (until[first - 1] if first else 0.0)
        found.append(float(np.interp(level, ladder, values[near])))
    return found
