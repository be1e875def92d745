"""A new device of a clinic: its name in the messages it sends, and the token that is shown once."""

from datetime import datetime
from uuid import UUID

from norket.record.access import tokens
from norket.record.access.models import Device
from norket.record.audit import actions as audit
from norket.record.people.models import Clinic
from norket.record.writer import writing
from norket.therapy.finding import Refused

LONGEST = 200
SEPARATORS = frozenset("|^~\\&")  # of HL7 v2: a name with one of them never arrives as it was written


def add_device(clinic: Clinic, identity: str, name: str, *, by: str, now: datetime) -> tuple[Device, str] | Refused:
    """The device and its token; the token is kept only as its hash."""
    if not identity or len(identity) > LONGEST or not identity.isprintable() or identity.strip() != identity:
        return Refused(code="identity_unreadable", why=f"An identity has 1 to {LONGEST} printable characters.")
    if SEPARATORS & set(identity):
        return Refused(
            code="identity_unreadable", why="An identity holds none of | ^ ~ \\ &: they separate HL7 fields."
        )
    if not name.strip() or len(name) > LONGEST:
        return Refused(code="name_missing", why=f"Give the device a name of at most {LONGEST} characters.")
    with writing():
        if Device.objects.filter(identity=identity).exists():
            return Refused(code="identity_taken", why=f"There is a device {identity} already. Choose another identity.")
        device = Device.objects.create(clinic=clinic, identity=identity, name=name)
        token = tokens.make(device, now=now)
        data = {"identity": identity, "name": name, "clinic": str(clinic.pk)}
        audit.append("device_added", actor=by, subject=f"device:{device.pk}", at=now, data=data)
    return device, token


def clinic_named(said: str) -> Clinic | Refused:
    """The one clinic with this id or this name."""
    try:
        found = list(Clinic.objects.filter(pk=UUID(said)))
    except ValueError:
        found = list(Clinic.objects.filter(name=said)[:2])
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{clinic.name} ({clinic.pk})" for clinic in Clinic.objects.order_by("name"))
    which = "Several clinics have this name" if found else f"No clinic is {said}"
    return Refused(code="clinic_unknown", why=f"{which}; there are: {names or 'none'}. Give the id.")
