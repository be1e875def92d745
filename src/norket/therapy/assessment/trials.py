"""Treatment that was tried before: a list of trials, each with drug, dose, weeks and outcome, and never a tick."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.knowledge import KnowledgeBase
from norket.therapy.assessment.indication import indications
from norket.therapy.chart import Status
from norket.therapy.cite import finding
from norket.therapy.finding import Finding, State

RULE = "indications.ind_04"
DOCUMENT = "documents.treatment_trials"
Outcome = Literal["no_response", "partial_response", "response_lost", "remission", "not_tolerated", "unknown"]
FAILED = frozenset({"no_response", "partial_response", "response_lost"})


class Trial(BaseModel):
    """One treatment that was tried. `adequate_dose` is the clinician's judgement; what is not known stays unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    treatment: str = Field(min_length=1)
    dose: str = ""
    weeks: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    adequate_dose: Status = "unknown"
    outcome: Outcome = "unknown"


def tried(trials: Iterable[Trial], *, base: KnowledgeBase, on: date) -> Finding:
    """Whether enough adequate trials failed: the finding of `indications.ind_04` for depression.

    A trial counts when its dose was adequate, it lasted long enough and it failed; of one treatment it counts once.
    If those that are not fully known could make up the number, the answer is unknown.
    """
    needed = base.figure(RULE, "trials", on).value
    weeks = base.figure(RULE, "adequate_wk", on).value
    listed = tuple(trials)
    counted = {_name(each) for each in listed if _counts(each, weeks) is True}
    open_ = {_name(each) for each in listed if _counts(each, weeks) is None} - counted
    state: State = "clear"
    if len(counted) < needed:
        state = "unknown" if len(counted | open_) >= needed else "fires"
    why = f"Adequate trials that failed: {len(counted)} of {needed:g} asked for; not fully known: {len(open_)}."
    return finding(base, RULE, state, why, inputs={"counted": sorted(counted), "not_known": sorted(open_)})


def shown(trials: Iterable[Trial], indication_key: str | None, *, base: KnowledgeBase, on: date) -> bool:
    """Whether the listed trials are the document that the row of `indication_key` asks for: any list, or one with
    enough adequate trials that failed where the row asks for those. Nothing is shown for a row that is not known."""
    listed = tuple(trials)
    rows = [row for row in indications(base) if indication_key in row.keys]
    asked = [one for row in rows for one in row.prerequisites if one.document == DOCUMENT]
    if not listed or not rows:
        return False
    return not any(one.adequate for one in asked) or tried(listed, base=base, on=on).state == "clear"


def _counts(trial: Trial, weeks: float) -> bool | None:
    """Whether the trial failed though adequate; None where it cannot be known."""
    long_enough = None if trial.weeks is None else trial.weeks >= weeks
    failed = None if trial.outcome == "unknown" else trial.outcome in FAILED
    adequate = {"yes": True, "no": False, "unknown": None}[trial.adequate_dose]
    parts = (long_enough, failed, adequate, True if trial.dose.strip() else None)
    return False if False in parts else None if None in parts else True


def _name(trial: Trial) -> str:
    return " ".join(trial.treatment.casefold().split())
