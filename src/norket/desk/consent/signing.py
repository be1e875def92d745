"""The pages of the tablet: the patient reads, ticks and signs; then the staff say what they found, and take it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from norket.desk.consent import tablet
from norket.desk.consent.forms import FoundForm, PatientForm
from norket.desk.page import Asked, show
from norket.desk.second import oneself
from norket.record.care import consent
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.consent import Document, document
from norket.therapy.finding import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: Asked, patient_id: UUID) -> HttpResponse:
    """The document, one box for each topic, and the name; afterwards the words that ask for the tablet back."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    handed = _handed(request, patient)
    if handed is None:
        return _home(patient)
    made = _made(patient, handed)
    if handed.step != "read":
        return _back_page(request, patient, handed, FoundForm(initial=_fresh(handed), patient=patient))
    if request.method != "POST":
        return _read_page(request, patient, made, PatientForm(document=made, name=patient.name))
    if "not_now" in request.POST:
        tablet.keep(request, handed.model_copy(update={"step": "not_now"}))
        return HttpResponseRedirect(request.path)
    form = PatientForm(request.POST, document=made, name=patient.name)
    if made.sha256 != handed.sha256 or not form.is_valid():
        return _read_page(request, patient, made, form, status=422)
    done = {"step": "signed", "signed_name": form.cleaned_data["signed_name"], "acknowledged": tuple(form.acknowledged)}
    tablet.keep(request, handed.model_copy(update=done))
    return HttpResponseRedirect(request.path)


@require_POST
def finish(request: Asked, patient_id: UUID) -> HttpResponse:
    """The clinician says what they found and proves who they are; then the consent is on record."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    handed = _handed(request, patient)
    if handed is None or handed.step != "signed":
        return _home(patient)
    form = FoundForm(request.POST, patient=patient)
    if not form.is_valid():
        return _back_page(request, patient, handed, form, status=422)
    clinician = oneself(request, patient.pk, form.cleaned_data)
    if isinstance(clinician, Refused):
        return _back_page(request, patient, handed, form, refused=clinician, status=422)
    signing = form.signing(
        sha256=handed.sha256,
        way="typed",
        signed_name=handed.signed_name,
        acknowledged=handed.acknowledged,
        clinician=clinician.name,
        witness=clinician.name,
    )
    done = consent.take(
        patient,
        _made(patient, handed),
        signing,
        contact=handed.contact,
        emergency=handed.emergency,
        by=request.actor.id,
        now=request.now,
        command_id=str(handed.command_id),
    )
    if isinstance(done, Refused):
        return _back_page(request, patient, handed, form, refused=done, status=422)
    tablet.take_back(request, patient.pk, "signed")
    messages.success(request, _("The consent is signed and recorded."))
    return _home(patient)


@require_POST
def back(request: Asked, patient_id: UUID) -> HttpResponse:
    """A member of staff takes the tablet back without a signature."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    handed = tablet.handed(request.session)
    if handed is None:
        return _home(patient)
    data = {"password": request.POST.get("back_password", ""), "code": request.POST.get("back_code", "")}
    person = oneself(request, patient.pk, data)
    if isinstance(person, Refused):
        if handed.step == "read":
            made = _made(patient, handed)
            return _read_page(
                request, patient, made, PatientForm(document=made, name=patient.name), refused=person, status=422
            )
        form = FoundForm(initial=_fresh(handed), patient=patient)
        return _back_page(request, patient, handed, form, refused=person, status=422)
    tablet.take_back(request, patient.pk, "unsigned")
    messages.success(request, _("The tablet is with you again. Nothing was signed."))
    return _home(patient)


def _handed(request: Asked, patient: Patient) -> tablet.Handed | None:
    """What this patient has in hand; what was left lying since another day is over."""
    found = tablet.handed(request.session)
    if found is None or found.patient != patient.pk:
        return None
    return found if found.on == consent.today(patient, request.now) else found.model_copy(update={"step": "not_now"})


def _made(patient: Patient, handed: tablet.Handed) -> Document:
    """The document as it would be made now; its hash shows whether it is still the one that was read."""
    return document(
        base(),
        handed.scope,
        on=handed.on,
        contact=handed.contact,
        emergency=handed.emergency,
        clinic_rate=consent.own_rate(patient, handed.scope.indication, handed.on),
    )


def _fresh(handed: tablet.Handed) -> dict[str, Any]:
    return {"command_id": handed.command_id}


def _home(patient: Patient) -> HttpResponse:
    return HttpResponseRedirect(reverse("desk:consent", args=[patient.pk]))


def _read_page(
    request: Asked,
    patient: Patient,
    made: Document,
    form: PatientForm,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    handed = tablet.handed(request.session)
    known = {"patient": patient, "made": made, "form": form, "refused": refused}
    changed = handed is not None and handed.sha256 != made.sha256
    return show(request, "norket/consent/sign.html", {**known, "changed": changed}, status=status)


def _back_page(
    request: Asked,
    patient: Patient,
    handed: tablet.Handed,
    form: FoundForm,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    return show(
        request,
        "norket/consent/back.html",
        {
            "patient": patient,
            "handed": handed,
            "form": form,
            "refused": refused,
            "questions": base().entry("consent.con_04").data["teach_back"],
            "staff": request.holder.name,
        },
        status=status,
    )
