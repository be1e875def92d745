"""How a draft order says its dose: an amount, a rate, a duration, or two of them, per weight or not.

"0.5 mg/kg over 40 min" and "0.5 mg/kg/h for 40 min" differ by a third; so an amount is never taken for a rate, and an
order that says all three must agree with itself.
"""

import math
from dataclasses import dataclass

from norket.exchange.fhir.medicines import single_dose
from norket.exchange.fhir.shapes import Json, number, part, parts, unit, word

MINUTES = {"s": 1 / 60, "min": 1.0, "h": 60.0, "d": 1440.0}
AMOUNTS = {"mg": 1.0, "g": 1000.0, "ug": 0.001}
AGREE = 0.01  # rounding of an order's own equivalents; beyond it they contradict each other


@dataclass(frozen=True)
class Part:
    """A figure with whether it is per kilogram of weight."""

    value: float
    per_kg: bool

    def at(self, weight_kg: float | None) -> float | None:
        """The figure for this weight; None where it needs a weight that is not known."""
        if not self.per_kg:
            return self.value
        return None if weight_kg is None else self.value * weight_kg


@dataclass(frozen=True)
class Dosage:
    """One dose as it is written: `amount` in mg, `rate` in mg/min, `minutes`; None where it is not said."""

    amount: Part | None = None
    rate: Part | None = None
    minutes: float | None = None

    def given(self, weight_kg: float | None, *, at_once: bool = False) -> tuple[float, float | None] | str:
        """Amount (mg) and duration (min) for this weight, or what is missing or wrong. A dose `at_once` (by a route
        that nothing runs by) needs no time."""
        amount = self.amount.at(weight_kg) if self.amount else None
        rate = self.rate.at(weight_kg) if self.rate else None
        minutes = self.minutes
        if any(part is not None and part.per_kg for part in (self.amount, self.rate)) and weight_kg is None:
            return "it lacks a measured weight"
        if amount is None and rate is not None and minutes is not None:
            amount = rate * minutes
        if minutes is None and amount is not None and rate:
            minutes = amount / rate
        if at_once and amount is not None and rate is None:
            return amount, minutes
        if amount is None or minutes is None:
            lacking = [
                words
                for words, value in (("a dose in mg or mg/kg", amount), ("the time over which it is given", minutes))
                if value is None
            ]
            return f"it lacks {' and '.join(lacking)}"
        if rate is not None and not math.isclose(rate * minutes, amount, rel_tol=AGREE):
            return (
                f"it contradicts itself: {amount:g} mg, but its rate over {minutes:g} min gives {rate * minutes:g} mg"
            )
        return amount, minutes


def read(order: Json) -> Dosage:
    """The dosage of an order with one line; several lines, or none, say no one dose."""
    lines = parts(order, "dosageInstruction")
    if len(lines) != 1:
        return Dosage()
    line = lines[0]
    dose = single_dose(line)
    rates = parts(line, "doseAndRate")
    repeat = part(part(line, "timing") or {}, "repeat") or {}
    length, each = number(repeat, "duration"), MINUTES.get(word(repeat, "durationUnit"))
    return Dosage(
        amount=_amount(*dose) if dose else None,
        rate=_rate(rates[0]) if len(rates) == 1 else None,
        minutes=length * each if length and length > 0 and each else None,
    )


def _amount(value: float, mine: str) -> Part | None:
    mass, _, per = mine.partition("/")
    if value <= 0 or mass not in AMOUNTS or per not in {"", "kg"}:
        return None
    return Part(value * AMOUNTS[mass], per == "kg")


def _rate(given: Json) -> Part | None:
    quantity, ratio = part(given, "rateQuantity"), part(given, "rateRatio")
    if quantity:
        value, mine = number(quantity, "value"), unit(quantity) or ""
    elif ratio:
        over, under = part(ratio, "numerator") or {}, part(ratio, "denominator") or {}
        count = number(under, "value")
        top = number(over, "value")
        value = top / count if top is not None and count else None
        mine = f"{unit(over)}/{unit(under)}"
    else:
        return None
    mass, *per = mine.split("/")
    time = [word for word in per if word in MINUTES]
    others = [word for word in per if word not in MINUTES]
    if value is None or value <= 0 or mass not in AMOUNTS or len(time) != 1 or others not in ([], ["kg"]):
        return None
    return Part(value * AMOUNTS[mass] / MINUTES[time[0]], bool(others))
