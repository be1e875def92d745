"""The sheet of paper that carries a session through a power cut: who, what may be given, what was last seen, whom to
call, and a grid to write in. Printed at the start; what is written on it is entered afterwards and marked as late."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from norket.desk.offline.worker import version
from norket.desk.page import Asked, names, show
from norket.desk.self_check.help import Number, numbers
from norket.desk.session import choices, words
from norket.record.care import queries as care
from norket.record.people.models import Patient
from norket.record.plan import rescues
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.therapy.plan.order import Order
from norket.therapy.session import paper
from norket.therapy.session.samples import UNITS
from norket.therapy.session.state import SessionState
from norket.therapy.session.view import SessionView

SIGNS = ("sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent", "rr_per_min")
SPARE = 4


class Row(NamedTuple):
    """One line of the grid: what it is, and when, where the pump has started."""

    minute: str
    at: datetime | None


@require_safe
def downtime(request: Asked, session_id: UUID) -> HttpResponse:
    """One session on paper."""
    record = SessionRecord.objects.select_related("patient__clinic", "chair", "nurse").get(pk=session_id)
    state, seen = queries.state(session_id), queries.view(session_id, request.now)
    people, order = names(request), state.order
    context = {
        "record": record,
        "patient": record.patient,
        "age_y": record.patient.age_y(request.now.date()),
        "sex": choices.sexes()[record.patient.sex],
        "allergies": _allergies(record.patient),
        "weight_kg": state.baseline.weight_kg if state.baseline else None,
        "weight_at": state.weight_at,
        "view": seen,
        "phase": choices.phases()[state.phase],
        "order": order,
        "signed_by": people.get(order.signed_by, order.signed_by) if order else "",
        "limits": ((_("cap: a second signer and a reason"), order.cap), (_("ceiling: nobody"), order.ceiling))
        if order
        else (),
        "rescues": rescues.in_force(record.patient.clinic_id),
        "signs": _signs(seen),
        "stops": _stops(),
        "phones": _phones(record.patient),
        "escort": state.escort,
        "rows": _rows(state, request.now),
        "spare": range(SPARE),
        "files": version(),
        "printed_at": request.now,
    }
    return show(request, "norket/session/downtime.html", context)


def _allergies(patient: Patient) -> dict[str, list[str]]:
    """What the chart says, and what it does not know: no line is not the same as none."""
    lines = care.chart(patient).allergies
    said = {state: [one.text or one.code for one in lines if one.status == state] for state in ("yes", "unknown", "no")}
    return said | {"any": [one.text for one in lines]}


def _phones(patient: Patient) -> list[Number]:
    """Whom to call, the emergency number first."""
    found = numbers(queries.base(), patient.clinic)
    own = ((_("clinic"), found.phone), (_("on call"), found.on_call))
    return [found.emergency, *(Number(name, one.shown) for name, one in own if one is not None)]


def _signs(seen: SessionView) -> list[dict[str, Any]]:
    return [{"name": words.vitals()[name], "read": seen.vitals.get(name), "unit": UNITS[name]} for name in SIGNS]


def _stops() -> list[str]:
    """The limits at which the highest alert rises, in the words of their figures."""
    found = (entry for entry in queries.base().entries if entry.id.startswith("escalation.t3.") and entry.values)
    return [entry.statement for entry in found]


def _rows(state: SessionState, now: datetime) -> list[Row]:
    base = queries.base()
    start = state.segments[0].start if state.segments else None
    order = state.order
    minutes = list(paper.running_minutes(order.duration_min, base, now)) if isinstance(order, Order) else []
    running = [
        Row(f"+{minute:g}", start + timedelta(minutes=minute) if start else None)
        for minute in minutes
        if start is None or start + timedelta(minutes=minute) > now
    ]
    after = [
        Row(_("end +%(minute)s") % {"minute": f"{minute:g}"}, None) for minute in paper.recovery_minutes(base, now)
    ]
    return [*(running if state.phase not in ("stopped", "recovery") else []), *after]
