"""A published effect ready to be asked: its curve, its figures with their spread, and whom and what it covers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from norket.knowledge import Entry, Value
from norket.pharmacology.effects.card import EffectCard
from norket.pharmacology.effects.shapes import SHAPES, Parameters
from norket.pharmacology.refusals import NotCoveredError
from norket.units.quantities import MINUTES_PER_HOUR

Floats = NDArray[np.float64]
# An effect sees ng/mL and minutes; what it answers in keeps the unit of its card.
TO_EFFECT_UNITS = {"mg/L": 1000.0, "ug/mL": 1000.0, "s": 1 / 60, "h": MINUTES_PER_HOUR, "d": 24 * MINUTES_PER_HOUR}
# The stream of chance of the effects, apart from those of the concentrations.
EFFECTS = 3
SIDE_OF_95_PERCENT = NormalDist().inv_cdf(0.975)
PERCENT = 100.0
WORST_LAST = "ABCDM"


@dataclass(frozen=True)
class Driver:
    """What drives an effect: the `analyte` counted as `enantiomer`, at `site`, `delay` (a parameter, min) behind it.

    "S + R" is the racemate: of a history with esketamine its concentration is that of the racemate which holds as much
    S-ketamine. `racemate_s` is the part of S in a racemate.
    """

    analyte: str
    enantiomer: str
    site: str
    delay: str | None

    def of_s(self, s_concentration: Floats, racemate_s: float) -> Floats:
        """The driving concentration for one of S-ketamine."""
        return s_concentration if self.enantiomer == "S" else s_concentration / racemate_s


@dataclass(frozen=True, eq=False)
class EffectModel:
    """`entry` with the entries it takes figures from (`related`, by id)."""

    id: str
    entry: Entry
    card: EffectCard
    related: Mapping[str, Entry]

    @property
    def title(self) -> str:
        """Its name, with the source."""
        return self.card.title

    @property
    def unit(self) -> str:
        """The unit of the response; "1" is a part or a probability."""
        return self.card.unit

    @cached_property
    def drivers(self) -> tuple[Driver, ...]:
        """The sites that may drive it, the source's own first."""
        return tuple(Driver("ketamine", self.card.enantiomer, site, delay) for site, delay in self.card.drivers.items())

    @property
    def driver(self) -> Driver:
        """The site of the source."""
        return self.drivers[0]

    @property
    def population(self) -> str:
        """Whom the source studied."""
        return self.card.population

    @property
    def limits(self) -> tuple[str, ...]:
        """What is not known or not covered, in sentences; the last one tells of tolerance."""
        return (*self.card.limits, f"Tolerance: {self.card.tolerance}.")

    @property
    def certainty(self) -> str:
        """The weakest certainty among its entry and those it takes figures from."""
        return max((entry.certainty for entry in self.entries), key=WORST_LAST.index)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its own entry and the related ones."""
        return (self.entry, *self.related.values())

    @cached_property
    def _figures(self) -> dict[str, tuple[str, Value]]:
        """Each parameter with the entry and the figure it comes from."""
        found = {name: (self.entry.id, _named(self.entry, name)) for name in self.card.parameters}
        for entry_id, taken in self.card.also.items():
            for figure, name in taken.items():
                found[name] = (entry_id, _named(self.related[entry_id], figure))
        return found

    @cached_property
    def typical(self) -> dict[str, float]:
        """The typical value of each parameter, in ng/mL, min and the unit of the response; chance falls well.

        Of a line, `limit` is where it bends and `room` how much it may gain beyond.
        """
        numbers = {name: _number(where, value) for name, (where, value) in self._figures.items()}
        if self.card.shape == "line":
            limit = numbers[self.card.bend_at]
            slope = numbers["slope"] if "slope" in numbers else numbers["rise"] / numbers["reference"]
            numbers |= {"limit": limit, "room": slope * limit * (numbers["ceiling_factor"] - 1)}
        return numbers | dict.fromkeys(self.card.chance, 1.0)

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """The parameters with a log-normal random effect, in the order of `covariance`."""
        return tuple(dict.fromkeys([*self.card.interval, *self.card.spread]))

    @cached_property
    def covariance(self) -> Floats:
        """Of the log-normal random effects: what the source did not know, and the spread between patients, together."""
        return np.diag([self._doubt(name) ** 2 + self._between(name) ** 2 for name in self.varying])

    @property
    def residual_sd(self) -> float | None:
        """The SD of one observation around the response, in its unit; None where no source gives one."""
        return self.typical.get("residual")

    def response(self, concentration: Floats, parameters: Parameters) -> Floats:
        """The effect at `concentration` (…, draws) ng/mL at its driver, in `unit`, for `parameters` (each (draws,))."""
        effect = SHAPES[self.card.shape](np.asarray(concentration, dtype=np.float64), parameters)
        for name in self.card.chance:
            effect = effect * parameters[name]
        return effect

    def opposition(self, concentration: Floats) -> Floats:
        """What the opposing analyte at `concentration` (ng/mL) takes away; nothing for an effect that has none."""
        if self.card.opposed is None:
            return np.zeros_like(concentration)
        effect, at = self.typical[self.card.opposed.effect], self.typical[self.card.opposed.at]
        return effect * np.clip(concentration / at, 0.0, 1.0)

    def draw(self, draws: int, seed: int) -> dict[str, Floats]:
        """The parameters (draws,) of virtual patients. The same seed gives the same; models share what they share."""
        drawn = {name: np.full(draws, value) for name, value in self.typical.items()}
        for name in self.varying:
            moved = self._doubt(name) * self._chance(draws, seed, *self._origin(name))
            if name in self.card.spread:
                moved = moved + self._between(name) * self._chance(draws, seed, *self._origin(self.card.spread[name]))
            drawn[name] = drawn[name] * np.exp(moved)
        for name, percent in self.card.chance.items():
            drawn[name] = self._fallen(percent, draws, seed)
        return drawn

    @property
    def told_from(self) -> float:
        """The concentration (ng/mL at its driver) below which the effect says nothing; 0 for all but a threshold."""
        if self.card.shape != "threshold":
            return 0.0
        return self.typical["mean"] - self.typical["reach"] * self.typical["sd"]

    def check(self, age_y: float) -> None:
        """Refuses by name (`NotCoveredError`) an age that the effect does not cover."""
        age = _named(self.entry, "age")
        if (age.low is not None and age_y < age.low) or (age.high is not None and age_y > age.high):
            low, high = (
                "" if end is None else f" {word} {end:g}" for word, end in (("from", age.low), ("to", age.high))
            )
            message = f"{self.title} covers ages{low}{high} years; this patient has {age_y:g}"
            raise NotCoveredError("patient_not_covered", message)

    def _doubt(self, name: str) -> float:
        """SD on the log scale of what the source did not know about the typical value."""
        if name not in self.card.interval:
            return 0.0
        where, value = self._figures[name]
        if not value.low or not value.high:
            raise NotCoveredError("model_not_valid", f"{where}: '{value.name}' needs a range above zero")
        if name in self.card.even and value.value:
            error = (value.high - value.low) / (2 * SIDE_OF_95_PERCENT * value.value)
            return float(np.sqrt(np.log1p(error**2)))
        return float(np.log(value.high / value.low)) / (2 * SIDE_OF_95_PERCENT)

    def _between(self, name: str) -> float:
        """SD on the log scale between patients."""
        if name not in self.card.spread:
            return 0.0
        return float(np.sqrt(np.log1p((self.typical[self.card.spread[name]] / PERCENT) ** 2)))

    def _origin(self, name: str) -> tuple[str, str]:
        where, value = self._figures[name]
        return where, value.name

    def _chance(self, draws: int, seed: int, entry_id: str, figure: str) -> Floats:
        """Standard normals of one figure: whatever model takes it, a virtual patient has the same."""
        return _stream(seed, f"{entry_id} {figure}").standard_normal(draws)

    def _fallen(self, percent: str, draws: int, seed: int) -> Floats:
        """1 with the probability of the figure, else 0; the probability itself is known within its range only."""
        _, value = self._figures[percent]
        ends = [_logit(number / PERCENT) for number in (value.low, value.value, value.high) if number is not None]
        spread = (ends[-1] - ends[0]) / (2 * SIDE_OF_95_PERCENT)
        chance = _stream(seed, f"{self.id} {percent}")
        likely = 1 / (1 + np.exp(-_logit(self.typical[percent] / PERCENT) - spread * chance.standard_normal(draws)))
        return (chance.random(draws) < likely).astype(np.float64)


def _stream(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, EFFECTS, *name.encode()]))


def _logit(part: float) -> float:
    return float(np.log(part / (1 - part)))


def _named(entry: Entry, name: str) -> Value:
    for value in entry.values:
        if value.name == name:
            return value
    raise NotCoveredError(
        "model_not_valid", f"{entry.id}: the figure '{name}' is missing; add it with its unit and source"
    )


def _number(entry_id: str, value: Value) -> float:
    if value.value is None:
        raise NotCoveredError("model_not_valid", f"{entry_id}: the figure '{value.name}' has no number")
    return value.value * TO_EFFECT_UNITS.get(value.unit, 1.0)
