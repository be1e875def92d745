"""Why a session may not give its first drug now: an early leave that nobody reviewed, an order that starts nothing, or
what the last day gave elsewhere."""

from datetime import datetime, timedelta

from norket.knowledge import KnowledgeError
from norket.record.plan import queries as plan
from norket.record.session import held, queries
from norket.record.session.beside import beside
from norket.record.session.models import SessionRecord
from norket.therapy.finding import Refused
from norket.therapy.plan.exposure import Exposure, interval_state, known_mg
from norket.therapy.plan.order import AnyOrder, DoseOrder
from norket.therapy.session import giving, ordered
from norket.therapy.session.dose_events import GiveDose
from norket.therapy.session.dosing import limit_objections
from norket.therapy.session.events import Command
from norket.therapy.session.pump_events import StartInfusion


def objection(session: SessionRecord, command: Command, now: datetime) -> Refused | None:
    """No pump is started under an order of a dose at once, and no drug is given above the limits of its order with what
    the last day gave elsewhere; what was given all the same is a fact and is recorded."""
    order = _ordered(session, command)
    unreviewed = held.unreviewed(session, queries.base()) if order is not None else None
    if unreviewed is not None:
        return Refused(code="left_unreviewed", why=unreviewed.why, findings=(unreviewed,))
    if isinstance(command, StartInfusion) and isinstance(order, DoseOrder) and command.as_ == "intended":
        return _starts_nothing(order)
    try:
        return _adds_up(session, order, now) if order is not None else None
    except KnowledgeError as error:
        return Refused(code="limit_missing", why=f"A figure that this needs is missing: {error}")


def _ordered(session: SessionRecord, command: Command) -> AnyOrder | None:
    """The order under which drug is about to be given for the first time; None for every other command."""
    if isinstance(command, StartInfusion) and command.as_ == "intended":
        return plan.order_of(command.order_id, session.patient_id)
    if isinstance(command, GiveDose) and command.as_ == "intended":
        state = queries.state_of(session)
        return ordered.dose(state) if giving.is_first(state) else None
    return None


def _adds_up(session: SessionRecord, order: AnyOrder, now: datetime) -> Refused | None:
    """What came after the signature counts too: another session, a spray or a troche of the same day."""
    taken = beside(session.patient, now, session.pk)
    before_mg = known_mg(queries.base(), taken, queries.base().entry(order.dose_row), now)
    rate_mg_h = order.amount_mg if isinstance(order, DoseOrder) else order.rate_mg_h
    above = limit_objections(order, total_mg=before_mg + order.amount_mg, rate_mg_h=rate_mg_h)
    first = next(above, None) if before_mg > 0 else None
    if first is not None:
        return first.model_copy(update={"why": f"{before_mg:g} mg of the last day count with this order. {first.why}"})
    return _too_soon(taken, order, now)


def _too_soon(taken: Exposure, order: AnyOrder, now: datetime) -> Refused | None:
    """A dose nearer than the interval of the row, of which the signer did not know: it was given after the signature,
    or no reason was written, which signing asks for."""
    last = taken.doses[0] if taken.doses else None
    if last is None or (last.at <= order.signed_at and f"{order.reason}{order.second_reason}".strip()):
        return None
    hours = (now - last.at) / timedelta(hours=1)
    if interval_state(queries.base(), order.dose_row, hours, now.date()) == "clear":
        return None
    why = (
        f"{last.drug} {last.route}, {last.where}, {hours:.0f} h ago: this order was signed without it. "
        "The prescriber decides, and signs a new order."
    )
    return Refused(code="too_soon", why=why)


def _starts_nothing(order: DoseOrder) -> Refused:
    why = f"{order.text} is given at once, so it starts no infusion. Sign an infusion for this session."
    return Refused(code="order_is_a_dose", why=why)
