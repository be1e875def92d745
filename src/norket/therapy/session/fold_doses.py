"""The part of the fold that knows doses without a pump, failed cannulas, faults of the pump and verbal orders."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

from norket.therapy.plan.order import AnyOrder, Order
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import state as s

SECONDS_PER_HOUR = 3600.0
DISAGREES = "pump_volume_disagrees"
UNSIGNED = "prescriber_unknown"
BEFORE = ("planned", "checked_in")
SEEN = ("observing", "stopped", "recovery")


@dataclass
class DoseFolding(ABC):
    """What these events build, and the few things of the whole fold that they touch."""

    phase: s.Phase = "planned"
    order: AnyOrder | None = None
    segments: list[s.Segment] = field(default_factory=list)
    boluses: list[s.Bolus] = field(default_factory=list)
    read_pump_since: datetime | None = None
    pump_drug: str | None = None
    tasks: list[str] = field(default_factory=list)
    other_doses: list[s.TimedDose] = field(default_factory=list)
    capnography_for: tuple[str, ...] = ()
    dose_checks: list[s.DoseCheck] = field(default_factory=list)
    holds: list[s.Hold] = field(default_factory=list)
    lost: list[s.Lost] = field(default_factory=list)
    uncertain: list[s.Uncertain] = field(default_factory=list)
    site_checked_at: datetime | None = None
    site_failed_at: datetime | None = None
    pump_readings: list[s.PumpReading] = field(default_factory=list)
    verbal_orders: list[s.VerbalOrder] = field(default_factory=list)

    @abstractmethod
    def _move(self, phase: s.Phase, at: datetime) -> None:
        """The session is in this phase from here."""

    @abstractmethod
    def _anchor(self, at: datetime) -> None:
        """The recovery clock counts from here."""

    @abstractmethod
    def _left_ml(self) -> float:
        """What of the programmed volume has not run."""

    # ---- doses -----------------------------------------------------------------------------------------------------

    def _dose_check_recorded(self, recorded: e.Recorded, event: d.DoseCheckRecorded) -> None:
        self.dose_checks.append(s.DoseCheck(at=recorded.at, by=recorded.by, agrees=event.agrees))

    def _dose_given(self, recorded: e.Recorded, event: d.DoseGiven) -> None:
        """A dose without a pump is watched from here, whatever was ordered; one beside an infusion does not change what
        the pump does."""
        self.other_doses.append(s.TimedDose(at=recorded.at, dose=event, n=recorded.n))
        self._anchor(recorded.at)
        self.capnography_for = event.capnography_for or self.capnography_for
        again = bool(event.order_id) and self.phase in SEEN and not isinstance(self.order, Order)
        if self.phase in BEFORE or again:
            self._move("observing", recorded.at)

    def _hold_recorded(self, recorded: e.Recorded, event: d.HoldRecorded) -> None:
        self.holds.append(s.Hold(at=recorded.at, dose=event.dose, held_min=event.held_min, then=event.then))

    def _lost_dose_recorded(self, recorded: e.Recorded, event: d.LostDoseRecorded) -> None:
        self.lost.append(s.Lost(at=recorded.at, dose=event.dose, how=event.how))

    def _holds_drug(self, event: p.InfusionStarted | p.SyringeChanged) -> None:
        """What is in the pump from here; an older ledger tells it by the name of the product, or not at all."""
        named = "esketamine" if "esketamine" in event.product_id.lower() else None
        self.pump_drug = event.drug or named

    # ---- cannula and pump ------------------------------------------------------------------------------------------

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
        if start is not None and begun and start < recorded.at:
            end = None if self.phase == "running" else recorded.at
            self.uncertain.append(s.Uncertain(start=start, end=end, why="site", late=True))
            self._anchor(recorded.at)

    def _pump_fault_recorded(self, recorded: e.Recorded, event: p.PumpFaultRecorded) -> None:
        """The stretch since the pump was last reckoned with lies between what was computed and what the pump says."""
        self._doubt_pump(recorded.at, event.read_ml)
        self._read(recorded.at, event.read_ml)
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
        self._read(at, read_ml)

    def _doubt_pump(self, at: datetime, read_ml: float | None) -> None:
        before = self.pump_readings[-1] if self.pump_readings else None
        ran_ml = self._computed_ml(at) - (before.computed_ml if before else 0.0)
        if not self.segments or ran_ml <= 0:
            return
        start = before.at if before else self.segments[0].start
        given_ml = 0.0 if read_ml is None else max(0.0, read_ml - (before.read_ml if before else 0.0))
        ratio = given_ml / ran_ml
        self.uncertain.append(s.Uncertain(start=start, end=at, why="pump", least=min(ratio, 1.0), most=max(ratio, 1.0)))

    def _read(self, at: datetime, read_ml: float | None) -> None:
        if read_ml is not None:
            reading = s.PumpReading(at=at, read_ml=read_ml, computed_ml=self._computed_ml(at))
            self.pump_readings.append(reading)

    def _computed_ml(self, at: datetime) -> float:
        done_ml = sum(part.volume_ml or 0.0 for part in self.segments)
        if not self.segments or self.segments[-1].end is not None:
            return done_ml
        part = self.segments[-1]
        return done_ml + min(self._left_ml(), part.rate_ml_h * (at - part.start).total_seconds() / SECONDS_PER_HOUR)

    def _uncertain_ends(self, at: datetime) -> None:
        """The pump stands: a stretch that was still uncertain ends with it."""
        self.uncertain = [one if one.end else one.model_copy(update={"end": at}) for one in self.uncertain]

    # ---- verbal orders ---------------------------------------------------------------------------------------------

    def _verbal_order_recorded(self, recorded: e.Recorded, event: d.VerbalOrderRecorded) -> None:
        self.verbal_orders.append(
            s.VerbalOrder(
                n=recorded.n,
                at=recorded.at,
                by=recorded.by,
                prescriber=event.prescriber,
                act=event.act,
                text=event.text,
                stands=event.read_back and not event.flags,
            )
        )

    def _verbal_order_countersigned(self, recorded: e.Recorded, event: d.VerbalOrderCountersigned) -> None:
        self.verbal_orders = [
            one.model_copy(update={"signed_at": recorded.at}) if one.n == event.order else one
            for one in self.verbal_orders
        ]
