"""Which device belongs to which session. A device speaks for one patient at a time, and only while that session lives:
a monitor bound twice, or a name that no device carries, would chart one patient's numbers for another or for nobody."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from norket.record.access.models import Device
from norket.record.session import heads, queries
from norket.record.session.models import SessionRecord
from norket.therapy.finding import Refused
from norket.therapy.session.state import ACTIVE, OVER

# For so long a device is looked for where it was, and is taken to be in use.
AGAIN_S, IN_USE_S = 30.0, 2.0
KEPT = 4096
LIVE = tuple(dict.fromkeys((*queries.BEFORE_START, *ACTIVE)))


@dataclass(frozen=True)
class _Place:
    """Where a device was found, at which version of that ledger, and until when it is looked for there."""

    session_id: UUID
    version: int
    until: float


_where: OrderedDict[str, _Place] = OrderedDict()
# Each active device with its clinic, and until when that holds.
_in_use: tuple[float, dict[str, UUID]] = (0.0, {})


def sessions_of(device: Device, phases: tuple[str, ...] = ACTIVE) -> list[SessionRecord]:
    """The sessions in these phases to which the device is bound."""
    open_ = SessionRecord.objects.filter(phase__in=phases, patient__clinic_id=device.clinic_id)
    folded = queries.states(open_.only("id", "version", "head"))
    found = [pk for pk, state in folded.items() if device.identity in state.devices]
    return list(SessionRecord.objects.filter(pk__in=found).select_related("patient", "chair")) if found else []


@dataclass(frozen=True)
class Bond:
    """The session for which a device speaks, and the record number that its messages must carry."""

    session_id: UUID
    mrn: str


def bond(identity: str) -> Bond | None:
    """The one active session to which the active device of this name is bound; none when it is bound to none or,
    against all rules, to several.

    A monitor speaks each second and is moved once a day. It is looked for where it was, which is no longer its place as
    soon as that ledger has a further event; only now and then all sessions are looked through, whose ledgers keep it
    from being bound twice, and then for all devices at once."""
    before = _where.get(identity)
    if before is not None and time.monotonic() < before.until:
        found = _there(identity, before, heads.of([before.session_id]).get(before.session_id), _devices())
        if found is not None:
            return found
        row = _again(identity, before)
        if row is not None:
            _keep(identity, _Place(row.pk, row.version, before.until))
            return Bond(row.pk, row.patient.mrn)
    row = _look_through().get(identity)
    return None if row is None else Bond(row.pk, row.patient.mrn)


def at_hand(identity: str) -> Bond | None:
    """The same where it is known without the disk."""
    before, (until, devices) = _where.get(identity), _in_use
    if before is None or time.monotonic() >= min(before.until, until):
        return None
    return _there(identity, before, heads.at_hand(before.session_id), devices)


def _there(identity: str, place: _Place, head: heads.Head | None, devices: dict[str, UUID]) -> Bond | None:
    """The bond, if device, session and the version of its ledger are as they were."""
    if head is None or head.version != place.version or head.phase not in ACTIVE:
        return None
    return Bond(place.session_id, head.mrn) if devices.get(identity) == head.clinic_id else None


def _devices() -> dict[str, UUID]:
    until, devices = _in_use
    return _look_at_devices() if time.monotonic() >= until or heads.in_transaction() else devices


def _look_at_devices() -> dict[str, UUID]:
    global _in_use  # noqa: PLW0603 -- one look for all threads
    devices = dict(Device.objects.filter(active=True).values_list("identity", "clinic_id"))
    if not heads.in_transaction():
        _in_use = (time.monotonic() + IN_USE_S, devices)
    return devices


def _again(identity: str, before: _Place) -> SessionRecord | None:
    """The session where the device was a moment ago, if its ledger still says so."""
    device = Device.objects.filter(identity=identity, active=True).first()
    row = SessionRecord.objects.filter(pk=before.session_id, phase__in=ACTIVE).select_related("patient").first()
    if device is None or row is None or row.patient.clinic_id != device.clinic_id:
        return None
    return row if identity in queries.state_of(row).devices else None


def _look_through() -> dict[str, SessionRecord]:
    """Where each active device is that is bound to just one active session of its clinic. A session that cannot be read
    holds none."""
    rows = {row.pk: row for row in SessionRecord.objects.filter(phase__in=ACTIVE).select_related("patient")}
    clinics = _look_at_devices()
    found: dict[str, list[SessionRecord]] = {}
    for pk, state in queries.readable(rows.values())[0].items():
        for identity in state.devices:
            if clinics.get(identity) == rows[pk].patient.clinic_id:
                found.setdefault(identity, []).append(rows[pk])
    only = {identity: here[0] for identity, here in found.items() if len(here) == 1}
    _where.clear()
    until = time.monotonic() + AGAIN_S
    for identity, row in only.items():
        _keep(identity, _Place(row.pk, row.version, until))
    return only


def _keep(identity: str, place: _Place) -> None:
    while len(_where) >= KEPT:
        _where.popitem(last=False)
    _where[identity] = place


def objection(session: SessionRecord, identity: str) -> Refused | None:
    """Why this device may not be bound to this session."""
    if session.phase in OVER:
        return Refused(code="session_ended", why="This session is over. Bind the device to the session that it is at.")
    device = Device.objects.filter(identity=identity, active=True, clinic_id=session.patient.clinic_id).first()
    if device is None:
        return Refused(
            code="device_unknown", why="No active device of this clinic has this identity. Choose one of the list."
        )
    others = [row for row in sessions_of(device, LIVE) if row.pk != session.pk]
    if others:
        chair = others[0].chair.name if others[0].chair else "no chair"
        return Refused(
            code="device_in_use",
            why=f"This device is bound to another session ({chair}). Unbind it there, then bind it here.",
        )
    return None
