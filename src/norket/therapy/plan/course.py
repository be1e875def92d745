"""The plan of a course as it is written, judged and signed. What must be mended is not signed by anybody.

The dose of the first session is an order of its own, under the limits of its row; the plan around it says for what, for
how long, how far it may rise, when it is looked at again and when it ends.
"""

from collections.abc import Mapping
from datetime import UTC, date, timedelta, tzinfo
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Drug, Route, Setting
from norket.therapy.actor import Actor
from norket.therapy.finding import Finding, Refused
from norket.therapy.goals import Goal
from norket.therapy.instant import Instant
from norket.therapy.plan.order import AnyOrder
from norket.therapy.plan.rescue import Rescue

MOST_VISITS = 400  # a slip of the keyboard, not a plan
TherapyKind = Literal["cbt", "motivational", "assisted", "other", "none"]
EndedWhy = Literal["completed", "no_response", "harm", "patient_wish", "replaced", "other"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Interval = Annotated[float, Field(gt=0, le=MOST_VISITS, allow_inf_nan=False)]
Words = Annotated[str, Field(max_length=2000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Titration(_Frozen):
    """How far the dose may rise between sessions: by `step` at a time, to `up_to` at most, both in `unit`."""

    step: Positive
    up_to: Positive
    unit: Literal["mg/kg", "mg"]


class TaperStep(_Frozen):
    """`sessions` more, each `interval_d` days after the one before it."""

    sessions: int = Field(ge=1, le=MOST_VISITS)
    interval_d: Interval


class BoosterWindow(_Frozen):
    """When a booster is looked for, in days after the last session."""

    from_d: Positive
    to_d: Positive

    @model_validator(mode="after")
    def _opens_first(self) -> "BoosterWindow":
        if self.to_d < self.from_d:
            raise ValueError("the window closes before it opens; swap or correct the two")
        return self


class Psychotherapy(_Frozen):
    """What goes with the drug. `kind` None: nothing was decided. `first_on` is the first appointment that is booked."""

    kind: TherapyKind | None = None
    provider: str = Field(default="", max_length=200)
    first_on: date | None = None
    preparation: int = Field(default=0, ge=0, le=MOST_VISITS)
    integration: int = Field(default=0, ge=0, le=MOST_VISITS)
    reason: Words = ""


class StopRule(_Frozen):
    """When it is reviewed whether to stop: a copy of the figures of `rule`, to be read as they were signed."""

    rule: str
    after_infusions: int
    least_percent: float


class Course(_Frozen):
    """A plan as it is written. `sessions` are those of the series, the first on `starts_on`, `interval_d` days apart.

    `dose_text` is the dose of the first session; `rescue` names templates; `review_on` None is a plan without review.
    """

    indication: str = Field(min_length=1)
    drug: Drug
    route: Route
    row: str = Field(min_length=1)
    dose_text: str = Field(min_length=1)
    setting: Setting
    route_reason: Words = ""
    goals: tuple[Goal, ...] = ()
    starts_on: date
    sessions: int = Field(ge=1, le=MOST_VISITS)
    interval_d: Interval
    titration: Titration | None = None
    taper: tuple[TaperStep, ...] = ()
    booster: BoosterWindow | None = None
    review_on: date | None = None
    stop: StopRule
    rescue: tuple[str, ...] = ()
    psychotherapy: Psychotherapy = Psychotherapy()
    note: Words = ""

    @model_validator(mode="after")
    def _inside_the_calendar(self) -> "Course":
        try:
            self.days()
        except OverflowError as error:
            raise ValueError("the last session lies outside the calendar; correct the day of the first") from error
        return self

    def days(self) -> tuple[date, ...]:
        """The day of each session of the series and of the taper after it."""
        gaps = [self.interval_d] * (self.sessions - 1)
        gaps += [step.interval_d for step in self.taper for _ in range(step.sessions)]
        days, at = [self.starts_on], 0.0
        for gap in gaps:
            at += gap
            days.append(self.starts_on + timedelta(days=int(at)))
        return tuple(days)


class Authority(_Frozen):
    """What is known of the signer's right to sign: the licence's last day (None: not known) and who said so."""

    licence_until: date | None = None
    source: Literal["record", "stated", ""] = ""


class SignedCourse(_Frozen):
    """A plan as it was signed: with the order of its first session, what was found and settled, and by whom.

    `findings` are those on the plan and its dose, `screened` what screening had open, `overridden` and `settled` the
    rules of these on which somebody decided. All were made with `edition`.
    """

    id: str
    course: Course
    order: AnyOrder
    rescue: tuple[Rescue, ...]
    findings: tuple[Finding, ...]
    screened: tuple[Finding, ...]
    overridden: tuple[str, ...]
    settled: tuple[str, ...]
    authority: Authority
    edition: str
    signed_by: str
    signed_at: Instant
    second_signer: str | None = None
    second_reason: str = ""
    reason: str = ""


class Ended(_Frozen):
    """A course that is over, from the day `on`."""

    course_id: str
    on: date
    why: EndedWhy
    words: Words = ""


def stop_rule(base: KnowledgeBase, group: str, on: date) -> StopRule:
    """The stop rule of a group of indications, with its figures: pain has its own."""
    rule = "plans.pain_relief" if group == "pain" else "plans.stop_review"
    figures: Mapping[str, float] = {
        name: base.figure(rule, name, on=on).value for name in ("after_infusions", "least_percent")
    }
    return StopRule(rule=rule, after_infusions=int(figures["after_infusions"]), least_percent=figures["least_percent"])


def end_course(
    signed: SignedCourse, *, on: date, why: EndedWhy, words: str, by: Actor, zone: tzinfo = UTC
) -> Ended | Refused:
    """The end of a course, or why it is refused: only who may sign one ends it, and words are asked where none fit.

    `on` is a day of the clinic, whose time is `zone`.
    """
    if not by.roles & {"prescriber", "anaesthetist"}:
        return Refused(code="role_not_allowed", why="A prescriber or an anaesthetist ends a course. Ask one of them.")
    if why != "completed" and not words.strip():
        return Refused(code="reason_missing", why="Write why the course ends.")
    if on < signed.signed_at.astimezone(zone).date():
        return Refused(
            code="before_it_began", why=f"The plan was signed on {signed.signed_at.date()}. Give a later day."
        )
    return Ended(course_id=signed.id, on=on, why=why, words=words.strip())
