"""How templates write numbers, and whom the demo lets in without a password."""

from typing import Any
from uuid import UUID

from django import template
from django.conf import settings

from norket.record.access import policy
from norket.record.people.models import Person
from norket.record.session import namesakes
from norket.record.session.queries import base
from norket.therapy.cite import number

register = template.Library()


@register.filter
def figure(value: float | None, digits: int = 1) -> str:
    """A number with at most so many decimals and a point, whatever the language; a dash when there is none."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def model_name(model: str) -> str:
    """The id of a model as people say it: kamp_2020 is Kamp 2020."""
    return model.replace("_", " ").capitalize()


@register.filter
def lookup(table: dict[str, Any], key: Any) -> Any:
    """The entry of a dictionary, or the key itself where there is none."""
    return table.get(str(key), key)


@register.simple_tag
def is_simulation() -> bool:
    """Whether the patients of this installation are made up; every page of such a one says so."""
    return bool(settings.NORKET_MODE == "demo")


@register.simple_tag(takes_context=True)
def idle_s(context: template.Context) -> int:
    """After how many seconds without a touch the pages of this browser lock."""
    return round(number(base(), "offline.screen_lock", "idle_s", context["request"].now))


@register.simple_tag(takes_context=True)
def may_see(context: template.Context, route: str) -> bool:
    """Whether the policy lets the person who asks open this page; what it does not is not offered."""
    holder = getattr(context["request"], "holder", None)
    return isinstance(holder, Person) and policy.read().relation(route, "GET", holder.roles) is not None


@register.simple_tag(takes_context=True)
def namesake(context: template.Context, patient_id: UUID) -> str | None:
    """Whether somebody else of the day has this patient's surname ("surname") or whole name ("name")."""
    return namesakes.of_patient(patient_id, context["request"].now)


@register.simple_tag
def demo_people() -> list[dict[str, str]]:
    """One person for each role, in the demo only."""
    if settings.NORKET_MODE != "demo":
        return []
    found: dict[str, dict[str, str]] = {}
    for person in Person.objects.filter(is_active=True).order_by("username"):
        for role in person.roles:
            found.setdefault(role, {"role": role, "name": person.name})
    return list(found.values())
