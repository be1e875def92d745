"""The debrief of a rehearsal, from its ledger."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, names, show
from norket.desk.session.views import patient_for
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.therapy.session.debrief import PREFIX, case_of
from norket.therapy.session.debrief import debrief as judge


@require_safe
def debrief(request: Asked, session_id: UUID) -> HttpResponse:
    """What was expected by when, what was done, how late; only for a session that is a rehearsal."""
    record = SessionRecord.objects.select_related("patient").get(pk=session_id)
    ledger, base = queries.events(session_id), queries.base()
    case = case_of(ledger)
    if case is None or PREFIX + case not in {entry.id for entry in base.entries}:
        raise Http404
    found, people = judge(ledger, case, base, request.now), names(request)
    context = {
        "session_id": session_id,
        "patient": patient_for(record, request),
        "found": found,
        "cues": [cue for cue in found.cues if cue.at is None or cue.at <= request.now],
        "steps": [step.model_dump() | {"who": people.get(step.by, step.by)} for step in found.steps],
    }
    return show(request, "norket/rehearsal/debrief.html", context)
