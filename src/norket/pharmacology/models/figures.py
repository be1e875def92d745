"""The figures of a model entry as numbers: found by name, in the units that a structure sees."""

import math
from dataclasses import dataclass

from norket.knowledge import Entry, Value
from norket.pharmacology.refusals import NotCoveredError
from norket.units.quantities import MINUTES_PER_HOUR

# Figures keep the units of their source; a structure sees litres, minutes, kilograms and milligrams only.
TO_ENGINE_UNITS = {
    "1": 1.0,
    "L": 1.0,
    "L/kg": 1.0,
    "L/min": 1.0,
    "L/h": 1.0 / MINUTES_PER_HOUR,
    "L/h/a": 1.0 / MINUTES_PER_HOUR,
    "L/min/kg": 1.0,
    "mL/min/kg": 1e-3,
    "min": 1.0,
    "h": MINUTES_PER_HOUR,
    "/min": 1.0,
    "/h": 1.0 / MINUTES_PER_HOUR,
    "kg": 1.0,
    "mg": 1.0,
    "a": 1.0,
    "g/mol": 1.0,
    "ng/mL": 1.0,
}


@dataclass(frozen=True)
class Number:
    """A figure that has a finite number."""

    value: float
    unit: str


def value_named(entry: Entry, name: str) -> Value | None:
    """The figure `name` of `entry`, if it has one."""
    return next((value for value in entry.values if value.name == name), None)


def figure(entry: Entry, name: str) -> Number:
    """The number of the figure `name`; a missing one, or one without a number, is refused (`NotCoveredError`)."""
    value = value_named(entry, name)
    if value is None:
        message = f"{entry.id}: the figure '{name}' is missing; add it with its unit and source"
        raise NotCoveredError("model_not_valid", message)
    if value.value is None or not math.isfinite(value.value):
        raise NotCoveredError("model_not_valid", f"{entry.id}: the figure '{name}' has no number")
    return Number(value.value, value.unit)


def engine_number(entry: Entry, name: str) -> float:
    """The figure in the engine's units: L, L/min, min, 1/min, kg, mg; an unknown unit is refused."""
    found = figure(entry, name)
    if found.unit not in TO_ENGINE_UNITS:
        known = ", ".join(TO_ENGINE_UNITS)
        raise NotCoveredError("model_not_valid", f"{entry.id}: '{name}' is in {found.unit}; a model reads: {known}")
    return found.value * TO_ENGINE_UNITS[found.unit]


def outside(value: Value, number: float) -> bool:
    """Whether `number` lies outside the range of a figure; a side without a limit covers everything."""
    below = value.low is not None and number < value.low
    above = value.high is not None and number > value.high
    return below or above
