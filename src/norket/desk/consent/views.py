"""The staff's pages: what is agreed and whether it stands, a new document, and what ends a consent."""

import math
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from norket.desk.consent import tablet
from norket.desk.consent.forms import WAYS, WITNESSED, OtherWayForm, ScopeForm, VoidForm
from norket.desk.page import Asked, clinic_id, colleagues, names, show
from norket.desk.screening.forms import ROUTES, SETTINGS
from norket.desk.second import oneself, second_signer
from norket.record.care import consent, queries
from norket.record.care.models import CareEvent
from norket.record.care.queries import recorded
from norket.record.people.models import Patient
from norket.record.session.models import SessionRecord
from norket.record.session.queries import base
from norket.therapy.assessment import indication, indications
from norket.therapy.care.events import ConsentSigned
from norket.therapy.consent import Document, Scope, document
from norket.therapy.consent.document import NO_RATE
from norket.therapy.finding import Refused
from norket.therapy.session.state import ACTIVE
from norket.therapy.visits.calendar import NOWHERE, scope_of
from norket.units import render_number

WITNESSES = ("prescriber", "anaesthetist", "nurse", "therapist", "pharmacist", "manager")
WRITTEN = 1000  # the form writes three decimals
CONSENTED = frozenset({"prescriber", "anaesthetist", "nurse", "therapist"})


@require_safe
def page(request: Asked, patient_id: UUID) -> HttpResponse:
    """What this patient has agreed to, and the document for the plan that the address names."""
    return _page(request, Patient.objects.select_related("clinic").get(pk=patient_id))


@require_POST
def open_(request: Asked, patient_id: UUID) -> HttpResponse:
    """Hands the tablet over: from here on it shows the document and nothing else."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    form = scope_form(request, patient)
    if not form.is_valid():
        return _page(request, patient, status=422)
    first = consent.not_before(patient, queries.care(patient.pk))
    if first is not None and first > consent.today(patient, request.now):
        why = _("A consent was void. A new one can be read and signed from %(day)s on.") % {"day": first}
        return _page(request, patient, refused=Refused(code="too_early", why=why), status=422)
    made = made_from(request, patient, form)
    tablet.hand_over(request, patient.pk, made, form.cleaned_data["contact"], form.cleaned_data["emergency"])
    return HttpResponseRedirect(reverse("desk:consent_sign", args=[patient.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: Asked, patient_id: UUID) -> HttpResponse:
    """A consent on paper, by a mark or spoken: the text to print, and what the clinician records of it."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    plan = scope_form(request, patient)
    if not plan.is_valid():
        return _page(request, patient, status=422)
    made = made_from(request, patient, plan)
    witnesses = [(person.username, person.name) for person in colleagues(request, *WITNESSES)]
    known: dict[str, Any] = {"patient": patient, "document": made, "witnesses": witnesses}
    if request.method != "POST":
        return _record_page(request, patient, plan, made, OtherWayForm(initial={"command_id": uuid4()}, **known))
    form = OtherWayForm(request.POST, **known)
    if not form.is_valid():
        return _record_page(request, patient, plan, made, form, status=422)
    done = _recorded(request, patient, plan, made, form)
    if isinstance(done, Refused):
        return _record_page(request, patient, plan, made, form, refused=done, status=422)
    messages.success(request, _("The consent is recorded."))
    return HttpResponseRedirect(reverse("desk:consent", args=[patient.pk]))


def _recorded(
    request: Asked, patient: Patient, plan: ScopeForm, made: Document, form: OtherWayForm
) -> Any:  # what was recorded, or a refusal
    data = form.cleaned_data
    clinician = oneself(request, patient.pk, data)
    if isinstance(clinician, Refused):
        return clinician
    witness = second_signer(request, patient.pk, data)
    if isinstance(witness, Refused):
        return witness
    if data["way"] in WITNESSED and (witness is None or witness.pk == clinician.pk):
        why = _("A mark or a spoken consent has a witness beside you, who signs in here with their password.")
        return Refused(code="witness_missing", why=why)
    signing = form.signing(
        sha256=made.sha256,
        way=data["way"],
        signed_name=data["signed_name"],
        acknowledged=data["topics"],
        clinician=clinician.name,
        witness=(witness or clinician).name,
    )
    return consent.take(
        patient,
        made,
        signing,
        contact=plan.cleaned_data["contact"],
        emergency=plan.cleaned_data["emergency"],
        kept_at=data["kept_at"],
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )


@require_POST
def withdraw(request: Asked, patient_id: UUID) -> HttpResponse:
    """The patient withdraws: one tap, and every later session is held."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    done = consent.take_back(
        patient, by=request.actor.id, now=request.now, command_id=request.POST.get("command_id", "")[:200] or _id()
    )
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422)
    messages.success(request, _("Withdrawn. No session starts until the patient agrees anew."))
    return HttpResponseRedirect(reverse("desk:consent", args=[patient.pk]))


@require_POST
def void(request: Asked, patient_id: UUID) -> HttpResponse:
    """Something came to light about the hour of signing."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    form = VoidForm(request.POST)
    if not form.is_valid():
        why = Refused(code="form_not_whole", why=_("Say what came to light. Reload the page and choose again."))
        return _page(request, patient, refused=why, status=422)
    data = form.cleaned_data
    done = consent.found_void(
        patient,
        data["n"],
        sedative=data["what"] == "sedative",
        intoxicated=data["what"] == "intoxicated",
        above_usual_dose=data["what"] == "above_usual_dose",
        words=data["words"],
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422)
    messages.success(request, _("The consent is void. It is asked again on another day."))
    return HttpResponseRedirect(reverse("desk:consent", args=[patient.pk]))


