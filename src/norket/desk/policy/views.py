"""The figures that are this clinic's own choice, and the signature that puts them into force."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from norket.desk.page import Asked, clinic_id, show
from norket.knowledge import Entry
from norket.record.plan import actions, queries, switches
from norket.record.session.queries import base
from norket.therapy.finding import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: Asked) -> HttpResponse:
    """Every figure that waits for a signature, by topic; the medical director signs the whole edition."""
    if request.method == "POST":
        return _sign(request)
    return _page(request)


def _sign(request: Asked) -> HttpResponse:
    if request.POST.get("edition") != base().edition or "read" not in request.POST:
        why = _("Tick that you have read the figures of this edition; then sign.")
        return _page(request, refused=Refused(code="not_read", why=why), status=422)
    signed = actions.sign_policy(request.holder, now=request.now)
    if isinstance(signed, Refused):
        return _page(request, refused=signed, status=422)
    messages.success(request, _("The figures of this edition are in force in your clinic."))
    return HttpResponseRedirect(reverse("desk:policy"))


@require_POST
def switch(request: Asked) -> HttpResponse:
    """Switches something on or off for the clinic."""
    turned = switches.turn(
        request.holder, request.POST.get("switch", ""), on=request.POST.get("on") == "1", now=request.now
    )
    if isinstance(turned, Refused):
        return _page(request, refused=turned, status=422)
    messages.success(request, _("Switched on.") if turned.on else _("Switched off."))
    return HttpResponseRedirect(reverse("desk:policy"))


def _page(request: Asked, *, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    return show(
        request,
        "norket/policy/policy.html",
        {
            "topics": topics(),
            "edition": base().edition,
            "signatures": queries.policy_signatures(clinic_id(request)),
            "signed": queries.policy_signed(clinic_id(request)),
            "refused": refused,
            "advice_on": switches.is_on(clinic_id(request), "prediction_advice"),
            "switched": switches.history(clinic_id(request)),
            "may_switch": bool(switches.MAY_SWITCH.intersection(request.holder.roles)),
            "may_sign": "medical_director" in request.holder.roles,
        },
        status=status,
    )


def topics() -> list[dict[str, Any]]:
    """The entries that are clinic policy, by the first word of their id."""
    waiting = sorted(
        (entry for entry in base().entries if entry.policy and entry.kind != "model"), key=lambda entry: entry.id
    )

    def topic(entry: Entry) -> str:
        return entry.id.split(".")[0]

    return [
        {"name": name.replace("_", " ").capitalize(), "entries": list(entries)}
        for name, entries in groupby(waiting, key=topic)
    ]
