"""Typed quantities: two of them add, subtract or compare only within one kind, and every conversion has a name."""

import math
from dataclasses import dataclass, fields
from typing import Self

MINUTES_PER_HOUR = 60.0


class QuantityError(ValueError):
    """A quantity that is not a finite number of zero or more."""


class Quantity:
    """A finite, non-negative number with one unit, held in the single field that names the unit.

    Quantities of one kind add, subtract and compare; scaling takes a plain number; a ratio of two of a kind is plain.
    Mixing kinds raises `TypeError`.
    """

    def __post_init__(self) -> None:
        number = self.number
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise TypeError(f"{type(self).__name__} takes a number, not {number!r}")
        if not math.isfinite(number) or number < 0:
            raise QuantityError(f"{type(self).__name__} must be a finite number of zero or more, not {number!r}")

    @property
    def number(self) -> float:
        """The bare number, in the unit of this kind."""
        return getattr(self, fields(self)[0].name)  # type: ignore[arg-type,no-any-return]

    def _same(self, other: object, act: str) -> float:
        if type(other) is not type(self):
            raise TypeError(f"cannot {act} {type(other).__name__} and {type(self).__name__}: convert by name first")
        return other.number

    def __add__(self, other: Self) -> Self:
        return type(self)(self.number + self._same(other, "add"))  # type: ignore[call-arg]

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.number - self._same(other, "subtract"))  # type: ignore[call-arg]

    def __mul__(self, factor: float) -> Self:
        if isinstance(factor, Quantity):
            raise TypeError(f"cannot multiply {type(self).__name__} by {type(factor).__name__}: convert by name")
        return type(self)(self.number * factor)  # type: ignore[call-arg]

    __rmul__ = __mul__

    def __truediv__(self, other: Self) -> float:
        return self.number / self._same(other, "divide")

    def __lt__(self, other: Self) -> bool:
        return self.number < self._same(other, "compare")

    def __le__(self, other: Self) -> bool:
        return self.number <= self._same(other, "compare")

    def __gt__(self, other: Self) -> bool:
        return self.number > self._same(other, "compare")

    def __ge__(self, other: Self) -> bool:
        return self.number >= self._same(other, "compare")


@dataclass(frozen=True)
class Weight(Quantity):
    """Body weight in kg."""

    kg: float


@dataclass(frozen=True)
class Duration(Quantity):
    """A length of time, or a time after the start of the history, in minutes."""

    minutes: float

    @classmethod
    def of_hours(cls, hours: float) -> "Duration":
        """`hours` as minutes, exact for every number of the typed grammar."""
        return cls(round(hours * MINUTES_PER_HOUR, 3))

    @property
    def hours(self) -> float:
        """The same length in hours."""
        return self.minutes / MINUTES_PER_HOUR


@dataclass(frozen=True)
class Volume(Quantity):
    """A volume of solution in mL."""

    ml: float


@dataclass(frozen=True)
class Amount(Quantity):
    """Drug in mg of base."""

    mg: float

    def per_weight(self, weight: Weight) -> "AmountPerWeight":
        """The same amount per kg of `weight`."""
        return AmountPerWeight(self.mg / weight.kg)

    def volume_at(self, concentration: "Concentration") -> Volume:
        """The volume of solution that holds this amount."""
        return Volume(self.mg / concentration.mg_ml)


@dataclass(frozen=True)
class AmountPerWeight(Quantity):
    """Drug in mg of base per kg of body weight."""

    mg_kg: float

    def for_weight(self, weight: Weight) -> Amount:
        """The amount for a patient of this `weight`."""
        return Amount(self.mg_kg * weight.kg)


@dataclass(frozen=True)
class AmountRate(Quantity):
    """Drug in mg of base per hour."""

    mg_h: float

    def during(self, duration: Duration) -> Amount:
        """The amount given in `duration`."""
        return Amount(self.mg_h * duration.minutes / MINUTES_PER_HOUR)

    def pump_rate_at(self, concentration: "Concentration") -> "PumpRate":
        """The pump rate that delivers this rate from a solution of `concentration`."""
        return PumpRate(self.mg_h / concentration.mg_ml)


@dataclass(frozen=True)
class AmountRatePerWeight(Quantity):
    """Drug in mg of base per kg of body weight per hour."""

    mg_kg_h: float

    def for_weight(self, weight: Weight) -> AmountRate:
        """The rate for a patient of this `weight`."""
        return AmountRate(self.mg_kg_h * weight.kg)


@dataclass(frozen=True)
class PumpRate(Quantity):
    """What a pump shows, in mL/h. It is not a drug rate until the concentration is named."""

    ml_h: float

    def drug_rate_at(self, concentration: "Concentration") -> AmountRate:
        """The drug rate delivered from a solution of `concentration`."""
        return AmountRate(self.ml_h * concentration.mg_ml)

    def volume_during(self, duration: Duration) -> Volume:
        """The volume delivered in `duration`."""
        return Volume(self.ml_h * duration.minutes / MINUTES_PER_HOUR)


@dataclass(frozen=True)
class Concentration(Quantity):
    """Drug in solution, mg of base per mL."""

    mg_ml: float


@dataclass(frozen=True)
class PlasmaConcentration(Quantity):
    """Drug in plasma, ng of base per mL. It never mixes with the concentration of a solution."""

    ng_ml: float
