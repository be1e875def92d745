"""What a referral is: who is meant, who refers, what for, what was answered and typed, and whether danger was heard."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.therapy.chart import Status

Origin = Literal["self-check", "referrer", "written down"]
RiskState = Literal["said", "not_known", "not_said"]
Line = Annotated[str, Field(max_length=200)]
Long = Annotated[str, Field(max_length=2000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Someone(_Frozen):
    """Who is meant. Nobody has checked any of it."""

    given_name: Line
    family_name: Line
    birth_date: date
    sex: Literal["female", "male", "unknown"] = "unknown"
    contact: Line

    @property
    def name(self) -> str:
        """The given name before the family name."""
        return f"{self.given_name} {self.family_name}"


class Referrer(_Frozen):
    """Who refers, as they say themselves."""

    name: Line
    profession: Line = ""
    contact: Line


class Answered(_Frozen):
    """One question of the knowledge base with its answer."""

    question: str
    status: Status


class Risk(_Frozen):
    """Whether danger was heard: `said`, `not_known` where a question of risk was open or not sure, else `not_said`.

    `because` names the questions and the words. It is no score and decides nothing but what is shown first.
    """

    state: RiskState
    because: tuple[str, ...] = ()


class Referral(_Frozen):
    """A whole referral as it was sent. `medicines` is what was typed, and stays text."""

    origin: Origin
    person: Someone
    referrer: Referrer | None = None
    reason: Long = ""
    answers: tuple[Answered, ...] = ()
    medicines: Long = ""
    message: Long = ""
    risk: Risk
    edition: str

    @property
    def source(self) -> str:
        """Who says so, for the lines of a chart that come from it."""
        if self.referrer is None:
            return "self-check" if self.origin == "self-check" else "written down by staff"
        return f"referral by {self.referrer.name}"[:200]
