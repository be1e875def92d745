"""What every page shares: who asks, at what time, and in which time zone the answer is written."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from norket.record.people.models import Person, clinic_of
from norket.therapy.actor import Actor


class Asked(HttpRequest):
    """A request after the gate: signed in, with the one reading of the clock."""

    now: datetime
    actor: Actor
    holder: Person
    locked: bool


def clinic_id(request: Asked) -> UUID:
    """The clinic of the person who asks."""
    return clinic_of(request.holder)


def zone(request: Asked) -> str:
    """The name of the clinic's time zone."""
    return str(request.holder.clinic.timezone)


def today(request: Asked) -> date:
    """The day of now, where the clinic is."""
    return request.now.astimezone(ZoneInfo(zone(request))).date()


def show(request: Asked, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """The template, with all times in the clinic's own time zone."""
    with timezone.override(ZoneInfo(zone(request))):
        return render(request, template, context or {}, status=status)


def names(request: Asked) -> dict[str, str]:
    """The name of every person of the clinic by id, for ledgers that keep ids alone."""
    people = Person.objects.filter(clinic_id=clinic_id(request)).values_list("id", "name")
    return {str(pk): name for pk, name in people}


def colleagues(request: Asked, *roles: str) -> list[Person]:
    """Active people of the clinic other than the one who asks; with roles, those who have one of them."""
    people = Person.objects.filter(clinic_id=clinic_id(request), is_active=True).exclude(pk=request.holder.pk)
    return [person for person in people.order_by("name") if not roles or set(roles) & set(person.roles)]