@require_safe
def signed(request: Asked, patient_id: UUID, event_n: int) -> HttpResponse:
    """One consent as it was signed, to read and to print: the exact text, its hash, who, when, and what ended it."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    found = next(
        (one for one in consent.kept(patient, consent.today(patient, request.now)) if one.recorded.n == event_n), None
    )
    if found is None:
        return show(request, "norket/refused.html", {"why": _("There is no such consent.")}, status=404)
    return show(
        request,
        "norket/consent/signed.html",
        {
            **about(request, patient),
            "one": found,
            "sections": [part.partition("\n")[::2] for part in found.consent.text.strip("\n").split("\n\n")],
            "way": WAYS[found.consent.signing.way],
            "names": names(request),
        },
    )


def about(request: Asked, patient: Patient) -> dict[str, Any]:
    """The header of a patient."""
    return {"patient": patient, "age_y": patient.age_y(request.now.date()), "clinic": patient.clinic}


def made_from(request: Asked, patient: Patient, form: ScopeForm) -> Document:
    """The document of a valid form, as of today."""
    data, today = form.cleaned_data, consent.today(patient, request.now)
    return document(
        base(),
        data["scope"],
        on=today,
        contact=data["contact"],
        emergency=data["emergency"],
        clinic_rate=consent.own_rate(patient, data["scope"].indication, today),
    )


def scope_form(request: Asked, patient: Patient) -> ScopeForm:
    """What was sent, else what is likely: the last consent of this patient, and of this clinic."""
    rows = [(row.keys[0], row.title) for row in indications(base()) if row.offered]
    given = request.POST if request.method == "POST" else request.GET
    return ScopeForm(given if "indication" in given else None, indications=rows, initial=_likely(request, patient))


def _likely(request: Asked, patient: Patient) -> dict[str, Any]:
    care = queries.care(patient.pk)
    mine = [one.event for one in care.consents if isinstance(one.event, ConsentSigned)]
    row = (
        CareEvent.objects.filter(type="consent_signed", patient__clinic_id=clinic_id(request))
        .order_by("-recorded_at")
        .first()
    )
    last = recorded(row).event if row else None
    found: dict[str, Any] = {"dose_unit": "mg/kg", "drug": "ketamine"}
    if isinstance(last, ConsentSigned):
        found |= {"jurisdiction": last.consent.scope.jurisdiction, "contact": last.contact, "emergency": last.emergency}
    titles = {row.title.casefold(): row.keys[0] for row in indications(base())}
    found["indication"] = titles.get(patient.indication.casefold(), "")
    found |= mine[0].consent.scope.model_dump() if mine else {}
    if care.course is not None:
        planned = scope_of(care.course, NOWHERE, found["dose_unit"])
        found |= planned.model_dump(exclude={"jurisdiction"}) | _range(planned)
    return found


def _range(planned: Scope) -> dict[str, str]:
    """The doses of a signed plan, as wide as the form can write them, so that the consent covers the plan."""
    low, high = (
        round_(figure * WRITTEN) / WRITTEN
        for round_, figure in ((math.floor, planned.dose_low), (math.ceil, planned.dose_high))
    )
    return {"dose_low": render_number(max(low, 1 / WRITTEN)), "dose_high": render_number(high)}


def in_words(scope: Scope) -> str:
    """A scope as people say it."""
    return ", ".join(
        (
            f"{scope.drug} {ROUTES[scope.route]}",
            indication(base(), scope.indication).title,
            str(SETTINGS[scope.setting]),
            scope.dose,
        )
    )


def _page(request: Asked, patient: Patient, *, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    form = scope_form(request, patient)
    planned = form.cleaned_data["scope"] if form.is_bound and form.is_valid() else None
    made = made_from(request, patient, form) if planned else None
    today = consent.today(patient, request.now)
    care = queries.care(patient.pk)
    first = consent.not_before(patient, care)
    return show(
        request,
        "norket/consent/consent.html",
        {
            **about(request, patient),
            "form": form,
            "made": made,
            "no_rate": NO_RATE,
            "query": urlencode({name: form.data[name] for name in form.fields}) if made else "",
            "kept": [(one, in_words(one.consent.scope)) for one in consent.kept(patient, today, planned)],
            "ends": care.consent_ends,
            "standing": consent.standing(patient, planned, today) if planned else None,
            "too_early": first if first is not None and first > today else None,
            "from_plan": care.course is not None and not form.is_bound,
            "ways": WAYS,
            "voiding": VoidForm(initial={"command_id": uuid4()}),
            "command_id": uuid4(),
            "running": SessionRecord.objects.filter(patient=patient, phase__in=ACTIVE).first(),
            "names": names(request),
            "refused": refused,
            "may_take": bool(CONSENTED & set(request.holder.roles)),
        },
        status=status,
    )


def _record_page(
    request: Asked,
    patient: Patient,
    plan: ScopeForm,
    made: Document,
    form: OtherWayForm,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    return show(
        request,
        "norket/consent/record.html",
        {
            **about(request, patient),
            "plan": plan,
            "made": made,
            "form": form,
            "refused": refused,
            "questions": base().entry("consent.con_04").data["teach_back"],
        },
        status=status,
    )


def _id() -> str:
    return str(uuid4())
