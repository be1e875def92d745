"""The limits of an order: what is above them, and what is missing from them. A limit that is not a number blocks.

Source of the rule: reliability findings 9 and 10; doses count delivered plus committed, by every route.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

DECIMALS = 9
UNITS = {"mg_kg": "mg/kg", "mg": "mg", "mg_h": "mg/h", "mg_kg_h": "mg/kg/h"}


class LimitMissingError(ValueError):
    """A limit or an amount that must be compared is absent or not a finite number above zero."""

    def __init__(self, name: str, value: object) -> None:
        self.name = name
        super().__init__(f"{name} is {value!r}: without a number nothing may be ordered")


class Excess(NamedTuple):
    """One figure above its limit, both in `unit`."""

    unit: str
    value: float
    limit: float

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit} is above {self.limit:g} {self.unit}"


def finite(name: str, value: object) -> float:
    """`value` as a float, if it is a finite number above zero; otherwise raises `LimitMissingError`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise LimitMissingError(name, value)
    return float(value)


def amounts(amount_mg: float, rate_mg_h: float, weight_kg: float) -> dict[str, float]:
    """One dose in the four units of a limit: total mg and mg/kg, rate in mg/h and mg/kg/h.

    Rounded to a billionth, so that 1 mg/kg of any weight is exactly 1 mg/kg again and not a rounding error above it.
    """
    weight = finite("weight_kg", weight_kg)
    figures = {"mg_kg": amount_mg / weight, "mg": amount_mg, "mg_h": rate_mg_h, "mg_kg_h": rate_mg_h / weight}
    return {unit: round(value, DECIMALS) for unit, value in figures.items()}


def excesses(level: str, limit: object, figures: Mapping[str, float]) -> tuple[Excess, ...]:
    """Which `figures` lie above `limit` (equal is not above). A unit without a number raises `LimitMissingError`."""
    limits = {unit: finite(f"{level}_{unit}", getattr(limit, unit, None)) for unit in UNITS}
    for unit in UNITS:
        if math.isnan(figures[unit]):
            raise LimitMissingError(unit, figures[unit])
    return tuple(Excess(UNITS[u], figures[u], limits[u]) for u in UNITS if figures[u] > limits[u])
