"""What reached the patient: the integral of the pump over what ran, and every single dose. The order is never used."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from norket.therapy.instant import Instant
from norket.therapy.session import ordered
from norket.therapy.session.dose_events import DoseGiven
from norket.therapy.session.ledger import standing
from norket.therapy.session.pump_events import InfusionStopped
from norket.therapy.session.state import Segment, SessionState

SECONDS_PER_HOUR = 3600.0
MINUTES_PER_HOUR = 60.0
HOURS_PER_DAY = 24.0
AT_THE_PUMP = frozenset(
    {"rate_changed", "infusion_paused", "infusion_resumed", "syringe_changed", "pump_read", "pump_fault_recorded"}
)


class DeliveredDose(BaseModel):
    """One dose of the history: `amount_mg` of `drug` from `start` evenly over `duration_min` (0: at once), given or
    planned. `n` is the number in the ledger of a dose without a pump."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Instant
    duration_min: float
    amount_mg: float
    route: str
    kind: Literal["given", "planned"]
    drug: str = "ketamine"
    n: int | None = None


def infused_ml(state: SessionState, now: datetime) -> float:
    """Volume that the pump has given by `now`, never more than was programmed."""
    return sum(_volume_ml(state, part, now) for part in state.segments)


def delivered_mg(state: SessionState, now: datetime) -> float:
    """Ketamine (mg of base) that reached the vein by `now`: what ran of the infusion, and the boluses."""
    infused_mg = sum(_volume_ml(state, part, now) * part.concentration_mg_ml for part in state.segments)
    return infused_mg + sum(bolus.amount_mg for bolus in state.boluses if bolus.at <= now)


def total_mg(state: SessionState, now: datetime) -> float:
    """All ketamine given by `now`, by every route: what the limits count."""
    return delivered_mg(state, now) + sum(timed.dose.amount_mg for timed in state.other_doses if timed.at <= now)


def given_of_drawn_mg(state: SessionState, now: datetime) -> float:
    """What was given (mg) by `now` of the products drawn up in the session: the part of the mass balance that is in
    the patient. A spray or a lozenge that was never drawn is not among it."""
    drawn = {product_id for product_id, _ in state.lots}
    return delivered_mg(state, now) + sum(
        timed.dose.amount_mg for timed in state.other_doses if timed.at <= now and timed.dose.product_id in drawn
    )


def left_ml(state: SessionState, now: datetime) -> float:
    """What the pump still has to give of the programmed volume; infinite when that was never known."""
    if state.rate_set_ml_h is None:
        return 0.0  # no pump was ever started; one that was paused at once has all of its volume left
    return _bound(state) - infused_ml(state, now) if infused_ml(state, now) < _bound(state) else 0.0


def is_infusing(state: SessionState, now: datetime) -> bool:
    """Whether drug runs in at `now`: the state says so, the rate is above zero and the volume has not run out."""
    return state.phase == "running" and (state.rate_set_ml_h or 0.0) > 0 and left_ml(state, now) > 0


def ended_by_itself(state: SessionState) -> bool:
    """Whether the pump stands because its volume had run by computation: no person stopped it."""
    last = [
        r.event for r in standing(state.ledger) if r.at == state.stopped_at and isinstance(r.event, InfusionStopped)
    ]
    return bool(last) and all(event.complete for event in last)


def seen_to_run(state: SessionState, since: datetime) -> bool:
    """Whether somebody had to do with the pump after this instant and before it stood."""
    until = state.stopped_at
    acts = (item.at for item in standing(state.ledger) if item.event.type in AT_THE_PUMP)
    return any(since < at and (until is None or at < until) for at in acts)


def set_running_since(state: SessionState, at: datetime) -> bool:
    """Whether somebody set the pump of an infusion that is not over running, or to another rate, after this instant.
    Whatever is said to have halted it before that did not: what ran since is in the patient."""
    return state.phase in ("running", "paused") and any(part.start > at for part in state.segments)


def planned_end(state: SessionState, now: datetime) -> datetime | None:
    """When the programmed volume will have run (or had run) at the rate set; if paused, as if it went on at `now`.

    None when nothing is running or paused, when the rate is zero, or when the volume is not known.
    """
    if state.phase not in ("running", "paused") or not state.rate_set_ml_h or state.volume_to_infuse_ml is None:
        return None
    start = state.segments[-1].start if state.phase == "running" and state.segments else now
    done_ml = sum(part.volume_ml or 0.0 for part in state.segments)
    return start + timedelta(hours=max(0.0, _bound(state) - done_ml) / state.rate_set_ml_h)


def history(state: SessionState, now: datetime, *, planned: bool, apart_min: float = 0.0) -> tuple[DeliveredDose, ...]:
    """Every dose given by `now`, oldest first; with `planned` also what will run if nobody acts, the devices of a spray
    `apart_min` apart.

    A pump that is paused or set to zero gives nothing more by itself, so it plans nothing. One whose programmed volume
    nobody knows is planned to run on for a day: it ends when a person stops it.
    """
    given = sorted((*_runs(state, now), *_single(state, now)), key=lambda dose: dose.start)
    return (*given, *(_committed(state, now, apart_min) if planned else ()))


