"""A new patient without a referral: the same look for who is known already, and what was measured."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from norket.desk.page import Asked, show, today
from norket.desk.patients.forms import NewPatientForm, opening
from norket.record.care.admission import admit, alike_patients
from norket.record.people.models import Patient
from norket.therapy.finding import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def new_patient(request: Asked) -> HttpResponse:
    """Registers a patient, or shows who may be the same person, for somebody to decide."""
    if request.method != "POST":
        return _page(request, NewPatientForm(initial=opening(uuid4(), today(request))))
    form, clinic = NewPatientForm(request.POST), request.holder.clinic
    if not form.is_valid():
        return _page(request, form, status=422)
    data = form.cleaned_data
    alike = alike_patients(clinic, data["given_name"], data["family_name"], data["birth_date"])
    same = form.same(alike)
    if isinstance(same, Refused):
        return _page(request, form, alike=alike, refused=same, status=422)
    if same is not None:
        messages.info(request, _("This is %(name)s, who is a patient here already.") % {"name": same.name})
        return HttpResponseRedirect(reverse("desk:patient", args=[same.pk]))
    done = admit(
        clinic,
        form.whole(),
        another=form.another,
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, form, alike=alike, refused=done, status=422)
    messages.success(request, _("%(name)s is a patient now.") % {"name": done.name})
    return HttpResponseRedirect(reverse("desk:chart", args=[done.pk]))


def _page(
    request: Asked,
    form: NewPatientForm,
    *,
    alike: list[Patient] | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    more: dict[str, Any] = {"form": form, "alike": alike or [], "refused": refused}
    return show(request, "norket/patients/new.html", more, status=status)
