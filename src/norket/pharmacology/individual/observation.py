"""What was measured in a patient: a level in a blood sample, or an effect that somebody read or scored."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from norket.pharmacology.individual.text import FORMS, SITES, read_level, read_score
from norket.pharmacology.refusals import NotCoveredError

Kind = Literal["level", "score"]


@dataclass(frozen=True)
class Observation:
    """One measured value `value` (`unit`) at `at_min`, minutes on the axis of the dose history.

    A level is of an analyte ("ketamine", "norketamine", …) in ng/mL of base in plasma, taken at a `site`; `enantiomer`
    is what the laboratory counted. `below`: the sample was below `value`, the limit of quantification. A score is of an
    effect model (its id) in the unit of that model. The error of the measurement, as a coefficient of variation
    (`error_cv`, 0.1 is 10 %) or as a standard deviation in the value's unit (`error_sd`), comes on top of the residual
    error of the model, which holds that of its own laboratory already; leave both at zero if it is not known.
    `rest_readings`: a score is a rise over the mean of so many resting readings, whose error all rises share; 0 where
    the rest is exact. Raises `NotCoveredError` for numbers that no measurement gives.
    """

    kind: Kind
    what: str
    value: float
    unit: str
    at_min: float
    site: str = ""
    enantiomer: str = "S + R"
    error_cv: float = 0.0
    error_sd: float = 0.0
    below: bool = False
    text: str = ""
    rest_readings: int = 0

    def __post_init__(self) -> None:
        for name in ("value", "at_min", "error_cv", "error_sd"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                raise NotCoveredError("observation_not_valid", f"{name} must be a finite number, not {number!r}")
        if self.error_cv < 0 or self.error_sd < 0:
            raise NotCoveredError("observation_not_valid", f"an error is not below zero: {self.described}")
        rest = self.rest_readings
        if isinstance(rest, bool) or not isinstance(rest, int) or rest < 0 or (rest and self.kind == "level"):
            message = f"rest_readings must be a whole number of resting readings of a score, not {rest!r}"
            raise NotCoveredError("observation_not_valid", message)
        if self.kind == "level":
            self._check_level()
        elif self.kind != "score":
            raise NotCoveredError("observation_not_valid", f"an observation is a level or a score, not {self.kind!r}")

    def _check_level(self) -> None:
        if self.value <= 0:
            message = f"a level is above zero: {self.described}. "
            message += "Write one that was too low to measure as 'below' the limit of quantification"
            raise NotCoveredError("observation_not_valid", message)
        if self.unit != "ng/mL":
            raise NotCoveredError("observation_not_valid", f"a level is in ng/mL, not {self.unit!r}")
        if self.site not in SITES:
            message = f"a level needs its site: {' or '.join(SITES)}, not {self.site!r}; the two differ up to twofold"
            raise NotCoveredError("observation_not_valid", message)
        if self.enantiomer not in FORMS:
            raise NotCoveredError(
                "observation_not_valid", f"enantiomer is one of {', '.join(FORMS)}, not {self.enantiomer!r}"
            )

    @classmethod
    def level(
        cls,
        analyte: str,
        value_ng_ml: float,
        at_min: float,
        site: str,
        *,
        enantiomer: str = "S + R",
        error_cv: float = 0.0,
        error_sd: float = 0.0,
        below: bool = False,
    ) -> "Observation":
        """A level of `analyte` in ng/mL."""
        return cls("level", analyte, value_ng_ml, "ng/mL", at_min, site, enantiomer, error_cv, error_sd, below)

    @classmethod
    def score(
        cls, effect: str, value: float, unit: str, at_min: float, *, error_sd: float = 0.0, rest_readings: int = 0
    ) -> "Observation":
        """A value of the effect model `effect` in its unit ("1" for a part of its maximum)."""
        return cls("score", effect, value, unit, at_min, error_sd=error_sd, rest_readings=rest_readings)

    @classmethod
    def parse_level(cls, text: str) -> "Observation":
        """The level that a text means, such as `ketamine 120 ng/mL venous at 45 min assay 10 %`.

        `norketamine below 5 ng/mL …` is a sample below the limit of quantification, `s-ketamine …` one form of it.
        Raises `ObservationTextError` with the place of a mistake.
        """
        return cls(**read_level(text))  # type: ignore[arg-type]  # checked by the reader and once more here

    @classmethod
    def parse_score(cls, text: str) -> "Observation":
        """The score that a text means, such as `systolic_pressure 18 mmHg at 40 min error 5`.

        Raises `ObservationTextError` with the place of a mistake.
        """
        return cls(**read_score(text))  # type: ignore[arg-type]  # checked by the reader and once more here

    @property
    def described(self) -> str:
        """The observation in words that name it."""
        form = "" if self.enantiomer == "S + R" else f"{self.enantiomer}-"
        less = "below " if self.below else ""
        unit = "" if self.unit == "1" else f" {self.unit}"
        where = f" {self.site}" if self.site else ""
        return f"{form}{self.what} {less}{self.value:g}{unit}{where} at {self.at_min:g} min"

    def as_dict(self) -> dict[str, Any]:
        """The observation as plain data."""
        names = ["kind", "what", "value", "unit", "at_min", "error_cv", "error_sd", "text"]
        names += ["site", "enantiomer", "below"] if self.kind == "level" else ["rest_readings"]
        return {name: getattr(self, name) for name in names}
