"""How much of a class's standard drug somebody takes in a day; what has no dose or no factor is unknown, never zero."""

from collections.abc import Iterable
from dataclasses import dataclass

from norket.therapy.chart import MedicineItem
from norket.therapy.screening.compiled import Compiled

UNIT = "mg"
SAME_UNIT = {"mg": UNIT, "mg/d": UNIT}


@dataclass(frozen=True)
class Daily:
    """`at_least_mg` of the standard drug in a day, by mouth; `whole` is False where a medicine could not be counted."""

    at_least_mg: float
    whole: bool

    def __str__(self) -> str:
        return f"{'' if self.whole else 'at least '}{self.at_least_mg:g} mg a day"


def daily(items: Iterable[MedicineItem], class_: str, known: Compiled) -> Daily:
    """What the medicines of `class_` that are taken (or may be) come to together, in mg of its standard drug a day.

    The factors are the figures of the class; a class without factors counts nothing.
    """
    amounts = [
        _standard(item, known.equivalents.get(class_, ()))
        for item in items
        if item.status != "no" and class_ in known.members(item, drug=True)
    ]
    counted = [amount for amount in amounts if amount is not None]
    return Daily(sum(counted), len(counted) == len(amounts))


def _standard(item: MedicineItem, factors: Iterable[tuple[str, float]]) -> float | None:
    words = item.text.lower().split()
    named = [factor for name, factor in factors if name == item.code or name in words]
    if item.status != "yes" or item.daily_dose is None or SAME_UNIT.get(item.daily_unit or "") != UNIT or not named:
        return None
    return item.daily_dose * max(named)
