"""What a scenario says: who the people are, what they are given, what is watched, and where every number comes from.

Read strictly: a name that is not known here, or a number without a source where one is asked for, is an error.
"""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from norket.units.quantities import MINUTES_PER_HOUR

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Measure = Literal[
    "peak", "tmax", "area", "exposure", "hours_over", "hours_under", "total", "sessions", "sessions_stopped"
]
# What is counted of a whole course, of no one output.
OF_COURSE = ("total", "sessions", "sessions_stopped")
Shape = Literal["uniform", "normal", "lognormal"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spread(_Strict):
    """Numbers from `low` to `high`: evenly, or normal or log-normal with `mean` and `sd`, cut off at both ends."""

    distribution: Shape = "uniform"
    low: Finite
    high: Finite
    mean: Finite | None = None
    sd: Positive | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.low < self.high:
            raise ValueError("low must be below high")
        if (self.distribution == "uniform") != (self.mean is None and self.sd is None):
            raise ValueError("mean and sd belong to normal and lognormal, and uniform has neither")
        if (self.mean is not None and self.sd is None) or (self.sd is not None and self.mean is None):
            raise ValueError("give both mean and sd")
        if self.mean is not None and not self.low <= self.mean <= self.high:
            raise ValueError("mean must lie from low to high")
        if self.distribution == "lognormal" and not self.low > 0:
            raise ValueError("a lognormal needs low above zero")
        return self


class BySex(_Strict):
    """A spread of its own for each sex."""

    female: Spread
    male: Spread


class Correlation(_Strict):
    """How two of weight_kg, age_y, height_cm and resting values go together (of the normals behind them)."""

    between: tuple[Said, Said]
    value: Annotated[float, Field(gt=-1, lt=1, allow_inf_nan=False)]


class Row(_Strict):
    """One patient of a clinic's table."""

    weight_kg: Positive
    age_y: NotNegative
    female: bool
    height_cm: Positive | None = None
    covariates: dict[str, str | float] = Field(default_factory=dict)


class Population(_Strict):
    """Who the people are: drawn from spreads, or the rows of a clinic's `table` taken in turn by patient number.

    `resting`: values at rest by effect (such as `systolic_pressure`), which a stop rule adds its effect to.
    `covariates`: further facts that a model uses: a spread, or the share of each choice.
    """

    source: Said
    weight_kg: Spread | BySex | None = None
    age_y: Spread | BySex | None = None
    height_cm: Spread | BySex | None = None
    female: Share | None = None
    correlations: tuple[Correlation, ...] = ()
    covariates: dict[str, Spread | dict[str, Share]] = Field(default_factory=dict)
    resting: dict[str, Spread] = Field(default_factory=dict)
    table: Said | None = None
    rows: tuple[Row, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        spreads = (self.weight_kg, self.age_y, self.female)
        if self.table is None and any(one is None for one in spreads):
            raise ValueError("needs weight_kg, age_y and female (the share of women), or a table")
        if self.table is not None and any(one is not None for one in (*spreads, self.height_cm)):
            raise ValueError("a table names weight, age, height and sex of its patients; leave their spreads out")
        for name, kind in self.covariates.items():
            if isinstance(kind, dict) and sum(kind.values()) > 1 + 1e-9:
                raise ValueError(f"the shares of '{name}' are more than 1 together")
        known = [*(name for name in ("weight_kg", "age_y", "height_cm") if getattr(self, name)), *self.resting]
        for one in self.correlations:
            unknown = [name for name in one.between if name not in known]
            if unknown or one.between[0] == one.between[1]:
                raise ValueError(f"a correlation is between two different ones of: {', '.join(known) or 'nothing'}")
        return self

    @cached_property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The table column by column (rows,): bodies, numbers, and 0 or 1 for each choice, such as `race=asian`."""
        body = ("weight_kg", "age_y", "female", *(("height_cm",) if self.rows[0].height_cm is not None else ()))
        found = {name: np.array([float(getattr(row, name)) for row in self.rows]) for name in body}
        for name in dict.fromkeys(name for row in self.rows for name in row.covariates):
            said = [row.covariates.get(name) for row in self.rows]
            numbers = [one for one in map(_number, said) if one is not None]
            if len(numbers) == len(said):
                found[name] = np.array(numbers)
            for one in dict.fromkeys(one for one in said if isinstance(one, str)):
                found[f"{name}={one}"] = np.array([float(other == one) for other in said])
        return found


def _number(said: str | float | None) -> float | None:
    try:
        return None if said is None else float(said)
    except ValueError:
        return None


class Sessions(_Strict):
    """The same doses on one or more days; a day has 24 hours from the first. `at` in a dose text counts in the day."""

    days: tuple[NotNegative, ...] = ()
    day: NotNegative | None = None
    every_days: Positive | None = None
    times: Annotated[int, Field(ge=1, le=1000)] | None = None
    doses: Annotated[tuple[Said, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _when(self) -> Self:
        listed, repeated = bool(self.days), self.every_days is not None
        if listed == (self.day is not None) or repeated != (self.times is not None) or (listed and repeated):
            raise ValueError("say when: 'days' as a list, or 'day', or 'day' with 'every_days' and 'times'")
        if len(set(self.days)) < len(self.days):
            raise ValueError("a day is named twice; for more on one day write more doses")
        return self

    @property
    def all_days(self) -> tuple[float, ...]:
        """Every day on which these doses are given."""
        if self.day is None:
            return self.days
        if self.every_days is None or self.times is None:
            return (self.day,)
        return tuple(self.day + number * self.every_days for number in range(self.times))


class WeightCap(_Strict):
    """Doses per kg count at most this weight."""

    kg: Positive
    source: Said


class Skip(_Strict):
    """Each session (or each dose) is missed with this probability, on its own."""

    probability: Share
    each: Literal["session", "dose"] = "session"
    source: Said


class Partial(_Strict):
    """With this probability only the `part` of a dose by `route` reaches the body: a spray that fails, a spilt cup."""

    probability: Share
    part: Share
    route: Said | None = None
    source: Said


class Stop(_Strict):
    """The session ends at the first check at which `effect` (on top of the resting value) is at or above `limit`."""

    effect: Said
    limit: Finite
    check_every_min: Positive
    source: Said


class Rules(_Strict):
    """What happens to doses on their way."""

    skip: Skip | None = None
    partial: Partial | None = None
    stop: Stop | None = None


class Protocol(_Strict):
    """One way to treat: sessions of dose texts, what happens to them, and which `interactions` come on top."""

    name: Name
    title: Said
    source: Said
    sessions: Annotated[tuple[Sessions, ...], Field(min_length=1)]
    weight_cap: WeightCap | None = None
    interactions: tuple[Said, ...] = ()
    rules: Rules = Rules()


class Watch(_Strict):
    """When people are looked at: from the start of each day with doses, for `hours`, `every_min`."""

    hours: Annotated[float, Field(gt=0, le=720, allow_inf_nan=False)]
    every_min: Positive

    @model_validator(mode="after")
    def _more_than_once(self) -> Self:
        if self.every_min > self.hours * MINUTES_PER_HOUR:
            raise ValueError(f"every_min is longer than the {self.hours:g} hours of watching: only the start is seen")
        return self


class Threshold(_Strict):
    """A level of an output; the time over and under it is counted within the watched hours."""

    name: Name
    output: Said
    level: Finite
    source: Said


class Target(_Strict):
    """What counts as attained: a measure of an output at least, or at most, a number; or both."""

    name: Name
    measure: Measure
    output: Said | None = None
    threshold: Said | None = None
    at_least: Finite | None = None
    at_most: Finite | None = None
    source: Said

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs at_least or at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most: nobody can attain it")
        timed, total = self.measure.startswith("hours"), self.measure in OF_COURSE
        if timed != (self.threshold is not None):
            raise ValueError("hours_over and hours_under name a threshold, the others do not")
        if (self.output is None) != (timed or total):
            raise ValueError("peak, tmax, area and exposure name an output, the others do not")
        return self


class Scenario(_Strict):
    """A question to a population. `models`: one, or several that take blocks of 64 patients in turn (an ensemble)."""

    title: Said
    question: Said = "What happens?"
    patients: Annotated[int, Field(ge=1, le=100_000_000)] = 10_000
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    population: Population
    model: Said | None = None
    ensemble: tuple[Said, ...] = ()
    protocols: Annotated[tuple[Protocol, ...], Field(min_length=1, max_length=8)]
    interactions: tuple[Said, ...] = ()
    outputs: Annotated[tuple[Said, ...], Field(min_length=1)]
    watch: Watch
    percentiles: Annotated[tuple[Annotated[float, Field(ge=0, le=100)], ...], Field(min_length=1)] = (5, 50, 95)
    thresholds: tuple[Threshold, ...] = ()
    targets: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.model is not None and self.ensemble:
            raise ValueError("name a model or an ensemble of models, not both")
        named: Mapping[str, list[str]] = {
            "protocols": [one.name for one in self.protocols],
            "outputs": list(self.outputs),
            "ensemble": list(self.ensemble),
            "thresholds": [one.name for one in self.thresholds],
            "targets": [one.name for one in self.targets],
        }
        for where, names in named.items():
            if len(set(names)) < len(names):
                raise ValueError(f"two of the {where} have the same name")
        about: list[tuple[str, str | None]] = [(one.name, one.output) for one in self.thresholds]
        about += [(one.name, one.output) for one in self.targets]
        for name, output in about:
            if output is not None and output not in self.outputs:
                raise ValueError(f"'{name}' is about '{output}', which is not among the outputs")
        for target in self.targets:
            if target.threshold is not None and target.threshold not in named["thresholds"]:
                raise ValueError(f"'{target.name}' names the threshold '{target.threshold}', which is not there")
        if list(self.percentiles) != sorted(set(self.percentiles)):
            raise ValueError("percentiles must rise")
        return self

    @cached_property
    def hash(self) -> str:
        """What the scenario asks, as a hash; patients and seed are not part of it."""
        text = self.model_dump_json(exclude={"patients", "seed"})
        return hashlib.sha256(text.encode()).hexdigest()
