"""A dose without a pump: the two-person check of what is in hand, and what stands against giving it.

As everywhere: an intended dose is refused with its first objection, a dose that was given is recorded with all of them.
A dose that was lost counts as given; nothing is repeated without a new order.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.plan.compare import DECIMALS
from norket.therapy.plan.exposure import interval_state
from norket.therapy.plan.library import figure_or_none
from norket.therapy.plan.order import AnyOrder, DoseOrder
from norket.therapy.plan.preparation import product
from norket.therapy.session import counted, dosing, ordered, verbal
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session.counted import drug_of
from norket.therapy.session.identity import mismatch
from norket.therapy.session.state import SessionState

HOUR = timedelta(hours=1)
CHECK = "preflight.dose_check"


def device_mg(base: KnowledgeBase, product_id: str, now: datetime) -> float | None:
    """What one device of a product holds (mg); None for what comes in no device."""
    known = product(base, product_id)
    return None if known is None else figure_or_none(base, known.id, "device_mg", now.date())


def in_hand_mg(command: d.CheckDose | d.DoseCheckRecorded, now: datetime, base: KnowledgeBase) -> float | None:
    """The milligrams in hand: volume times strength, or whole devices; else as read. None: cannot be told."""
    if command.volume_ml is not None and command.concentration_mg_ml is not None:
        return round(command.volume_ml * command.concentration_mg_ml, DECIMALS)
    each_mg = device_mg(base, command.product_id, now)
    if command.devices is not None and each_mg is not None:
        return command.devices * each_mg
    return command.amount_mg


def check(
    state: SessionState, command: d.CheckDose, by: Actor, now: datetime, base: KnowledgeBase
) -> e.Event | Refused:
    """One person's look at what is in hand, with what of it is not as ordered."""
    refused = mismatch(state, command.identifiers)
    if refused:
        return refused
    if by.roles <= {"device", "system"}:
        return Refused(code="role_not_allowed", why="A dose is checked by people who are signed in.")
    order = ordered.dose(state)
    if order is None:
        return Refused(code="no_order", why="There is no signed order of a dose to check this against.")
    amount_mg = in_hand_mg(command, now, base)
    flags = tuple(check_flags(order, command, amount_mg, now, base))
    data = command.model_dump(exclude={"type", "identifiers", "amount_mg"})
    return d.DoseCheckRecorded(**data, amount_mg=amount_mg, agrees=not flags, flags=flags)


