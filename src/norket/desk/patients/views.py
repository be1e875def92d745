"""Patients: find one, and see at a glance who they are, what is planned and what has been."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, clinic_id, names, show
from norket.desk.session import choices
from norket.record.care.queries import care
from norket.record.people.models import Patient
from norket.record.plan import queries as plan
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.state import OVER

SHOWN = 200
SIGNERS = frozenset({"prescriber", "anaesthetist"})


@require_safe
def patients(request: Asked) -> HttpResponse:
    """The clinic's patients by family name, or those that the search finds."""
    wanted = request.GET.get("q", "").strip()
    found = Patient.objects.filter(clinic_id=clinic_id(request)).order_by("family_name", "given_name")
    for word in wanted.split():
        found = found.filter(Q(given_name__icontains=word) | Q(family_name__icontains=word) | Q(mrn__icontains=word))
    rows = [{"patient": one, "age_y": one.age_y(request.now.date())} for one in found[:SHOWN]]
    return show(request, "norket/patients/list.html", {"rows": rows, "wanted": wanted})


@require_safe
def patient(request: Asked, patient_id: UUID) -> HttpResponse:
    """One patient: orders, sessions, what was delivered, alerts."""
    one, told = Patient.objects.get(pk=patient_id), care(patient_id)
    records = SessionRecord.objects.filter(patient=one).select_related("chair").order_by("-planned_for")
    return show(
        request,
        "norket/patients/summary.html",
        {
            "patient": one,
            "age_y": one.age_y(request.now.date()),
            "sex": choices.sexes()[one.sex],
            "names": names(request),
            "orders": plan.orders(patient_id),
            "running": told.course,
            "frailty": told.frailty,
            "sessions": [_session(record, request) for record in records],
            "may_order": bool(SIGNERS & set(request.holder.roles)),
        },
    )


def _session(record: SessionRecord, request: Asked) -> dict[str, Any]:
    state = queries.state_of(record)
    alerts = sorted({alert.tier for alert in state.alerts if not alert.technical}, reverse=True)
    return {
        "record": record,
        "state": state,
        "phase": choices.phases()[state.phase],
        "delivered_mg": delivered_mg(state, request.now),
        "tiers": alerts,
        "events": [adverse.event.replace("_", " ") for adverse in state.adverse],
        "weight_kg": state.baseline.weight_kg if state.baseline else None,
        "is_open": state.phase not in OVER,
    }
