"""Three doors for somebody new."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, clinic_id, show
from norket.record.session.models import SessionRecord


@require_safe
def welcome(request: Asked) -> HttpResponse:
    """Doors to a session that is moving, to a first dose, and to the clinic's own figures."""
    rows = SessionRecord.objects.filter(patient__clinic_id=clinic_id(request), phase__in=("running", "paused"))
    return show(request, "norket/welcome/welcome.html", {"running": rows.order_by("planned_for").first()})