def check_flags(
    order: DoseOrder,
    command: d.CheckDose | d.DoseCheckRecorded,
    amount_mg: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Iterator[str]:
    """What of drug, dose, route and allergies is not as it should be."""
    percent = number(base, CHECK, "agreement_percent", now)
    if product(base, command.product_id) is None:
        yield "product_unknown"
    elif drug_of(base, command.product_id, command.route) != order.drug:
        yield "drug_disagrees"
    if command.route != order.route:
        yield "route_disagrees"
    if amount_mg is None or not dosing.agree(amount_mg, order.amount_mg, percent):
        yield "amount_disagrees"
    if order.devices is not None and command.devices != order.devices:
        yield "devices_disagree"
    if command.allergies != "yes":
        yield "allergies_open"


# ---- giving --------------------------------------------------------------------------------------------------------


def objections(
    state: SessionState, command: d.GiveDose, by: Actor, now: datetime, base: KnowledgeBase, at: datetime
) -> Iterator[Refused]:
    """Everything against a dose that is given `at` an instant, perhaps told later, beside the pre-flight."""
    yield from _who(state, command, by)
    order = ordered.dose(state)
    if order is None or order.route != command.route:
        why = (
            f"No signed order covers {command.route}. The prescriber signs one first; a dose already given is recorded."
        )
        yield Refused(code="no_order_for_route", why=why)
        if state.order is not None:
            each = counted.factor(drug_of(base, command.product_id, command.route), state.order, base, now)
            yield from dosing.session_objections(state, state.order, now, base, added_mg=command.amount_mg * each)
        return
    yield from _when(state, order, by, now, base, at)
    yield from _what(state, order, command, now, base)
    yield from dosing.weight_objections(state, now, base)
    yield from limits(state, order, command.amount_mg, now, base, at)


def is_first(state: SessionState) -> bool:
    """Whether nothing was given yet under the dose order of the session: then the whole pre-flight is asked for."""
    order = ordered.dose(state)
    return order is not None and ordered.given_mg(state, order) == 0


def _who(state: SessionState, command: d.GiveDose, by: Actor) -> Iterator[Refused]:
    yield from dosing.role_objection(by, dosing.PUMP_ROLES, "Giving a dose")
    refused = (
        None if command.as_ == "happened" and command.identifiers is None else mismatch(state, command.identifiers)
    )
    if refused:
        yield refused


def _when(
    state: SessionState, order: DoseOrder, by: Actor, now: datetime, base: KnowledgeBase, at: datetime
) -> Iterator[Refused]:
    """The pump stands, nobody has to be asked first, and enough time has passed since the last dose."""
    if state.phase in ("running", "paused"):
        yield Refused(code="pump_runs", why="An infusion runs. Stop it first; then a dose has its own order.")
    heard = "prescriber" in by.roles or verbal.stands(state, "give_dose", now, base)
    if dosing.needs_prescriber(state) and not heard:
        yield Refused(
            code="prescriber_must_go_on",
            why="A T2 or T3 is open or rose, or a sedative was given. Only the prescriber gives more, or their word.",
        )
    mine = [timed.at for timed in state.other_doses if timed.dose.order_id == order.id]
    apart_min = figure_or_none(base, order.dose_row, "device_apart_min", now.date())
    nearest = min(mine, key=lambda one: abs(at - one), default=None)
    if nearest is not None and apart_min is not None and abs(at - nearest) < timedelta(minutes=apart_min):
        yield Refused(
            code="device_too_soon",
            why=f"{apart_min:g} min lie between two devices; one was given at {nearest:%H:%M} UTC.",
        )
    yield from _too_soon(state, order, now, base)


def _too_soon(state: SessionState, order: DoseOrder, now: datetime, base: KnowledgeBase) -> Iterator[Refused]:
    """Ketamine of this session that the signer of the order did not know of, or gave no reason for."""
    before = [timed.at for timed in state.other_doses if timed.dose.order_id != order.id and timed.at <= now]
    before += [bolus.at for bolus in state.boluses if bolus.at <= now]
    before += [part.end or now for part in state.segments if part.start <= now]
    if not before or (max(before) <= order.signed_at and f"{order.reason}{order.second_reason}".strip()):
        return
    if interval_state(base, order.dose_row, (now - max(before)) / HOUR, now.date()) != "clear":
        why = (
            f"Ketamine was given in this session at {max(before):%H:%M} UTC: this order was signed without it. "
            "The prescriber decides, and signs a new order with the reason."
        )
        yield Refused(code="too_soon", why=why)


def _what(
    state: SessionState, order: DoseOrder, command: d.GiveDose, now: datetime, base: KnowledgeBase
) -> Iterator[Refused]:
    """Product, amount, volume and device are those that were ordered, prepared and checked."""
    if command.order_id and command.order_id != order.id:
        yield Refused(code="order_mismatch", why="This is not the order of this session. Open the signed order.")
    known, prepared = product(base, command.product_id), state.prepared
    if known is None or drug_of(base, command.product_id, command.route) != order.drug:
        yield Refused(
            code="product_disagrees", why=f"{command.product_id} is not the ordered {order.drug}. Check the label."
        )
    elif prepared is not None and command.product_id != prepared.product_id:
        why = f"Prepared was {prepared.product_id}, entered is {command.product_id}. Check the label."
        yield Refused(code="product_disagrees", why=why)
    percent = number(base, CHECK, "agreement_percent", now)
    strength = prepared.concentration_mg_ml if prepared else order.concentration_mg_ml
    if command.volume_ml is not None and (
        strength is None or not dosing.agree(command.volume_ml * strength, command.amount_mg, percent)
    ):
        made = "no strength is known" if strength is None else f"makes {command.volume_ml * strength:g} mg"
        why = f"{command.volume_ml:g} mL {made}, entered are {command.amount_mg:g} mg. Read the syringe again."
        yield Refused(code="volume_disagrees", why=why)
    given_mg = ordered.given_mg(state, order)
    if round(given_mg + command.amount_mg - order.amount_mg * (1 + percent / dosing.PERCENT), DECIMALS) > 0:
        why = f"{given_mg:g} of {order.amount_mg:g} mg were given. More needs a new order, also where a dose was lost."
        yield Refused(code="above_order", why=why)
    elif order.devices is not None:
        yield from _device(state, order, command)
    elif not dosing.agree(command.amount_mg, order.amount_mg, percent):
        why = f"Ordered are {order.amount_mg:g} mg at once, entered are {command.amount_mg:g} mg."
        yield Refused(code="amount_disagrees", why=why)


def _device(state: SessionState, order: DoseOrder, command: d.GiveDose) -> Iterator[Refused]:
    """One whole device at a time, in their order."""
    each_mg = order.amount_mg / (order.devices or 1)
    n = 1 + sum(timed.dose.order_id == order.id for timed in state.other_doses)
    if command.amount_mg != each_mg:
        yield Refused(
            code="amount_disagrees", why=f"One device is {each_mg:g} mg, entered are {command.amount_mg:g} mg."
        )
    if command.device_n != n or command.device_of not in (None, order.devices):
        yield Refused(code="device_out_of_order", why=f"The next is device {n} of {order.devices}.")


def limits(
    state: SessionState, order: AnyOrder, amount_mg: float, now: datetime, base: KnowledgeBase, at: datetime
) -> Iterator[Refused]:
    """What the session passes with this dose and with what the order still commits to. A dose at once counts as given
    within one hour, together with the others of that hour."""
    committed = counted.committed_mg(state, order, now, base)
    rest = order.amount_mg - ordered.given_mg(state, order) if isinstance(order, DoseOrder) else 0.0
    added = max(amount_mg, rest)
    pump = committed if committed is not None and state.phase != "observing" else 0.0
    yield from dosing.limit_objections(
        order,
        total_mg=None if committed is None else counted.given_mg(state, order, now, base) + pump + added,
        rate_mg_h=counted.same_hour_mg(counted.at_once(state, order, now, base), at) + added,
        measured_kg=dosing.measured_kg(state),
    )


def event(
    state: SessionState,
    command: d.GiveDose,
    by: Actor,
    base: KnowledgeBase,
    flags: tuple[str, ...],
    *,
    capnography_for: tuple[str, ...] = (),
) -> d.DoseGiven:
    """The dose as it stands in the ledger; it belongs to the order of its route. `capnography_for` are the rules of
    screening that ask for expired CO2."""
    order = ordered.dose(state)
    under = order.id if order is not None and order.route == command.route else ""
    return d.DoseGiven(
        route=command.route,
        product_id=command.product_id,
        drug=drug_of(base, command.product_id, command.route),
        amount_mg=command.amount_mg,
        volume_ml=command.volume_ml,
        site=command.site,
        device_n=command.device_n,
        device_of=command.device_of,
        given_by=command.given_by or by.id,
        order_id=command.order_id or under,
        flags=flags,
        capnography_for=capnography_for,
    )


def corrected(original: d.DoseGiven, event: d.DoseGiven, order: DoseOrder | None, base: KnowledgeBase) -> d.DoseGiven:
    """A dose written over: its drug is that of its product, and it stays the same device of the same order in the same
    hand. Where the route itself was wrong, it belongs to the order of the right one."""
    under = original.order_id
    if event.route != original.route:
        under = order.id if order is not None and order.route == event.route else ""
    same = {
        "order_id": under,
        "drug": drug_of(base, event.product_id, event.route),
        "given_by": original.given_by or event.given_by,
        "device_n": event.device_n or original.device_n,
        "device_of": event.device_of or original.device_of,
    }
    return event.model_copy(update=same)
