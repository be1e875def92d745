"""What kind of order a session is under: an infusion that a pump runs, or a dose at once."""

from norket.therapy.plan.order import DoseOrder, Order
from norket.therapy.session.state import SessionState


def infusion(state: SessionState) -> Order | None:
    """The order of the session where it is an infusion."""
    return state.order if isinstance(state.order, Order) else None


def dose(state: SessionState) -> DoseOrder | None:
    """The order of the session where it is a dose at once."""
    return state.order if isinstance(state.order, DoseOrder) else None


def route(state: SessionState) -> str | None:
    """The route of the order; None without an order."""
    return state.order.route if state.order is not None else None


def given_mg(state: SessionState, order: DoseOrder) -> float:
    """What was given (mg) under a dose order so far; a lost dose was given too."""
    return sum(timed.dose.amount_mg for timed in state.other_doses if timed.dose.order_id == order.id)
