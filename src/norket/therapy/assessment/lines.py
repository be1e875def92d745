"""What a score says to the chart: its total, and the answers that a rule reads, as observations."""

from collections.abc import Iterator
from datetime import date

from norket.knowledge import KnowledgeBase
from norket.therapy.assessment.instruments import Scored, instrument
from norket.therapy.chart import OWN, Item, Status


def observations(scored: Scored, *, base: KnowledgeBase, at: date, source: str) -> Iterator[Item]:
    """The lines of the chart that a score of the day `at` comes to; none where no rule reads its form.

    A form without a total says whether it was positive; where that cannot be said the line says so.
    """
    form = instrument(base, scored.instrument)
    if form.observation:
        yield _line(form.observation, scored.total, _word(scored), base, at, source)
    for item in form.items:
        if item.observation and item.code in scored.answers:
            yield _line(item.observation, scored.answers[item.code], "unknown", base, at, source)


def _word(scored: Scored) -> Status:
    if scored.total is not None or scored.positive is None:
        return "unknown"
    return "yes" if scored.positive else "no"


def _line(class_: str, value: float | None, status: Status, base: KnowledgeBase, at: date, source: str) -> Item:
    entry = base.entry(class_)
    unit = str(entry.data["unit"]) if value is not None else None
    label = str(entry.data["label"])
    return Item(system=OWN, code=class_, text=label, status=status, value=value, unit=unit, at=at, source=source)
