"""Ready today: lists of stock and equipment, the people on site, their credentials, and when the clinic closes."""

from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from pydantic import ValidationError

from norket.desk.page import Asked, clinic_id, names, show, today
from norket.knowledge.reader import read
from norket.record.access import policy
from norket.record.people.models import Chair, Person
from norket.record.readiness import actions, queries
from norket.therapy.finding import Refused
from norket.therapy.readiness.events import EVENT, Event, KitChecked
from norket.therapy.readiness.fold import Readiness
from norket.therapy.readiness.kit import chair_items, clinic_items, medicines, optional
from norket.therapy.readiness.staff import IN_THE_ROOM

CREDENTIALS = "staffing.credentials"
NOT_WHOLE = "form_not_whole"


@require_http_methods(["GET", "HEAD", "POST"])
def ready(request: Asked) -> HttpResponse:
    """What was checked today; each form records one thing."""
    if request.method == "POST":
        return _record(request)
    return _page(request)


def _record(request: Asked) -> HttpResponse:
    event = _event(request)
    command_id = request.POST.get("command_id", "")[:200]
    done = (
        event
        if isinstance(event, Refused)
        else actions.record(
            clinic_id(request), event, by=request.actor.id, now=request.now, command_id=command_id or str(uuid4())
        )
    )
    if isinstance(done, Refused):
        return _page(request, refused=done, status=422)
    messages.success(request, _("Recorded."))
    return HttpResponseRedirect(reverse("desk:ready"))


def _event(request: Asked) -> Event | Refused:
    """The event of the form that was sent, or what of it cannot be read."""
    sent = request.POST
    shapes: dict[str, Any] = {
        "kit": lambda: {"type": "kit_checked", "chair": sent.get("chair", ""), "lines": _lines(request)},
        "people": lambda: {"type": "on_site", "people": sent.getlist("person")},
        "credential": lambda: {
            "type": "credential_seen",
            "person": sent.get("person", ""),
            "credential": sent.get("credential", ""),
            "valid_until": sent.get("valid_until", ""),
            "document": sent.get("document", ""),
        },
        "hours": lambda: {"type": "hours_set", "closes": sent.get("closes") or None},
    }
    try:
        return EVENT.validate_python(shapes[sent.get("kind", "")]())
    except (KeyError, ValidationError):
        return Refused(code=NOT_WHOLE, why=_("The form is not whole. Look at the dates and send it again."))


def _lines(request: Asked) -> list[dict[str, Any]]:
    items = chair_items(read()) if request.POST.get("chair") else (*clinic_items(read()), *optional(read()))
    there = set(request.POST.getlist("there"))
    return [
        {
            "item": item,
            "ready": item in there,
            "lot": request.POST.get(f"lot:{item}", ""),
            "good_until": request.POST.get(f"until:{item}") or None,
        }
        for item in items
    ]


def _page(request: Asked, *, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    known, on = queries.readiness(clinic_id(request)), today(request)
    people = Person.objects.filter(clinic_id=clinic_id(request), is_active=True).order_by("name")
    credentials = [(one["key"], one["label"]) for one in read().entry(CREDENTIALS).data["credentials"]]
    treating = [person for person in people if set(person.roles) & IN_THE_ROOM]
    here = known.people(on, request.holder.clinic.timezone)
    return show(
        request,
        "norket/readiness/ready.html",
        {
            "lists": _lists(request, known, on),
            "people": [_shown(person, known, here, on, dict(credentials)) for person in treating],
            "said": here is not None,
            "credentials": credentials,
            "may_keep": policy.read().may_be("credential_keeper", request.holder.roles),
            "closes": known.hours.event.closes if known.hours else None,  # type: ignore[union-attr]
            "hours_known": known.hours is not None,
            "names": names(request),
            "refused": refused,
            "command_id": uuid4(),
        },
        status=status,
    )


def _lists(request: Asked, known: Readiness, on: date) -> list[dict[str, Any]]:
    """The clinic's list and one for each chair, with lots and dates of the last check; what is there is ticked anew."""
    base, zone = read(), request.holder.clinic.timezone
    chairs = Chair.objects.filter(clinic_id=clinic_id(request)).order_by("position")
    named = [("", _("The clinic"), (*clinic_items(base), *optional(base)))]
    named += [(chair.name, chair.name, chair_items(base)) for chair in chairs]
    return [
        {
            "chair": chair,
            "name": name,
            "check": known.kits.get(chair),
            "today": known.kit(chair, on, zone),
            "rows": [
                {"item": item, "dated": item in medicines(base), "line": _line(known, chair, item)} for item in items
            ],
        }
        for chair, name, items in named
    ]


def _line(known: Readiness, chair: str, item: str) -> Any:
    event = known.kits[chair].event if chair in known.kits else None
    lines = event.lines if isinstance(event, KitChecked) else ()
    return next((line for line in lines if line.item == item), None)


def _shown(
    person: Person, known: Readiness, here: tuple[str, ...] | None, on: date, labels: dict[str, str]
) -> dict[str, Any]:
    until = queries.held(person, known).valid_until
    return {
        "person": person,
        "here": here is not None and str(person.pk) in here,
        "held": sorted((labels.get(key, key), day, day < on) for key, day in until.items()),
    }
