"""What the patient chose among the ways of treatment, and what treatment is to change, so that it can be measured."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from norket.therapy.finding import Refused

Line = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
Measured = Annotated[float, Field(allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Goal(_Frozen):
    """A measurable goal: `measure` (the name of an instrument, or what is counted) goes from `baseline` to `target`,
    both in `unit` (empty for a score), on the day `by` at the latest. `words` is how the patient says it.
    """

    measure: Line
    unit: Annotated[str, Field(max_length=40)] = ""
    baseline: Measured
    target: Measured
    by: date
    words: Annotated[str, Field(max_length=2000)] = ""

    @model_validator(mode="after")
    def _something_changes(self) -> "Goal":
        if self.baseline == self.target:
            raise ValueError("the target is what is there already; say what is to change")
        return self

    @property
    def direction(self) -> Literal["lower", "higher"]:
        """Which way the measure is to go."""
        return "lower" if self.target < self.baseline else "higher"

    def reached(self, value: float) -> bool:
        """Whether a later value of the measure, in the same unit, is the target or beyond it."""
        return value <= self.target if self.direction == "lower" else value >= self.target


class Choice(_Frozen):
    """What the patient chose, with their own reason. `shown` are the ids of the alternatives that were compared on the
    page, `edition` the knowledge that the page was made from, `chosen` those they want (one or several)."""

    shown: tuple[Line, ...] = Field(min_length=1)
    chosen: tuple[Line, ...] = Field(min_length=1)
    reason: Words
    edition: str

    @model_validator(mode="after")
    def _of_those_shown(self) -> "Choice":
        strange = sorted(set(self.chosen) - set(self.shown))
        if strange:
            raise ValueError(f"chosen without having been shown: {', '.join(strange)}")
        return self


def objection(goal: Goal, on: date) -> Refused | None:
    """Why a goal cannot be set on the day `on`: its day has passed."""
    if goal.by > on:
        return None
    return Refused(code="goal_in_the_past", why=f"The goal is for {goal.by}, which has passed. Give a later day.")
