"""Putting a signed order into force for a session: the prescriber picks one of the patient's, or writes a new one."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from norket.desk.page import Asked, names, show
from norket.desk.screening.forms import ROUTES
from norket.desk.session.views import patient_for, place
from norket.record.plan import queries as plan
from norket.record.session import actions, queries
from norket.record.session.models import SessionRecord
from norket.therapy.finding import Refused

SIGNERS = frozenset({"prescriber", "anaesthetist"})
SHOWN = 6


class UseForm(forms.Form):
    """Which of the signed orders."""

    order = forms.UUIDField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
def session_order(request: Asked, session_id: UUID) -> HttpResponse:
    """The patient's latest orders, the one in force marked; one of them may be put into force."""
    record = SessionRecord.objects.select_related("patient", "chair").get(pk=session_id)
    if request.method != "POST":
        return _page(request, record)
    form = UseForm(request.POST)
    if not form.is_valid():
        return _page(request, record, status=422)
    done = actions.attach_order(session_id, form.cleaned_data["order"], by=request.actor, now=request.now)
    if isinstance(done, Refused):
        return _page(request, record, refused=done, status=422)
    messages.success(request, _("This order is in force for the session."))
    return HttpResponseRedirect(reverse("desk:session", args=[session_id]))


def _page(request: Asked, record: SessionRecord, *, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    in_force, people = queries.state(record.pk).order, names(request)
    orders: list[dict[str, Any]] = [
        {
            "order": one,
            "route": ROUTES.get(one.route, one.route),
            "by": people.get(one.signed_by, ""),
            "in_force": in_force is not None and in_force.id == one.id,
        }
        for one in plan.orders(record.patient_id)[:SHOWN]
    ]
    return show(
        request,
        "norket/session/order.html",
        {
            "patient": patient_for(record, request),
            "record": record,
            "session_of_plan": place(record),
            "orders": orders,
            "refused": refused,
            "may_use": bool(SIGNERS & set(request.holder.roles)),
        },
        status=status,
    )
