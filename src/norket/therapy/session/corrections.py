"""Corrections: an earlier event taken back, or replaced by the same kind with other data.

A correction is a new event. Whoever makes it needs the right to record the thing itself, and nothing that the program
computes (agreement, totals, flags, milligrams) is ever taken from the hand that corrects.
"""

from datetime import datetime

from pydantic import ValidationError

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.session import aldrete, giving, leaving, limits, ordered, recovery_events, rescuing, way_out_events
from norket.therapy.session import arrival_events as a
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import watch_events as o
from norket.therapy.session.asked import PRESCRIBING
from norket.therapy.session.counted import pump_drug_of
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.delivery import volume_flags
from norket.therapy.session.facts import flags_with, label_flags, off_scale, read_pump
from norket.therapy.session.fold import fold
from norket.therapy.session.state import SessionState

UNTOUCHABLE = frozenset(
    {
        "session_planned",
        "order_signed",
        "corrected",
        "alert_raised",
        "alert_escalated",
        "alert_acknowledged",
        "alert_rearmed",
        "alert_cleared",
        "limit_expired",
        "discharged",
        "left_early",
        "incident_signed",
        "act_named",
        "handover_accepted",
        "evacuation_ended",
        "verbal_order_countersigned",
        "waste_witnessed",
        *way_out_events.UNTOUCHABLE,
    }
)
# What is judged when it is set: it can be taken back, and another one set, but not written over.
SET_ANEW = frozenset({"limit_set", "monitoring_suspended"})
# The command that records each kind of event: who may not send it may not correct it either.
RECORDED_BY = {
    "checked_in": "check_in",
    "preflight_recorded": "record_preflight",
    "access_recorded": "record_access",
    "setting_recorded": "record_setting",
    "baseline_recorded": "record_baseline",
    "gate_recorded": "record_gate",
    "escort_recorded": "record_escort",
    "dose_prepared": "prepare_dose",
    "time_out_recorded": "time_out",
    "infusion_started": "start_infusion",
    "rate_changed": "change_rate",
    "bolus_given": "give_bolus",
    "rescue_given": "give_rescue",
    "dose_check_recorded": "check_dose",
    "dose_given": "give_dose",
    "hold_recorded": "record_hold",
    "lost_dose_recorded": "record_lost_dose",
    "site_checked": "check_site",
    "site_failed": "record_site_failed",
    "pump_fault_recorded": "record_pump_fault",
    "pump_read": "read_pump",
    "verbal_order_recorded": "record_verbal_order",
    "infusion_paused": "pause",
    "infusion_resumed": "resume",
    "infusion_stopped": "stop_infusion",
    "syringe_changed": "change_syringe",
    "waste_recorded": "record_waste",
    "vitals_recorded": "record_vitals",
    "level_recorded": "record_level",
    "score_recorded": "record_score",
    "event_recorded": "record_event",
    "concern_raised": "raise_concern",
    "limit_set": "set_limit",
    "monitoring_suspended": "suspend_monitoring",
    "monitoring_resumed": "resume_monitoring",
    "recovery_started": "start_recovery",
    "recovery_score_recorded": "record_recovery_score",
    "device_bound": "bind_device",
    "device_unbound": "unbind_device",
    "handover_offered": "offer_handover",
    "evacuation_recorded": "record_evacuation",
    "accounted_for": "account_for",
    "noted": "note",
    **way_out_events.RECORDED_BY,
    "event_followed": "follow_event",
    "comfort_recorded": "record_comfort",
    "emergency_noted": "note_emergency",
    "incident_reported": "report_incident",
    "transferred": "transfer",
}
# Flags that a correction judges anew: those of the limits come with the correction, those of a second person with the
# person it names. All others stay with the event.
JUDGED_ANEW = frozenset(
    {
        "above_cap",
        "above_ceiling",
        "limit_missing",
        "weight_changed",
        "witness_unknown",
        "witness_is_maker",
        "checker_unknown",
        "checker_is_preparer",
        "person_unknown",
    }
)


