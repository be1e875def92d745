"""Whom a person in need can call: the numbers of the country, and those of the clinic itself."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from norket.knowledge.reader import KnowledgeBase
from norket.record.people.models import Clinic
from norket.therapy.referral.words import help_in


@dataclass(frozen=True)
class Number:
    """A name and what to dial; `dial` is empty where no number is known."""

    name: str
    shown: str

    @property
    def dial(self) -> str:
        """The number as a phone takes it."""
        return "".join(sign for sign in self.shown if sign.isdigit() or sign == "+")


@dataclass(frozen=True)
class Numbers:
    """Whom to call, the emergency number first; `clinic` are the clinic's own, with its hours beside the first."""

    emergency: Number
    lines: tuple[Number, ...]
    phone: Number | None
    on_call: Number | None
    hours: str


def numbers(base: KnowledgeBase, clinic: Clinic | None) -> Numbers:
    """Whom to call from the country of the clinic."""
    found = help_in(base, clinic.country if clinic else "")
    phone = Number(clinic.name, clinic.phone) if clinic and clinic.phone else None
    on_call = Number(clinic.name, clinic.on_call) if clinic and clinic.on_call else None
    return Numbers(
        Number(*found.emergency),
        tuple(Number(*one) for one in found.lines),
        phone,
        on_call,
        clinic.hours if clinic else "",
    )


def clinic_of(request: HttpRequest) -> Clinic | None:
    """The clinic that the address names, or the only one of this installation. One that does not exist and none named
    give the same answer."""
    named = request.POST.get("clinic") or request.GET.get("clinic")
    if named:
        try:
            return Clinic.objects.filter(pk=UUID(named)).first()
        except ValueError:
            return None
    two = list(Clinic.objects.order_by("pk")[:2])
    return two[0] if len(two) == 1 else None
