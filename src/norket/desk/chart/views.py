"""The chart page: what is known, what was imported and could not be read, one more line, and taking a line back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from norket.desk.chart.forms import LineForm, WithdrawForm, opening
from norket.desk.page import Asked, names, show, today
from norket.record.care import actions, queries
from norket.record.people.models import Patient
from norket.therapy.care.events import LineWithdrawn
from norket.therapy.care.fold import Care
from norket.therapy.finding import Refused

WRITERS = frozenset({"prescriber", "anaesthetist", "nurse", "therapist", "pharmacist"})


@require_http_methods(["GET", "HEAD", "POST"])
def chart(request: Asked, patient_id: UUID) -> HttpResponse:
    """Every line by its place; a line typed here is recorded and shown."""
    patient = Patient.objects.get(pk=patient_id)
    if request.method != "POST":
        return _page(request, patient, LineForm(initial=opening(today(request))))
    form = LineForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, form, status=422)
    done = actions.record(
        patient_id,
        [form.event()],
        by=request.actor.id,
        now=request.now,
        command_id=str(form.cleaned_data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, patient, form, refused=done, status=422)
    messages.success(request, _("Recorded: %(text)s.") % {"text": form.cleaned_data["text"]})
    return HttpResponseRedirect(reverse("desk:chart", args=[patient_id]))


@require_POST
def withdraw(request: Asked, patient_id: UUID) -> HttpResponse:
    """Takes back a line that was wrong; it stays in the ledger."""
    patient, form = Patient.objects.get(pk=patient_id), WithdrawForm(request.POST)
    if not form.is_valid():
        refused = Refused(code="reason_missing", why=_("Say why the line is wrong; then it is taken back."))
        return _page(request, patient, LineForm(initial=opening(today(request))), refused=refused, status=422)
    data = form.cleaned_data
    done = actions.record(
        patient_id,
        [LineWithdrawn(n=data["n"], index=data["index"], reason=data["reason"])],
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, patient, LineForm(initial=opening(today(request))), refused=done, status=422)
    messages.success(request, _("The line does not count any more."))
    return HttpResponseRedirect(reverse("desk:chart", args=[patient_id]))


def _page(
    request: Asked, patient: Patient, form: LineForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    care = queries.care(patient.pk)
    return show(
        request,
        "norket/chart/chart.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "form": form,
            "places": _places(care),
            "care": care,
            "imports": [one.event for one in care.imports],
            "names": names(request),
            "refused": refused,
            "may_write": bool(WRITERS & set(request.holder.roles)),
            "withdrawing": WithdrawForm(),
        },
        status=status,
    )


def _places(care: Care) -> list[dict[str, Any]]:
    headings = (
        ("conditions", _("Conditions")),
        ("medicines", _("Medicines")),
        ("allergies", _("Allergies and bad reactions")),
        ("observations", _("Measurements and results")),
        ("answers", _("Answers")),
    )
    return [{"name": name, "lines": [line for line in care.lines if line.place == place]} for place, name in headings]
