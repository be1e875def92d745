"""The therapist's quiet view: where the session stands, in words, beside somebody whose eyes are closed."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, names, show, zone
from norket.desk.session import choices
from norket.desk.session.kinds import kinds
from norket.desk.session.views import patient_for, place
from norket.desk.session.words import words
from norket.record.access import policy
from norket.record.session.models import SessionRecord
from norket.record.session.queries import base


@require_safe
def quiet(request: Asked, session_id: UUID) -> HttpResponse:
    """Phase, time since the start and the peak, wishes and intention; a note, a flag, help. No vital signs."""
    record = SessionRecord.objects.select_related("patient", "chair").get(pk=session_id)
    context = {
        "session_id": session_id,
        "api": f"/api/v1/sessions/{session_id}",
        "zone": zone(request),
        "patient": patient_for(record, request),
        "phase": record.phase,
        "phase_label": choices.phases()[record.phase],
        "session_of_plan": place(record),
        "chair": record.chair.name if record.chair else _("no chair"),
        "words": words(record.patient_id, names(request)) | {"kinds": kinds(base(), request.now)},
        "may_live": policy.read().relation("desk:session", "GET", request.holder.roles) is not None,
    }
    return show(request, "norket/session/quiet.html", context)
