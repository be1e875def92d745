"""The audit chain on screen: its newest lines, and on request whether every line still stands as it was written."""

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, clinic_id, names, show
from norket.record.audit import chain
from norket.record.audit.models import AuditLine
from norket.record.session.models import SessionRecord

SHOWN = 100


@require_safe
def audit(request: Asked) -> HttpResponse:
    """The newest lines of the chain; `?verify=1` walks the whole chain."""
    faults = list(chain.faults()) if request.GET.get("verify") else None
    own, kind = _own(request), request.GET.get("kind", "")
    return show(
        request,
        "norket/audit/audit.html",
        {
            "lines": (own.filter(kind=kind) if kind else own).order_by("-seq")[:SHOWN],
            "faults": faults,
            "kind": kind,
            "kinds": own.order_by("kind").values_list("kind", flat=True).distinct(),
            "count": AuditLine.objects.count(),
            "head": AuditLine.objects.order_by("-seq").first(),
            "names": names(request) | {"system": _("Norket")},
        },
    )


def _own(request: Asked) -> QuerySet[AuditLine]:
    """Lines about this clinic: by its people, about its sessions, or about itself."""
    sessions = SessionRecord.objects.filter(patient__clinic_id=clinic_id(request)).values_list("id", flat=True)
    return AuditLine.objects.filter(
        Q(actor__in=list(names(request)))
        | Q(subject=f"clinic:{clinic_id(request)}")
        | Q(actor="system", subject__in=[f"session:{pk}" for pk in sessions])
    )
