"""A dose order as it is signed, with every equivalent recomputed from it."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]


class Limit(BaseModel):
    """One level of limits of a dose row; every unit is present, or the row cannot be ordered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mg_kg: Positive
    mg: Positive
    mg_h: Positive
    mg_kg_h: Positive


class _Signed(BaseModel):
    """What every order says. The cap may be passed with a second signer and a reason; the ceiling by nobody. The
    figures of the limits are copied from the knowledge edition named, so that the order can be judged as it was
    signed. `reason` is the prescriber's own for a dose outside the usual range, `second_reason` the second signer's
    for one above the cap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    dose_row: str
    drug: str
    route: str
    text: str
    amount_mg: Positive
    weight_kg: Positive
    weight_measured_on: date
    weight_basis: Literal["actual"] = "actual"
    cap: Limit
    ceiling: Limit
    edition: str
    signed_by: str
    signed_at: datetime
    second_signer: str | None = None
    second_reason: str = ""
    reason: str = ""

    @property
    def mg_kg(self) -> float:
        return self.amount_mg / self.weight_kg


class Order(_Signed):
    """An intravenous infusion order: `amount_mg` of base over `duration_min`, prepared at `concentration_mg_ml`.

    `rate_low_mg_h` and `rate_high_mg_h` are the band inside which the rate may be changed during the session;
    `bolus_lockout_min` is how long one bolus waits for the next, where the row knows one (absent: not said).
    """

    kind: Literal["infusion"] = "infusion"
    duration_min: Positive
    concentration_mg_ml: Positive
    rate_low_mg_h: Positive
    rate_high_mg_h: Positive
    bolus_lockout_min: Positive | None = None

    @property
    def rate_mg_h(self) -> float:
        return self.amount_mg / self.duration_min * 60

    @property
    def rate_mg_kg_h(self) -> float:
        return self.rate_mg_h / self.weight_kg

    @property
    def volume_ml(self) -> float:
        return self.amount_mg / self.concentration_mg_ml

    @property
    def rate_ml_h(self) -> float:
        return self.rate_mg_h / self.concentration_mg_ml


class DoseOrder(_Signed):
    """An order of `amount_mg` of base at once: into a muscle or under the skin (drawn at `concentration_mg_ml`), as a
    spray of `devices` devices, under the tongue or by mouth. No pump runs under it."""

    kind: Literal["dose"] = "dose"
    concentration_mg_ml: Positive | None = None
    devices: Annotated[int, Field(ge=1, strict=True)] | None = None

    @property
    def volume_ml(self) -> float | None:
        return self.amount_mg / self.concentration_mg_ml if self.concentration_mg_ml else None


AnyOrder = Order | DoseOrder
