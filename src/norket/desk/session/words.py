"""The words that the live page's scripts put together, translated on the server so that scripts hold none."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from norket.desk.session import choices, dose_words, outward, safety, words_trial
from norket.desk.session.limits import channels
from norket.desk.session.sentences import sentences


def words(patient_id: UUID, people: dict[str, str], *, session_id: UUID | None = None) -> dict[str, Any]:
    """All texts of the live page by name; `{…}` is filled in by the script."""
    order = reverse("desk:session_order", args=[session_id]) if session_id else reverse("desk:order", args=[patient_id])
    return (
        words_trial.words()
        | sentences()
        | {
            "links": {
                "order": [order, _("Order")],
                "consent": [reverse("desk:consent", args=[patient_id]), _("Consent")],
                "policy": [reverse("desk:policy"), _("Policy")],
                "ready": [reverse("desk:ready"), _("Ready today")],
                "medicines": [reverse("desk:medicines", args=[patient_id]), _("Medicines")],
            },
            "safety": safety.words(),
            "people": people | {"system": _("Norket")},
            "phases": choices.phases(),
            "run_states": _run_states(),
            "tiers": {"T3": _("High"), "T2": _("Medium"), "T1": _("Low")},
            "commands": _commands() | dose_words.commands(),
            "events": _events() | dose_words.events(),
            "values": _values() | dose_words.values(),
            "marks": _marks(),
            "score_short": _score_short(),
            "supply": _supply(),
            "gates": _gates(),
            "gates_asked": _gates_asked(),
            "refusals": _refusals(),
            "undecided_why": _undecided_why(),
            "panels": _panels(),
            "sources": {"device": _("monitor"), "person": _("by hand")},
            "fields": vitals(),
            "signs": channels(),
            "sound_roles": {
                "mine": _("Sound: my device"),
                "station": _("Sound: station"),
                "chair": _("Sound: chair, high only"),
            },
            "sites": {"arterial": _("arterial"), "venous": _("venous"), "effect": _("effect site")},
            "analytes": {"ketamine": _("ketamine"), "norketamine": _("norketamine"), "effect_site": _("effect site")},
        }
    )


def vitals() -> dict[str, str]:
    """What is measured, in words."""
    return {
        "sbp_mmhg": _("systolic pressure"),
        "dbp_mmhg": _("diastolic pressure"),
        "hr_per_min": _("heart rate"),
        "spo2_percent": "SpO₂",
        "rr_per_min": _("breathing rate"),
        "moaas": "MOAA/S",
    }


def _run_states() -> dict[str, str]:
    return {
        "running": _("▶ running"),
        "observing": _("given"),
        "paused": _("❚❚ paused"),
        "stopped": _("■ stopped"),
        "recovery": _("■ stopped"),
        "discharged": _("■ stopped"),
        "left": _("■ stopped"),
        "transferred": _("■ stopped"),
    }


def _commands() -> dict[str, str]:
    return {
        "check_in": _("check-in"),
        "bind_device": _("monitor connected"),
        "unbind_device": _("monitor disconnected"),
        "record_preflight": _("pre-flight answer"),
        "record_arrival": _("questions of today"),
        "record_access": _("cannula"),
        "record_setting": _("comfort and setting"),
        "record_baseline": _("baseline"),
        "record_gate": _("gate"),
        "record_escort": _("escort"),
        "prepare_dose": _("preparation"),
        "time_out": _("time-out reading"),
        "start_infusion": _("start"),
        "change_rate": _("rate"),
        "give_bolus": _("bolus"),
        "give_rescue": _("rescue medicine"),
        "pause": _("pause"),
        "resume": _("resume"),
        "stop_infusion": _("stop"),
        "record_waste": _("waste"),
        "witness_waste": _("signature of the witness"),
        "record_vitals": _("vital signs"),
        "record_level": _("blood level"),
        "record_score": _("score"),
        "record_event": _("event"),
        "raise_concern": _("call for help"),
        "acknowledge_alert": _("acknowledgement"),
        "set_limit": _("limit of this patient"),
        "suspend_monitoring": _("off the monitor"),
        "resume_monitoring": _("back on the monitor"),
        "offer_handover": _("handover"),
        "accept_handover": _("taking over"),
        "start_recovery": _("recovery"),
        "record_recovery_score": _("recovery score"),
        "discharge": _("discharge"),
        "leave_early": _("leaving early"),
        "name_act": _("name"),
        "follow_event": _("how the event goes on"),
        "record_comfort": _("comfort"),
        "note_emergency": _("emergency log"),
        "report_incident": _("incident report"),
        "sign_incident": _("signature of the incident report"),
        "transfer": _("transfer"),
        "correct": _("correction"),
        "note": _("note"),
        **outward.commands(),
    }


def _events() -> dict[str, str]:
    return {
        "session_planned": _("session planned"),
        "order_signed": _("order signed"),
        "checked_in": _("checked in"),
        "preflight_recorded": "{item}: {answer}",
        "access_recorded": _("cannula {outcome}: {place}, {gauge_g} G"),
        "setting_recorded": _("comfort and setting {intention}"),
        "baseline_recorded": _("baseline {vitals}"),
        "gate_recorded": "{gate}: {answer}",
        "escort_recorded": _("escort: {status} {name}"),
        "dose_prepared": _("prepared {drawn_mg} mg in {volume_ml} mL"),
        "time_out_recorded": _("time-out: pump at {rate_ml_h} mL/h"),
        "infusion_started": _("infusion started at {rate_ml_h} mL/h"),
        "rate_changed": _("rate {rate_ml_h} mL/h"),
        "bolus_given": _("bolus {amount_mg} mg"),
        "rescue_given": "{drug} {amount} {unit} {route}",
        "dose_given": "{amount_mg} mg {route}",
        "infusion_paused": _("paused"),
        "infusion_resumed": _("resumed"),
        "infusion_stopped": _("stopped after {delivered_mg} mg"),
        "syringe_changed": _("syringe changed"),
        "waste_recorded": _("wasted {amount_mg} mg"),
        "waste_witnessed": _("waste of {amount_mg} mg witnessed"),
        "vitals_recorded": "{vitals}",
        "level_recorded": _("{analyte} {value} {unit}, {site}"),
        "score_recorded": "{score} {value}",
        "event_recorded": _("{event}, grade {grade}"),
        "concern_raised": _("help called"),
        "alert_raised": "{tier}: {why}",
        "alert_escalated": _("alert escalated to {to}"),
        "alert_acknowledged": _("alert acknowledged"),
        "alert_rearmed": _("alert sounds again"),
        "alert_cleared": _("alert cleared"),
        "limit_set": _("limit of this patient: {rule} {value} (clinic {clinic})"),
        "limit_expired": _("limit ran out: {rule} {value}"),
        "monitoring_suspended": _("off the monitor"),
        "monitoring_resumed": _("back on the monitor"),
        "recovery_started": _("recovery started"),
        "recovery_score_recorded": _("recovery score {total}"),
        "discharged": _("discharged"),
        "left_early": _("left before discharge"),
        "device_bound": _("monitor connected"),
        "device_unbound": _("monitor disconnected"),
        "handover_offered": _("handover offered to {to}"),
        "handover_accepted": _("handover accepted by {to}"),
        "evacuation_recorded": _("evacuated"),
        "accounted_for": _("seen after the evacuation {place}"),
        "evacuation_ended": _("evacuation over"),
        "act_named": _("event {act} was {person}"),
        "corrected": _("correction: {reason}"),
        "event_followed": _("event {n}: {outcome}"),
        "comfort_recorded": "{step}",
        "emergency_noted": _("emergency: {step} {detail}"),
        "incident_reported": _("incident reported: {what}"),
        "incident_signed": _("incident report signed"),
        "transferred": _("transferred to {to}"),
        "noted": _("note: {text}"),
        **outward.events(),
    }


def _values() -> dict[str, str]:
    named = (
        dict(choices.adverse())
        | dict(safety.comforts())
        | dict(safety.steps())
        | {score["name"]: score["label"] for score in choices.scores()}
        | choices.preflight_items()
        | dict(choices.places())
        | dict(choices.settings())
        | {"placed": _("placed"), "failed": _("failed")}
    )
    return (
        named
        | _gates()
        | {
            "resolved": _("resolved"),
            "ongoing": _("same"),
            "worse": _("worse"),
            "opened": _("opened"),
            "over": _("over"),
            "yes": _("yes"),
            "no": _("no"),
            "unknown": _("not known"),
            "present": _("here"),
            "expected": _("expected"),
            "no_show": _("did not come"),
            "none": _("none"),
            **outward.values(),
        }
    )


def _marks() -> dict[str, str]:
    return {
        "rescue_given": _("rescue"),
        "dose_given": _("dose"),
        "concern_raised": _("help"),
        "noted": _("note"),
        "rate_changed": _("rate"),
        "infusion_paused": _("pause"),
        "infusion_resumed": _("resume"),
        "infusion_stopped": _("stop"),
        "infusion_started": _("start"),
    }


def _score_short() -> dict[str, str]:
    return {
        "moaas": "MOAA/S",
        "watched_sedation": _("sed"),
        "watched_distress": _("distr"),
        "dissociation": _("diss"),
        "pain": _("pain"),
        "mobility": _("mob"),
        "recovery": _("rec"),
    }


def _supply() -> dict[str, str]:
    return {
        "preflight.identity": _("Check in"),
        "preflight.weight": _("Baseline"),
        "preflight.baseline": _("Baseline"),
        "preflight.do_not_start": _("Recheck"),
        "preflight.would_stop": _("Recheck"),
        "preflight.alerts": _("Alerts"),
        "preflight.cannula": _("Cannula"),
        "preflight.access": _("Cannula"),
        "preflight.pressure_hold": _("Recheck"),
        "preflight.stock": _("Prepare"),
        "preflight.prepared": _("Prepare"),
        "preflight.time_out": _("Read pump"),
        "preflight.dose_check": _("Check dose"),
        "preflight.agreement": _("Read pump"),
        "recovery.gate.score": _("Score"),
        "recovery.gate.sedation_orientation": _("Scores"),
        "recovery.gate.blood_pressure": _("Vitals"),
        "recovery.gate.no_open_alert": _("Alerts"),
        "recovery.gate.escort": _("Escort"),
        "recovery.gate.instructions": _("Instructions"),
        "recovery.gate.suicide_risk": _("Safety plan"),
    }


def _gates() -> dict[str, str]:
    return {
        "oriented": _("Oriented"),
        "gait_steady": _("Gait"),
        "dissociation_settled": _("Dissociation"),
        "suicide_risk_reviewed": _("Review"),
        "cannula_removed": _("Cannula"),
        "instructions_given": _("Instructions"),
        "room_air_saturation": _("Room air"),
    }


def _gates_asked() -> dict[str, str]:
    return {
        "oriented": _("Oriented to person, place and time?"),
        "gait_steady": _("Walks as at baseline?"),
        "dissociation_settled": _("Dissociation settled?"),
        "suicide_risk_reviewed": _("Suicide risk asked, same as baseline or better?"),
        "cannula_removed": _("Cannula removed?"),
        "instructions_given": _("Written instructions given?"),
        "room_air_saturation": _("Saturation seen on room air?"),
    }


def _panels() -> dict[str, str]:
    return {
        "Alerts": _("alerts"),
        "Readout": _("numbers"),
        "Strip": _("what is due"),
        "Preflight": _("pre-flight"),
        "Recovery": _("recovery"),
        "Low": _("predicted level"),
        "Names": _("names to be said"),
        "Doses": _("doses"),
        "NorketChart": _("chart"),
        "Safety": _("events and emergency log"),
        "Handover": _("handover"),
        "OwnLimits": _("limits of this patient"),
        "Trial": _("trying a change"),
        "Learn": _("update from this patient"),
        "Rehearsed": _("rehearsal"),
        "Roster": _("kept roster"),
        "Drafts": _("kept drafts"),
        "LastView": _("kept view"),
        "SoundRole": _("choice of sound"),
        "Awake": _("keeping the screen on"),
        "Pad": _("number pad"),
        "Keys": _("keys"),
    }


def _undecided_why() -> dict[str, str]:
    return {
        "order_expired": _("Nobody answered in time, so this order is void. It is not in the record."),
        "stale": _("The session changed while you were looking, so this was not done."),
        "unproven": _(
            "Entered at the locked screen, after “Go on”: nobody knows by whom. Send only what you did yourself."
        ),
    }


def _refusals() -> dict[str, str]:
    return {
        "kept": _("You are signed out. Sign in again here: what you did is kept in this window and is sent then."),
        "401": _("You are signed out. Sign in again; what you did is not recorded."),
        "403": _("Your role may not do this. Ask a colleague whose role may."),
        "409": _("The session changed while you were looking. Read it again, then do it once more."),
        "other": _("The server did not accept this (code {status}). It is not recorded."),
    }
