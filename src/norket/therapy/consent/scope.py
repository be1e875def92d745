"""What a consent is about. A plan beyond it, in any of these, needs another one."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from norket.knowledge.criteria import Drug, Route, Setting

Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Scope(BaseModel):
    """One indication (its key), drug, route and setting, with the range of one session's dose in `dose_unit`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    indication: str = Field(min_length=1)
    drug: Drug
    route: Route
    setting: Setting
    jurisdiction: str = Field(min_length=1)
    dose_low: Amount
    dose_high: Amount
    dose_unit: Literal["mg", "mg/kg"]

    @model_validator(mode="after")
    def _ordered(self) -> "Scope":
        if self.dose_low > self.dose_high:
            raise ValueError("the lowest dose lies above the highest; swap or correct them")
        return self

    @property
    def dose(self) -> str:
        """The range in words, for the page that is signed."""
        if self.dose_low == self.dose_high:
            return f"{self.dose_high:g} {self.dose_unit}"
        return f"{self.dose_low:g} to {self.dose_high:g} {self.dose_unit}"

    def beyond(self, agreed: "Scope") -> Iterator[str]:
        """In what this plan goes beyond what was agreed, in words; nothing if it is covered."""
        for name in ("indication", "drug", "route", "setting", "jurisdiction"):
            if getattr(self, name) != getattr(agreed, name):
                yield f"{name} is {getattr(self, name)}, agreed was {getattr(agreed, name)}"
        if self.dose_unit != agreed.dose_unit:
            yield f"the dose is in {self.dose_unit}, agreed was one in {agreed.dose_unit}"
        elif self.dose_high > agreed.dose_high:
            yield f"a dose of {self.dose_high:g} {self.dose_unit}, agreed were at most {agreed.dose_high:g}"