def correction(
    state: SessionState, command: e.Correct, by: Actor, now: datetime, base: KnowledgeBase
) -> e.Event | Refused:
    """The event of a correction, or why it cannot be made."""
    original = next((event for event in state.ledger if event.n == command.corrects), None)
    if original is None:
        return Refused(code="no_such_event", why=f"Event {command.corrects} is not in this session.")
    kind = original.event.type
    if kind in UNTOUCHABLE:
        return Refused(code="not_correctable", why=f"A {kind} event stays as it is. Write a note instead.")
    if kind in ("time_out_recorded", "dose_check_recorded") and by.id != original.by:
        return Refused(
            code="own_reading_only",
            why="This reading of the pump is another person's. Read the pump yourself: record a time-out of your own.",
        )
    if kind in SET_ANEW and command.data is not None:
        return Refused(code="not_correctable", why="Take this back, or set another one; it is not written over.")
    refused = limits.taken_back(state, original, by, now, base) or _not_their_look(original, command, by)
    if refused is not None:
        return refused
    at = min(command.at, now) if command.at else None
    replacement = None
    if command.data is not None:
        replaced = _replacement(state, original, command, by, at or original.at, now, base)
        if isinstance(replaced, Refused):
            return replaced
        replacement = replaced.model_dump(mode="json", exclude={"type"})
    event = e.Corrected(corrects=command.corrects, reason=command.reason, replacement=replacement, replacement_at=at)
    return event.model_copy(update={"flags": flags_with(state, event, now, base)})


def _not_their_look(original: e.Recorded, command: e.Correct, by: Actor) -> Refused | None:
    """Whoever may not look at what was entered after the end does not get there by a correction either."""
    if not isinstance(original.event, way_out_events.TaskFinished):
        return None
    return leaving.not_their_look(by, original.event.task, str((command.data or {}).get("task", "")))


def _replacement(
    state: SessionState,
    original: e.Recorded,
    command: e.Correct,
    by: Actor,
    at: datetime,
    now: datetime,
    base: KnowledgeBase,
) -> e.Event | Refused:
    """The corrected data as an event of the same kind, with the flags of the original: none can be taken off."""
    try:
        event = e.EVENT.validate_python({**(command.data or {}), "type": original.event.type})
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(str(part) for part in detail["loc"][1:])
        return Refused(code="invalid_correction", why=f"{place}: {detail['msg']}. Correct the field.")
    if "flags" in type(event).model_fields:
        kept = [flag for flag in getattr(original.event, "flags", ()) if flag not in JUDGED_ANEW]
        event = event.model_copy(update={"flags": tuple(dict.fromkeys((*kept, *getattr(event, "flags", ()))))})
    return _computed(state, original, event, by, at, now, base)


def _computed(
    state: SessionState,
    original: e.Recorded,
    event: e.Event,
    by: Actor,
    at: datetime,
    now: datetime,
    base: KnowledgeBase,
) -> e.Event | Refused:
    """The replacement with everything that is computed in it computed again: nobody types a total."""
    if isinstance(event, a.PreflightRecorded):
        return event.model_copy(update={"clinician": bool(by.roles & PRESCRIBING)})
    if isinstance(event, o.ScoreRecorded):
        return off_scale(event, now, base) or event
    if isinstance(event, recovery_events.RecoveryScoreRecorded) and isinstance(
        original.event, recovery_events.RecoveryScoreRecorded
    ):
        circulation = original.event.circulation
        return event.model_copy(update={"circulation": circulation, "total": aldrete.total(event, circulation)})
    before = fold((r for r in state.ledger if r.n < original.n), state.session)
    order = ordered.infusion(before) or ordered.infusion(state)
    if isinstance(event, p.TimeOutRecorded) and order is not None:
        tolerance = number(base, "preflight.time_out", "agreement_percent", now)
        return read_pump(before, order, event.rate_ml_h, event.volume_ml, original.at, tolerance)
    if isinstance(event, p.PumpRead | p.PumpFaultRecorded | p.SiteFailed):
        return event.model_copy(update={"flags": volume_flags(before, event.read_ml, at, base)})
    if isinstance(event, d.RescueGiven):
        return rescuing.classed(event, base)
    dose = ordered.dose(before) or ordered.dose(state)
    if isinstance(event, d.DoseGiven) and isinstance(original.event, d.DoseGiven):
        return giving.corrected(original.event, event, dose, base)
    if isinstance(event, d.DoseCheckRecorded) and dose is not None:
        amount_mg = giving.in_hand_mg(event, now, base)
        flags = tuple(giving.check_flags(dose, event, amount_mg, now, base))
        return event.model_copy(update={"amount_mg": amount_mg, "agrees": not flags, "flags": flags})
    if isinstance(event, p.InfusionStarted | p.SyringeChanged):
        event = event.model_copy(update={"drug": pump_drug_of(base, event.product_id)})
    if isinstance(event, p.InfusionStopped):
        return event.model_copy(update={"delivered_mg": delivered_mg(before, at)})
    if isinstance(event, d.DosePrepared | p.SyringeChanged):
        maker = Actor(id=original.by, name=original.by, roles=frozenset())
        label = label_flags(state, event, maker, now, base, None)
        return event.model_copy(update={"flags": tuple(dict.fromkeys((*label, *event.flags)))})
    return event
