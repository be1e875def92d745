"""How a session ends: by discharge, when every gate is clear, or by leaving before. Leaving is not closing."""

from collections.abc import Iterator
from datetime import datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.cite import shown
from norket.therapy.finding import Finding, Refused
from norket.therapy.session import events as e
from norket.therapy.session import leaving, shapes
from norket.therapy.session import pump_events as p
from norket.therapy.session import recovery_events as r
from norket.therapy.session import watch_events as o
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.dosing import PUMP_ROLES, role_objection
from norket.therapy.session.identity import mismatch
from norket.therapy.session.state import OVER, SessionState

CANNULA_RULE = "escalation.t3.cannula_left_in"


def discharge(
    state: SessionState,
    command: r.Discharge,
    by: Actor,
    gates: tuple[Finding, ...] | None,
) -> e.Event | Refused:
    """Discharge with every gate clear; otherwise the refusal names each gate that is not, and how to meet it."""
    refused = next(role_objection(by, PUMP_ROLES, "Discharge"), None)
    if refused is None and command.identifiers is not None:
        refused = mismatch(state, command.identifiers)
    if refused:
        return refused
    if state.phase != "recovery":
        return Refused(code="not_in_recovery", why="Start recovery first; a patient is discharged from recovery.")
    if not gates:
        return Refused(code="gates_not_met", why="The gates were not evaluated, so none of them counts as met.")
    held = tuple(gate for gate in gates if gate.state != "clear")
    if held:
        what = " ".join(gate.why for gate in held)
        return Refused(code="gates_not_met", why=f"Not yet: {what}", findings=held)
    escort = command.escort_name or (state.escort.name if state.escort else "")
    return r.Discharged(escort_name=escort, gates=gates)


def leave_early(
    state: SessionState,
    command: r.LeaveEarly,
    at: datetime,
    base: KnowledgeBase,
) -> tuple[e.Event, ...] | Refused:
    """The patient left before discharge: recorded whatever stands against it, with the tasks that follow.

    The signature against advice is offered only to a patient whose capacity a named clinician found present. A cannula
    that is in, or of which nobody knows, is an alert of the highest tier.
    """
    if state.phase in OVER:
        return Refused(code="session_ended", why="This session is over already.")
    capacity, capacity_by = leaving.capacity(state)
    cannula = _cannula(state, command)
    follow = "offer_against_advice_signature" if capacity == "yes" else "stay_call_escort_local_emergency_policy"
    left = r.LeftEarly(
        capacity=capacity,
        capacity_by=capacity_by,
        reason=command.reason,
        cannula_in=cannula,
        tasks=(*base.entry(leaving.LEFT_RULE).data["tasks"], follow),
        risks_told=command.risks_told,
        contact=command.contact,
        signature=command.signature if capacity == "yes" else "",
        capacity_told=command.capacity,
        capacity_told_by=command.capacity_by,
        signature_told="" if capacity == "yes" else command.signature,
        flags=tuple(_told(command, capacity)),
        told_at=shapes.told_at(command.at, at),
    )
    stopped = (p.InfusionStopped(reason="left", delivered_mg=delivered_mg(state, at)),)
    called = leaving.call(state, base, "The patient left before discharge.")
    return (
        *(stopped if state.phase in ("running", "paused") else ()),
        left,
        *called,
        *_cannula_alert(state, cannula, base),
    )


def _told(command: r.LeaveEarly, capacity: shapes.Answer) -> Iterator[str]:
    """What was typed and does not count: it is kept, and marked."""
    if command.signature and capacity != "yes":
        yield "signature_without_capacity"
    if command.capacity != "unknown" or command.capacity_by:
        yield "capacity_told"


def _cannula(state: SessionState, command: r.LeaveEarly) -> shapes.Answer:
    """As told; else as recorded in recovery; else as recorded before the start; else unknown."""
    if command.cannula_in != "unknown":
        return command.cannula_in
    removed, placed = state.gates.get("cannula_removed"), state.preflight.get("cannula_in")
    if removed is not None and removed.answer != "unknown":
        return "no" if removed.answer == "yes" else "yes"
    if by_vein(state):
        return "unknown"
    return "no" if placed is None or placed.answer == "no" else "unknown"


def by_vein(state: SessionState) -> bool:
    """Whether anything was given for which a cannula must have been in."""
    rescued = any(timed.rescue.route.casefold() == "iv" for timed in state.rescues)
    return bool(state.segments or state.boluses or rescued)


def _cannula_alert(state: SessionState, cannula: shapes.Answer, base: KnowledgeBase) -> tuple[e.Event, ...]:
    if cannula == "no":
        return ()
    rule = base.entry(CANNULA_RULE)
    why = "Left with the cannula in." if cannula == "yes" else "Left, and nobody knows whether the cannula is out."
    return (
        o.AlertRaised(
            alert_id=f"{CANNULA_RULE}:{state.session}",
            rule=CANNULA_RULE,
            tier=rule.data["tier"],
            why=why,
            advice=str(rule.data["advice"]),
            figure=shown(base, CANNULA_RULE),
            inputs={"cannula_in": cannula},
            sources=tuple(source.key for source in rule.sources),
        ),
    )
