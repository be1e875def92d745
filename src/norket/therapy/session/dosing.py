"""The orders of a session: what stands against a start, a change of rate, a bolus or another dose.

Each check returns every objection it has. An intended act is refused with the first of them; an act that happened is
recorded with all of them as flags, because a limit blocks an order and never the record of a fact.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor, Role
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.plan.compare import DECIMALS, LimitMissingError, amounts, excesses, finite
from norket.therapy.plan.order import AnyOrder, Order
from norket.therapy.session import counted, ordered, technical, verbal
from norket.therapy.session import pump_events as p
from norket.therapy.session.delivered import left_ml
from norket.therapy.session.fold import MUST_START
from norket.therapy.session.identity import mismatch
from norket.therapy.session.preflight import open_alerts
from norket.therapy.session.pump_count import to_be_set_ml
from norket.therapy.session.state import Alert, SessionState

PUMP_ROLES: frozenset[Role] = frozenset({"nurse", "prescriber", "anaesthetist"})
PERCENT = 100.0
RESTARTS = "orders.restarts"


def agree(value: float, expected: float, tolerance_percent: float) -> bool:
    """Whether two figures differ by no more than the tolerance, taken from the expected one."""
    return round(abs(value - expected) - abs(expected) * tolerance_percent / PERCENT, DECIMALS) <= 0


def role_objection(by: Actor, allowed: frozenset[Role], act: str) -> Iterator[Refused]:
    """An objection unless the actor has one of the roles."""
    if not by.roles & allowed:
        who = " or ".join(sorted(allowed))
        yield Refused(code="role_not_allowed", why=f"{act} is for: {who}. Ask one of them to do it or to sign for it.")


def measured_kg(state: SessionState) -> float | None:
    """The weight (kg) as measured for this session; None when it was not, or only stated."""
    baseline = state.baseline
    return baseline.weight_kg if baseline is not None and baseline.weight_source == "measured" else None


def dosing_kg(order: AnyOrder, measured: float | None) -> float:
    """The weight (kg) that limits per kilogram are judged with: the lower of the ordered and the measured one."""
    ordered = finite("weight_kg", order.weight_kg)
    return ordered if measured is None else min(ordered, finite("measured_kg", measured))


def weight_objections(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Refused]:
    """An order made for another weight than was measured is no order for this patient today."""
    order, today_kg = state.order, measured_kg(state)
    if order is None or today_kg is None:
        return  # the pre-flight names it
    change = (today_kg - order.weight_kg) / order.weight_kg * PERCENT
    if abs(change) >= number(base, "preflight.weight", "confirm_change_percent", now):
        yield Refused(
            code="weight_changed",
            why=(
                f"{today_kg:g} kg was measured, the order was signed for {order.weight_kg:g} kg ({change:+.1f} "
                "%). Weigh again; then the prescriber signs a new order for the weight of today."
            ),
        )


def limit_objections(
    order: AnyOrder,
    *,
    total_mg: float | None,
    rate_mg_h: float,
    measured_kg: float | None = None,
) -> Iterator[Refused]:
    """What is above the order's limits when `total_mg` is all that is delivered and committed (None: not known).

    Limits per kilogram take the lower of the ordered weight and `measured_kg` (None: not measured). Nobody passes the
    ceiling; above the cap only an order that a second person signed. A limit or an amount without a number blocks.
    """
    try:
        figures = amounts(_known("total_mg", total_mg), rate_mg_h, dosing_kg(order, measured_kg))
        above_ceiling = excesses("ceiling", order.ceiling, figures)
        above_cap = excesses("cap", order.cap, figures)
    except LimitMissingError as missing:
        yield Refused(code="limit_missing", why=f"A limit of this order cannot be read: {missing}.")
        return
    if above_ceiling:
        what = ", ".join(map(str, above_ceiling))
        yield Refused(code="above_ceiling", why=f"{what}, given and still to run. Nobody may pass it.")
    if above_cap and order.second_signer is None:
        what = ", ".join(map(str, above_cap))
        yield Refused(
            code="above_cap",
            why=f"{what}, given and still to run. The prescriber needs a second signature on a new order.",
        )


def _known(name: str, value: float | None) -> float:
    """The figure; one that nobody knows raises `LimitMissingError`."""
    if value is None:
        raise LimitMissingError(name, value)
    return value


def session_objections(
    state: SessionState,
    order: AnyOrder,
    now: datetime,
    base: KnowledgeBase,
    *,
    rate_mg_h: float | None = None,
    added_mg: float = 0.0,
) -> Iterator[Refused]:
    """What the whole session is above: given by every route, still to run, and `added_mg`, at `rate_mg_h` (None: as
    set), all in milligrams of the ordered drug. A programmed volume that nobody knows commits nobody knows what, so it
    blocks."""
    committed = counted.committed_mg(state, order, now, base)
    set_mg_h = (state.rate_set_ml_h or 0.0) * (state.concentration_mg_ml or 0.0)
    given_mg = counted.given_mg(state, order, now, base)
    yield from limit_objections(
        order,
        total_mg=None if committed is None else given_mg + committed + added_mg,
        rate_mg_h=set_mg_h * counted.factor(state.pump_drug, order, base, now) if rate_mg_h is None else rate_mg_h,
        measured_kg=measured_kg(state),
    )


def start_objections(
    state: SessionState,
    command: p.StartInfusion,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
) -> Iterator[Refused]:
    """Everything against starting the pump as entered, beside the pre-flight."""
    yield from role_objection(by, PUMP_ROLES, "Starting the infusion")
    refused = mismatch(state, command.identifiers)
    if refused:
        yield refused
    if state.phase not in ("planned", "checked_in"):
        had = "its infusion" if state.segments else "drug before its start"
        yield Refused(code="already_started", why=f"This session has had {had}. A further one needs a new order.")
    yield from site_objections(state)
    if ordered.dose(state) is not None:
        yield Refused(code="order_is_a_dose", why="The order of this session is a dose at once. Sign an infusion.")
        return
    order = ordered.infusion(state)
    if order is None:
        return  # the pre-flight names it
    if order.id != command.order_id:
        yield Refused(code="order_mismatch", why="This is not the order of this session. Open the signed order.")
        return
    yield from _pump_objections(state, order, command, now, base)


def word_objections(state: SessionState, by: Actor, now: datetime) -> Iterator[Refused]:
    """A start is the prescriber's where something went wrong of which whoever signed could not know, or that is not
    over."""
    if state.order is None or "prescriber" in by.roles:
        return
    since = state.order.signed_at
    if any(at > since for at in verbal.warned(state, now, first=False)) or any(map(is_found, open_alerts(state))):
        why = "A T2 or T3 rose, or a sedative was given, after this order was signed. The prescriber starts, or signs."
        yield Refused(code=MUST_START, why=why)


def _pump_objections(
    state: SessionState,
    order: Order,
    command: p.StartInfusion,
    now: datetime,
    base: KnowledgeBase,
) -> Iterator[Refused]:
    tolerance = number(base, "preflight.time_out", "agreement_percent", now)
    if not agree(command.concentration_mg_ml, order.concentration_mg_ml, tolerance):
        yield Refused(
            code="concentration_disagrees",
            why=(
                f"The syringe holds {command.concentration_mg_ml:g} mg/mL, "
                f"the order says {order.concentration_mg_ml:g} mg/mL. "
                "Prepare the ordered strength or have the order changed."
            ),
        )
    if not agree(command.rate_ml_h, order.rate_ml_h, tolerance):
        yield Refused(
            code="rate_disagrees",
            why=(
                f"The rate is {command.rate_ml_h:g} mL/h, the order makes {order.rate_ml_h:g} mL/h. Set the pump again."
            ),
        )
    if state.prepared is not None and command.product_id != state.prepared.product_id:
        yield Refused(
            code="product_disagrees",
            why=(f"Prepared was {state.prepared.product_id}, entered is {command.product_id}. Check the label."),
        )
    planned_ml = programmed_ml(state, command)
    for expected_ml in (order.volume_ml, *_read_ml(state)[-1:]):
        if planned_ml is not None and not agree(planned_ml, expected_ml, tolerance):
            yield Refused(
                code="volume_disagrees",
                why=(
                    f"The volume is {planned_ml:g} mL, the order and the time-out make {expected_ml:g} mL. "
                    "Set the pump again and read it once more."
                ),
            )
            break
    yield from weight_objections(state, now, base)
    strength = command.concentration_mg_ml * counted.factor(
        counted.pump_drug_of(base, command.product_id), order, base, now
    )
    yield from limit_objections(
        order,
        rate_mg_h=command.rate_ml_h * strength,
        measured_kg=measured_kg(state),
        total_mg=None if planned_ml is None else counted.given_mg(state, order, now, base) + planned_ml * strength,
    )


def programmed_ml(state: SessionState, command: p.StartInfusion) -> float | None:
    """The one volume (mL) of a start: as entered; else as the last person of an agreeing time-out read it; else as
    ordered; else all that was prepared. None: nobody knows."""
    if command.volume_ml is not None:
        return command.volume_ml
    prepared = [state.prepared.volume_ml] if state.prepared and state.prepared.volume_ml else []
    order = ordered.infusion(state)
    known = (*_read_ml(state)[-1:], *([order.volume_ml] if order else prepared))
    return known[0] if known else None


def _read_ml(state: SessionState) -> list[float]:
    return [reading.volume_ml for reading in state.time_outs if reading.agrees]


def reading_objections(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Refused]:
    """After another strength, a fault of the pump or a volume that disagrees, two people read it before more."""
    since = state.read_pump_since
    if since is None:
        return
    last = {reading.by: reading.agrees for reading in state.time_outs if reading.at >= since}
    people = number(base, "preflight.time_out", "people", now)
    if sum(last.values()) < people or not all(last.values()):
        yield Refused(
            code="time_out_again",
            why=(
                f"The syringe has another strength, or the pump failed or its volume disagreed, at {since:%H:%M} UTC. "
                f"{people:g} people read the pump again first: the rate, and the volume that is left."
                f"{_to_set(state, now)}"
            ),
        )


def _to_set(state: SessionState, now: datetime) -> str:
    """Where pump and ledger count differently, what the pump is set to."""
    if state.by_pump_ml is None or state.programmed_ml is None:
        return ""
    rest_ml = to_be_set_ml(state, state.programmed_ml, now)
    so = f"set it to {rest_ml:.1f} mL" if rest_ml > 0 else "nothing of the order is left"
    return f" Pump and ledger disagree, so the count that leaves less holds: {so}."


def rate_objections(
    state: SessionState,
    command: p.ChangeRate,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
) -> Iterator[Refused]:
    """Everything against the new rate: role, phase, the band of the order, and the limits."""
    yield from role_objection(by, PUMP_ROLES, "Changing the rate")
    order, concentration = ordered.infusion(state), state.concentration_mg_ml
    if state.phase not in ("running", "paused") or order is None or concentration is None:
        yield Refused(code="not_running", why="No infusion runs, so there is no rate to change.")
        return
    heard = "prescriber" in by.roles or verbal.stands(state, "change_rate", now, base)
    raised = command.rate_ml_h > (state.rate_set_ml_h or 0.0)
    if raised and needs_prescriber(state) and not heard:
        yield Refused(
            code="prescriber_must_raise",
            why=("After a T2 or T3 only the prescriber raises the rate. Lower it, pause, or call the prescriber."),
        )
    yield from reading_objections(state, now, base)
    if raised:
        yield from site_objections(state)
    rate_mg_h = command.rate_ml_h * concentration * counted.factor(state.pump_drug, order, base, now)
    try:
        outside = not _within(rate_mg_h, order)
    except LimitMissingError as missing:
        yield Refused(code="limit_missing", why=f"The band of this order cannot be read: {missing}.")
        return
    if outside:
        yield Refused(
            code="outside_band",
            why=(
                f"{rate_mg_h:g} mg/h is outside the ordered {order.rate_low_mg_h:g} to {order.rate_high_mg_h:g} mg/h. "
                "Pause, or ask the prescriber for a new order."
            ),
        )
    yield from session_objections(state, order, now, base, rate_mg_h=rate_mg_h)
    if raised and not heard:
        yield from measure_objections(state)


def needs_prescriber(state: SessionState) -> bool:
    """Whether more drug is the prescriber's word: an upper alert is open, or rose since the last resume."""
    return state.resume_needs_prescriber or bool(open_alerts(state))


