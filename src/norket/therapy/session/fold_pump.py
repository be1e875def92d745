"""The part of the fold that knows cannula and pump: what failed, what the pump said, and how long it runs by its count.

A pump runs until its own count is full, whatever the ledger computes. Where the two disagree the ledger follows the
longer of them, so that nothing runs unseen, until two people have set the pump anew.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import state as s

SECONDS_PER_HOUR = 3600.0
DISAGREES = "pump_volume_disagrees"
NOT_JUDGED = frozenset({DISAGREES, "limit_missing"})


@dataclass
class PumpFolding(ABC):
    """What these events build, and the few things of the whole fold that they touch."""

    phase: s.Phase = "planned"
    segments: list[s.Segment] = field(default_factory=list)
    boluses: list[s.Bolus] = field(default_factory=list)
    read_pump_since: datetime | None = None
    pump_drug: str | None = None
    concentration_mg_ml: float | None = None
    time_outs: list[s.TimeOutReading] = field(default_factory=list)
    volume_to_infuse_ml: float | None = None
    programmed_ml: float | None = None
    by_pump_ml: float | None = None
    pump_set: s.PumpSet | None = None
    pump_readings: list[s.PumpReading] = field(default_factory=list)
    uncertain: list[s.Uncertain] = field(default_factory=list)
    site_checked_at: datetime | None = None
    site_failed_at: datetime | None = None

    @abstractmethod
    def _anchor(self, at: datetime) -> None:
        """The recovery clock counts from here."""

    @abstractmethod
    def _left_ml(self) -> float:
        """What of the programmed volume has not run."""

    # ---- the cannula -----------------------------------------------------------------------------------------------

    def _site_checked(self, recorded: e.Recorded, _: p.SiteChecked) -> None:
        """From a good look on what runs arrives."""
        self.site_checked_at, self.site_failed_at = recorded.at, None
        self._uncertain_ends(recorded.at)

    def _site_failed(self, recorded: e.Recorded, event: p.SiteFailed) -> None:
        """Everything since the last good look is uncertain, and what came late may still be coming."""
        self._read_with(recorded.at, event.read_ml, event.flags)
        self.site_failed_at = recorded.at
        begun = [part.start for part in self.segments] + [bolus.at for bolus in self.boluses]
        start = max(filter(None, (self.site_checked_at, min(begun, default=None))), default=None)
        runs = self.phase == "running"
        if start is not None and begun and (runs or start < recorded.at):
            self.uncertain.append(s.Uncertain(start=start, end=None if runs else recorded.at, why="site", late=True))
            self._anchor(recorded.at)

    def _runs_into_failed(self, at: datetime) -> None:
        """The pump runs into a cannula that is known to have failed: uncertain from here until it stands."""
        if self.site_failed_at is not None and not any(one.end is None for one in self.uncertain):
            self.uncertain.append(s.Uncertain(start=at, why="site", late=True))

    def _bolus_into_failed(self, at: datetime) -> None:
        """What is pushed into a cannula that is known to have failed is as uncertain as what runs into it."""
        if self.site_failed_at is not None and not any(one.end is None for one in self.uncertain):
            self.uncertain.append(s.Uncertain(start=at, end=at, why="site", late=True))

    def _uncertain_ends(self, at: datetime) -> None:
        """The pump stands: a stretch that was still uncertain ends with it."""
        self.uncertain = [one if one.end else one.model_copy(update={"end": at}) for one in self.uncertain]

    # ---- what the pump says ----------------------------------------------------------------------------------------

    def _pump_fault_recorded(self, recorded: e.Recorded, event: p.PumpFaultRecorded) -> None:
        """The stretch since the pump was last reckoned with lies between what was computed and what the pump says."""
        self._doubt_pump(recorded.at, event.read_ml)
        self._read(recorded.at, event.read_ml, event.flags)
        if self.segments:
            self.read_pump_since = recorded.at

    def _pump_read(self, recorded: e.Recorded, event: p.PumpRead) -> None:
        self._read_with(recorded.at, event.read_ml, event.flags)

    def _read_with(self, at: datetime, read_ml: float | None, flags: tuple[str, ...]) -> None:
        """A reading that disagrees is a doubt of its own: nobody knows whether pump or ledger is right."""
        if DISAGREES in flags:
            self._doubt_pump(at, read_ml)
            if self.segments:
                self.read_pump_since = at
        self._read(at, read_ml, flags)

    def _doubt_pump(self, at: datetime, read_ml: float | None) -> None:
        """What ran since the last reading lies between what was computed and what the pump says, with and without the
        boluses of that time: nobody knows whether the pump gave them and counted them."""
        before = self.pump_readings[-1] if self.pump_readings else None
        ran_ml = self._computed_ml(at) - (before.computed_ml if before else 0.0)
        if not self.segments or ran_ml <= 0:
            return
        start = before.at if before else self.segments[0].start
        given_ml = 0.0 if read_ml is None else max(0.0, read_ml - (before.read_ml if before else 0.0))
        bolus_ml = self._bolus_ml(before.at if before else None, at)
        alone_ml = given_ml - bolus_ml if given_ml >= bolus_ml else given_ml
        least, most = min(alone_ml / ran_ml, 1.0), max(given_ml / ran_ml, 1.0)
        self.uncertain.append(s.Uncertain(start=start, end=at, why="pump", least=least, most=most))

    def _read(self, at: datetime, read_ml: float | None, flags: tuple[str, ...]) -> None:
        if read_ml is None:
            return
        agrees = not NOT_JUDGED & set(flags)
        reading = s.PumpReading(at=at, read_ml=read_ml, computed_ml=self._computed_ml(at), agrees=agrees)
        self._runs_until(reading, disagrees=DISAGREES in flags)
        self.pump_readings.append(reading)

    def _runs_until(self, reading: s.PumpReading, *, disagrees: bool) -> None:
        """A pump that counts otherwise stops when its own count is full; one that agrees, where it was programmed to.
        Where its count may hold boluses that its volume does not, it runs longer by them."""
        if self.programmed_ml is None:
            return
        if not disagrees:
            self.by_pump_ml, self.volume_to_infuse_ml = None, self.programmed_ml
            return
        before = self.pump_readings[-1] if self.pump_readings else None
        counted_ml = reading.read_ml - (before.read_ml if before else 0.0)
        computed_ml = reading.computed_ml - (before.computed_ml if before else 0.0)
        ends_ml = self.programmed_ml if self.by_pump_ml is None else self.by_pump_ml
        self.by_pump_ml = ends_ml + computed_ml - counted_ml
        bolus_ml = self._bolus_ml(before.at if before else None, reading.at) if counted_ml > computed_ml else 0.0
        self.volume_to_infuse_ml = max(self.programmed_ml, self.by_pump_ml + bolus_ml)

    def _bolus_ml(self, since: datetime | None, until: datetime) -> float:
        strength = self.concentration_mg_ml
        given = (one.amount_mg for one in self.boluses if (since is None or since < one.at) and one.at <= until)
        return sum(given) / strength if strength else 0.0

    def _computed_ml(self, at: datetime) -> float:
        done_ml = sum(part.volume_ml or 0.0 for part in self.segments)
        if not self.segments or self.segments[-1].end is not None:
            return done_ml
        part = self.segments[-1]
        return done_ml + min(self._left_ml(), part.rate_ml_h * (at - part.start).total_seconds() / SECONDS_PER_HOUR)

    # ---- what it is set to -----------------------------------------------------------------------------------------

    def _programmed(self, at: datetime, volume_ml: float | None, *, by_two: bool = False) -> None:
        """The pump is set to give so much more from here (None: nobody knows), and may count from here."""
        infused_ml = self._computed_ml(at)
        self.programmed_ml = None if volume_ml is None else infused_ml + volume_ml
        self.volume_to_infuse_ml, self.by_pump_ml = self.programmed_ml, None
        self.pump_set = s.PumpSet(at=at, infused_ml=infused_ml, by_two=by_two)

    def _time_out_recorded(self, recorded: e.Recorded, event: p.TimeOutRecorded) -> None:
        """After a fault, another strength or a volume that disagreed: what two people read alike is what it gives from
        then on."""
        told = event.model_dump(include={"agrees", "rate_ml_h", "volume_ml"})
        self.time_outs.append(s.TimeOutReading(at=recorded.at, by=recorded.by, **told))
        since = self.read_pump_since
        anew = self.pump_set
        if since is None or (anew is not None and anew.by_two and anew.at >= since):
            return
        last = {reading.by: reading.agrees for reading in self.time_outs if reading.at >= since}
        if all(last.values()) and len(last) > 1:
            self._programmed(recorded.at, event.volume_ml, by_two=True)
