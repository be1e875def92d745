"""The figures of the simulated patient, gathered from the knowledge base once."""

from dataclasses import dataclass
from functools import lru_cache

from norket import knowledge

CHANNELS = ("sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent", "rr_per_min")
PERCENT = 100.0
NG_ML_PER_MG_L = 1000.0


@dataclass(frozen=True)
class Physiology:
    """Figures of `rehearsal.yaml` and `effects.yaml`; see there for units, sources and certainty."""

    edition: str
    _figures: dict[tuple[str, str], tuple[float, float | None, float | None]]

    def value(self, entry: str, name: str) -> float:
        """One figure; a missing one raises `KnowledgeError` when the patient is made, not in the session."""
        return self._figures[(entry, name)][0]

    def spread(self, entry: str, name: str) -> float:
        """The SD of a figure whose low and high lie two SD to each side; 0 where it has no range."""
        _, low, high = self._figures[(entry, name)]
        return 0.0 if low is None or high is None else (high - low) / 4


@lru_cache(maxsize=1)
def physiology() -> Physiology:
    """All figures of the entries that a rehearsal uses."""
    base = knowledge.read()
    wanted = [entry for entry in base.entries if entry.id.startswith(("rehearsal.", "rehearsal_cases.", "effects."))]
    figures = {}
    for entry in wanted:
        for value in entry.values:
            found = base.figure(entry.id, value.name)
            figures[(entry.id, value.name)] = (found.value, found.low, found.high)
    return Physiology(base.edition, figures)
