"""The page of the time before: what was tried, what is written down, whether a pregnancy is possible."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from norket.desk.history.forms import (
    OUTCOMES,
    DocumentForm,
    FrailtyForm,
    PregnancyForm,
    TrialForm,
)
from norket.desk.page import Asked, names, show, today
from norket.desk.takeback import TakeBackForm, taken_back
from norket.knowledge import Entry
from norket.record.care import actions, queries
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.assessment.trials import DOCUMENT, tried
from norket.therapy.care.events import DocumentRecorded, Event, Recorded, TreatmentTried
from norket.therapy.finding import Refused

CONSENT = "documents.consent"
WRITERS = frozenset({"prescriber", "anaesthetist", "nurse", "therapist"})
Form = TrialForm | DocumentForm | PregnancyForm | FrailtyForm
Kept = TreatmentTried | DocumentRecorded  # what this page may take back; the rest has its own page and its own roles


@require_http_methods(["GET", "HEAD", "POST"])
def history(request: Asked, patient_id: UUID) -> HttpResponse:
    """What is known of the time before; one more entry is recorded and shown."""
    patient = Patient.objects.get(pk=patient_id)
    if request.method != "POST":
        return _page(request, patient)
    form = _typed(request)
    if form is None:
        why = _("Nothing was typed. Fill in one of the forms.")
        return _page(request, patient, refused=Refused(code="form_not_whole", why=why), status=422)
    if not form.is_valid():
        return _page(request, patient, typed=form, status=422)
    return _recorded(request, patient, form.event(), str(form.cleaned_data["command_id"]), typed=form)


@require_POST
def take_back(request: Asked, patient_id: UUID) -> HttpResponse:
    """An entry that was wrong does not count any more; it stays in the ledger."""
    patient = Patient.objects.get(pk=patient_id)
    entries = [one for one in queries.care(patient_id).ever_decided if isinstance(one.event, Kept)]
    return _answered(request, patient, taken_back(request, patient_id, entries))


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
    return HttpResponseRedirect(reverse("desk:history", args=[patient.pk]))


def _documents() -> list[Entry]:
    """The documents that are recorded here; treatment that was tried is listed, and consent has a page of its own."""
    known = [one for one in base().of_kind("class") if one.id.startswith("documents.")]
    return [one for one in known if one.id not in (DOCUMENT, CONSENT)]


def _typed(request: Asked) -> Form | None:
    """The form that was sent, by the field that it alone has."""
    if "treatment" in request.POST:
        return TrialForm(request.POST)
    if "document" in request.POST:
        return DocumentForm(request.POST, documents=_documents())
    if "frail" in request.POST:
        return FrailtyForm(request.POST)
    return PregnancyForm(request.POST) if "status" in request.POST else None


def _page(
    request: Asked, patient: Patient, *, typed: Form | None = None, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    care, day = queries.care(patient.pk), today(request)
    fresh = {"command_id": uuid4()}
    forms: dict[str, Any] = {
        "trial": TrialForm(initial=fresh),
        "document": DocumentForm(initial=fresh | {"on": day.isoformat()}, documents=_documents()),
        "pregnancy": PregnancyForm(initial=fresh),
        "frailty": FrailtyForm(initial=fresh),
    }
    names_of = {TrialForm: "trial", DocumentForm: "document", PregnancyForm: "pregnancy", FrailtyForm: "frailty"}
    if typed is not None:
        forms[names_of[type(typed)]] = typed
    return show(
        request,
        "norket/history/history.html",
        {
            "patient": patient,
            "age_y": patient.age_y(day),
            "forms": forms,
            "care": care,
            "outcomes": OUTCOMES,
            "tried": tried(care.trials, base=base(), on=day),
            "labels": {one.id: one.data["label"] for one in _documents()},
            "names": names(request),
            "refused": refused,
            "may_write": bool(WRITERS & set(request.holder.roles)),
            "taking_back": TakeBackForm(initial=fresh),
        },
        status=status,
    )
