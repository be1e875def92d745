"""The cuff of the simulated monitor: it inflates on its schedule, takes its time, and sometimes fails."""

from collections.abc import Sequence
from dataclasses import dataclass

from norket import knowledge
from norket.rehearsal.noise import normal
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import SECONDS_PER_MINUTE, Vitals


@dataclass
class Cuff:
    """Keeps the schedule of a first session, which is the closest: close together for long after the start, and after
    each change of rate, then wider. All times in minutes."""

    patient: VirtualPatient
    first_every_min: float
    later_every_min: float
    first_for_min: float
    started_for_min: float
    begun_min: float | None = None
    inflated: bool = False
    failed: bool = False
    number: int = 0

    @classmethod
    def of(cls, patient: VirtualPatient) -> "Cuff":
        """A cuff with the schedule of the knowledge base."""
        base = knowledge.read()
        names = ("first_interval_min", "later_interval_min", "first_window_min", "first_session_window_min")
        first, later, window, started = (base.figure("monitoring.blood_pressure", name).value for name in names)
        return cls(patient, first, later, window, started)

    def begin(self, time_min: float, changes_min: Sequence[float]) -> None:
        """Inflate if a reading is due; `changes_min` are the start of the infusion and its changes of rate."""
        if self.begun_min is None or time_min >= self._due(self.begun_min, changes_min):
            self.begun_min, self.inflated, self.number = time_min, True, self.number + 1

    def _due(self, last: float, changes_min: Sequence[float]) -> float:
        if self.failed:
            return last + self.patient.figures.value("rehearsal.monitor", "cuff_retry_s") / SECONDS_PER_MINUTE
        close = any(0 <= last - change < self.first_for_min for change in changes_min)
        close = close or any(0 <= last - start < self.started_for_min for start in changes_min[:1])
        after = [change + self.first_every_min for change in changes_min if change > last]
        return min((last + (self.first_every_min if close else self.later_every_min), *after))

    def ready(self, time_min: float) -> bool:
        """Whether the reading that began last is ready; said once."""
        if not self.inflated or self.begun_min is None:
            return False
        took = self.patient.figures.value("rehearsal.monitor", "cuff_duration_s") / SECONDS_PER_MINUTE
        self.inflated = time_min - self.begun_min < took
        return not self.inflated

    def reads(self, vitals: Vitals) -> tuple[float, float] | None:
        """Systolic and diastolic with the error of a cuff; None where it fails."""
        self.failed = vitals.cuff_fails
        if self.failed:
            return None
        error = self.patient.figures.value("rehearsal.noise", "cuff_error_mmhg")
        seed = self.patient.seed
        return (
            vitals.sbp_mmhg + error * normal(seed, "cuff systolic", self.number),
            vitals.dbp_mmhg + error * normal(seed, "cuff diastolic", self.number),
        )
