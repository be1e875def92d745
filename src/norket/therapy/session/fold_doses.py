"""The part of the fold that knows doses without a pump and verbal orders; cannula and pump stand beside."""

from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

from norket.therapy.plan.order import AnyOrder, Order
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import state as s
from norket.therapy.session.fold_pump import PumpFolding

UNSIGNED = "prescriber_unknown"
BEFORE = ("planned", "checked_in")
SEEN = ("observing", "stopped", "recovery")


@dataclass
class DoseFolding(PumpFolding):
    """What these events build, and the few things of the whole fold that they touch."""

    order: AnyOrder | None = None
    tasks: list[str] = field(default_factory=list)
    other_doses: list[s.TimedDose] = field(default_factory=list)
    capnography_for: tuple[str, ...] = ()
    dose_checks: list[s.DoseCheck] = field(default_factory=list)
    holds: list[s.Hold] = field(default_factory=list)
    lost: list[s.Lost] = field(default_factory=list)
    verbal_orders: list[s.VerbalOrder] = field(default_factory=list)

    @abstractmethod
    def _move(self, phase: s.Phase, at: datetime) -> None:
        """The session is in this phase from here."""

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
