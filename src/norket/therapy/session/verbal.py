"""Verbal orders: entered with read-back by who heard them, signed by their prescriber before the record closes.

A verbal order stands for the presence of its prescriber for a few minutes and for one act, and only for what the
prescriber knew of. It changes no limit, and nobody gives by it what their role does not give.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session.fold_doses import UNSIGNED
from norket.therapy.session.ledger import standing
from norket.therapy.session.state import SessionState, VerbalOrder

RULE = "orders.verbal"
SIGNERS = frozenset({"prescriber", "anaesthetist"})
UPPER = ("T2", "T3")
FIRST = ".first:"  # the first of two readings, and so a prompt
DONE: Mapping[d.VerbalAct, str] = {
    "give_bolus": "bolus_given",
    "change_rate": "rate_changed",
    "resume": "infusion_resumed",
    "give_dose": "dose_given",
    "give_rescue": "rescue_given",
    "stop_infusion": "infusion_stopped",
}


def stands(state: SessionState, act: d.VerbalAct, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a prescriber ordered this by word of mouth a short while ago, with read-back, knowing all that has gone
    wrong so far, and it was not done yet: one order is for one act."""
    valid = timedelta(minutes=number(base, RULE, "valid_min", now))
    changed = max((*warned(state, now), *_done(state, act)), default=None)
    return any(
        order.act == act
        and order.stands
        and order.at <= now <= order.at + valid
        and (changed is None or changed < order.at)
        for order in state.verbal_orders
    )


def warned(state: SessionState, now: datetime, *, first: bool = True) -> list[datetime]:
    """When a T2 or T3 about the patient rose or a sedative was given: who gave an order before did not know of it.
    `first`: also the first reading of two, which only prompts to measure again."""
    raised = [
        alert.raised_at
        for alert in state.alerts
        if alert.tier in UPPER and not alert.technical and (first or FIRST not in alert.alert_id)
    ]
    given = [timed.at for timed in state.rescues if timed.rescue.may_sedate]
    return [at for at in (*raised, *given) if at <= now]


def _done(state: SessionState, act: d.VerbalAct) -> list[datetime]:
    """When the act of a verbal order was done in this session."""
    return [item.at for item in standing(state.ledger) if item.event.type == DONE.get(act)]


def recorded(command: d.RecordVerbalOrder) -> d.VerbalOrderRecorded:
    """The verbal order as a fact; one that was not read back stands for nothing."""
    data = command.model_dump(exclude={"type", "at"})
    return d.VerbalOrderRecorded(**data, flags=() if command.read_back else ("not_read_back",))


def countersigned(state: SessionState, command: d.Countersign, by: Actor) -> e.Event | Refused:
    """The signature under a verbal order: of its prescriber, and of nobody else."""
    order = next((one for one in state.verbal_orders if one.n == command.order), None)
    if order is None:
        return Refused(code="no_such_order", why=f"Event {command.order} is no verbal order of this session.")
    if order.signed_at is not None:
        return Refused(code="already_signed", why="This verbal order is signed already.")
    if not by.roles & SIGNERS or (_known(state, order) and by.id != order.prescriber):
        return Refused(code="not_the_prescriber", why="Only the prescriber who gave this order signs it.")
    return d.VerbalOrderCountersigned(order=command.order)


def _known(state: SessionState, order: VerbalOrder) -> bool:
    """Whether the prescriber named is somebody of the clinic; an order of nobody known is signed by any prescriber."""
    event = next(item.event for item in state.ledger if item.n == order.n)
    return UNSIGNED not in getattr(event, "flags", ())
