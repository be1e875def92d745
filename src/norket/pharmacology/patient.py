"""The body that a dose enters, as far as published models ask for it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from norket.pharmacology.refusals import NotCoveredError

Sex = Literal["female", "male"]


@dataclass(frozen=True)
class Patient:
    """A patient: weight in kg, age in years, sex, and height in cm if it is known.

    `covariates` are the further facts that a model may have retained, by name (`{"race": "japanese"}`); a model that
    does not know one refuses it. Raises `NotCoveredError` for numbers that are not finite and above zero.
    Whether a model covers the patient is decided by the model, not here.
    """

    weight_kg: float
    age_y: float
    sex: Sex
    height_cm: float | None = None
    covariates: Mapping[str, str | float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariates", MappingProxyType(dict(self.covariates)))
        for name, number in (("weight_kg", self.weight_kg), ("age_y", self.age_y), ("height_cm", self.height_cm)):
            if name == "height_cm" and number is None:
                continue
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                raise NotCoveredError("patient_not_valid", f"{name} must be a finite number, not {number!r}")
            if number < 0 or (number == 0 and name != "age_y"):
                raise NotCoveredError("patient_not_valid", f"{name} must be above zero, not {number!r}")
        if self.sex not in get_args(Sex):
            raise NotCoveredError("patient_not_valid", f"sex must be 'female' or 'male', not {self.sex!r}")
