"""Facts of a session: what was seen, asked, prepared, wasted or noted. Their correction stands in `corrections`.

Most are kept as told. Some are looked at first: against another patient (refused), or against the order, the label and
the register (kept, with flags).
"""

from datetime import datetime, timedelta
from typing import Any

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.plan.order import Order
from norket.therapy.plan.preparation import strength_state, vial_mg_ml
from norket.therapy.session import aldrete, arrival_events, level_events, ordered, own_baseline, recovery_events
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import watch_events as o
from norket.therapy.session.counted import drug_of, factor, pump_drug_of
from norket.therapy.session.delivered import given_of_drawn_mg
from norket.therapy.session.dosing import agree, session_objections, weight_objections
from norket.therapy.session.fold import evolve
from norket.therapy.session.giving import device_mg
from norket.therapy.session.identity import mismatch
from norket.therapy.session.pump_count import to_be_set_ml
from norket.therapy.session.state import OVER, SessionState

PLAIN: dict[str, type[Any]] = {
    "record_baseline": arrival_events.BaselineRecorded,
    "record_gate": recovery_events.GateRecorded,
    "record_escort": recovery_events.EscortRecorded,
    "record_vitals": o.VitalsRecorded,
    "record_event": o.EventRecorded,
    "raise_concern": o.ConcernRaised,
    "unbind_device": o.DeviceUnbound,
    "resume_monitoring": o.MonitoringResumed,
    "check_site": p.SiteChecked,
    "record_level": level_events.LevelRecorded,
    "note": e.Noted,
}
SCALES = {"moaas": 5}  # by the definition of the scale


def plain(command: Any) -> e.Event:
    """The event of a fact that is kept as told."""
    data = {name: getattr(command, name) for name in type(command).model_fields if name not in ("type", "at")}
    event: e.Event = PLAIN[command.type](**data)
    return event


def reweighed(
    state: SessionState, event: arrival_events.BaselineRecorded, at: datetime, now: datetime, base: KnowledgeBase
) -> arrival_events.BaselineRecorded:
    """What comes while drug is given: a weight judges again what was given and is still to run; all else is flagged."""
    flags = own_baseline.late_flags(state, event, at)
    if event.weight_kg is not None and state.was_given_drug:
        flags = (*flags, *flags_with(state, event, now, base))
    return event.model_copy(update={"flags": flags}) if flags else event


def checked(
    state: SessionState,
    command: Any,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    balance_mg: float | None,
) -> e.Event | Refused:
    """The event of a fact that is looked at first, or why it cannot be one of this session."""
    match command:
        case arrival_events.CheckIn():
            return _check_in(state, command)
        case d.PrepareDose():
            return _prepare(state, command, by, now, base, balance_mg)
        case p.ChangeSyringe():
            return _change_syringe(state, command, by, now, base, balance_mg)
        case p.TimeOut():
            return _time_out(state, command, by, now, base)
        case o.RecordScore():
            return _score(command, now, base)
        case p.RecordWaste():
            return _waste(state, command, by, now)
        case o.AcknowledgeAlert():
            return _acknowledge(state, command, by, now, base)
        case recovery_events.StartRecovery():
            return _start_recovery(state)
        case recovery_events.RecordRecoveryScore():
            return _recovery_score(state, command, now, base)
        case o.BindDevice():
            return mismatch(state, command.identifiers) or o.DeviceBound(device_id=command.device_id)
        case _:
            raise TypeError(f"{command.type} is not one of {sorted(CHECKED)}")


CHECKED = frozenset(
    {
        "check_in",
        "prepare_dose",
        "change_syringe",
        "time_out",
        "record_waste",
        "acknowledge_alert",
        "start_recovery",
        "record_recovery_score",
        "record_score",
        "bind_device",
    }
)


def _check_in(state: SessionState, command: arrival_events.CheckIn) -> e.Event | Refused:
    refused = mismatch(state, command.identifiers)
    if refused:
        return refused
    if state.checked_in_at is not None:
        return Refused(code="already_checked_in", why="The patient is already checked in.")
    return arrival_events.CheckedIn()


def label_flags(
    state: SessionState,
    command: d.PrepareDose | p.ChangeSyringe | d.DosePrepared | p.SyringeChanged,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    balance_mg: float | None,
) -> tuple[str, ...]:
    """What stands against a drawn syringe: its own arithmetic, the order, the checker and the register."""
    tolerance = number(base, "preflight.agreement", "agreement_percent", now)
    strength = command.concentration_mg_ml
    ordered_mg_ml = state.order.concentration_mg_ml if state.order is not None else None
    found = {
        "label_disagrees": not _label_agrees(command, now, base, tolerance),
        "other_strength": ordered_mg_ml is not None
        and (strength is None or not agree(strength, ordered_mg_ml, tolerance)),
        "product_disagrees": _of_another_drug(state, command, base),
        "vial_disagrees": _of_another_vial(command, now, base),
        "checker_is_preparer": command.checker in (by.id, by.name),
        "above_register_balance": balance_mg is not None and command.drawn_mg > balance_mg,
    }
    return tuple(flag for flag, holds in found.items() if holds)


