"""A session looked back at: played again from its ledger, and printed on one page."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, names, show, zone
from norket.desk.session import choices
from norket.desk.session.views import patient_for, place
from norket.desk.session.words import words
from norket.record.session.models import SessionRecord


@require_safe
def replay(request: Asked, session_id: UUID) -> HttpResponse:
    """The same chart and numbers as they stood at each instant; nothing can be sent from here."""
    record = SessionRecord.objects.select_related("patient", "chair").get(pk=session_id)
    context = {
        "session_id": session_id,
        "api": f"/api/v1/sessions/{session_id}",
        "zone": zone(request),
        "at": request.GET.get("at", ""),
        "patient": patient_for(record, request),
        "phase": record.phase,
        "phase_label": choices.phases()[record.phase],
        "session_of_plan": place(record),
        "chair": record.chair.name if record.chair else "",
        "words": words(record.patient_id, names(request)),
    }
    return show(request, "norket/session/replay.html", context)
