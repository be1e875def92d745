"""Ranges of concentration that people aim at: configuration with a source, for reading and for pictures, not a rule."""

from dataclasses import dataclass

from norket import knowledge
from norket.knowledge import Entry
from norket.pharmacology.refusals import NotCoveredError

PREFIX = "targets."
FIGURE = "concentration"


@dataclass(frozen=True)
class TargetRange:
    """From `low` to `high` ng/mL of `analyte` (one number where both are equal), counted as `enantiomer` at `site`."""

    name: str
    title: str
    analyte: str
    enantiomer: str
    site: str
    population: str
    low: float
    high: float
    source: str

    @property
    def label(self) -> str:
        """What stands beside it in a picture: name, numbers, what was counted, and who says so."""
        numbers = f"{self.low:,.0f}" if self.low == self.high else f"{self.low:,.0f}–{self.high:,.0f}"
        counted = "racemate" if self.enantiomer == "S + R" else self.enantiomer
        return f"{self.title} {numbers} ng/mL ({counted}, site {self.site}; {self.source})"


def target_names() -> tuple[str, ...]:
    """The names of all ranges, in the order of their file."""
    return tuple(entry.id.removeprefix(PREFIX) for entry in _entries())


def target_range(name: str) -> TargetRange:
    """The range `name`; an unknown name is refused (`NotCoveredError`) with the names that exist."""
    for entry in _entries():
        if entry.id == PREFIX + name:
            return _read(entry)
    known = ", ".join(target_names())
    raise NotCoveredError("target_not_known", f"there is no target '{name}'; the targets are: {known}")


def _entries() -> tuple[Entry, ...]:
    return tuple(entry for entry in knowledge.read().entries if entry.id.startswith(PREFIX))


def _read(entry: Entry) -> TargetRange:
    stated = entry.values[0]
    low, high = (end if end is not None else stated.value for end in (stated.low, stated.high))
    if low is None or high is None:
        raise NotCoveredError("target_not_known", f"{entry.id}: the figure '{stated.name}' has no number")
    words = {name: str(entry.data[name]) for name in ("title", "analyte", "enantiomer", "site", "population")}
    return TargetRange(entry.id.removeprefix(PREFIX), **words, low=low, high=high, source=entry.sources[0].key)
