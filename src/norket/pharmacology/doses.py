"""A dose as it enters the body: milligrams of base, when, for how long, by which route."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from norket import knowledge
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

# A pump's record is kept in whole microseconds and rounded volumes: pieces this close belong to one stretch.
JOIN_WITHIN_MIN = 1 / 60
SAME_RATE_WITHIN = 1e-3


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

    @classmethod
    def of_hydrochloride(
        cls, amount_mg: float, route: Route = "iv", drug: Drug = "ketamine", start_min: float = 0.0
    ) -> "Dose":
        """The dose, given at once, that `amount_mg` of the hydrochloride salt is in base: 32.3 mg are 28 mg.

        By the ratio of the molar masses (`models.molar_masses`). Labels of ampoules and of the nasal device state base;
        some compounded products and older papers state the salt.
        """
        masses = knowledge.read()
        salt, base = (
            masses.figure("models.molar_masses", name).value for name in ("ketamine_hydrochloride", "ketamine")
        )
        if isinstance(amount_mg, bool) or not isinstance(amount_mg, int | float):
            raise NotCoveredError("dose_not_valid", f"amount_mg must be a finite number, not {amount_mg!r}")
        return cls(amount_mg * base / salt, route, drug, start_min, text=f"{amount_mg:g} mg {drug} HCl {route}")

    @property
    def end_min(self) -> float:
        """When the last of it has been given."""
        return self.start_min + self.duration_min

    @property
    def rate_mg_min(self) -> float:
        """How fast it goes in; infinite for a dose given at once."""
        return self.amount_mg / self.duration_min if self.duration_min else math.inf


def stretches(doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """The doses with pieces joined that follow each other at one rate (mg/min): what a pump did without a change.

    A history cut into pieces, such as given and still planned, has the same stretches as the uncut one.
    """
    joined: list[Dose] = []
    for dose in sorted(doses, key=lambda one: one.start_min):
        for number, one in enumerate(joined):
            if _continues(one, dose):
                whole = dose.end_min - one.start_min
                joined[number] = replace(one, amount_mg=one.amount_mg + dose.amount_mg, duration_min=whole, text="")
                break
        else:
            joined.append(dose)
    return tuple(joined)


def _continues(one: Dose, dose: Dose) -> bool:
    return (
        (one.route, one.drug) == (dose.route, dose.drug)
        and min(one.duration_min, dose.duration_min) > 0
        and abs(dose.start_min - one.end_min) <= JOIN_WITHIN_MIN
        and math.isclose(one.rate_mg_min, dose.rate_mg_min, rel_tol=SAME_RATE_WITHIN)
    )


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
