"""The live page of a session. It shows the frame; everything that moves comes over the session's one stream."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from norket.desk.offline.worker import version
from norket.desk.page import Asked, clinic_id, colleagues, names, show, zone
from norket.desk.screening.asked import query
from norket.desk.session import choices, dose_words, outward, rescue, safety
from norket.desk.session.kinds import kinds
from norket.desk.session.limits import offered
from norket.desk.session.stock import in_stock
from norket.desk.session.words import words
from norket.record.access.models import Device
from norket.record.care.day_of import asked_today
from norket.record.plan import rescues, switches
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.record.session.queries import base
from norket.record.session.rescue import prevention

GAUGES = (18, 20, 22, 24)
AT_THE_CHAIR = ("prescriber", "anaesthetist", "nurse", "pharmacist")


@require_safe
def session(request: Asked, session_id: UUID) -> HttpResponse:
    """Before the start, during, and after: one page with one stream."""
    return show(request, "norket/session/live.html", _context(request, session_id, "live"))


@require_safe
def recovery(request: Asked, session_id: UUID) -> HttpResponse:
    """The same session without the chart, for the bedside in recovery and for a phone."""
    return show(request, "norket/session/live.html", _context(request, session_id, "recovery"))


def _context(request: Asked, session_id: UUID, panel: str) -> dict[str, Any]:
    record = SessionRecord.objects.select_related("patient", "chair").get(pk=session_id)
    return {
        "session_id": session_id,
        "panel": panel,
        "api": f"/api/v1/sessions/{session_id}",
        "zone": zone(request),
        "patient": patient_for(record, request),
        "phase": record.phase,
        "phase_label": choices.phases()[record.phase],
        "session_of_plan": place(record),
        "chair": record.chair.name if record.chair else _("no chair"),
        "words": _words(record, request) | {"kinds": kinds(base(), request.now)},
        "files": version(),
        "advice_on": switches.is_on(clinic_id(request), "prediction_advice"),
        "dose_check_url": reverse("desk:dose_check", args=[session_id]),
        "order_url": reverse("desk:session_order", args=[session_id]),
        "products": dose_words.products(),
        "dose_routes": dose_words.dose_routes(),
        "sites": dose_words.sites(),
        "losses": dose_words.losses(),
        "failures": dose_words.failures(),
        "faults": dose_words.faults(),
        "verbal_acts": dose_words.verbal_acts(),
        "prescribers": colleagues(request, "prescriber", "anaesthetist"),
        "time_out_url": reverse("desk:time_out", args=[session_id]),
        "events": choices.adverse(),
        "limits": offered(base(), request.now),
        "scores": choices.scores(),
        "asked_today": choices.asked_today(),
        "places": choices.places(),
        "settings_list": choices.settings(),
        "gauges": GAUGES,
        "recovery_items": choices.recovery_items(),
        "padss_items": outward.padss_items(),
        "whom": outward.whom(),
        "stock": in_stock(clinic_id(request), queries.state_of(record).order),
        "rescues": rescue.offered(request),
        "sickness_before": prevention(record),
        "rescue_agents": rescue.agents(),
        "catalogue": safety.catalogue(),
        "comforts": safety.comforts(),
        "emergency_steps": safety.steps(),
        "emergency_drugs": safety.emergency_drugs(rescues.in_force(clinic_id(request))),
        "transfer_url": reverse("desk:transfer_sheet", args=[session_id]),
        "staff": colleagues(request, *AT_THE_CHAIR),
        "everybody": colleagues(request),
        "devices": Device.objects.filter(clinic_id=clinic_id(request), active=True).order_by("name"),
        "roles": " ".join(request.holder.roles),
    }


def _words(record: SessionRecord, request: Asked) -> dict[str, Any]:
    """The texts of the scripts, with the address of the screening of this very session."""
    found = words(record.patient_id, names(request), session_id=record.pk)
    about = query(asked_today(record, request.now))
    found["links"]["screening"] = [f"{reverse('desk:screening', args=[record.patient_id])}?{about}", _("Screening")]
    return found


def patient_for(record: SessionRecord, request: Asked) -> dict[str, Any]:
    """The patient as the header shows them, with two identifiers beside the name."""
    patient = record.patient
    return {
        "id": patient.pk,
        "name": patient.name,
        "mrn": patient.mrn,
        "birth_date": patient.birth_date,
        "age_y": patient.age_y(request.now.date()),
        "sex_label": choices.sexes()[patient.sex],
    }


def place(record: SessionRecord) -> str:
    """Which session of how many."""
    if record.of_total:
        return _("Session %(n)s of %(of)s") % {"n": record.number, "of": record.of_total}
    return _("Session %(n)s") % {"n": record.number}