def _label_agrees(
    command: d.PrepareDose | p.ChangeSyringe | d.DosePrepared | p.SyringeChanged,
    now: datetime,
    base: KnowledgeBase,
    tolerance: float,
) -> bool:
    """Whether the milligrams are those of volume and label, or of whole devices; what is not drawn has no label."""
    volume_ml, strength = command.volume_ml, command.concentration_mg_ml
    if volume_ml is not None and strength is not None:
        return agree(command.drawn_mg / volume_ml, strength, tolerance)
    devices, each_mg = getattr(command, "devices", None), device_mg(base, command.product_id, now)
    if each_mg is not None:
        return devices is not None and agree(command.drawn_mg, devices * each_mg, tolerance)
    return volume_ml is None and strength is None


def _of_another_drug(
    state: SessionState,
    command: d.PrepareDose | p.ChangeSyringe | d.DosePrepared | p.SyringeChanged,
    base: KnowledgeBase,
) -> bool:
    order = state.order
    return order is not None and drug_of(base, command.product_id, order.route) != order.drug


def _of_another_vial(
    command: d.PrepareDose | p.ChangeSyringe | d.DosePrepared | p.SyringeChanged, now: datetime, base: KnowledgeBase
) -> bool:
    """Whether the millilitres that left the vial hold other milligrams than were written down."""
    vial_ml = getattr(command, "vial_ml", None)
    strength = vial_mg_ml(base, command.product_id, now.date())
    if vial_ml is None:
        return False
    return strength is None or strength_state(base, command.drawn_mg, strength * vial_ml, now.date()) == "fires"


def _prepare(
    state: SessionState,
    command: d.PrepareDose,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    balance_mg: float | None,
) -> e.Event:
    data = command.model_dump(exclude={"type", "at"})
    return d.DosePrepared(**data, flags=label_flags(state, command, by, now, base, balance_mg))


def _change_syringe(
    state: SessionState,
    command: p.ChangeSyringe,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    balance_mg: float | None,
) -> e.Event:
    data = command.model_dump(exclude={"type", "at"})
    label = label_flags(state, command, by, now, base, balance_mg)
    return p.SyringeChanged(
        **data,
        drug=pump_drug_of(base, command.product_id),
        flags=tuple(dict.fromkeys((*label, *_strength_flags(state, command, now, base)))),
    )


def _strength_flags(
    state: SessionState, command: p.ChangeSyringe, now: datetime, base: KnowledgeBase
) -> tuple[str, ...]:
    """What of the order the pump passes when it runs on from this syringe as it is set."""
    if state.phase not in ("running", "paused") or state.order is None:
        return ()
    data = command.model_dump(exclude={"type", "at"})
    event = p.SyringeChanged(**data, drug=pump_drug_of(base, command.product_id))
    after = evolve(
        state,
        e.Recorded(
            session=state.session, n=state.version + 1, at=now, recorded_at=now, by="", command_id="", event=event
        ),
    )
    return tuple(refused.code for refused in session_objections(after, state.order, now, base))


def _time_out(
    state: SessionState,
    command: p.TimeOut,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
) -> e.Event | Refused:
    refused = mismatch(state, command.identifiers)
    if refused:
        return refused
    if by.roles <= {"device", "system"}:
        return Refused(code="role_not_allowed", why="A time-out is done by people who are signed in.")
    order = ordered.infusion(state)
    if order is None:
        return Refused(code="no_order", why="There is no signed infusion to read the pump against.")
    tolerance = number(base, "preflight.time_out", "agreement_percent", now)
    return read_pump(state, order, command.rate_ml_h, command.volume_ml, now, tolerance)


def read_pump(
    state: SessionState,
    order: Order,
    rate_ml_h: float,
    volume_ml: float,
    now: datetime,
    tolerance: float,
) -> p.TimeOutRecorded:
    """One person's reading of the pump, with what of it is not as it should be."""
    set_ml_h, volumes_ml = _to_be_read(state, order, now)
    rate = agree(rate_ml_h, set_ml_h, tolerance)
    volume = any(agree(volume_ml, expected_ml, tolerance) for expected_ml in volumes_ml)
    flags = (*(() if rate else ("rate_disagrees",)), *(() if volume else ("volume_disagrees",)))
    return p.TimeOutRecorded(rate_ml_h=rate_ml_h, volume_ml=volume_ml, agrees=rate and volume, flags=flags)


def _to_be_read(state: SessionState, order: Order, now: datetime) -> tuple[float, tuple[float, ...]]:
    """What the pump should show: before the start the order; after it the rate as set, and the volume programmed or
    what is left of it (pumps show the one or the other). A pump that failed or holds another strength is set anew, so
    only what is left agrees: the whole volume would be given on top of what ran."""
    if state.phase not in ("running", "paused") or state.rate_set_ml_h is None:
        return order.rate_ml_h, (order.volume_ml,)
    programmed_ml = order.volume_ml if state.programmed_ml is None else state.programmed_ml
    rest_ml = to_be_set_ml(state, programmed_ml, now)
    return state.rate_set_ml_h, (rest_ml,) if state.read_pump_since is not None else (programmed_ml, rest_ml)


