"""The monitor at the chair of a made-up patient while the world is being made: the same simulated patient that goes on
when the clinic is served, measured back to when the device was bound."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from norket.knowledge import read
from norket.pharmacology.doses import Dose
from norket.record.access.models import Device
from norket.record.session import actions
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import Vitals
from norket.site.problems import ProblemError
from norket.site.worlds.makers import MINUTE, Walk
from norket.therapy.session.samples import Sample
from norket.therapy.session.watch_events import Vital

HOLD = "preflight.pressure_hold"
STEP = timedelta(seconds=10)
CUFF = 5 * MINUTE
RESTS_MIN = 15
SETTLES = 11  # readings of the monitor from the time-out to just before the start
NUMERICS: dict[Vital, str] = {"spo2_percent": "%", "hr_per_min": "/min", "rr_per_min": "/min"}
PRESSURE: dict[Vital, str] = {"sbp_mmhg": "mmHg", "dbp_mmhg": "mmHg"}


@dataclass
class Bedside:
    """A simulated patient and the monitor bound to their session. `doses` are what the pump will have given by `now`;
    the drug at one moment never depends on what comes later."""

    walk: Walk
    device: Device
    patient: VirtualPatient
    zero: datetime
    doses: Sequence[Dose]
    measured_until: datetime | None = None
    cuff_at: datetime | None = None
    sent: int = field(default=0)

    def at(self, when: datetime) -> Vitals:
        """What the patient shows at one moment."""
        return self.patient.at((when - self.zero) / MINUTE, self.doses)

    def rested(self, until: datetime) -> Vitals:
        """The calmest of the readings of a quarter of an hour: a pressure that is high at first is read again."""
        return self.at(self.calmest(until, MINUTE, RESTS_MIN))

    def attach(self, start: datetime) -> None:
        """Binds the monitor between the time-out and the start, at the calmest moment: the cuff measures at once, that
        reading is the newest one at the start, and the next one comes after it."""
        at = self.calmest(start - STEP, STEP, SETTLES)
        self.walk.bind(at, self.device)
        self.walk.measure = self.measure
        self.measure(at)

    def calmest(self, until: datetime, step: timedelta, readings: int) -> datetime:
        """Of so many moments up to `until` the one whose pressure lies furthest below what would hold a start."""
        most = [(one, read().figure(HOLD, f"hold_{one}").value or 0.0) for one in ("sbp_mmhg", "dbp_mmhg")]
        moments = [until - step * number for number in range(readings)]
        return min(moments, key=lambda at: max((getattr(self.at(at), one) or 0.0) / high for one, high in most))

    def vitals(self, when: datetime) -> None:
        """The nurse writes down what the monitor shows."""
        shown = self.at(when)
        channels = ("sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent", "rr_per_min")
        self.walk.vitals(when, *(round(getattr(shown, channel) or 0) for channel in channels))

    def measure(self, until: datetime) -> None:
        """Sends everything measured since the last time, one message for each stretch."""
        first = self.measured_until + STEP if self.measured_until else until
        moments = [first + STEP * n for n in range(int((until - first) / STEP) + 1)] if until >= first else []
        if not moments:
            return
        course = self.patient.course([(when - self.zero) / MINUTE for when in moments], self.doses)
        samples = [one for when, vitals in zip(moments, course, strict=True) for one in self._samples(when, vitals)]
        self.sent += 1
        message = f"{self.device.identity}-before-{self.sent}"
        done = actions.receive(
            self.device.identity, self.walk.patient.mrn, samples, message_id=message, raw=message.encode(), now=until
        )
        if isinstance(done, actions.Quarantined):
            raise ProblemError(f"the world cannot be made: {done.reason}")
        self.measured_until = moments[-1]

    def _samples(self, when: datetime, vitals: Vitals) -> list[Sample]:
        wanted = {**NUMERICS}
        if self.cuff_at is None or when - self.cuff_at >= CUFF:
            self.cuff_at = when
            wanted |= PRESSURE
        found = {channel: getattr(vitals, channel) for channel in wanted}
        return [
            Sample(
                channel=channel,
                value=float(round(value)),
                unit=wanted[channel],
                at=when,
                received_at=when,
                device=self.device.identity,
                interval_s=(CUFF if channel in PRESSURE else STEP).total_seconds(),
            )
            for channel, value in found.items()
            if value is not None
        ]
