"""What stands between a person or device and a thing: the same clinic, or a device bound to a session."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from norket.record.access.models import Device
from norket.record.people.models import Chair, Patient, Person
from norket.record.plan.models import OrderRecord
from norket.record.referral.models import Referral
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.therapy.session.state import ACTIVE

_CLINIC_OF: Mapping[str, tuple[Any, str]] = {
    "session_id": (SessionRecord, "patient__clinic_id"),
    "order_id": (OrderRecord, "patient__clinic_id"),
    "patient_id": (Patient, "clinic_id"),
    "referral_id": (Referral, "clinic_id"),
    "chair_id": (Chair, "clinic_id"),
    "device_id": (Device, "clinic_id"),
    "person_id": (Person, "clinic_id"),
}


def holds(relation: str, who: Person | Device | None, address: Mapping[str, Any]) -> bool:
    """Whether the relation holds between this caller and everything that the address names.

    Something that does not exist and something of another clinic give the same answer.
    """
    named = {key: value for key, value in address.items() if key in _CLINIC_OF}
    if relation in {"public", "signed_in"}:
        return not named
    if who is None or not all(_same_clinic(who, key, value) for key, value in named.items()):
        return False
    return relation == "clinic" or (isinstance(who, Device) and _bound(who, named.get("session_id")))


def _same_clinic(who: Person | Device, key: str, value: UUID) -> bool:
    table, field = _CLINIC_OF[key]
    return bool(table.objects.filter(pk=value, **{field: who.clinic_id}).exists())


def _bound(device: Device, session: UUID | None) -> bool:
    """A device reads the session that it is bound to while the patient is in it, and no longer."""
    if session is None or not SessionRecord.objects.filter(pk=session, phase__in=ACTIVE).exists():
        return False
    return device.identity in queries.state(UUID(str(session))).devices
