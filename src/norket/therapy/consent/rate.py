"""The clinic's own rate, counted so that it cannot look better than it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.chart import OWN, Chart, Item
from norket.therapy.consent.document import ClinicRate

RULE = "consent.own_rate"
PERCENT = 100.0


@dataclass(frozen=True)
class Treated:
    """One patient who agreed: the day of the first dose, and what the chart says."""

    first_dose_on: date
    chart: Chart


def own_rate(base: KnowledgeBase, indication: str, treated: Iterable[Treated], *, on: date) -> ClinicRate | None:
    """How many of `treated`, all for `indication`, improved by half or more by the day `on`.

    None where nobody was treated long enough ago, or where no score measures this indication. Certainty D: the entry
    `consent.own_rate` says how it is counted and why.
    """
    score = base.entry(RULE).data["score"].get(indication)
    follow_d = base.figure(RULE, "follow_d", on).value
    counted = [one for one in treated if one.first_dose_on + timedelta(days=follow_d) <= on]
    if score is None or not counted:
        return None
    drop = base.figure(RULE, "drop", on).value
    better = [one for one in counted if improved(*_around(one, base.entry(score)), drop_percent=drop)]
    return ClinicRate(improved=len(better), treated=len(counted))


def improved(before: float | None, after: float | None, *, drop_percent: float) -> bool:
    """Whether a score fell by `drop_percent` or more; one that is not known did not, and 0 cannot fall."""
    if before is None or after is None or before <= 0:
        return False
    return after <= before * (1.0 - drop_percent / PERCENT)


def _around(one: Treated, score: Entry) -> tuple[float | None, float | None]:
    """The last score up to the day of the first dose, and the last one of a later day."""
    known = sorted(
        (item.day, n, item.value)
        for n, item in enumerate(one.chart.observations)
        if _is(item, score) and item.day is not None and item.value is not None
    )
    before = [value for day, _, value in known if day <= one.first_dose_on]
    after = [value for day, _, value in known if day > one.first_dose_on]
    return (before[-1] if before else None, after[-1] if after else None)


def _is(item: Item, score: Entry) -> bool:
    if item.short_system == OWN:
        return item.code == score.id
    return item.code in score.data["codes"].get(item.short_system, ())
