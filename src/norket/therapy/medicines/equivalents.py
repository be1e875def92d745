"""How much of a class's standard drug somebody takes in a day; what has no dose or no factor is unknown, never zero."""

from collections.abc import Iterable
from dataclasses import dataclass

from norket.knowledge import Entry, KnowledgeBase
from norket.knowledge.criteria import Criterion, Medicine, leaves
from norket.knowledge.entry import Value
from norket.therapy.chart import Chart, MedicineItem
from norket.therapy.screening.compiled import Compiled, compiled
from norket.therapy.screening.told import shown

UNIT = "mg"
SAME_UNIT = {"mg": UNIT, "mg/d": UNIT}


@dataclass(frozen=True)
class Daily:
    """`at_least_mg` of the standard drug in a day, by mouth; `whole` is False where a medicine could not be counted."""

    at_least_mg: float
    whole: bool

    def __str__(self) -> str:
        return f"{'' if self.whole else 'at least '}{self.at_least_mg:g} mg a day"


@dataclass(frozen=True)
class Total:
    """A class of medicines together, as its standard drug.

    `parts` are the medicines of the class that are taken or may be, each with its own equivalent in mg a day (None
    where dose, unit or factor is not known). `limits` are the figures above which a rule of `rules` objects.
    """

    label: str
    standard: str
    daily: Daily
    parts: tuple[tuple[str, float | None], ...]
    rules: tuple[str, ...]
    limits: tuple[Value, ...]


def totals(chart: Chart, base: KnowledgeBase) -> tuple[Total, ...]:
    """Every class whose medicines are counted as one drug (sedatives, opioids) and of which `chart` has a member."""
    known = compiled(base)
    found = (_total(class_, chart, known) for class_ in sorted(known.equivalents))
    return tuple(total for total in found if total.parts)


def _total(class_: str, chart: Chart, known: Compiled) -> Total:
    items = [each for each in chart.medicines if each.status != "no" and class_ in known.members(each, drug=True)]
    rules = [(entry, limit) for entry, _, criterion in known.rules for limit in _limits(entry, criterion, class_)]
    return Total(
        label=known.labels[class_],
        standard=str(known.base.entry(class_).data["standard"]),
        daily=daily(items, class_, known),
        parts=tuple((shown(each), _standard(each, known.factor(class_, each))) for each in items),
        rules=tuple(entry.id for entry, _ in rules),
        limits=tuple(limit for _, limit in rules),
    )


def _limits(entry: Entry, criterion: Criterion, class_: str) -> Iterable[Value]:
    """The figures of a rule with which the daily amount of a class is compared."""
    for leaf in leaves(criterion):
        if isinstance(leaf, Medicine) and leaf.class_ == class_ and isinstance(leaf.daily_above, str):
            yield from (value for value in entry.values if value.name == leaf.daily_above[1:])


def daily(items: Iterable[MedicineItem], class_: str, known: Compiled) -> Daily:
    """What the medicines of `class_` that are taken (or may be) come to together, in mg of its standard drug a day.

    The factors are the figures of the class; a class without factors counts nothing.
    """
    amounts = [
        _standard(item, known.factor(class_, item))
        for item in items
        if item.status != "no" and class_ in known.members(item, drug=True)
    ]
    counted = [amount for amount in amounts if amount is not None]
    return Daily(sum(counted), len(counted) == len(amounts))


def _standard(item: MedicineItem, factor: float | None) -> float | None:
    if item.status != "yes" or item.daily_dose is None or SAME_UNIT.get(item.daily_unit or "") != UNIT:
        return None
    return None if factor is None else item.daily_dose * factor
