"""Which device belongs to which session. A device speaks for one patient at a time, and only while that session lives:
a monitor bound twice, or a name that no device carries, would chart one patient's numbers for another or for nobody."""

import time
from collections import OrderedDict
from uuid import UUID

from norket.record.access.models import Device
from norket.record.session import queries
from norket.record.session.models import OVER, SessionRecord
from norket.therapy.finding import Refused

# For so long a device is looked for where it was.
AGAIN_S = 30.0
KEPT = 4096
_where: OrderedDict[int | UUID, tuple[UUID, float]] = OrderedDict()
LIVE = tuple(dict.fromkeys((*queries.BEFORE_START, *queries.ACTIVE)))


def sessions_of(device: Device, phases: tuple[str, ...] = queries.ACTIVE) -> list[SessionRecord]:
    """The sessions in these phases to which the device is bound."""
    open_ = SessionRecord.objects.filter(phase__in=phases, patient__clinic_id=device.clinic_id)
    folded = queries.states(open_.only("id", "version", "head"))
    found = [pk for pk, state in folded.items() if device.identity in state.devices]
    return list(SessionRecord.objects.filter(pk__in=found).select_related("patient", "chair")) if found else []


def session_of(device: Device) -> SessionRecord | None:
    """The one active session the device is bound to; none when it is bound to none or, against all rules, to several.

    A monitor speaks each second and is moved once a day: where it was is looked at first, and only now and then all
    the others, whose ledgers keep it from being bound twice."""
    before = _where.get(device.pk)
    if before is not None and time.monotonic() < before[1]:
        row = SessionRecord.objects.filter(pk=before[0], phase__in=queries.ACTIVE).select_related("patient").first()
        if row is not None and row.patient.clinic_id == device.clinic_id and _holds(row, device):
            return row
    found = sessions_of(device)
    _where.pop(device.pk, None)
    if len(found) != 1:
        return None
    while len(_where) >= KEPT:
        _where.popitem(last=False)
    _where[device.pk] = (found[0].pk, time.monotonic() + AGAIN_S)
    return found[0]


def _holds(row: SessionRecord, device: Device) -> bool:
    return device.identity in queries.state_of(row).devices


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
