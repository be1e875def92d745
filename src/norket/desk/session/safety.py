"""The words of what goes wrong: the catalogue of adverse events by group, comfort, the emergency log, the incident."""

from typing import Any

from django.utils.translation import gettext as _

from norket.desk.session import choices
from norket.desk.session.rescue import agents
from norket.record.session.queries import base
from norket.therapy.plan.rescue_signing import SignedRescue
from norket.therapy.session.adverse import NOT_OF_THE_PATIENT, entry_of


def catalogue() -> list[dict[str, Any]]:
    """Every adverse event in one tap, under the part of the body it belongs to; the device last."""
    names = {
        "body": _("Body"),
        "mind": _("Mind"),
        "heart": _("Heart and pressure"),
        "breath": _("Breathing"),
        "nerves": _("Head and nerves"),
        "other": _("Other"),
    }
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
    for code, label in choices.adverse():
        entry = entry_of(base(), code)
        found[entry.data["group"] if entry else "other"].append((code, label))
    return [{"name": names[group], "events": events} for group, events in found.items()]


def comforts() -> list[tuple[str, str]]:
    """What is done first for somebody who is frightened."""
    return [
        ("presence", _("I stay here; grounding words")),
        ("mask_off", _("Eye mask off")),
        ("headphones_off", _("Headphones off")),
        ("offered_slower", _("Offered to go slower")),
        ("offered_pause", _("Offered a pause")),
        ("therapist_called", _("Therapist called")),
    ]


def steps() -> list[tuple[str, str]]:
    """What an emergency log records beside medicines."""
    return [
        ("team_called", _("Team called")),
        ("ambulance_called", _("Ambulance called")),
        ("oxygen_on", _("Oxygen on")),
        ("airway_opened", _("Airway opened")),
        ("bag_mask", _("Bag and mask")),
        ("suction", _("Suction")),
        ("side_position", _("On the side")),
        ("compressions", _("Compressions")),
        ("defibrillator_on", _("Defibrillator on")),
        ("shock", _("Shock given")),
        ("team_arrived", _("Team is here")),
        ("ambulance_arrived", _("Ambulance is here")),
    ]


def emergency_drugs(signed: tuple[SignedRescue, ...]) -> list[dict[str, Any]]:
    """One tap for each medicine: with the doses of its signed template, and without one for every other."""
    dosed = [
        {"drug": one.agent, "amount": amount, "unit": one.unit, "route": one.route}
        for one in signed
        for amount in dict.fromkeys((one.least, one.most))
    ]
    named = {one.agent for one in signed}
    return [*dosed, *({"drug": agent, "amount": None} for agent in agents() if agent not in named)]


def words() -> dict[str, Any]:
    """What the scripts put together."""
    return {
        "grades": {
            "1": _("mild"),
            "2": _("moderate"),
            "3": _("severe"),
            "4": _("life-threatening"),
            "5": _("death"),
        },
        "since": _("since {at}"),
        "look_again": _("look again {at}"),
        "serious": _("serious"),
        "late": _("late"),
        "complete": _("Complete"),
        "completed": _("completed afterwards"),
        "no_open_events": _("No open events."),
        "fades": _("After pausing, the effect fades by half in about {mid} minutes ({low} to {high})."),
        "fades_unknown": _("How fast the effect fades cannot be predicted now: {why}"),
        "emergency_over": _("ended {at}"),
        "outcomes": {"resolved": _("resolved"), "ongoing": _("same"), "worse": _("worse"), "": ""},
        "rescue_of": _("Rescue medicine"),
    }


def device_events() -> frozenset[str]:
    """What is recorded as an event and is none of the patient's."""
    return NOT_OF_THE_PATIENT
