"""The sheet that goes with a patient to a hospital: who, what was given and when, the last signs, allergies."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, names, show
from norket.desk.session import choices
from norket.desk.session.views import patient_for, place
from norket.record.care import queries as care
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.therapy.chart import Chart
from norket.therapy.session.adverse import open_events
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.emergency import log
from norket.therapy.session.state import SessionState
from norket.therapy.session.view import VitalView, vitals

LAST = 5


@require_safe
def transfer_sheet(request: Asked, session_id: UUID) -> HttpResponse:
    """One page to print, before the patient leaves or afterwards."""
    record = SessionRecord.objects.select_related("patient", "chair").get(pk=session_id)
    state, chart = queries.state(session_id), care.chart(record.patient)
    return show(
        request,
        "norket/session/transfer.html",
        {
            "session_id": session_id,
            "patient": patient_for(record, request),
            "session_of_plan": place(record),
            "chair": record.chair.name if record.chair else "",
            "state": state,
            "names": names(request),
            "now": request.now,
            "delivered_mg": delivered_mg(state, request.now),
            "vitals": _signs(vitals(state, queries.samples(session_id), request.now, queries.base())),
            "readings": [one for one in state.readings if not one.vitals.artefact][-LAST:],
            "events": _events(state, request),
            "alerts": [a for a in state.alerts if a.tier in ("T2", "T3") and not a.technical],
            "log": log(state, request.now, queries.base()),
            **_chart(chart),
        },
    )


def _signs(shown: dict[str, VitalView]) -> list[tuple[str, VitalView]]:
    """The newest value of each sign under the word for it."""
    names = {
        "sbp_mmhg": _("Systolic pressure"),
        "dbp_mmhg": _("Diastolic pressure"),
        "hr_per_min": _("Heart rate"),
        "spo2_percent": "SpO₂",
        "rr_per_min": _("Breathing"),
        "etco2_mmhg": _("Carbon dioxide breathed out"),
        "temp_c": _("Temperature"),
    }
    return [(names[channel], one) for channel, one in shown.items()]


def _events(state: SessionState, request: Asked) -> list[dict[str, Any]]:
    """What is not over, in the words of the page."""
    said = dict(choices.adverse())
    found = open_events(state, request.now, queries.base())
    return [{"label": said[one.event], "grade": one.grade, "since": one.since} for one in found]


def _chart(chart: Chart) -> dict[str, Any]:
    """Allergies, medicines and conditions that hold. An empty list of allergies says nothing: it may not be asked."""
    return {
        "allergies": [item.text or item.code for item in chart.allergies if item.status == "yes"],
        "medicines": [item.text or item.code for item in chart.medicines if item.status == "yes"],
        "conditions": [item.text or item.code for item in chart.conditions if item.status == "yes"],
    }
