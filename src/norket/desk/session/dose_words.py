"""Words and lists of doses without a pump, of cannula and pump, and of verbal orders."""

from django.utils.translation import gettext as _

from norket.knowledge.reader import read
from norket.therapy.plan.order import DoseOrder

DRAWN = ("im", "sc")


def in_hand(order: DoseOrder | None) -> str:
    """How a dose is counted in the hand: drawn in a syringe, whole devices, or plain milligrams."""
    if order is None or order.route in DRAWN:
        return "drawn"
    return "devices" if order.devices else "plain"


def products() -> list[str]:
    """The products of the knowledge base, by the name on their label."""
    return [str(one.data["product_id"]) for one in read().entries if "product_id" in one.data]


def dose_routes() -> list[tuple[str, str]]:
    return [
        ("im", _("into a muscle")),
        ("sc", _("under the skin")),
        ("intranasal", _("nasal spray")),
        ("sublingual", _("under the tongue")),
        ("oral", _("by mouth")),
    ]


def sites() -> list[tuple[str, str]]:
    return [
        ("left deltoid", _("left deltoid")),
        ("right deltoid", _("right deltoid")),
        ("left thigh", _("left thigh")),
        ("right thigh", _("right thigh")),
        ("abdomen", _("abdomen")),
        ("other", _("other")),
    ]


def losses() -> list[tuple[str, str]]:
    return [
        ("lost", _("Lost")),
        ("sneezed", _("Sneezed")),
        ("vomited", _("Vomited")),
        ("spat_out", _("Spat out")),
        ("leaked", _("Leaked")),
    ]


def failures() -> list[tuple[str, str]]:
    return [
        ("infiltration", _("Swollen")),
        ("extravasation", _("Painful, leaked into tissue")),
        ("dislodged", _("Slipped out")),
        ("blocked", _("Blocked")),
        ("other", _("Other")),
    ]


def faults() -> list[tuple[str, str]]:
    return [
        ("alarm", _("Alarm")),
        ("battery", _("Battery")),
        ("restart", _("Restarted")),
        ("wrong_volume", _("Wrong volume")),
        ("other", _("Other")),
    ]


def verbal_acts() -> list[tuple[str, str]]:
    return [
        ("resume", _("go on after a pause")),
        ("change_rate", _("change the rate")),
        ("stop_infusion", _("stop")),
        ("give_bolus", _("bolus")),
        ("give_dose", _("a dose")),
        ("give_rescue", _("rescue medicine")),
        ("other", _("other")),
    ]


def commands() -> dict[str, str]:
    return {
        "check_dose": _("check of the dose"),
        "give_dose": _("dose"),
        "record_hold": _("hold in the mouth"),
        "record_lost_dose": _("lost dose"),
        "check_site": _("look at the cannula"),
        "record_site_failed": _("failed cannula"),
        "record_pump_fault": _("fault of the pump"),
        "read_pump": _("volume of the pump"),
        "record_verbal_order": _("verbal order"),
        "countersign": _("signature"),
    }


def events() -> dict[str, str]:
    return {
        "dose_check_recorded": _("dose in hand checked"),
        "hold_recorded": _("held {held_min} min, then {then}"),
        "lost_dose_recorded": _("dose {how}: how much arrived is not known"),
        "site_checked": _("cannula runs well"),
        "site_failed": _("cannula failed: {failure}"),
        "pump_fault_recorded": _("pump: {fault}"),
        "pump_read": _("pump says {read_ml} mL given"),
        "verbal_order_recorded": _("verbal order of {prescriber}: {text}"),
        "verbal_order_countersigned": _("verbal order signed"),
    }


def values() -> dict[str, str]:
    lists = (dose_routes(), losses(), failures(), faults())
    named = {value: label.lower() for each in lists for value, label in each if value != "other"}
    return named | {"spat": _("spat out"), "swallowed": _("swallowed")}


def sentences() -> dict[str, str]:
    return {
        "dose_order": _("{text}: {mg} mg, {mg_kg} mg/kg"),
        "dose_order_devices": _("{text}: {mg} mg in {n} devices"),
        "dose_order_ml": _("{text}: {mg} mg, {mg_kg} mg/kg, {ml} mL of {mg_ml} mg/mL"),
        "esketamine": _("esketamine"),
        "give_dose": _("Give the dose"),
        "give_device": _("Give device {n} of {of}"),
        "dose_given_of": _("{mg} of {of} mg given"),
        "dose_at": _("{at} · {mg} mg {route}"),
        "device_at": _("{at} · device {n} of {of}, {mg} mg"),
        "dose_lost": _("{how}: from none to all arrived"),
        "dose_held": _("held {min} min, {then}"),
        "checked_by": _("checked by {n} of 2"),
        "pump_agrees": _("Pump {read} mL, ledger {computed} mL at {at}: difference {difference} mL"),
        "pump_differs": _("Pump {read} mL, ledger {computed} mL at {at}: DIFFERENCE {difference} mL, look for it"),
        "pump_set_to": _("Two people set the pump to {volume} mL, the count that leaves less"),
        "pump_set_to_none": _("By one of the counts nothing of the order is left"),
        "pump_never_read": _("The pump's own count was not read yet."),
        "site_good": _("Last looked at {at}, ran well."),
        "site_unseen": _("Not looked at since the start."),
        "site_failed": _("Failed at {at}. Place another one before more drug."),
        "uncertain": _("Uncertain delivery {from}–{to}"),
        "verbal_due": _("waits for the signature of {who}"),
        "verbal_signed": _("signed {at}"),
        "preparation_dose": _("{mg} mg in {ml} mL is {mg_ml} mg/mL"),
    }
