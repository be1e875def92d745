"""All ketamine of one patient on one page: the last week, the life time, and what was told of other places."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from norket.desk.exposure.forms import AskedForm, DoseForm
from norket.desk.page import Asked, names, show, zone
from norket.desk.screening.forms import ROUTES
from norket.desk.takeback import taken_back
from norket.record.care import actions, queries
from norket.record.exposure import exposure
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.care.events import DoseReported, Event, Recorded
from norket.therapy.finding import Refused
from norket.therapy.plan.exposure import RULE, lifetime_mg, unknown_doses

WRITERS = frozenset({"prescriber", "anaesthetist", "nurse", "therapist"})
DRUGS = ("ketamine", "esketamine")
Form = DoseForm | AskedForm


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Asked, patient_id: UUID) -> HttpResponse:
    """What is known; one more dose elsewhere, or the answer to the question for them, is recorded."""
    patient = Patient.objects.get(pk=patient_id)
    if request.method != "POST":
        return _page(request, patient)
    form: Form = _dose_form(request, request.POST) if "route" in request.POST else AskedForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, typed=form, status=422)
    return _recorded(request, patient, form.event(), str(form.cleaned_data["command_id"]), typed=form)


@require_POST
def take_back(request: Asked, patient_id: UUID) -> HttpResponse:
    """A dose that was wrong does not count any more; it stays in the ledger."""
    patient = Patient.objects.get(pk=patient_id)
    doses = [one for one in queries.care(patient_id).ever_decided if isinstance(one.event, DoseReported)]
    return _answered(request, patient, taken_back(request, patient_id, doses))


def _recorded(
    request: Asked, patient: Patient, event: Event, command_id: str, *, typed: Form | None = None
) -> HttpResponse:
    done = actions.record(patient.pk, [event], by=request.actor.id, now=request.now, command_id=command_id)
    return _answered(request, patient, done, typed=typed)


def _answered(
    request: Asked, patient: Patient, done: Sequence[Recorded] | Refused, *, typed: Form | None = None
) -> HttpResponse:
    if isinstance(done, Refused):
        return _page(request, patient, typed=typed, refused=done, status=422)
    messages.success(request, _("Recorded."))
    return HttpResponseRedirect(reverse("desk:exposure", args=[patient.pk]))


def _dose_form(request: Asked, data: Any = None) -> DoseForm:
    return DoseForm(data, initial={"command_id": uuid4()}, now=request.now, zone=zone(request))


def _page(
    request: Asked, patient: Patient, *, typed: Form | None = None, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    known, care = exposure(patient, request.now), queries.care(patient.pk)
    week = timedelta(days=base().figure(RULE, "shown_d", on=request.now.date()).value)
    return show(
        request,
        "norket/exposure/exposure.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "given_here": [dose for dose in known.doses if dose.source == "session"],
            "elsewhere": care.doses_elsewhere,
            "asked": care.asked_elsewhere[:1],
            "totals": [
                {
                    "drug": drug,
                    "life_mg": lifetime_mg(known, drug),
                    "week_mg": sum(
                        dose.amount_mg or 0.0
                        for dose in known.doses
                        if dose.drug == drug and request.now - dose.at <= week
                    ),
                }
                for drug in DRUGS
            ],
            "unknown": unknown_doses(known),
            "routes": ROUTES,
            "names": names(request),
            "may_write": bool(WRITERS & set(request.holder.roles)),
            "dose_form": typed if isinstance(typed, DoseForm) else _dose_form(request),
            "asked_form": typed if isinstance(typed, AskedForm) else AskedForm(initial={"command_id": uuid4()}),
            "taking_back": uuid4(),
            "refused": refused,
        },
        status=status,
    )
