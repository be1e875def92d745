"""A rule's criterion in words, so that whoever signs it can read what it looks at without reading data."""

from collections.abc import Iterator
from functools import singledispatchmethod

from norket.knowledge import criteria as c
from norket.knowledge.entry import Entry, Value
from norket.knowledge.reader import KnowledgeBase, KnowledgeError

COMPARED = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}
OR = " or "
NAMES = ("label", "title", "heading")  # where an entry keeps what people call it


def criterion_lines(entry: Entry, base: KnowledgeBase) -> tuple[tuple[int, str], ...]:
    """The lines of the criterion of a rule, each with how deep it stands in it; an entry without one gives none."""
    return tuple(_Speaker(entry, base).lines(c.rule_of(entry).criterion, 0)) if c.is_rule(entry) else ()


def name_of(base: KnowledgeBase, id_: str) -> str:
    """What people call an entry; its id where it has no name or is not there."""
    try:
        found = base.entry(id_)
    except KnowledgeError:
        return id_
    return next((str(found.data[name]) for name in NAMES if found.data.get(name)), id_)


def number(value: float) -> str:
    """A figure without needless digits."""
    return f"{value:.10g}"


def shown(value: Value) -> str:
    """A figure with its range and unit, as people read it; the unit of a ratio or a count is left out."""
    unit = "" if value.unit in ("1", "score", "items") else f" {value.unit}"
    if value.value is not None:
        return number(value.value) + unit
    return (
        f"{'' if value.low is None else number(value.low)} to {'' if value.high is None else number(value.high)}{unit}"
    )


class _Speaker:
    def __init__(self, entry: Entry, base: KnowledgeBase) -> None:
        self._figures = {value.name: shown(value) for value in entry.values}
        self._base = base

    def lines(self, criterion: c.Criterion, depth: int) -> Iterator[tuple[int, str]]:
        groups = {c.All: "all of these:", c.AnyOf: "any of these:"}
        if isinstance(criterion, c.All | c.AnyOf | c.Count):
            heading = (
                f"at least {self._number(criterion.at_least)} of these:"
                if isinstance(criterion, c.Count)
                else groups[type(criterion)]
            )
            yield depth, heading
            for part in criterion.parts:
                yield from self.lines(part, depth + 1)
        elif isinstance(criterion, c.Not):
            yield depth, "not:"
            yield from self.lines(criterion.part, depth + 1)
        else:
            yield depth, self._said(criterion)

    @singledispatchmethod
    def _said(self, leaf: c.Leaf) -> str:
        raise TypeError(type(leaf).__name__)

    @_said.register
    def _(self, leaf: c.Condition) -> str:
        return f"{'has or ever had' if leaf.ever else 'has'}: {self._name(leaf.class_)}"

    @_said.register
    def _(self, leaf: c.ConditionWithin) -> str:
        return f"has, begun within {self._number(leaf.days)} before the session: {self._name(leaf.class_)}"

    @_said.register
    def _(self, leaf: c.Allergy) -> str:
        return f"allergic to: {self._name(leaf.class_)}"

    @_said.register
    def _(self, leaf: c.Observation) -> str:
        compared = self._compared(leaf) if leaf.is_ is None else f"is {OR.join(leaf.is_)}"
        limit = " times the laboratory's own upper limit" if leaf.times_upper_limit else ""
        return f"{self._name(leaf.class_)} {compared}{limit}{self._age(leaf.max_age_days)}"

    @_said.register
    def _(self, leaf: c.Medicine) -> str:
        daily = f", more than {self._number(leaf.daily_above)} a day" if leaf.daily_above is not None else ""
        within = f", within {self._number(leaf.within_days)}" if leaf.within_days is not None else ""
        return f"takes: {self._name(leaf.class_)}{daily}{within}"

    @_said.register
    def _(self, leaf: c.Answer) -> str:
        return f"answered {OR.join(leaf.is_)}: {self._name(leaf.question)}"

    @_said.register
    def _(self, leaf: c.Age) -> str:
        return f"age {self._compared(leaf)}"

    @_said.register
    def _(self, leaf: c.Missing) -> str:
        if leaf.max_age_days is None:
            return f"missing: {self._name(leaf.item)}"
        return f"missing or older than {self._number(leaf.max_age_days)}: {self._name(leaf.item)}"

    @_said.register
    def _(self, leaf: c.ContextIs) -> str:
        said = []
        for field in type(leaf).model_fields:
            values = getattr(leaf, field)
            if values:
                words = (("yes" if value else "no") if isinstance(value, bool) else str(value) for value in values)
                said.append(f"{field.replace('_', ' ')} is {OR.join(word.replace('_', ' ') for word in words)}")
        return ", and ".join(said)

    @_said.register
    def _(self, leaf: c.SexIs) -> str:
        return f"sex is {leaf.value}"

    @_said.register
    def _(self, leaf: c.PregnancyPotential) -> str:
        return f"a pregnancy is possible: {leaf.value}"

    def _compared(self, leaf: c.Observation | c.Age) -> str:
        for field, word in COMPARED.items():
            limit = getattr(leaf, field, None)
            if limit is not None:
                return f"{word} {self._number(limit)}"
        return ""

    def _age(self, days: float | str | None) -> str:
        return "" if days is None else f", not older than {self._number(days)}"

    def _number(self, figure: float | str) -> str:
        return number(figure) if isinstance(figure, float) else self._figures.get(figure[1:], figure)

    def _name(self, id_: str) -> str:
        return name_of(self._base, id_)
