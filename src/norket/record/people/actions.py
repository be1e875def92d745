"""The people and places of a clinic come into the record here, each with a line in the audit chain."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from norket.record.audit import actions as audit
from norket.record.people.models import Chair, Clinic, Patient, Person
from norket.record.writer import writing
from norket.therapy.actor import Role
from norket.therapy.finding import Refused

STAFF_ROLES = tuple(role for role in get_args(Role) if role not in ("device", "system"))
LONGEST_NAME, LONGEST_USERNAME, LONGEST_CHAIR, LONGEST_MRN = 200, 150, 64, 64
LONGEST_PHONE, PHONE_SIGNS = 40, frozenset("+0123456789 ()-")
SEXES = ("female", "male")


@dataclass(frozen=True)
class NewPerson:
    """Who is to sign in. The password is kept only as its hash."""

    username: str
    name: str
    roles: Collection[str]
    password: str


def add_clinic(
    name: str, timezone: str, first: NewPerson, *, by: str, now: datetime
) -> tuple[Clinic, Person] | Refused:
    """A clinic and the first person who signs in to it: both or neither."""
    with writing():
        refused = _unfit("clinic", name, LONGEST_NAME) or _clinic_exists(name) or _no_zone(timezone)
        refused = refused or _no_person(first)
        if refused is not None:
            return refused
        clinic = Clinic.objects.create(name=name, timezone=timezone)
        _audit("clinic_added", clinic, {"name": name, "timezone": timezone}, by, now)
        return clinic, _person(clinic, first, by, now)


def add_person(clinic: Clinic, new: NewPerson, *, by: str, now: datetime) -> Person | Refused:
    """One more person of the clinic."""
    with writing():
        return _no_person(new) or _person(clinic, new, by, now)


def add_chair(clinic: Clinic, name: str, *, by: str, now: datetime) -> Chair | Refused:
    """One more chair, after those that are there."""
    with writing():
        refused = _unfit("chair", name, LONGEST_CHAIR)
        if refused is None and clinic.chairs.filter(name=name).exists():
            refused = Refused(code="chair_exists", why=f"{clinic.name} has a {name} already. Choose another name.")
        if refused is not None:
            return refused
        chair = Chair.objects.create(clinic=clinic, name=name, position=clinic.chairs.count() + 1)
        _audit("chair_added", clinic, {"chair": name}, by, now)
        return chair


def add_patient(
    clinic: Clinic,
    mrn: str,
    given_name: str,
    family_name: str,
    birth_date: date,
    sex: str,
    *,
    height_cm: float | None,
    weight_kg: float | None = None,
    weight_measured_on: date | None = None,
    contact: str = "",
    by: str,
    now: datetime,
) -> Patient | Refused:
    """Registers a patient under the clinic's own number. The line in the chain names the number and nothing more."""
    with writing():
        refused = (
            _unfit("record number", mrn, LONGEST_MRN)
            or _unfit("given name", given_name, LONGEST_NAME)
            or _unfit("family name", family_name, LONGEST_NAME)
        )
        if refused is None and contact:
            refused = _unfit("contact", contact, LONGEST_NAME)
        if refused is None and birth_date > now.date():
            refused = Refused(code="not_born", why=f"{birth_date:%Y-%m-%d} is no date of birth: it is still to come.")
        if refused is None and sex not in SEXES:
            refused = Refused(code="sex_unknown", why=f"Dosing models know {' and '.join(SEXES)}; not {sex}.")
        if refused is None and clinic.patients.filter(mrn=mrn).exists():
            refused = Refused(code="mrn_taken", why=f"{clinic.name} has a patient {mrn} already.")
        if refused is not None:
            return refused
        patient = Patient.objects.create(
            clinic=clinic,
            mrn=mrn,
            given_name=given_name,
            family_name=family_name,
            birth_date=birth_date,
            sex=sex,
            height_cm=height_cm,
            weight_kg=weight_kg,
            weight_measured_on=weight_measured_on,
            contact=contact,
        )
        _audit("patient_added", clinic, {"mrn": mrn, "patient": str(patient.pk)}, by, now)
        return patient


def set_contacts(
    clinic: Clinic, *, country: str, phone: str, hours: str, on_call: str, by: str, now: datetime
) -> Clinic | Refused:
    """Whom people in need are shown: the country's numbers, and the clinic's own inside and outside its hours."""
    with writing():
        told = {"country": country, "phone": phone, "hours": hours, "on_call": on_call}
        refused = _no_country(country) or _no_number(phone) or _no_number(on_call)
        if refused is None and hours:
            refused = _unfit("text of the hours", hours, LONGEST_NAME)
        if refused is not None:
            return refused
        Clinic.objects.filter(pk=clinic.pk).update(**told)
        _audit("contacts_set", clinic, told, by, now)
        clinic.refresh_from_db()
        return clinic


def _person(clinic: Clinic, new: NewPerson, by: str, now: datetime) -> Person:
    person = Person(username=new.username, name=new.name, clinic=clinic, roles=sorted(set(new.roles)))
    person.set_password(new.password)
    person.save(force_insert=True)
    data = {"person": str(person.pk), "username": new.username, "name": new.name, "roles": person.roles}
    _audit("person_added", clinic, data, by, now)
    return person


def _audit(kind: str, clinic: Clinic, data: Mapping[str, Any], by: str, now: datetime) -> None:
    audit.append(kind, actor=by, subject=f"clinic:{clinic.pk}", at=now, data=dict(data))


def _clinic_exists(name: str) -> Refused | None:
    if not Clinic.objects.filter(name=name).exists():
        return None
    return Refused(code="clinic_exists", why=f"There is a clinic {name} already. Choose another name.")


def _no_person(new: NewPerson) -> Refused | None:
    unknown = sorted(set(new.roles) - set(STAFF_ROLES))
    if unknown or not new.roles:
        said = f"{', '.join(unknown)} is no role" if unknown else "A person needs a role"
        return Refused(code="role_unknown", why=f"{said}; there are: {', '.join(STAFF_ROLES)}.")
    refused = _unfit("username", new.username, LONGEST_USERNAME) or _unfit("person's name", new.name, LONGEST_NAME)
    if refused is None and Person.objects.filter(username=new.username).exists():
        return Refused(code="username_taken", why=f"Somebody signs in as {new.username} already. Choose another one.")
    return refused


def _unfit(what: str, text: str, longest: int) -> Refused | None:
    if text and text.strip() == text and text.isprintable() and len(text) <= longest:
        return None
    return Refused(
        code="name_unfit",
        why=f"A {what} has 1 to {longest} printable characters, with none of them a space at its ends.",
    )


def _no_country(country: str) -> Refused | None:
    if not country or (len(country) == len("GB") and country.isascii() and country.isalpha() and country.isupper()):
        return None
    return Refused(code="country_unknown", why=f"{country} is no country; write two capitals, such as GB.")


def _no_number(phone: str) -> Refused | None:
    if not phone or (len(phone) <= LONGEST_PHONE and set(phone) <= PHONE_SIGNS and any(map(str.isdigit, phone))):
        return None
    why = f"{phone[:LONGEST_PHONE]} is no phone number; write digits and spaces, with a plus before the country."
    return Refused(code="phone_unreadable", why=why)


def _no_zone(timezone: str) -> Refused | None:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Refused(code="timezone_unknown", why=f"{timezone} is no time zone; write one such as Europe/London.")
    return None