def committed_mg(state: SessionState, now: datetime) -> float | None:
    """What may still run after `now` if nobody ends it: the rest of the programmed volume of a running or paused pump,
    or the devices that are left of a spray that was begun.

    None while the programmed volume is not known: what nobody knows is not nothing.
    """
    if state.phase == "observing":
        return sum(dose.amount_mg for dose in _devices(state, now, 0.0))
    if state.phase not in ("running", "paused") or state.concentration_mg_ml is None:
        return 0.0
    left = left_ml(state, now)
    return left * state.concentration_mg_ml if math.isfinite(left) else None


def _bound(state: SessionState) -> float:
    return math.inf if state.volume_to_infuse_ml is None else state.volume_to_infuse_ml


def _volume_ml(state: SessionState, part: Segment, now: datetime) -> float:
    end = now if part.end is None else min(now, part.end)
    ran_ml = max(0.0, part.rate_ml_h * (end - part.start).total_seconds() / SECONDS_PER_HOUR)
    if part.end is not None and now >= part.end and part.volume_ml is not None:
        return part.volume_ml
    if part.volume_ml is not None:
        return min(ran_ml, part.volume_ml)
    done_ml = sum(other.volume_ml or 0.0 for other in state.segments)
    return min(ran_ml, max(0.0, _bound(state) - done_ml))


def _runs(state: SessionState, now: datetime) -> Iterator[DeliveredDose]:
    for part in state.segments:
        volume_ml = _volume_ml(state, part, now)
        if volume_ml > 0:
            yield DeliveredDose(
                start=part.start,
                duration_min=volume_ml / part.rate_ml_h * MINUTES_PER_HOUR,
                amount_mg=volume_ml * part.concentration_mg_ml,
                route="iv",
                kind="given",
                drug=_drug(state, part.drug),
            )


def _drug(state: SessionState, held: str | None) -> str:
    """What the pump held: the drug of its product; where none was named, the ordered one."""
    order = ordered.infusion(state)
    return held or (order.drug if order is not None else "ketamine")


def single_drug(dose: DoseGiven) -> str:
    """What a dose without a pump held; an older ledger tells it by its route."""
    return dose.drug or ("esketamine" if dose.route == "intranasal" else "ketamine")


def _single(state: SessionState, now: datetime) -> Iterator[DeliveredDose]:
    for bolus in state.boluses:
        if bolus.at <= now:
            yield DeliveredDose(
                start=bolus.at,
                duration_min=0.0,
                amount_mg=bolus.amount_mg,
                route="iv",
                kind="given",
                drug=_drug(state, bolus.drug),
            )
    for timed in state.other_doses:
        if timed.at <= now:
            yield DeliveredDose(
                start=timed.at,
                duration_min=0.0,
                amount_mg=timed.dose.amount_mg,
                route=timed.dose.route,
                kind="given",
                drug=single_drug(timed.dose),
                n=timed.n,
            )


def _devices(state: SessionState, now: datetime, apart_min: float) -> Iterator[DeliveredDose]:
    """What of a dose order is still to be given: its devices one after the other, or all of it at once. A dose that was
    begun goes on; a dose that was given is not given again."""
    order = ordered.dose(state)
    mine = [timed for timed in state.other_doses if order is not None and timed.dose.order_id == order.id]
    before = state.phase in ("planned", "checked_in")
    if order is None or not (before or (state.phase == "observing" and mine and order.devices)):
        return
    parts = order.devices or 1
    apart = timedelta(minutes=apart_min)
    first = max(now, max(timed.at for timed in mine) + apart) if mine else now
    for place in range(parts - len(mine)):
        yield DeliveredDose(
            start=first + place * apart,
            duration_min=0.0,
            amount_mg=order.amount_mg / parts,
            route=order.route,
            kind="planned",
            drug=order.drug,
        )


def _committed(state: SessionState, now: datetime, apart_min: float) -> Iterator[DeliveredDose]:
    yield from _devices(state, now, apart_min)
    order = ordered.infusion(state)
    if state.phase in ("planned", "checked_in") and order is not None:
        yield DeliveredDose(
            start=now,
            duration_min=order.duration_min,
            amount_mg=order.amount_mg,
            route=order.route,
            kind="planned",
            drug=order.drug,
        )
    if not is_infusing(state, now) or state.rate_set_ml_h is None or state.concentration_mg_ml is None:
        return
    hours = min(left_ml(state, now) / state.rate_set_ml_h, HOURS_PER_DAY)
    yield DeliveredDose(
        start=now,
        duration_min=hours * MINUTES_PER_HOUR,
        route="iv",
        kind="planned",
        drug=_drug(state, state.pump_drug),
        amount_mg=hours * state.rate_set_ml_h * state.concentration_mg_ml,
    )
