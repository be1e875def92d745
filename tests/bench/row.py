"""One line of a benchmark's table."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """A measured figure with its unit, how it was measured, and the most or the least it may be (None: no promise)."""

    what: str
    value: float
    unit: str
    how: str
    limit: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool:
        """Whether every promise is kept."""
        return (self.limit is None or self.value <= self.limit) and (self.least is None or self.value >= self.least)

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "kept": self.kept}
