"""Which device belongs to which session. A device speaks for one patient at a time, and only while that session lives:
a monitor bound twice, or a name that no device carries, would chart one patient's numbers for another or for nobody."""

from norket.record.access.models import Device
from norket.record.session import queries
from norket.record.session.models import OVER, SessionRecord
from norket.therapy.finding import Refused

LIVE = tuple(dict.fromkeys((*queries.BEFORE_START, *queries.ACTIVE)))


def sessions_of(device: Device, phases: tuple[str, ...] = queries.ACTIVE) -> list[SessionRecord]:
    """The sessions in these phases to which the device is bound."""
    rows = SessionRecord.objects.filter(phase__in=phases, patient__clinic_id=device.clinic_id)
    found = list(rows.select_related("patient", "chair"))
    folded = queries.states(found)
    return [row for row in found if device.identity in folded[row.pk].devices]


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
