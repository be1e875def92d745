"""A chart as it reads on one day: each line under its classes, the latest answer to each question, the age of both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from norket.therapy.chart import OWN, Chart, Item, MedicineItem, Status
from norket.therapy.screening.compiled import Compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.told import shown

VALIDITY = "questions.validity"  # how long an answer holds where its question says nothing else
OTHER_OFFSET = timedelta(days=1)  # a time written in another offset may bear tomorrow's date
Line = TypeVar("Line", bound=Item)


@dataclass(frozen=True, eq=False)
class Reading:
    """A chart, indexed for the day `on`. `loose` are the medicines that no code or name explains."""

    chart: Chart
    on: date
    context: Context
    known: Compiled
    conditions: Mapping[str, tuple[Item, ...]]
    medicines: Mapping[str, tuple[MedicineItem, ...]]
    allergies: Mapping[str, tuple[Item, ...]]
    observations: Mapping[str, tuple[Item, ...]]
    answers: Mapping[str, Item]
    loose: tuple[str, ...]
    not_classified: tuple[str, ...]

    def age_d(self, day: date | None) -> int | None:
        """Days from a record to the session; None where its day is not known or lies after the session's."""
        if day is None or day > self.on + OTHER_OFFSET:
            return None
        return max((self.on - day).days, 0)

    def fresh(self, item: Item, days: float) -> bool:
        """Whether an item is known to be no older than `days` on the session's day."""
        age = self.age_d(item.day)
        return age is not None and age <= days

    def answer(self, question: str) -> Status | None:
        """The latest answer to a question; None if there is none, or a reassuring one that is too old."""
        item = self.answers.get(question)
        if item is None:
            return None
        if item.status in ("unknown", self.known.adverse[question]) or self.fresh(item, self.valid_d(question)):
            return item.status
        return None

    def valid_d(self, question: str | None = None) -> float:
        """How many days an answer to the question holds."""
        own = question and any(value.name == "valid_d" for value in self.known.base.entry(question).values)
        return self.known.base.figure(question if own and question else VALIDITY, "valid_d", self.on).value


def reading(chart: Chart, on: date, context: Context, known: Compiled) -> Reading:
    """`chart` as it reads on the day `on` for the session `context`."""
    missed: list[str] = []
    return Reading(
        chart=chart,
        on=on,
        context=context,
        known=known,
        conditions=_by_class(chart.conditions, known, missed, "conditions"),
        medicines=_by_class(chart.medicines, known, missed, "medicines", drug=True),
        allergies=_by_class(chart.allergies, known, missed, "allergies", drug=True),
        observations=_by_class(chart.observations, known, missed, "observations"),
        answers=_answers(chart.answers, known, missed),
        loose=tuple(shown(item) for item in chart.medicines if _loose(item, known)),
        not_classified=tuple(missed),
    )


def _loose(item: MedicineItem, known: Compiled) -> bool:
    """A medicine that may be any: taken or not known, in no class, and without both a code and a name."""
    described = bool(item.code.strip()) and bool(item.text.strip())
    return item.status != "no" and not described and not known.members(item, drug=True)


def _by_class(
    items: Iterable[Line], known: Compiled, missed: list[str], place: str, *, drug: bool = False
) -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for number, item in enumerate(items):
        members = known.members(item, drug=drug)
        if not members:
            missed.append(f"{place}.{number}: {shown(item)}")
        for each in members:
            found[each].append(item)
    return {each: tuple(lines) for each, lines in found.items()}


def _answers(items: Iterable[Item], known: Compiled, missed: list[str]) -> dict[str, Item]:
    latest: dict[str, Item] = {}
    for number, item in enumerate(items):
        question = item.code
        if item.short_system != OWN or question not in known.adverse:
            missed.append(f"answers.{number}: {shown(item)}")
        elif question not in latest or _supersedes(item, latest[question], known.adverse[question]):
            latest[question] = item
    return latest


def _supersedes(new: Item, old: Item, adverse: Status) -> bool:
    """Whether `new` is the later answer; where the order is not known, whether it reassures less."""
    if isinstance(new.at, datetime) and isinstance(old.at, datetime) and new.at != old.at:
        return new.at > old.at
    if new.day is not None and old.day is not None and new.day != old.day:
        return new.day > old.day
    return _weight(new.status, adverse) > _weight(old.status, adverse)


def _weight(status: Status, adverse: Status) -> int:
    return 2 if status == adverse else 1 if status == "unknown" else 0
