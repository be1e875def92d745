"""What was seen in people, row by row, as the knowledge base holds it, and how the engine is asked for it."""

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from norket import knowledge
from norket.knowledge import Entry, Value
from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError

PREFIX = "validation."
ACCEPTANCE = "validation.acceptance"
Verdict = Literal["inside", "outside", "not computed"]
Measure = Literal[
    "concentration",
    "cmax",
    "tmax",
    "auc",
    "auc_per_mg",
    "auc_ratio",
    "bioavailability",
    "clearance",
    "clearance_by_sex",
    "terminal_volume",
    "half_life",
    "apparent_half_life",
    "parameter",
    "share_below",
    "share_above",
    "exposure_ratio",
    "peak_ratio",
    "effect_peak",
    "effect_tmax",
    "effect_at",
    "effect_correlation",
    "effect_figure",
    "response",
    "none",
]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Check(_Strict):
    """One observed figure and how the engine is asked for it; what is not said here the row says for all its checks.

    `figure` names the observation among the entry's values. `model` answers, with `doses` (dose texts) in `patient`,
    for `analyte`; a window is `from_min` to `to_min`, a moment `at_min`, and a time of peak counts from `since_min`.
    `beside` are the doses compared with (the intravenous ones of a bioavailability), `interacting` the drugs taken,
    `parameters` the model's figures added up, `levels_ng_ml` a threshold or the
    concentrations at which `effect` is asked for. `within` is the fold of acceptance, or
    `interval` for the observed range itself, or `sign and size`; without it that of the measure holds.
    `same_data`: the model was made from this very study, so that the check shows a faithful transcription and no more.
    `expect` is the verdict written down for this edition, `because` the reason where it is not "inside".
    """

    figure: str
    measure: Measure
    model: str = ""
    doses: tuple[str, ...] = ()
    patient: dict[str, Any] = Field(default_factory=dict)
    analyte: str = "ketamine"
    other: str = ""
    at_min: float | None = None
    from_min: float = 0.0
    to_min: float | None = None
    since_min: float = 0.0
    beside: tuple[str, ...] = ()
    interacting: tuple[str, ...] = Field(default=(), alias="with")
    parameters: tuple[str, ...] = ()
    levels_ng_ml: tuple[float, ...] = ()
    effect: str = ""
    within: float | Literal["interval", "sign and size"] | None = None
    same_data: bool | None = None
    expect: Verdict = "inside"
    because: str = ""

    @model_validator(mode="after")
    def _reasoned(self) -> "Check":
        if self.expect != "inside" and not self.because:
            raise ValueError(f"{self.figure}: a verdict of '{self.expect}' needs its reason in 'because'")
        if self.measure == "none" and self.expect != "not computed":
            raise ValueError(f"{self.figure}: measure 'none' computes nothing; expect 'not computed'")
        return self

    @property
    def person(self) -> Patient:
        """The patient that is asked about."""
        return Patient(**self.patient)


class Row(_Strict):
    """The `data` of one entry: one regimen and its checks. `group` is the picture it belongs to."""

    row: int
    group: str
    title: str
    regimen: str
    subjects: str
    site: str
    model: str = ""
    doses: tuple[str, ...] = ()
    patient: dict[str, Any] = Field(default_factory=dict)
    same_data: bool = False
    checks: tuple[Check, ...]

    def asked(self, check: Check) -> Check:
        """`check` with the row's own model, doses and patient where it names none."""
        own = {name: getattr(check, name) or getattr(self, name) for name in ("model", "doses", "patient")}
        same = self.same_data if check.same_data is None else check.same_data
        return check.model_copy(update={**own, "same_data": same})


class Acceptance(_Strict):
    """Which figure of `validation.acceptance` is the fold for which measures."""

    folds: dict[str, tuple[Measure, ...]]


def observation(entry: Entry, check: Check) -> Value:
    """The figure that `check` names; one that is missing is refused (`NotCoveredError`)."""
    for value in entry.values:
        if value.name == check.figure:
            return value
    raise NotCoveredError("model_not_valid", f"{entry.id}: no figure '{check.figure}'; add it with its unit")


@cache
def rows() -> tuple[tuple[Entry, Row], ...]:
    """Every row of the packaged knowledge base, by its number."""
    found = [entry for entry in knowledge.read().entries if entry.id.startswith(PREFIX) and entry.id != ACCEPTANCE]
    return tuple(sorted(((entry, _row(entry)) for entry in found), key=lambda pair: pair[1].row))


def record(model_id: str) -> dict[str, Any]:
    """The verdicts on record for the checks that a model answers: their rows, and how many came out which way."""
    asked = [(row.row, row.asked(check)) for _, row in rows() for check in row.checks]
    own = [(number, check) for number, check in asked if check.model == model_id]
    verdicts: tuple[Verdict, ...] = ("inside", "outside", "not computed")
    counts = {verdict.replace(" ", "_"): sum(check.expect == verdict for _, check in own) for verdict in verdicts}
    same = sum(check.expect != "not computed" and bool(check.same_data) for _, check in own)
    return {"rows": sorted({number for number, _ in own}), **counts, "same_data": same}


def _row(entry: Entry) -> Row:
    try:
        row = Row.model_validate(entry.data)
    except ValidationError as error:
        raise NotCoveredError("model_not_valid", f"{entry.id}: its data are not a row to check: {error}") from error
    for check in row.checks:
        observation(entry, check)
    unused = {value.name for value in entry.values} - {check.figure for check in row.checks}
    if unused:
        raise NotCoveredError("model_not_valid", f"{entry.id}: figures that no check asks for: {sorted(unused)}")
    return row


@cache
def accepted_fold(measure: Measure) -> float:
    """The fold within which `measure` counts as met when a check names none."""
    entry = knowledge.read().entry(ACCEPTANCE)
    for name, measures in Acceptance.model_validate(entry.data).folds.items():
        if measure in measures:
            return knowledge.read().figure(ACCEPTANCE, name).value
    raise NotCoveredError("model_not_valid", f"{ACCEPTANCE}: no fold for the measure '{measure}'; add it")
