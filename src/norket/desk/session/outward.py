"""The words of the way out on the live page: recovery, leaving, what follows."""

from typing import Any

from django.utils.translation import gettext as _


def sentences() -> dict[str, str]:
    """Sentences that the scripts fill in."""
    return {
        "clock_reason": _("{label} {at}: {min} min, until {until}"),
        "home_because": _("Home at {at} at the earliest, because:"),
        "judged": _("judged by the prescriber"),
        "not_computable": _("not computable: the baseline pressure is missing"),
        "capacity_yes": _("Has capacity. The patient may sign; then record leaving."),
        "capacity_no": _("No capacity. Stay with the patient, call the escort, follow the local emergency policy."),
        "capacity_unknown": _(
            "Capacity is not recorded, so no signature is offered: stay, call the escort, local emergency policy."
        ),
        "prescriber_reached": _("Prescriber reached at {at}."),
        "prescriber_not_reached": _("The prescriber is being called. Record when they answer."),
        "readiness": _("{percent} of 100 virtual patients are below {level} ng/mL by now and stay so"),
        "readiness_off": _("The clinic has not switched this on."),
    }


def commands() -> dict[str, str]:
    """What each command is called."""
    return {
        "record_clinical_judgement": _("judgement in place of the score"),
        "record_contact": _("call"),
        "record_safety_plan": _("safety plan"),
        "sign_escort": _("escort's signature"),
        "give_instructions": _("instructions"),
        "raise_leaving": _("wish to leave"),
        "record_capacity": _("capacity"),
        "review_leaving": _("review of leaving"),
        "finish_task": _("task"),
        "complete_form": _("form"),
        "sign_record": _("prescriber's signature"),
        "close_record": _("closing the record"),
    }


def events() -> dict[str, str]:
    """One line for each event."""
    return {
        "clinical_judgement_recorded": _("judged in place of the score: {reason}"),
        "contact_recorded": _("called: {whom}, reached: {reached}"),
        "safety_plan_recorded": _("safety plan: {decision}"),
        "escort_signed": _("escort signed: {name}"),
        "instructions_given": _("instructions given, said back by: {read_back}"),
        "leaving_raised": _("wants to leave"),
        "capacity_recorded": _("capacity to decide to leave: {capacity}"),
        "leaving_reviewed": _("leaving reviewed: {found}"),
        "task_finished": "{task}: {outcome}",
        "form_completed": _("form filled in"),
        "record_signed": _("record signed by the prescriber"),
        "record_closed": _("record closed"),
    }


def values() -> dict[str, str]:
    """The words for the values of those events."""
    return {
        "prescriber": _("prescriber"),
        "escort": _("escort"),
        "second_contact": _("second contact"),
        "manager": _("manager"),
        "responsible_adult": _("responsible adult"),
        "emergency_services": _("emergency services"),
        "patient": _("patient"),
        "both": _("patient and escort"),
        "nobody": _("nobody"),
        "home_with_plan": _("goes home with the plan"),
        "stays": _("stays"),
        "transfer": _("is transferred"),
        "done": _("done"),
        "not_reached": _("not reached"),
        "not_needed": _("not needed"),
        "welfare_call": _("welfare call"),
        "suicide_question": _("question about suicide"),
        "site_check": _("look at the cannula site"),
        "esketamine_form": _("esketamine monitoring form"),
        "escort_signature": _("escort's signature"),
    }


def whom() -> list[tuple[str, str]]:
    """Who may be called."""
    names = values()
    return [
        (name, names[name].capitalize())
        for name in (
            "prescriber",
            "escort",
            "second_contact",
            "manager",
            "responsible_adult",
            "emergency_services",
            "patient",
        )
    ]


def padss_items() -> list[dict[str, Any]]:
    """The four observed items of PADSS."""
    return [
        {
            "name": "walking",
            "label": _("Walking"),
            "values": [(2, _("as at baseline")), (1, _("needs help or dizzy")), (0, _("cannot walk"))],
        },
        {
            "name": "nausea",
            "label": _("Nausea"),
            "values": [(2, _("none or little")), (1, _("moderate")), (0, _("severe"))],
        },
        {
            "name": "pain",
            "label": _("Pain"),
            "values": [(2, _("none or as at baseline")), (1, _("more than that")), (0, _("severe"))],
        },
        {
            "name": "bleeding",
            "label": _("Bleeding"),
            "values": [(2, _("none or a drop")), (1, _("dressing changed")), (0, _("goes on"))],
        },
    ]