def is_found(alert: Alert) -> bool:
    """Whether an alert is a finding, and no prompt to measure a second time."""
    return verbal.FIRST not in alert.alert_id


def measure_objections(state: SessionState) -> Iterator[Refused]:
    """What is measured before anybody but the prescriber lets more in."""
    if any(not is_found(alert) for alert in open_alerts(state)):
        why = "A first reading was too high. Measure again; then go on, or call the prescriber."
        yield Refused(code="measure_again_first", why=why)
    if any(alert.cleared_at is None and technical.PAUSE in alert.alert_id for alert in state.alerts):
        why = "No blood pressure is known for too long. Measure it; then go on, or call the prescriber."
        yield Refused(code="measure_first", why=why)


def _within(rate_mg_h: float, order: Order) -> bool:
    return finite("rate_low_mg_h", order.rate_low_mg_h) <= rate_mg_h <= finite("rate_high_mg_h", order.rate_high_mg_h)


def resume_objections(state: SessionState, by: Actor, now: datetime, base: KnowledgeBase) -> Iterator[Refused]:
    """Everything against letting a paused pump run on."""
    yield from role_objection(by, PUMP_ROLES, "Resuming")
    if state.phase != "paused":
        yield Refused(code="not_paused", why="The infusion is not paused, so it cannot be resumed.")
        return
    order = ordered.infusion(state)
    if order is None:
        yield Refused(code="no_order", why="No signed infusion covers what is in the pump. The prescriber signs one.")
        return
    heard = "prescriber" in by.roles or verbal.stands(state, "resume", now, base)
    if not heard:
        yield from _unheard(state, now, base)
    yield from reading_objections(state, now, base)
    yield from site_objections(state)
    if left_ml(state, now) <= 0:
        yield Refused(code="nothing_left", why="The programmed volume has run. Stop the infusion and start recovery.")
    yield from session_objections(state, order, now, base)
    if not heard:
        yield from measure_objections(state)


