"""What a test looks at: the latest result of each thing, how long it holds for this session, and the day it ends."""

from dataclasses import dataclass
from datetime import date, timedelta

from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Missing, leaves, rule_of
from norket.therapy.assessment.due import valid_d
from norket.therapy.chart import Chart, Item
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.context import Context


@dataclass(frozen=True)
class Held:
    """One thing that a test asks for.

    `item` is its class (or document), `unit` the unit in which rules read it ("" where it has no number), `last` the
    newest result. `yes_means` says what "yes" is of one without a number: that it was done, positive or abnormal.
    `laboratory` is whether a laboratory reports it with a limit of its own. `valid_d` is how many days a result holds
    for this session and `until` its last day; both are None where a result holds for good, and `until` also where
    there is none or its day is not known.
    """

    item: str
    label: str
    unit: str
    last: Item | None
    valid_d: float | None
    until: date | None
    yes_means: str = ""
    laboratory: bool = False

    @property
    def is_result(self) -> bool:
        """Whether it is recorded as an observation, not as a document."""
        return self.item.startswith("observations.")


def held(rule: str, chart: Chart, *, base: KnowledgeBase, on: date, context: Context) -> tuple[Held, ...]:
    """Everything that the test `rule` looks at, in the order of the rule, for the session of day `on`."""
    ages: dict[str, bool] = {}
    for leaf in leaves(rule_of(base.entry(rule)).criterion):
        if isinstance(leaf, Missing):
            ages[leaf.item] = ages.get(leaf.item, False) or leaf.max_age_days is not None
    days = valid_d(base, rule, context, on)
    return tuple(_held(item, chart, base, days if aged else None) for item, aged in ages.items())


def _held(item: str, chart: Chart, base: KnowledgeBase, days: float | None) -> Held:
    known = compiled(base)
    results = [each for each in chart.observations if item in known.members(each) and _is_result(each)]
    # Of two of one day the one that comes later in the chart.
    last = max(reversed(results), key=lambda each: each.day or date.min, default=None)
    day = last.day if last else None
    label = known.labels.get(item) or item.rpartition(".")[2].replace("_", " ").capitalize()
    data = base.entry(item).data if item in known.labels else {}
    until = day + timedelta(days=days) if day is not None and days is not None else None
    return Held(
        item=item,
        label=label,
        unit=str(data.get("unit", "")),
        last=last,
        valid_d=days,
        until=until,
        yes_means=str(data.get("yes_means", "")),
        laboratory=bool(data.get("laboratory")),
    )


def _is_result(item: Item) -> bool:
    return item.value is not None or item.status != "unknown"
