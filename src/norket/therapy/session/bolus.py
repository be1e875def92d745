"""A bolus into the running line: who gives one, how much of the row's own, how long after the last, and what of the
whole session it takes.

An order says how long one waits for the next: the effect of the last is seen first. One of before that was said is
held to the clinic's figure; where nobody knows it, a bolus is not ordered. What was given is recorded all the same.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.therapy.actor import Actor, Role
from norket.therapy.cite import number
from norket.therapy.finding import Refused, State
from norket.therapy.plan.compare import DECIMALS, LimitMissingError, finite
from norket.therapy.plan.order import Order
from norket.therapy.session import counted, dosing, ordered, verbal
from norket.therapy.session import pump_events as p
from norket.therapy.session.identity import mismatch
from norket.therapy.session.state import SessionState

ROLES: frozenset[Role] = frozenset({"prescriber", "anaesthetist"})
RULE = "orders.bolus"
MINUTE = timedelta(minutes=1)


def objections(
    state: SessionState,
    command: p.GiveBolus,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    at: datetime,
) -> Iterator[Refused]:
    """Everything against a bolus that goes in `at` an instant, perhaps told later: role, identity, a running session,
    the row's own limits, the lockout, the totals."""
    yield from dosing.role_objection(by, ROLES, "A bolus")
    asked = command.as_ == "intended" or command.identifiers is not None  # who tells of it later may not know them
    refused = mismatch(state, command.identifiers) if asked else None
    if refused:
        yield refused
    order = ordered.infusion(state)
    if state.phase not in ("running", "paused") or order is None:
        yield Refused(code="not_running", why="A bolus belongs to a running infusion with a signed order.")
        return
    yield from _unheard(state, by, now, base)
    yield from dosing.reading_objections(state, now, base)
    yield from dosing.site_objections(state)
    amount_mg = command.amount_mg * counted.factor(state.pump_drug, order, base, now)
    beside_mg = counted.same_hour_mg(counted.at_once(state, order, now, base, bolus_only=True), at)
    yield from _of_row(order, dosing.measured_kg(state), amount_mg, beside_mg, by, now, base)
    yield from _locked_out(state, order, at, now, base)
    yield from dosing.session_objections(state, order, now, base, added_mg=amount_mg)


def _unheard(state: SessionState, by: Actor, now: datetime, base: KnowledgeBase) -> Iterator[Refused]:
    """After a T2 or T3, or a sedative, more ketamine is the prescriber's word."""
    heard = "prescriber" in by.roles or verbal.stands(state, "give_bolus", now, base)
    if dosing.needs_prescriber(state) and not heard:
        yield Refused(
            code="prescriber_must_go_on",
            why="A T2 or T3 is open or rose, or a sedative was given. A bolus is the prescriber's word: call them.",
        )


def lockout_state(min_between: float | None, lockout_min: float) -> State:
    """Fires until the lockout (min) lies between a bolus and the nearest other one (None: there was none)."""
    return "fires" if min_between is not None and min_between < lockout_min else "clear"


def lockout_min(order: Order, now: datetime, base: KnowledgeBase) -> float:
    """The minutes between two boluses of an order: its own, else the clinic's. Raises where neither is known."""
    own = order.bolus_lockout_min
    return finite("bolus_lockout_min", own) if own is not None else number(base, RULE, "lockout_min", now)


def _locked_out(
    state: SessionState, order: Order, at: datetime, now: datetime, base: KnowledgeBase
) -> Iterator[Refused]:
    try:
        lockout = lockout_min(order, now, base)
    except (KnowledgeError, LimitMissingError) as missing:
        yield Refused(code="limit_missing", why=f"The lockout between boluses cannot be read: {missing}.")
        return
    nearest = min((bolus.at for bolus in state.boluses if bolus.at <= now), key=lambda one: abs(at - one), default=None)
    between = None if nearest is None else abs(at - nearest) / MINUTE
    if nearest is not None and lockout_state(between, lockout) == "fires":
        ready = nearest + lockout * MINUTE
        why = f"{lockout:g} min lie between two boluses. One was at {nearest:%H:%M}; from {ready:%H:%M} UTC on."
        yield Refused(code="bolus_locked_out", why=why)


def _of_row(
    order: Order,
    measured: float | None,
    amount_mg: float,
    beside_mg: float,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
) -> Iterator[Refused]:
    try:
        row = base.entry(order.dose_row)
        if not row.data.get("bolus"):
            yield Refused(code="bolus_not_in_row", why=f"The row {order.dose_row} has no bolus. It needs a new order.")
            return
        roles: frozenset[Role] = frozenset(row.data.get("bolus_roles", ROLES))
        weight_kg = dosing.dosing_kg(order, measured)
        cap_mg, most_mg = (_level_mg(base, order, weight_kg, level, now) for level in ("cap", "ceiling"))
    except (KnowledgeError, LimitMissingError) as missing:
        yield Refused(code="limit_missing", why=f"The bolus limits of this row cannot be read: {missing}.")
        return
    yield from dosing.role_objection(by, roles, "A bolus of this row")
    together_mg = round(amount_mg + beside_mg, DECIMALS) if beside_mg else amount_mg
    what = f"{together_mg:g} mg" + (f" with the {beside_mg:g} mg of the same hour" if beside_mg else "")
    if together_mg > most_mg:
        why = f"{what} is above the row's bolus of {most_mg:g} mg. Nobody may pass it."
        yield Refused(code="above_ceiling", why=why)
    elif together_mg > cap_mg and order.second_signer is None:
        why = f"{what} is above the row's bolus of {cap_mg:g} mg. It needs a second signature on the order."
        yield Refused(code="above_cap", why=why)


def _level_mg(base: KnowledgeBase, order: Order, weight_kg: float, level: str, now: datetime) -> float:
    """One level of the row's bolus (mg): the lower of what it allows per weight and in all."""
    per_kg = number(base, order.dose_row, f"bolus_{level}_mg_kg", now) * weight_kg
    return round(min(per_kg, number(base, order.dose_row, f"bolus_{level}_mg", now)), DECIMALS)
