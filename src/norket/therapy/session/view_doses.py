"""What the screens show of doses without a pump, of the pump against the ledger, and of verbal orders."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.instant import Instant
from norket.therapy.session import ordered
from norket.therapy.session import state as s
from norket.therapy.session.delivered import infused_ml, single_drug
from norket.therapy.session.observing import next_device_at
from norket.therapy.session.pump_count import expected_ml, to_be_set_ml


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DoseView(_Frozen):
    """A dose without a pump. `lost` says how it did not all stay; then how much arrived is not known."""

    n: int
    at: Instant
    route: str
    product_id: str
    drug: str
    amount_mg: float
    site: str
    device_n: int | None
    device_of: int | None
    held_min: float | None = None
    then: str | None = None
    lost: str | None = None


class PumpView(_Frozen):
    """The pump's own count of what it gave (mL) against the ledger's, at the instant of the last reading. `computed_ml`
    is the count that it agrees with, be it with the boluses or since it was set. `set_to_ml`: what two people set it to
    now, where the two counts differ."""

    at: Instant
    read_ml: float
    computed_ml: float
    difference_ml: float
    agrees: bool
    given_since_ml: float
    set_to_ml: float | None = None


class DosingView(_Frozen):
    """Empty where a session has none of it."""

    doses: tuple[DoseView, ...] = ()
    given_mg: float = 0.0
    left_mg: float | None = None
    next_device_n: int | None = None
    next_device_at: Instant | None = None
    checks: int = 0
    pump: PumpView | None = None
    uncertain: tuple[s.Uncertain, ...] = ()
    site_failed_at: Instant | None = None
    site_checked_at: Instant | None = None
    read_pump_since: Instant | None = None
    verbal_orders: tuple[s.VerbalOrder, ...] = ()


def dosing_view(state: s.SessionState, now: datetime, base: KnowledgeBase) -> DosingView:
    """All of it at `now`."""
    order = ordered.dose(state)
    given = ordered.given_mg(state, order) if order is not None else 0.0
    mine = sum(order is not None and timed.dose.order_id == order.id for timed in state.other_doses)
    left = order is not None and order.devices is not None and mine < order.devices
    return DosingView(
        doses=tuple(_dose(state, timed) for timed in state.other_doses),
        given_mg=given,
        left_mg=max(0.0, order.amount_mg - given) if order is not None else None,
        next_device_n=mine + 1 if left else None,
        next_device_at=next_device_at(state, now, base),
        checks=len({look.by for look in state.dose_checks}),
        pump=_pump(state, now),
        uncertain=state.uncertain,
        site_failed_at=state.site_failed_at,
        site_checked_at=state.site_checked_at,
        read_pump_since=state.read_pump_since,
        verbal_orders=state.verbal_orders,
    )


def _dose(state: s.SessionState, timed: s.TimedDose) -> DoseView:
    held = next((hold for hold in reversed(state.holds) if hold.dose == timed.n), None)
    lost = next((loss for loss in reversed(state.lost) if loss.dose == timed.n), None)
    dose = timed.dose
    return DoseView(
        n=timed.n,
        at=timed.at,
        route=dose.route,
        product_id=dose.product_id,
        drug=single_drug(dose),
        amount_mg=dose.amount_mg,
        site=dose.site,
        device_n=dose.device_n,
        device_of=dose.device_of,
        held_min=held.held_min if held else None,
        then=held.then if held else None,
        lost=lost.how if lost else None,
    )


def _pump(state: s.SessionState, now: datetime) -> PumpView | None:
    if not state.pump_readings:
        return None
    last = state.pump_readings[-1]
    counts = expected_ml(state, last.at) if last.agrees else (last.computed_ml,)
    computed_ml = min(counts, key=lambda count_ml: abs(last.read_ml - count_ml))
    return PumpView(
        at=last.at,
        read_ml=last.read_ml,
        computed_ml=computed_ml,
        difference_ml=last.read_ml - computed_ml,
        agrees=last.agrees,
        given_since_ml=max(0.0, infused_ml(state, now) - last.computed_ml),
        set_to_ml=_set_to_ml(state, now),
    )


def _set_to_ml(state: s.SessionState, now: datetime) -> float | None:
    if state.by_pump_ml is None or state.programmed_ml is None or state.phase not in ("running", "paused"):
        return None
    return to_be_set_ml(state, state.programmed_ml, now)
