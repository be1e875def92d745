"""From a command to the events it leaves, or a named refusal. One function for each kind of command.

An intended act is judged, and one that lets more drug in on what the watch sees at that instant. An act that happened,
a stop, a pause and every other fact is recorded, with what stands against it as flags. No clock is read: `now` is
given, and a fact may say that it happened earlier.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Finding, Refused
from norket.therapy.instant import utc
from norket.therapy.session import (
    after_end,
    asked,
    away,
    bolus,
    charge,
    corrections,
    counted,
    delivery,
    dosing,
    endings,
    facts,
    giving,
    leaving,
    limits,
    naming,
    preflight,
    rescuing,
    safety,
    shapes,
    wasting,
)
from norket.therapy.session import arrival_events as a
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import recovery_events as r
from norket.therapy.session import safety_events as se
from norket.therapy.session import watch_events as o
from norket.therapy.session.current import asks_for_more, current
from norket.therapy.session.delivered import delivered_mg, ended_by_itself, seen_to_run, set_running_since
from norket.therapy.session.fold import evolve
from norket.therapy.session.preflight import NurseLoad, Today
from norket.therapy.session.samples import Samples
from norket.therapy.session.state import OVER, SessionState

__all__ = ["NurseLoad", "decide"]

AHEAD = "in_the_future"
RESUMED = {"prescriber_must_resume": "resumed_without_prescriber"}


@dataclass(frozen=True)
class _Case:
    """One command with everything that the decision may look at."""

    state: SessionState
    by: Actor
    now: datetime
    base: KnowledgeBase
    other_sessions: tuple[NurseLoad, ...]
    balance_mg: float | None
    policy_signed: bool
    gates: tuple[Finding, ...] | None
    samples: Samples | None
    zone: str
    consent: Finding | None
    nurse: str | None
    rescue: rescuing.RescueContext | None
    closing: tuple[Finding, ...] | None
    today: Today | None


def decide(
    state: SessionState,
    command: e.Command,
    *,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    other_sessions: tuple[NurseLoad, ...] = (),
    balance_mg: float | None = None,
    policy_signed: bool = True,
    gates: tuple[Finding, ...] | None = None,
    samples: Samples | None = None,
    zone: str = "UTC",
    consent: Finding | None = None,
    nurse: str | None = None,
    rescue: rescuing.RescueContext | None = None,
    closing: tuple[Finding, ...] | None = None,
    today: Today | None = None,
) -> tuple[e.Decided, ...] | Refused:
    """The events that `command` by `by` at `now` leaves, or why not.

    `other_sessions` are the open sessions of the same nurse, `balance_mg` the register's balance of the product in hand
    (None: not known), `policy_signed` whether the clinic's policy is signed, `gates` the findings of
    `therapy.recovery.gates` for a discharge (None: not evaluated, so not met), `samples` the latest of the monitor for
    an order of more drug, `zone` the clinic's time zone for a start, `consent` what the patient's ledger says of one
    for it (None: it knows of none), `nurse` the id of who has the session (None: nobody is named); for a handover that
    is accepted `other_sessions` are those of whoever accepts. `rescue` are the rescue templates in force and what the
    chart says of their checks (None: none is signed), `closing` the findings that hold the record (None: not evaluated,
    so it stays open), `today` what the clinic's record knows of the day. A figure that the knowledge base lacks refuses
    as `limit_missing`.
    """
    known = (other_sessions, balance_mg, policy_signed, gates, samples, zone, consent, nurse, rescue, closing, today)
    case = _Case(state, by, utc(now), base, *known)
    try:
        if asks_for_more(state, command):
            case = replace(case, state=current(state, samples, case.now, base))
        return _HANDLERS[command.type](case, command)
    except KnowledgeError as error:
        return Refused(code="limit_missing", why=f"A figure that this needs is missing: {error}")


def _at(case: _Case, command: Any) -> datetime:
    """When it happened: as entered, but never after now (a device clock may run ahead)."""
    return min(command.at or case.now, case.now)


def _future(case: _Case, command: Any) -> tuple[str, ...]:
    """The flag of a fact that is said to happen further ahead than clocks differ. A figure that is missing allows no
    difference, because a stop is never refused."""
    ahead_s = (command.at - case.now).total_seconds() if command.at is not None else 0.0
    if ahead_s <= 0:
        return ()
    try:
        most_s = number(case.base, "plausibility.clock", "ahead_s", case.now)
    except KnowledgeError:
        most_s = 0.0
    return (AHEAD,) if ahead_s > most_s else ()


def _one(at: datetime, event: e.Event) -> tuple[e.Decided, ...]:
    return (e.Decided(at=at, event=event),)


def _judged(
    case: _Case,
    command: Any,
    objections: Iterable[Refused],
    event: Callable[[tuple[str, ...]], e.Event],
) -> tuple[e.Decided, ...] | Refused:
    """Refuses an intended act at its first objection; records a fact with all of them as flags."""
    found = _all(objections)
    if case.state.phase in OVER:
        found.insert(0, Refused(code="session_ended", why="This session is over. What happened can still be recorded."))
    if command.as_ == "happened":
        flags = (*dict.fromkeys(refused.code for refused in found), *_future(case, command))
        at, told = _at(case, command), event(flags)
        late = after_end.calls(_after(case, at, told), case.now, case.base) if case.state.phase in OVER else ()
        return (*_one(at, told), *late)
    return found[0] if found else _one(case.now, event(()))


def _all(objections: Iterable[Refused]) -> list[Refused]:
    """Every objection; a figure that cannot be read is one more, so that a fact is still recorded."""
    found: list[Refused] = []
    try:
        found.extend(objections)
    except KnowledgeError as error:
        found.append(Refused(code="limit_missing", why=f"A figure that this needs is missing: {error}"))
    return found


# ---- orders --------------------------------------------------------------------------------------------------------


def _start_objections(case: _Case, command: p.StartInfusion) -> Iterator[Refused]:
    yield from dosing.start_objections(case.state, command, case.by, case.now, case.base)
    yield from _lacking(case)
    yield from dosing.word_objections(case.state, case.by, case.now)


def _lacking(case: _Case) -> Iterator[Refused]:
    """What of the pre-flight is missing, as one objection."""
    lacking = preflight.missing(
        preflight.findings(
            case.state,
            case.now,
            case.base,
            other_sessions=case.other_sessions,
            policy_signed=case.policy_signed,
            samples=case.samples,
            zone=case.zone,
            consent=case.consent,
            today=case.today,
        )
    )
    if lacking:
        what = " ".join(item.why for item in lacking)
        yield Refused(code="preflight_missing", why=f"Before the start: {what}", findings=lacking)


def _start_infusion(case: _Case, command: p.StartInfusion) -> tuple[e.Decided, ...] | Refused:
    return _judged(
        case,
        command,
        _start_objections(case, command),
        lambda flags: p.InfusionStarted(
            order_id=command.order_id,
            product_id=command.product_id,
            drug=counted.pump_drug_of(case.base, command.product_id),
            concentration_mg_ml=command.concentration_mg_ml,
            rate_ml_h=command.rate_ml_h,
            volume_ml=dosing.programmed_ml(case.state, command),
            flags=flags,
            capnography_for=_capnography_for(case, "iv"),
        ),
    )


def _capnography_for(case: _Case, route: str) -> tuple[str, ...]:
    """What of the chart asks for expired CO2 from this start on; by routes that are not asked, nothing."""
    asked = case.today is not None and preflight.is_asked("preflight.capnography", route, case.base)
    return case.today.capnography_for if asked and case.today else ()


def _change_rate(case: _Case, command: p.ChangeRate) -> tuple[e.Decided, ...] | Refused:
    objections = dosing.rate_objections(case.state, command, case.by, case.now, case.base)
    return _judged(
        case,
        command,
        objections,
        lambda flags: p.RateChanged(
            rate_ml_h=command.rate_ml_h,
            reason=command.reason,
            flags=flags,
        ),
    )


def _give_bolus(case: _Case, command: p.GiveBolus) -> tuple[e.Decided, ...] | Refused:
    objections = bolus.objections(case.state, command, case.by, case.now, case.base, _at(case, command))
    return _judged(case, command, objections, lambda flags: p.BolusGiven(amount_mg=command.amount_mg, flags=flags))


def _give_rescue(case: _Case, command: d.GiveRescue) -> tuple[e.Decided, ...] | Refused:
    context = case.rescue or rescuing.RescueContext()
    objections = rescuing.objections(
        case.state,
        command,
        case.by,
        case.now,
        case.base,
        context,
        samples=case.samples,
        policy_signed=case.policy_signed,
        balance_mg=case.balance_mg,
    )
    ordered = rescuing.template_of(command, context) if command.as_ == "intended" else None
    return _judged(case, command, objections, lambda flags: rescuing.given(command, ordered, case.base, flags))


def _dose_objections(case: _Case, command: d.GiveDose) -> Iterator[Refused]:
    yield from giving.objections(case.state, command, case.by, case.now, case.base, _at(case, command))
    if giving.is_first(case.state):
        yield from _lacking(case)


def _give_dose(case: _Case, command: d.GiveDose) -> tuple[e.Decided, ...] | Refused:
    return _judged(
        case,
        command,
        _dose_objections(case, command),
        lambda flags: giving.event(
            case.state, command, case.by, case.base, flags, capnography_for=_capnography_for(case, command.route)
        ),
    )


def _resume(case: _Case, command: p.Resume) -> tuple[e.Decided, ...] | Refused:
    happened = command.as_ == "happened"
    objections = dosing.resume_objections(case.state, case.by, case.now, case.base)
    return _judged(
        case,
        command,
        objections,
        lambda flags: p.InfusionResumed(
            reason=command.reason,
            happened=happened,
            flags=tuple(RESUMED.get(flag, flag) for flag in flags),
        ),
    )


# ---- stopping: never refused ---------------------------------------------------------------------------------------


def _pause(case: _Case, command: p.Pause) -> tuple[e.Decided, ...]:
    return _halt(
        case,
        command,
        ("running",),
        lambda at, flags: p.InfusionPaused(
            reason=command.reason, flags=flags, unnamed=command.unnamed, told_at=shapes.told_at(command.at, at)
        ),
    )


def _stop_infusion(case: _Case, command: p.StopInfusion) -> tuple[e.Decided, ...]:
    return _halt(
        case,
        command,
        ("running", "paused"),
        lambda at, flags: p.InfusionStopped(
            reason=command.reason,
            delivered_mg=delivered_mg(case.state, at),
            flags=flags,
            unnamed=command.unnamed,
            told_at=shapes.told_at(command.at, at),
        ),
    )


def _failed(case: _Case, command: p.RecordSiteFailed | p.RecordPumpFault) -> tuple[e.Decided, ...] | Refused:
    """A failed cannula or pump; where the pump stands with it, it is paused from here."""
    if _future(case, command):
        return _not_yet(command)
    told = _one(_at(case, command), delivery.halting(case.state, command, _at(case, command), case.base))
    if not command.pump_stopped or case.state.phase != "running":
        return told
    return (*told, *_pause(case, p.Pause(reason=command.type.removeprefix("record_").replace("_", " "), at=command.at)))


def _halt(
    case: _Case,
    command: p.Pause | p.StopInfusion,
    ends: tuple[str, ...],
    event: Callable[[datetime, tuple[str, ...]], e.Event],
) -> tuple[e.Decided, ...]:
    """The pump is halted by the act in any case: at the time given where that has an effect, else now."""
    ahead, at, stopped_at = _future(case, command), _at(case, command), case.state.stopped_at
    if case.state.phase in ends:
        if set_running_since(case.state, at) or _after(case, at, event(at, ())).phase in ends:
            return _one(case.now, event(case.now, (*ahead, "no_effect_at_this_time")))
        return _one(at, event(at, ahead))
    if ended_by_itself(case.state) and not seen_to_run(case.state, at) and _gives_less(case, at, event(at, ())):
        return _one(at, event(at, ahead))  # the end was computed, and a person halted the pump before it
    if stopped_at is not None and at < stopped_at:
        # what is said to be earlier takes nothing away from what a person saw: that is set right by a correction
        return _one(case.now, event(case.now, (*ahead, "nothing_was_running", "no_effect_at_this_time")))
    return _one(at, event(at, (*ahead, "nothing_was_running")))


def _gives_less(case: _Case, at: datetime, event: e.Event) -> bool:
    """Whether less was given by now than stands in the record, when this is told of `at`."""
    return delivered_mg(_after(case, at, event), case.now) < delivered_mg(case.state, case.now)


def _after(case: _Case, at: datetime, event: e.Event) -> SessionState:
    """The state with one more event that happened at `at`."""
    state = case.state
    return evolve(
        state,
        e.Recorded(
            session=state.session,
            n=state.version + 1,
            at=at,
            recorded_at=case.now,
            by=case.by.id,
            command_id="",
            event=event,
        ),
    )


# ---- facts, alerts and the end -------------------------------------------------------------------------------------


def _fact(case: _Case, command: Any) -> tuple[e.Decided, ...] | Refused:
    """The facts that are kept as they are told."""
    if _future(case, command):
        return _not_yet(command)
    event = facts.plain(command)
    if isinstance(event, a.BaselineRecorded):
        event = facts.reweighed(case.state, event, _at(case, command), case.now, case.base)
    return _one(_at(case, command), event)


def _checked(case: _Case, command: Any) -> tuple[e.Decided, ...] | Refused:
    """The facts that are looked at before they are kept."""
    timed = hasattr(command, "at")
    if timed and _future(case, command):
        return _not_yet(command)
    if command.type in delivery.CHECKED:
        event = delivery.checked(case.state, command, case.by, case.now, case.base)
    else:
        event = facts.checked(case.state, command, case.by, case.now, case.base, case.balance_mg)
    return event if isinstance(event, Refused) else _one(_at(case, command) if timed else case.now, event)


def _asked(case: _Case, command: Any) -> tuple[e.Decided, ...] | Refused:
    """What is asked and done on arrival: one command may leave several answers."""
    if _future(case, command):
        return _not_yet(command)
    left = asked.events_of(case.state, command, case.by, case.now, case.base)
    return left if isinstance(left, Refused) else tuple(e.Decided(at=_at(case, command), event=event) for event in left)


def _not_yet(command: Any) -> Refused:
    return Refused(code=AHEAD, why=f"{command.at:%Y-%m-%d %H:%M} UTC has not come yet. Correct the time.")


def _set_limit(case: _Case, command: o.SetLimit) -> tuple[e.Decided, ...] | Refused:
    if case.state.phase in OVER:
        return Refused(code="session_ended", why="This session is over: nothing is watched any more.")
    event = limits.set_limit(case.state, command, case.by, case.now, case.base)
    return event if isinstance(event, Refused) else _one(case.now, event)


def _suspend(case: _Case, command: o.SuspendMonitoring) -> tuple[e.Decided, ...] | Refused:
    if _future(case, command):
        return _not_yet(command)
    at = _at(case, command)
    event = away.suspend(case.state, command, at, case.now, case.base)
    return event if isinstance(event, Refused) else _one(at, event)


def _charge(case: _Case, command: Any) -> tuple[e.Decided, ...] | Refused:
    """Who has the patient in charge."""
    if _future(case, command):
        return _not_yet(command)
    event = charge.decided(
        case.state, command, case.by, case.now, case.base, nurse=case.nurse, others=case.other_sessions
    )
    return event if isinstance(event, Refused) else _one(_at(case, command), event)


def _name_act(case: _Case, command: Any) -> tuple[e.Decided, ...] | Refused:
    event = naming.named(case.state, command)
    return event if isinstance(event, Refused) else _one(case.now, event)


def _witness_waste(case: _Case, command: Any) -> tuple[e.Decided, ...] | Refused:
    event = wasting.witnessed(case.state, command, case.by)
    return event if isinstance(event, Refused) else _one(case.now, event)


def _correct(case: _Case, command: e.Correct) -> tuple[e.Decided, ...] | Refused:
    if _future(case, command):
        return _not_yet(command)
    event = corrections.correction(case.state, command, case.by, case.now, case.base)
    return event if isinstance(event, Refused) else _one(case.now, event)


def _safety(case: _Case, command: Any) -> tuple[e.Decided, ...] | Refused:
    """What goes wrong and what is done about it."""
    if hasattr(command, "at") and _future(case, command):
        return _not_yet(command)
    if isinstance(command, se.Transfer):
        at = _gone_at(case, command)
    else:
        at = _at(case, command) if hasattr(command, "at") else case.now
    events = safety.decided(case.state, command, case.by, at)
    return events if isinstance(events, Refused) else tuple(e.Decided(at=at, event=event) for event in events)


def _gone_at(case: _Case, command: r.LeaveEarly | se.Transfer) -> datetime:
    """When the patient went: as told, unless somebody set the pump running after that. Then it is from now, so that no
    drug that ran drops out."""
    at = _at(case, command)
    return case.now if set_running_since(case.state, at) else at


def _discharge(case: _Case, command: r.Discharge) -> tuple[e.Decided, ...] | Refused:
    event = endings.discharge(case.state, command, case.by, case.gates)
    return event if isinstance(event, Refused) else _one(case.now, event)


def _leave_early(case: _Case, command: r.LeaveEarly) -> tuple[e.Decided, ...] | Refused:
    at = _gone_at(case, command)
    left = endings.leave_early(case.state, command, at, case.base)
    return left if isinstance(left, Refused) else tuple(e.Decided(at=at, event=event) for event in left)


def _way_out(case: _Case, command: Any) -> tuple[e.Decided, ...] | Refused:
    timed = hasattr(command, "at")
    if timed and _future(case, command):
        return _not_yet(command)
    events = leaving.decide(case.state, command, case.by, case.now, case.base, case.closing)
    at = _at(case, command) if timed else case.now
    return events if isinstance(events, Refused) else tuple(e.Decided(at=at, event=event) for event in events)


_HANDLERS: dict[str, Callable[[_Case, Any], tuple[e.Decided, ...] | Refused]] = {
    "start_infusion": _start_infusion,
    "change_rate": _change_rate,
    "give_bolus": _give_bolus,
    "give_rescue": _give_rescue,
    "give_dose": _give_dose,
    "resume": _resume,
    "pause": _pause,
    "stop_infusion": _stop_infusion,
    "set_limit": _set_limit,
    "suspend_monitoring": _suspend,
    "record_site_failed": _failed,
    "record_pump_fault": _failed,
    "name_act": _name_act,
    "witness_waste": _witness_waste,
    "correct": _correct,
    "discharge": _discharge,
    "leave_early": _leave_early,
    **dict.fromkeys(charge.COMMANDS, _charge),
    **dict.fromkeys(safety.COMMANDS, _safety),
    **dict.fromkeys(asked.COMMANDS, _asked),
    **dict.fromkeys(facts.PLAIN, _fact),
    **dict.fromkeys(facts.CHECKED | delivery.CHECKED, _checked),
    **dict.fromkeys(leaving.COMMANDS, _way_out),
}
