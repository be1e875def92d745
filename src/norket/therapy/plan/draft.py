"""A dose as it is written, before anybody has signed it."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from norket.therapy.finding import Finding
from norket.therapy.plan.library import Form, Verdict
from norket.therapy.plan.order import Limit


class DraftError(ValueError):
    """The dose cannot be drafted at all; the message says what is wrong and what to write instead."""


class Draft(BaseModel):
    """A dose with all its equivalents, the limits it was judged by and what they say.

    `duration_min`, `rate_ml_h` and the band of rates are None for a dose at once, whose rates in mg are those within
    one hour; `concentration_mg_ml` and `volume_ml` are None where nothing is drawn; `devices` counts spray devices;
    `bolus_lockout_min` lies between two boluses, where the row knows them.
    `agree_percent` is how far equivalents may differ. `verdict`: ok; needs_reason (outside the usual range);
    needs_second (above the cap); never (above the ceiling); unknown (a limit is missing, which blocks like never).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    form: Form = "infusion"
    drug: str
    route: str
    text: str
    amount_mg: float
    duration_min: float | None
    weight_kg: float
    weight_measured_on: date
    concentration_mg_ml: float | None
    mg_kg: float
    rate_mg_h: float
    rate_mg_kg_h: float
    volume_ml: float | None
    rate_ml_h: float | None
    devices: int | None = None
    rate_low_mg_h: float | None
    rate_high_mg_h: float | None
    bolus_lockout_min: float | None = None
    cap: Limit | None
    ceiling: Limit | None
    agree_percent: float
    findings: tuple[Finding, ...]
    verdict: Verdict
    edition: str
