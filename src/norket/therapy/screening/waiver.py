"""A test that is not needed: who decides it, until when, and on which day it does not count. The one place that says.

A waiver never makes a finding clear; it stands beside it, and what is waived does not stand in the way.
"""

from collections.abc import Iterable
from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Competence, Rule, rule_of
from norket.therapy.screening.context import Context


class Waiver(BaseModel):
    """A clinician's decision, with a typed reason, that one test is not needed until a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    by: str
    reason: str
    at: AwareDatetime
    until: date


def waivable(rule: Rule, context: Context) -> tuple[Competence, ...]:
    """Who may waive what a rule asks for; on a dosing day, or where it is not known to be none, some of it nobody."""
    extra = rule.model_extra or {}
    if extra.get("never_waived_on_the_day") and context.day_of is not False:
        return ()
    return tuple(extra.get("waived_by", ()))


def holding(id_: str, waivers: Iterable[Waiver], *, base: KnowledgeBase, on: date, context: Context) -> Waiver | None:
    """The latest waiver that counts for rule `id_` on the session's day `on`; None where there is none.

    It counts from the day it was given until its last day, and on no day on which the test may not be waived. A rule
    that asks for the test of another one (`same_test`) is waived with it.
    """
    test = str((rule_of(base.entry(id_)).model_extra or {}).get("same_test", id_))
    if not waivable(rule_of(base.entry(test)), context):
        return None
    held = [waiver for waiver in waivers if waiver.rule == test and waiver.at.date() <= on <= waiver.until]
    return max(held, key=lambda waiver: waiver.at, default=None)