def _score(command: o.RecordScore, now: datetime, base: KnowledgeBase) -> e.Event | Refused:
    """A value that its scale does not have was not seen by anybody."""
    return off_scale(command, now, base) or o.ScoreRecorded(score=command.score, value=command.value)


def off_scale(told: o.RecordScore | o.ScoreRecorded, now: datetime, base: KnowledgeBase) -> Refused | None:
    watched = told.score.startswith("watched_")
    scale = SCALES.get(told.score, told.value)
    most = number(base, "monitoring.scores", "watched_max", now) if watched else scale
    if told.value > most:
        return Refused(code="not_on_the_scale", why=f"{told.score} goes from 0 to {most:g}. Enter it again.")
    return None


def _waste(state: SessionState, command: p.RecordWaste, by: Actor, now: datetime) -> e.Event:
    found = {
        "witness_is_maker": bool(command.witness) and command.witness in (by.id, by.name),
        "above_what_was_drawn": command.amount_mg + state.wasted_mg + given_of_drawn_mg(state, now) > state.drawn_mg,
    }
    flags = tuple(flag for flag, holds in found.items() if holds)
    return p.WasteRecorded(amount_mg=command.amount_mg, witness=command.witness, flags=flags)


def _acknowledge(
    state: SessionState,
    command: o.AcknowledgeAlert,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
) -> e.Event | Refused:
    """The pause is never longer than that of the tier; with none asked for it is exactly that, so that it ends."""
    if by.roles <= {"device", "system"}:
        return Refused(code="role_not_allowed", why="An alert is acknowledged by a person, by name.")
    alert = next((a for a in state.alerts if a.alert_id == command.alert_id and a.cleared_at is None), None)
    if alert is None:
        return Refused(code="no_such_alert", why="This alert is not open any more. Look at the list again.")
    kind = "technical" if alert.technical else alert.tier.lower()
    most_min = number(base, "monitoring.alert_pause", f"{kind}_max_min", now)
    if command.pause_min > most_min:
        return Refused(code="pause_too_long", why=f"This alert may be paused for {most_min:g} min at most.")
    pause = timedelta(minutes=command.pause_min or most_min)
    return o.AlertAcknowledged(alert_id=alert.alert_id, pause_until=now + pause)


def _start_recovery(state: SessionState) -> e.Event | Refused:
    if state.phase in ("running", "paused"):
        return Refused(code="still_running", why="Stop the infusion first; recovery counts from its stop.")
    if state.phase in ("recovery", *OVER):
        return Refused(code="already_in_recovery", why="Recovery has already begun.")
    if not (state.segments or state.boluses or state.other_doses):
        return Refused(code="nothing_given", why="Nothing was given, so there is nothing to recover from.")
    return recovery_events.RecoveryStarted()


def _recovery_score(
    state: SessionState,
    command: recovery_events.RecordRecoveryScore,
    now: datetime,
    base: KnowledgeBase,
) -> e.Event:
    baseline_sbp = state.baseline.vitals.sbp_mmhg if state.baseline else None
    sbp = command.sbp_mmhg if command.sbp_mmhg is not None else _last_sbp(state, now, base)
    item = aldrete.pressure_item(command.scale, sbp, baseline_sbp, now, base)
    seen = {name: getattr(command, name) for name in ("scale", *recovery_events.SCALE_ITEMS[command.scale])}
    return recovery_events.RecoveryScoreRecorded(**seen, circulation=item, total=aldrete.total(command, item))


def _last_sbp(state: SessionState, now: datetime, base: KnowledgeBase) -> float | None:
    """The latest pressure by hand since the drug stopped, while it is fresh enough for the door; an older one says
    nothing about recovery as it is now."""
    fresh = now - timedelta(minutes=number(base, "recovery.gate.blood_pressure", "max_age_min", now))
    since = max(filter(None, (state.stopped_at or state.recovery_started_at, fresh)))
    readings = (r for r in reversed(state.readings) if since <= r.at <= now)
    return next((r.vitals.sbp_mmhg for r in readings if r.vitals.sbp_mmhg is not None and not r.vitals.artefact), None)


def flags_with(state: SessionState, event: e.Event, now: datetime, base: KnowledgeBase) -> tuple[str, ...]:
    """What stands against the session with one more event, by the limits and the weight of the order: a truth above a
    limit is still the truth."""
    recorded = e.Recorded(
        session=state.session, n=state.version + 1, at=now, recorded_at=now, by="", command_id="", event=event
    )
    after = evolve(state, recorded)
    if after.order is None:
        return ()
    found: list[str] = []
    try:
        each = {drug: factor(drug, after.order, base, now) for drug in {part.drug for part in after.segments}}
        rates = (part.rate_ml_h * part.concentration_mg_ml * each[part.drug] for part in after.segments)
        over = session_objections(after, after.order, now, base, rate_mg_h=max(rates, default=0.0))
        found += [refused.code for refused in over]
        found += [refused.code for refused in weight_objections(after, now, base)]
    except KnowledgeError:
        found.append("limit_missing")
    return tuple(dict.fromkeys(found))
