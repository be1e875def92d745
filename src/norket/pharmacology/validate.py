"""Every published figure against the engine: predicted, observed, ratio, inside or outside, and the reason.

Nothing here changes a model. A row that is missed stays in the table with its reason, a row that no model answers is
counted as such, and a verdict that differs from the one written down beside the observation is a fault.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from norket.knowledge import Entry, Value
from norket.pharmacology.measures import measured
from norket.pharmacology.observed import Check, Row, Verdict, accepted_fold, observation, rows
from norket.pharmacology.refusals import NotCoveredError


@dataclass(frozen=True)
class Outcome:
    """One observed figure against the engine.

    `observed` with its spread `low` to `high` and `predicted` are in `unit`; `ratio` is predicted through observed
    (of a range: through its nearest end, 1 inside it). `fold` is the accepted ratio either way, None where the
    observed range itself is the limit. `independent`: the model was not made from this study.
    `verdict` is what came out, `expected` what the knowledge base has on record.
    """

    row: int
    group: str
    title: str
    regimen: str
    subjects: str
    observed_site: str
    model: str
    measure: str
    analyte: str
    figure: str
    unit: str
    observed: float | None
    low: float | None
    high: float | None
    predicted: float | None
    ratio: float | None
    fold: float | None
    independent: bool
    verdict: Verdict
    expected: Verdict
    reason: str
    sources: tuple[str, ...]
    certainty: str

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one on record."""
        return self.verdict == self.expected

    @property
    def in_observed_spread(self) -> bool | None:
        """Whether the prediction lies inside the spread that was observed; None where none was printed."""
        if self.predicted is None or self.low is None or self.high is None:
            return None
        return self.low <= self.predicted <= self.high

    def as_dict(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return {**asdict(self), "in_observed_spread": self.in_observed_spread, "as_expected": self.as_expected}


def validate() -> tuple[Outcome, ...]:
    """The outcome of every check of every row, in the order of the rows."""
    return tuple(_outcome(entry, row, row.asked(check)) for entry, row in rows() for check in row.checks)


def totals(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many checks came out which way, and how many differ from the verdict on record."""
    count = Counter(one.verdict for one in outcomes)
    verdicts: tuple[Verdict, ...] = ("inside", "outside", "not computed")
    unexpected = sum(not one.as_expected for one in outcomes)
    rows_seen = len({one.row for one in outcomes})
    apart = Counter(one.verdict for one in outcomes if one.independent)
    by_verdict = {verdict.replace(" ", "_"): count[verdict] for verdict in verdicts}
    by_verdict |= {f"independent_{verdict.replace(' ', '_')}": apart[verdict] for verdict in verdicts}
    return {"rows": rows_seen, "checks": len(outcomes), **by_verdict, "unexpected": unexpected}


def _outcome(entry: Entry, row: Row, check: Check) -> Outcome:
    seen = observation(entry, check)
    predicted, refusal = _asked(check, seen)
    ratio = None if predicted is None else _ratio(predicted, seen)
    fold = _fold(check)
    verdict = _verdict(predicted, ratio, fold, seen, check)
    return Outcome(
        row=row.row,
        group=row.group,
        title=row.title,
        regimen=row.regimen,
        subjects=row.subjects,
        observed_site=row.site,
        model=check.model or check.effect,
        measure=check.measure,
        analyte=check.effect or check.analyte,
        figure=check.figure,
        unit=seen.unit,
        observed=seen.value,
        low=seen.low,
        high=seen.high,
        predicted=predicted,
        ratio=ratio,
        fold=fold,
        independent=not check.same_data,
        verdict=verdict,
        expected=check.expect,
        reason=": ".join(filter(None, (check.because, refusal))),
        sources=tuple(source.key for source in entry.sources),
        certainty=entry.certainty,
    )


def _asked(check: Check, seen: Value) -> tuple[float | None, str]:
    if check.measure == "none":
        return None, ""
    try:
        return measured(check, seen.unit), ""
    except NotCoveredError as refusal:
        return None, str(refusal)


def _ratio(predicted: float, seen: Value) -> float | None:
    if seen.value is not None:
        return predicted / seen.value if seen.value else None
    low, high = seen.low, seen.high
    nearest = low if low is not None and predicted < low else high if high is not None and predicted > high else None
    return predicted / nearest if nearest else 1.0


def _fold(check: Check) -> float | None:
    if isinstance(check.within, float):
        return check.within
    return None if check.within == "interval" or check.measure == "none" else accepted_fold(check.measure)


def _verdict(predicted: float | None, ratio: float | None, fold: float | None, seen: Value, check: Check) -> Verdict:
    if predicted is None:
        return "not computed"
    if check.within == "interval":
        low, high = seen.low, seen.high
        met = (low is None or low <= predicted) and (high is None or predicted <= high)
    else:
        met = ratio is not None and fold is not None and 1 / fold <= ratio <= fold
    return "inside" if met and (check.within != "sign and size" or _same_sign(predicted, seen)) else "outside"


def _same_sign(predicted: float, seen: Value) -> bool:
    """Of a ratio: above or below one, as observed. One itself is no effect, and no effect has no sign."""
    return seen.value is not None and (predicted - 1.0) * (seen.value - 1.0) > 0