def _unheard(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Refused]:
    """What the prescriber, or their word, lets pass."""
    if state.resume_needs_prescriber or any(map(is_found, open_alerts(state))):
        yield Refused(code="prescriber_must_resume", why="After a T2 or T3 only the prescriber resumes.")
    yield from _restart_objections(state, now, base)


def site_objections(state: SessionState) -> Iterator[Refused]:
    """Nothing goes into a cannula that failed until a new one is in, or one was looked at and runs well."""
    if state.site_failed_at is not None:
        since = f"{state.site_failed_at:%H:%M} UTC"
        yield Refused(code="site_failed", why=f"The cannula failed at {since}. Place one, and record that it runs.")


def restarts_state(restarts: int, now: datetime, base: KnowledgeBase) -> bool:
    """Whether so many restarts within the window, this one among them, are the prescriber's word."""
    return restarts >= number(base, RESTARTS, "restarts", now)


def _restart_objections(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Refused]:
    window = timedelta(minutes=number(base, RESTARTS, "window_min", now))
    restarts = 1 + sum(now - window < at <= now for at in state.resumes)
    if restarts_state(restarts, now, base):
        why = f"This would be restart {restarts} within {window.total_seconds() / 60:g} min. Call the prescriber first."
        yield Refused(code="prescriber_must_restart", why=why)
