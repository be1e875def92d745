"""The evacuation: one tap marks every chair, and the roster goes along on any phone. Plain forms, so that it works
without script; the page is kept by the device for when there is no network."""

from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from norket.desk.offline.worker import version
from norket.desk.page import Asked, clinic_id, show, zone
from norket.desk.session.kinds import kinds
from norket.record.session import actions, evacuation
from norket.record.session.queries import base
from norket.therapy.finding import Refused
from norket.therapy.session.charge_events import AccountFor


class OneTap(forms.Form):
    """A tap that is sent again does the thing once."""

    command_id = forms.UUIDField(widget=forms.HiddenInput)


class PlaceForm(OneTap):
    place = forms.CharField(label=gettext_lazy("Where"), required=False, max_length=200)


class EndForm(OneTap):
    reason = forms.CharField(label=gettext_lazy("Why it ends"), required=False, max_length=200)


@require_safe
def roster(request: Asked) -> HttpResponse:
    """Everybody who is here as a patient, and during an evacuation who was seen outside."""
    people = evacuation.roster(clinic_id(request), request.now)
    out = [one for one in people if one.evacuated_at]
    return show(
        request,
        "norket/board/roster.html",
        {
            "people": [(one, date.fromisoformat(one.patient["birth_date"])) for one in people],
            "since": min((one.evacuated_at for one in out if one.evacuated_at), default=None),
            "missing": sum(one.accounted_at is None for one in people),
            "printed_at": request.now,
            "command_id": uuid4(),
            "zone": zone(request),
            "files": version(),
            "said": _said(people),
            "words": _words() | {"kinds": kinds(base(), request.now)},
        },
    )


def _said(people: tuple[evacuation.OnRoster, ...]) -> str:
    """Changes with what the roster says, and names nobody."""
    return sha256("".join(one.model_dump_json() for one in people).encode()).hexdigest()[:16]


def _words() -> dict[str, Any]:
    return {
        "seen_queued": _("seen {at} {place}: queued, not yet in the record"),
        "not_recorded": _("Not recorded. Reload the page and tap once more."),
    }


@require_POST
def evacuate(request: Asked) -> HttpResponse:
    """Marks every chair at once; the roster opens."""
    form = OneTap(request.POST)
    if not form.is_valid():
        messages.error(request, _("Not recorded. Open the board again and tap once more."))
        return HttpResponseRedirect(reverse("desk:board"))
    failed = evacuation.evacuate(clinic_id(request), by=request.actor, now=request.now, command_id=_command_id(form))
    _tell(request, failed)
    return HttpResponseRedirect(reverse("desk:roster"))


@require_POST
def end_evacuation(request: Asked) -> HttpResponse:
    """The evacuation is over, or was a mistake."""
    form = EndForm(request.POST)
    if form.is_valid():
        failed = evacuation.end(
            clinic_id(request),
            form.cleaned_data["reason"],
            by=request.actor,
            now=request.now,
            command_id=_command_id(form),
        )
        _tell(request, failed)
    else:
        messages.error(request, _("Not recorded. Reload the page and tap once more."))
    return HttpResponseRedirect(reverse("desk:roster"))


@require_POST
def account_for(request: Asked, session_id: UUID) -> HttpResponse:
    """This patient was seen outside."""
    form = PlaceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Not recorded. Reload the page and tap once more."))
        return HttpResponseRedirect(reverse("desk:roster"))
    done = actions.act(
        session_id,
        AccountFor(place=form.cleaned_data["place"]),
        by=request.actor,
        now=request.now,
        command_id=_command_id(form),
    )
    if isinstance(done, Refused):
        messages.error(request, done.why)
    return HttpResponseRedirect(reverse("desk:roster"))


def _command_id(form: forms.Form) -> str:
    return str(form.cleaned_data["command_id"])


def _tell(request: Asked, failed: tuple[UUID, ...]) -> None:
    if failed:
        messages.error(
            request, _("%(n)s chairs could not be marked. They are on the roster: go there.") % {"n": len(failed)}
        )
