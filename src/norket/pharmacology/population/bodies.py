"""The bodies of some virtual patients: how each clears a drug and feels an effect, ready to be given any protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.effects.model import EffectModel
from norket.pharmacology.models import Model
from norket.pharmacology.models.model import S_FRACTION
from norket.pharmacology.models.system import Segment
from norket.pharmacology.population.curves import Site, Solver, with_sites
from norket.pharmacology.population.people import People
from norket.pharmacology.population.question import Question, driver_of
from norket.pharmacology.population.schedule import Schedule
from norket.units.dose_text import Drug

Floats = NDArray[np.float64]
# The level (times, people) of each output, by drug.
Levels = Mapping[Drug, Mapping[str, Floats]]
RACEMATE_S = S_FRACTION["ketamine"]


@dataclass(frozen=True, eq=False)
class Bodies:
    """Everybody's own parameters: random effects, what interactions change, how each feels an effect."""

    asked: Question
    people: People
    model: Model
    effects: Floats
    changed: Mapping[str, Floats]
    felt: Mapping[str, Mapping[str, Floats]]
    _solvers: dict[tuple[str, ...], Solver] = field(default_factory=dict)

    def solver(self, plan: Schedule, effects: tuple[EffectModel, ...] = ()) -> Solver:
        """Solves these bodies with the places of `effects`; made once where no protocol changes a parameter."""
        key = tuple(one.id for one in effects)
        if key in self._solvers:
            return self._solvers[key]
        segments = self.model.segments_of(self.people.body(self.model), plan.doses, self.effects, self.changed)
        sites = self.sites(effects)
        found = Solver.of([Segment(one.start_min, with_sites(one.system, sites)) for one in segments])
        if not self.model.occasion_varying:
            self._solvers[key] = found
        return found

    def sites(self, effects: tuple[EffectModel, ...]) -> dict[str, Site]:
        """The delayed places of effects, by effect."""
        found = {}
        for effect in effects:
            driver = driver_of(effect, self.model)
            if driver.delay is not None:
                found[f"site of {effect.id}"] = Site("ketamine", self.felt[effect.id][driver.delay])
        return found

    def driving(self, effect: EffectModel) -> str:
        """The name of the level that drives the effect."""
        return "ketamine" if driver_of(effect, self.model).delay is None else f"site of {effect.id}"

    def response(self, effect: EffectModel, levels: Levels) -> Floats:
        """The effect, from the level of each drug."""
        name = self.driving(effect)
        s_form = sum((S_FRACTION[drug] * level[name] for drug, level in levels.items()), np.zeros(()))
        driver = driver_of(effect, self.model)
        return effect.response(driver.of_s(np.asarray(s_form), RACEMATE_S), self.felt[effect.id])
