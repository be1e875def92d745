"""Signs of suicide on a page: what was found, what is done now, whom to call, and the form that says what was done."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.desk.page import Asked as Request
from norket.desk.page import today
from norket.record.care import instruments
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.care.fold import Care
from norket.therapy.finding import Finding
from norket.therapy.referral.words import help_in

ANSWERERS = frozenset({"prescriber", "anaesthetist", "nurse", "therapist"})


class RiskForm(CommandForm):
    """What a clinician did about signs of suicide."""

    done = forms.CharField(label=_("What was done: who spoke with the patient, what was agreed"), max_length=2000)


def crisis(request: Request, patient: Patient, care: Care) -> dict[str, Any]:
    """What the template of the signs shows; `signs` is empty where nothing waits for an answer."""
    country = request.holder.clinic.country if request.holder.clinic else ""
    return {
        "signs": [_sign(one) for one in instruments.unanswered(patient, care, today(request))],
        "to_call": help_in(base(), country),
        "answering": RiskForm(),
        "may_answer": bool(ANSWERERS & set(request.holder.roles)),
    }


def _sign(finding: Finding) -> dict[str, Any]:
    entry = base().entry(finding.rule)
    return {"finding": finding, "entry": entry, "code": entry.data["code"]}
