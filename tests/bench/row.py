"""One line of a benchmark's table."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """A measured figure with its unit, how it was measured, and the most it may be (None: no promise)."""

    what: str
    value: float
    unit: str
    how: str
    limit: float | None = None

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "kept": self.limit is None or self.value <= self.limit}
