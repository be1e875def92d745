"""One line of plain words for each event: what the header and the event strip show as the latest thing."""

from datetime import datetime

from norket.therapy.session import arrival_events as a
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import recovery_events as r
from norket.therapy.session import safety_events as se
from norket.therapy.session import shapes
from norket.therapy.session import watch_events as o
from norket.therapy.session import way_out_events as w
from norket.therapy.session.level_events import LevelRecorded
from norket.therapy.session.waste_events import WasteWitnessed


def describe(event: e.Event) -> str:  # noqa: PLR0912 -- one line for each kind of event
    """A short sentence fragment in English, without a person's name; numbers carry their unit."""
    match event:
        case p.InfusionStarted():
            return f"infusion started at {event.rate_ml_h:g} mL/h"
        case LevelRecorded():
            below = "below " if event.below else ""
            return f"{event.analyte.replace('_', '-')} {below}{event.value:g} {event.unit}, {event.site}"
        case p.RateChanged():
            return f"rate changed to {event.rate_ml_h:g} mL/h"
        case p.InfusionStopped():
            how = "complete" if event.complete else "stopped"
            return f"infusion {how} after {event.delivered_mg:.1f} mg{_told(event.told_at)}"
        case p.InfusionPaused():
            return f"infusion paused{_told(event.told_at)}"
        case p.BolusGiven():
            return f"bolus of {event.amount_mg:g} mg"
        case d.DoseGiven():
            device = f", device {event.device_n} of {event.device_of}" if event.device_n and event.device_of else ""
            return f"{event.amount_mg:g} mg {event.route}{device}"
        case d.RescueGiven():
            return f"rescue: {event.drug} {_dose(event)} {event.route}".strip()
        case d.DosePrepared() | p.SyringeChanged():
            at = f" at {event.concentration_mg_ml:g} mg/mL" if event.concentration_mg_ml else ""
            return f"{event.type.replace('_', ' ')}: {event.drawn_mg:g} mg{at}"
        case p.WasteRecorded():
            return f"{event.amount_mg:g} mg wasted"
        case WasteWitnessed():
            return f"waste of {event.amount_mg:g} mg witnessed"
        case o.ScoreRecorded():
            return f"{event.score.replace('_', ' ')} {event.value}"
        case r.RecoveryScoreRecorded():
            return f"recovery score {'not computable' if event.total is None else event.total}"
        case o.VitalsRecorded():
            return _vitals(event.vitals)
        case o.EventRecorded():
            return f"{event.event.replace('_', ' ')}, grade {event.grade}"
        case a.PreflightRecorded():
            return f"{event.item.replace('_', ' ')}: {event.answer}"
        case a.AccessRecorded():
            return f"cannula {event.outcome}: {event.gauge_g} G, {event.place.replace('_', ' ')}"
        case a.SettingRecorded():
            return "comfort and setting"
        case r.GateRecorded():
            return f"{event.gate.replace('_', ' ')}: {event.answer}"
        case r.EscortRecorded():
            return f"escort: {event.status.replace('_', ' ')}"
        case o.LimitSet():
            return _limit(event)
        case o.LimitExpired():
            return f"limit of this patient ran out: {_criterion(event.rule)} {event.value:g}"
        case o.MonitoringSuspended():
            return f"off the monitor ({event.reason}) until {event.until:%H:%M} UTC"
        case o.MonitoringResumed():
            return "back on the monitor"
        case w.ContactRecorded():
            return f"{event.whom.replace('_', ' ')} called, reached: {event.reached}"
        case w.CapacityRecorded():
            return f"capacity to decide to leave: {event.capacity}"
        case w.InstructionsGiven():
            return f"instructions given, said back by {event.read_back}"
        case w.TaskFinished():
            return f"{event.task.replace('_', ' ')}: {event.outcome.replace('_', ' ')}"
        case o.AlertRaised():
            return f"{event.tier}: {event.why}"
        case e.Noted():
            return event.text
        case se.EventFollowed():
            return f"event {event.n} {event.outcome}"
        case se.ComfortRecorded() | se.EmergencyNoted():
            return " ".join(filter(None, (event.step.replace("_", " "), getattr(event, "detail", ""))))
        case se.Transferred():
            return f"transferred to {event.to}{_told(event.told_at)}"
        case r.LeftEarly():
            return f"left early{_told(event.told_at)}"
        case _:
            return _of_delivery(event)


def _told(at: datetime | None) -> str:
    return f", said to be at {at:%H:%M} UTC" if at is not None else ""


def _of_delivery(event: e.Event) -> str:
    match event:
        case d.LostDoseRecorded():
            return f"dose {event.how.replace('_', ' ')}: how much arrived is not known"
        case d.HoldRecorded():
            return f"held {event.held_min:g} min, then {event.then}"
        case p.SiteFailed():
            return f"cannula failed: {event.failure}"
        case p.PumpFaultRecorded():
            return f"pump: {event.fault.replace('_', ' ')}"
        case p.PumpRead():
            return f"pump read: {event.read_ml:g} mL"
        case d.VerbalOrderRecorded():
            return f"verbal order: {event.text}"
        case _:
            return event.type.replace("_", " ")


def _limit(event: o.LimitSet) -> str:
    if event.value is None:
        return f"limit of the clinic again: {_criterion(event.rule)} {event.clinic:g}"
    kind = "looser" if event.looser else "own"
    return f"{kind} limit of this patient: {_criterion(event.rule)} {event.value:g} (clinic {event.clinic:g})"


def _criterion(rule: str) -> str:
    return " ".join(part.replace("_", " ") for part in rule.split(".")[1:])


def _dose(event: d.RescueGiven) -> str:
    return "dose not known yet" if event.amount is None else f"{event.amount:g} {event.unit}"


def _vitals(vitals: shapes.Vitals) -> str:
    parts: list[str] = []
    if vitals.sbp_mmhg is not None and vitals.dbp_mmhg is not None:
        parts.append(f"{vitals.sbp_mmhg:g}/{vitals.dbp_mmhg:g} mmHg")
    parts += [f"heart rate {vitals.hr_per_min:g}/min"] if vitals.hr_per_min is not None else []
    parts += [f"SpO2 {vitals.spo2_percent:g} %"] if vitals.spo2_percent is not None else []
    parts += [f"breathing {vitals.rr_per_min:g}/min"] if vitals.rr_per_min is not None else []
    return ", ".join(parts) or "vital signs recorded"
