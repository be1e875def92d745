"""A dose as it enters the body: milligrams of base, when, for how long, by which route."""

import math
from dataclasses import dataclass

from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError
from norket.units import (
    DRUGS,
    ROUTES,
    Amount,
    AmountPerWeight,
    AmountRate,
    AmountRatePerWeight,
    DoseText,
    Duration,
    Weight,
)
from norket.units.dose_text import Drug, Quantities, Route


@dataclass(frozen=True)
class Dose:
    """`amount_mg` of base given evenly from `start_min` for `duration_min` (0: at once).

    `drug` is racemic `ketamine` or `esketamine`. Times are minutes on the axis of the history and may be negative
    for what was given before its zero. `text` is the dose text it came from, if any.
    """

    amount_mg: float
    route: Route = "iv"
    drug: Drug = "ketamine"
    start_min: float = 0.0
    duration_min: float = 0.0
    text: str = ""

    def __post_init__(self) -> None:
        for name in ("amount_mg", "start_min", "duration_min"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                raise NotCoveredError("dose_not_valid", f"{name} must be a finite number, not {number!r}")
        if self.amount_mg <= 0 or self.duration_min < 0:
            raise NotCoveredError(
                "dose_not_valid", f"a dose needs an amount above zero and no negative duration: {self}"
            )
        if self.route not in ROUTES or self.drug not in DRUGS:
            raise NotCoveredError("dose_not_valid", f"unknown route or drug: {self.route!r}, {self.drug!r}")

    @classmethod
    def parse(cls, text: str, patient: Patient) -> "Dose":
        """The dose that `text` means for `patient`: mg/kg become mg, a rate becomes its amount.

        Raises `norket.units.DoseTextError` with the place of a mistake.
        """
        written = DoseText.parse(text)
        duration = written.duration or Duration(0.0)
        amount = _amount(written.quantity, Weight(patient.weight_kg), duration)
        return cls(amount.mg, written.route, written.drug, written.at.minutes, duration.minutes, str(written))

    @property
    def end_min(self) -> float:
        """When the last of it has been given."""
        return self.start_min + self.duration_min


def _amount(quantity: Quantities, weight: Weight, duration: Duration) -> Amount:
    match quantity:
        case Amount():
            return quantity
        case AmountPerWeight():
            return quantity.for_weight(weight)
        case AmountRate():
            return quantity.during(duration)
        case AmountRatePerWeight():
            return quantity.for_weight(weight).during(duration)
