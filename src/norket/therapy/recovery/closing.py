"""What holds the record of a session open. None of it ever holds the patient.

A finding is met only when it is clear. Whatever another room has to say (an incident report, orders by word of mouth)
comes in by name, so that a room that is not there yet holds nothing by accident and nothing is taken for done.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding
from norket.therapy.finding import Finding
from norket.therapy.recovery import unasked
from norket.therapy.recovery.tasks import tasks
from norket.therapy.register.ledger import mass_finding
from norket.therapy.session import lots
from norket.therapy.session.delivered import given_of_drawn_mg
from norket.therapy.session.incident import record_finding
from norket.therapy.session.state import SessionState


def findings(
    state: SessionState, now: datetime, base: KnowledgeBase, *, zone: str, unposted: int | None = 0
) -> tuple[Finding, ...]:
    """Every finding in the order of the knowledge base. `unposted` is how many movements the register did not take
    (None: not known)."""
    mass = mass_finding(state, given_of_drawn_mg(state, now), now, base)
    return (
        mass,
        _register(state, unposted, base),
        *(judge(state, now, base) for judge in _JUDGES),
        *_tasks(state, now, zone, base),
        _signature(state, base),
    )


def _register(state: SessionState, unposted: int | None, base: KnowledgeBase) -> Finding:
    rule, open_ = "recovery.record.register", lots.unbooked(state, base)
    asked = {"unposted": unposted, "without_lot": [given.n for given in open_]}
    if open_:
        names = ", ".join(map(lots.named, open_))
        why = f"Drug register: the lot or the milligrams are missing of {names}."
        return finding(base, rule, "fires", why, inputs=asked, resolves_by="enter them under Tasks on this page")
    if unposted is None:
        return finding(base, rule, "unknown", "Drug register: it is not known whether every movement stands in it.")
    why = f"Drug register: {unposted} movement(s) are not in the book." if unposted else "Drug register: in order."
    return finding(base, rule, "fires" if unposted else "clear", why, inputs=asked)


def _countersignatures(state: SessionState, _: datetime, base: KnowledgeBase) -> Finding:
    """Orders by word of mouth that their prescriber has not signed."""
    rule = "recovery.record.countersignature"
    due = len(state.countersign_due)
    why = (
        f"Countersignatures: {due} verbal order(s) wait for their prescriber."
        if due
        else "Countersignatures: none due."
    )
    return finding(base, rule, "fires" if due else "clear", why, inputs={"due": due})


def _adverse(state: SessionState, _: datetime, base: KnowledgeBase) -> Finding:
    rule = "recovery.record.adverse"
    over = {a.event: a.at for a in state.adverse if a.resolved}
    open_ = [a for a in state.adverse if not a.resolved and (a.event not in over or a.at > over[a.event])]
    names = ", ".join(dict.fromkeys(a.event.replace("_", " ") for a in open_))
    why = f"Adverse events without an outcome: {names}." if open_ else "Adverse events: each has an outcome."
    return finding(base, rule, "fires" if open_ else "clear", why, inputs={"open": [a.n for a in open_]})


def _safety(state: SessionState, _: datetime, base: KnowledgeBase) -> Finding:
    rule, answer, plan = "recovery.record.safety", unasked.answer(state), state.way_out.safety_plan
    asked = unasked.asked(state)
    if unasked.state_of(state) != "clear":
        when = "after the dose" if answer != "yes" else "since the patient was oriented"
        why = f"Suicide risk: nobody asked {when}. Ask by phone, and record the answer."
        return finding(base, unasked.RULE, "unknown", why)
    if asked is None or answer != "no":
        excused = unasked.excuse(state)
        said = "nothing worse or new was said" if answer == "yes" else "not asked for here"
        why = f"not asked, because: {excused.detail}" if excused is not None else said
        return finding(base, rule, "clear", f"Suicide risk: {why}.")
    planned = plan is not None and plan.at >= asked.at
    why = f"Suicide risk: worse or new; {'a safety plan stands' if planned else 'no safety plan stands'}."
    return finding(base, rule, "clear" if planned else "fires", why)


def _escort(state: SessionState, _: datetime, base: KnowledgeBase) -> Finding:
    rule = "recovery.record.escort_signature"
    if state.phase != "discharged":
        return finding(base, rule, "clear", "Escort's signature: the patient was not discharged to one.")
    signed = state.way_out.escort_signature
    without = state.way_out.tasks.get("escort_signature")
    if signed is None and without is not None and without.outcome == "not_needed":
        return finding(base, rule, "clear", f"Escort's signature: none, because: {without.detail}")
    why = f"Escort's signature: {'given by ' + signed.name if signed else 'missing'}."
    return finding(base, rule, "clear" if signed else "fires", why)


def _tasks(state: SessionState, now: datetime, zone: str, base: KnowledgeBase) -> Iterator[Finding]:
    open_ = [task for task in tasks(state, now, zone, base) if task.holds and task.open]
    names = ", ".join(task.label for task in open_)
    why = f"Open tasks: {names}." if open_ else "Tasks: none is open."
    yield finding(
        base, "recovery.record.tasks", "fires" if open_ else "clear", why, inputs={"open": [t.task for t in open_]}
    )


def _signature(state: SessionState, base: KnowledgeBase) -> Finding:
    rule, signed = "recovery.record.signature", state.way_out.signed
    if signed is None:
        return finding(base, rule, "fires", "Prescriber's signature: missing.")
    return finding(base, rule, "clear", "Prescriber's signature: given.", inputs={"by": signed.by})


_JUDGES: tuple[Callable[[SessionState, datetime, KnowledgeBase], Finding], ...] = (
    record_finding,
    _countersignatures,
    _adverse,
    _safety,
    _escort,
)
