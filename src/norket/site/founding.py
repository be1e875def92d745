"""What `norket clinic`, `person`, `chair` and `patient` do: the way in while nobody has an account yet."""

import getpass
import secrets
import sys
from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from norket.record.access import actions as access
from norket.record.people import actions as people
from norket.record.people.actions import NewPerson
from norket.record.people.models import Person
from norket.site import clock
from norket.site.commands import UnfitError, granted

BY = "command line"
PASSWORD_BYTES = 15


def clinic_add(
    name: str, timezone: str, username: str, person_name: str, roles: Sequence[str], *, ask: bool
) -> dict[str, object]:
    """The new clinic and its first person; `password` is there only when it was made here."""
    password, shown = _password(ask=ask)
    first = NewPerson(username, person_name, roles, password)
    clinic, person = granted(people.add_clinic(name, timezone, first, by=BY, now=clock.now()))
    return {"clinic": clinic.name, "clinic_id": str(clinic.pk), "timezone": clinic.timezone} | _as_json(person, shown)


def clinic_contacts(clinic: str, *, country: str, phone: str, hours: str, on_call: str) -> dict[str, object]:
    """Whom people in need are shown; what is left empty is not shown."""
    found = granted(access.clinic_named(clinic))
    told = {"country": country, "phone": phone, "hours": hours, "on_call": on_call}
    made = granted(people.set_contacts(found, **told, by=BY, now=clock.now()))
    address = f"{settings.NORKET_ORIGIN.rstrip('/')}/self-check/?clinic={made.pk}"
    return {"clinic": made.name, "clinic_id": str(made.pk), **told, "self_check": address}


def person_add(username: str, name: str, roles: Sequence[str], clinic: str, *, ask: bool) -> dict[str, object]:
    """The new person; `password` is there only when it was made here."""
    found = granted(access.clinic_named(clinic))
    password, shown = _password(ask=ask)
    new = NewPerson(username, name, roles, password)
    person = granted(people.add_person(found, new, by=BY, now=clock.now()))
    return {"clinic": found.name, "clinic_id": str(found.pk)} | _as_json(person, shown)


def chair_add(name: str, clinic: str) -> dict[str, object]:
    """The new chair."""
    found = granted(access.clinic_named(clinic))
    chair = granted(people.add_chair(found, name, by=BY, now=clock.now()))
    return {"clinic": found.name, "chair": chair.name, "chair_id": str(chair.pk), "position": chair.position}


def patient_add(
    mrn: str, given: str, family: str, born: date, sex: str, height_cm: float | None, clinic: str
) -> dict[str, object]:
    """The new patient."""
    found = granted(access.clinic_named(clinic))
    made = people.add_patient(found, mrn, given, family, born, sex, height_cm=height_cm, by=BY, now=clock.now())
    patient = granted(made)
    return {"clinic": found.name, "mrn": patient.mrn, "patient_id": str(patient.pk)}


def change_at() -> str:
    """Where people give themselves a password of their own."""
    return f"{settings.NORKET_ORIGIN.rstrip('/')}/accounts/password/change/"


def _as_json(person: Person, shown: str | None) -> dict[str, object]:
    told: dict[str, object] = {"person_id": str(person.pk), "username": person.username, "roles": person.roles}
    return told | ({"password": shown} if shown else {})


def _password(*, ask: bool) -> tuple[str, str | None]:
    """A password and what of it is shown: one that was made here is shown once, one that was typed never."""
    if not ask:
        made = secrets.token_urlsafe(PASSWORD_BYTES)
        return made, made
    typed = _typed()
    try:
        validate_password(typed)
    except ValidationError as error:
        raise UnfitError(" ".join(error.messages)) from error
    return typed, None


def _typed() -> str:
    """Twice and unseen at a terminal, else the first line of the input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    typed = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != typed:
        raise UnfitError("the two passwords differ; nothing was written")
    return typed
