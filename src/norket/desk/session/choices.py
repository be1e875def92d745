"""The lists that the live page offers to fingers: events, scores, recovery items, each with the word for it."""

from typing import Any

from django.utils.translation import gettext as _


def phases() -> dict[str, str]:
    """The phases of a session."""
    return {
        "planned": _("Planned"),
        "checked_in": _("Checked in"),
        "running": _("Running"),
        "paused": _("Paused"),
        "observing": _("Observing"),
        "stopped": _("Stopped"),
        "recovery": _("Recovery"),
        "discharged": _("Discharged"),
        "left": _("Left before discharge"),
        "transferred": _("Transferred"),
    }


def sexes() -> dict[str, str]:
    """Sex as recorded."""
    return {"female": _("female"), "male": _("male")}


def adverse() -> list[tuple[str, str]]:
    """What may happen, the frequent first and the grave where they are found at once."""
    return [
        ("nausea", _("Nausea")),
        ("vomiting", _("Vomiting")),
        ("headache", _("Headache")),
        ("dizziness", _("Dizziness")),
        ("anxiety", _("Anxiety")),
        ("panic", _("Panic")),
        ("agitation", _("Agitation")),
        ("hallucination_distress", _("Distressing visions")),
        ("palpitations", _("Palpitations")),
        ("arrhythmia", _("Irregular pulse")),
        ("chest_pain", _("Chest pain")),
        ("breathlessness", _("Breathless")),
        ("severe_headache", _("Severe headache")),
        ("visual_change", _("Vision changed")),
        ("confusion", _("Confusion")),
        ("focal_deficit", _("Focal deficit")),
        ("seizure", _("Seizure")),
        ("syncope", _("Fainted")),
        ("apnoea", _("Not breathing")),
        ("laryngospasm", _("Laryngospasm")),
        ("anaphylaxis", _("Anaphylaxis")),
        ("drowsiness", _("Drowsy")),
        ("tired", _("Tired, groggy")),
        ("blurred_vision", _("Blurred vision")),
        ("double_vision", _("Double vision")),
        ("constipation", _("Constipation")),
        ("trouble_urinating", _("Trouble passing urine")),
        ("jerky_movement", _("Jerky movements")),
        ("saliva", _("Too much saliva")),
        ("disorientation", _("Disoriented")),
        ("dissociation", _("Dissociation")),
        ("vivid_dreams", _("Vivid dreams")),
        ("euphoria", _("Euphoria")),
        ("dysphoria", _("Low, uneasy")),
        ("hallucination", _("Visions, calm")),
        ("psychiatric_reaction", _("Psychiatric reaction")),
        ("pressure_rise", _("Pressure rise")),
        ("heart_rate_rise", _("Fast pulse")),
        ("hypoxia", _("Low oxygen")),
        ("respiratory_depression", _("Weak breathing")),
        ("raised_brain_pressure", _("Raised brain pressure")),
        ("allergic_reaction", _("Allergic reaction")),
        ("site_infection", _("Cannula infection")),
        ("line_problem", _("Line problem")),
        ("pump_alarm", _("Pump alarm")),
        ("patient_request", _("Patient asks")),
        ("other", _("Other")),
    ]


def scores() -> list[dict[str, Any]]:
    """Scores that take one tap, with the words for each value where the scale has them."""
    degrees = [(0, _("none")), (1, _("mild")), (2, _("moderate")), (3, _("severe"))]
    ten = [(value, "") for value in range(11)]
    moaas = [
        (5, _("answers at once")),
        (4, _("slowly")),
        (3, _("to loud voice")),
        (2, _("to touch")),
        (1, _("to pain")),
        (0, _("no answer")),
    ]
    return [
        {
            "name": "watched_sedation",
            "label": _("Watched sedation"),
            "help": _("without speaking to the patient"),
            "values": degrees,
        },
        {"name": "watched_distress", "label": _("Watched distress"), "help": "", "values": degrees},
        {
            "name": "moaas",
            "label": _("MOAA/S"),
            "help": _("only without response to normal care, or after a rescue sedative"),
            "values": moaas,
        },
        {"name": "dissociation", "label": _("Dissociation"), "help": _("0 none to 10 complete"), "values": ten},
        {"name": "pain", "label": _("Pain"), "help": _("0 none to 10 worst"), "values": ten},
    ]


def preflight_items() -> dict[str, str]:
    """The questions before the start that take one tap."""
    return {
        "consent": _("consent"),
        "fasting": _("fasting"),
        "escort_booked": _("escort booked"),
        "allergies_checked": _("allergies asked"),
        "glucose_checked": _("glucose checked"),
        "interpreter": _("interpreter"),
        "cannula_in": _("cannula in"),
        "toilet_offered": _("toilet offered"),
        "alert_sound_tested": _("alert sound heard"),
        "benefit_risk_noted": _("benefit and risk weighed"),
        "sober_today": _("sober, no sedative today"),
        "suicide_screen": _("suicide asked, nothing new"),
        "medicines_unchanged": _("medicines as last time"),
        "antiemetic_offered": _("something against nausea offered"),
    }


def asked_today() -> list[tuple[str, str]]:
    """The questions of the day, as the nurse reads them aloud."""
    return [
        ("sober_today", _("Nothing to drink, no drugs and no calming medicine today")),
        ("suicide_screen", _("Thoughts of suicide, asked alone: none that are new or worse")),
        ("medicines_unchanged", _("Medicines as last time")),
        ("allergies_checked", _("Allergies as last time")),
        ("glucose_checked", _("Takes no insulin and no sulfonylurea")),
        ("interpreter", _("Interpreter booked for session and discharge, or none needed")),
        ("toilet_offered", _("Toilet offered")),
        ("antiemetic_offered", _("Was sick before: something against nausea offered")),
    ]


def places() -> list[tuple[str, str]]:
    """Where a cannula may be."""
    return [
        ("left_hand", _("Left hand")),
        ("right_hand", _("Right hand")),
        ("left_forearm", _("Left forearm")),
        ("right_forearm", _("Right forearm")),
        ("left_elbow", _("Left elbow")),
        ("right_elbow", _("Right elbow")),
        ("other", _("Elsewhere")),
    ]


def settings() -> list[tuple[str, str]]:
    """How a room is made quiet."""
    return [
        ("quiet", _("Quiet")),
        ("dim", _("Dim light")),
        ("blanket", _("Blanket")),
        ("eye_mask", _("Eye mask")),
        ("music", _("Music")),
        ("therapist_present", _("Therapist present")),
    ]


def recovery_items() -> list[dict[str, Any]]:
    """The four observed items of the modified Aldrete score."""
    return [
        {
            "name": "activity",
            "label": _("Activity"),
            "values": [(2, _("as at baseline")), (1, _("less than baseline")), (0, _("no movement on request"))],
        },
        {
            "name": "respiration",
            "label": _("Breathing"),
            "values": [(2, _("deep, coughs")), (1, _("shallow or laboured")), (0, _("not breathing"))],
        },
        {
            "name": "consciousness",
            "label": _("Consciousness"),
            "values": [(2, _("fully awake")), (1, _("rouses to a call")), (0, _("no response"))],
        },
        {
            "name": "saturation",
            "label": _("Saturation"),
            "values": [(2, _("kept on room air")), (1, _("needs oxygen")), (0, _("low despite oxygen"))],
        },
    ]
