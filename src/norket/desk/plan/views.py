"""Writing an order. What is typed becomes a draft with every equivalent, the limits and the curve, then a signature."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from norket.desk.page import Asked, clinic_id, colleagues, show, today
from norket.desk.plan.curve import curve
from norket.desk.plan.forms import OrderForm, SignForm
from norket.desk.screening.forms import ROUTES
from norket.desk.second import second_signer
from norket.record.draft import draft, start
from norket.record.people.models import Patient
from norket.record.plan import actions, queries
from norket.record.session import course
from norket.record.session.queries import base
from norket.therapy.finding import Refused
from norket.therapy.plan.limits import Draft, DraftError, Row, rows
from norket.therapy.plan.preparation import Recipe, recipes
from norket.units import render_number

SIGNERS = ("prescriber", "anaesthetist")


@require_http_methods(["GET", "HEAD", "POST"])
def order(request: Asked, patient_id: UUID) -> HttpResponse:
    """The form, or the signed order, or why it was refused."""
    patient = Patient.objects.get(pk=patient_id)
    offered = _offered(today(request))
    if request.method != "POST":
        form = OrderForm(_opening(patient, offered, request.GET.get("row", ""), today(request)), rows=offered)
        return _form_page(request, patient, form, _sign_form(request))
    form, signing = OrderForm(request.POST, rows=offered), _sign_form(request, request.POST)
    if not form.is_valid() or not signing.is_valid() or "review" in request.POST:
        return _form_page(request, patient, form, signing, status=200 if form.is_valid() else 422)
    return _sign(request, patient, form, signing)


def _sign(request: Asked, patient: Patient, form: OrderForm, signing: SignForm) -> HttpResponse:
    draft = _draft(request, patient, form)
    if isinstance(draft, Refused):
        return _form_page(request, patient, form, signing, refused=draft, status=422)
    second = second_signer(request, patient.pk, signing.cleaned_data)
    if isinstance(second, Refused):
        return _form_page(request, patient, form, signing, refused=second, status=422)
    data = signing.cleaned_data
    signed = actions.sign_order(
        patient.pk,
        draft,
        by=request.actor,
        now=request.now,
        second=second.actor if second else None,
        second_reason=data["second_reason"],
        reason=data["reason"],
    )
    if isinstance(signed, Refused):
        return _form_page(request, patient, form, signing, refused=signed, status=422)
    messages.success(request, _("Order signed: %(text)s.") % {"text": signed.text})
    return HttpResponseRedirect(reverse("desk:patient", args=[patient.pk]))


@require_POST
def order_preview(request: Asked) -> HttpResponse:
    """The calculator's answer for what is typed so far; nothing is stored."""
    try:
        patient = Patient.objects.filter(clinic_id=clinic_id(request)).get(pk=UUID(request.POST.get("patient", "")))
    except (ValueError, Patient.DoesNotExist) as error:
        raise Http404 from error
    form = OrderForm(request.POST, rows=_offered(today(request)))
    return show(request, "norket/plan/preview.html", _preview(request, patient, form))


def _form_page(
    request: Asked,
    patient: Patient,
    form: OrderForm,
    signing: SignForm,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    return show(
        request,
        "norket/plan/order.html",
        {
            "patient": patient,
            "age_y": patient.age_y(today(request)),
            "form": form,
            "signing": signing,
            "refused": refused,
            "by_route": ROUTES.get(form.chosen.route, "") if form.chosen else "",
            "may_sign": bool(set(SIGNERS) & set(request.holder.roles)),
            "policy_signed": queries.policy_signed(clinic_id(request)),
            **_preview(request, patient, form),
        },
        status=status,
    )


def _preview(request: Asked, patient: Patient, form: OrderForm) -> dict[str, Any]:
    if not form.is_valid():
        return {"form": form, "draft": None, "problem": None}
    draft = _draft(request, patient, form)
    if isinstance(draft, Refused):
        return {"form": form, "draft": None, "problem": draft.why}
    found = curve(patient, draft, today(request))
    return {
        "form": form,
        "draft": draft,
        "recipes": _recipes(draft, today(request)),
        "curve": json.dumps(found),
        "curve_refused": found.get("refused"),
        "found": found,
    }


def _recipes(draft: Draft, on: date) -> tuple[Recipe, ...]:
    """How the syringe of an infusion is made from each vial; an injection is drawn as it is."""
    if draft.concentration_mg_ml is None or draft.form == "dose":
        return ()
    return recipes(base(), draft.drug, draft.amount_mg, draft.concentration_mg_ml, on)


def _draft(request: Asked, patient: Patient, form: OrderForm) -> Draft | Refused:
    data = form.cleaned_data
    try:
        return draft(
            patient,
            row=data["row"],
            dose_text=str(data["dose"]),
            concentration_mg_ml=data.get("concentration_mg_ml"),
            bolus_lockout_min=data.get("bolus_lockout_min"),
            on=today(request),
            first_session=not course.has_had_drug(patient),
            weight_kg=data["weight_kg"],
            weight_measured_on=data["weight_measured_on"],
            switched_on=settings.NORKET_ROWS,
            now=request.now,
        )
    except DraftError as error:
        return Refused(code="dose_not_orderable", why=str(error))


def _sign_form(request: Asked, data: Any = None) -> SignForm:
    return SignForm(data, signers=[(person.username, person.name) for person in colleagues(request, *SIGNERS)])


def _offered(on: date) -> tuple[Row, ...]:
    return rows(base(), on, settings.NORKET_ROWS)


def _opening(patient: Patient, offered: tuple[Row, ...], named: str, on: date) -> dict[str, str]:
    """The form as it opens: the named row's start for this patient (or the first row's), and the last weight. A
    strength is proposed for an infusion alone: what is in the vial at hand nobody here knows."""
    row = next((one for one in offered if one.id == named), offered[0] if offered else None)
    amount, unit = start(patient, row, on) if row else (None, "")
    return {
        "row": row.id if row else "",
        "amount": render_number(amount) if amount else "",
        "unit": unit,
        "duration_min": render_number(row.duration_min) if row and row.duration_min else "",
        "concentration_mg_ml": "1" if row and row.form == "infusion" else "",
        "weight_kg": render_number(patient.weight_kg) if patient.weight_kg else "",
        "weight_measured_on": patient.weight_measured_on.isoformat() if patient.weight_measured_on else "",
    }
