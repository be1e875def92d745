"""Adds an event to a clinic's ledger: on disk, in the audit chain, and once for each command."""

from datetime import UTC, datetime
from uuid import UUID

from norket.record.audit import actions as audit
from norket.record.canonical import canonical, digest
from norket.record.people.models import Clinic
from norket.record.readiness.models import ClinicEvent
from norket.record.readiness.queries import recorded
from norket.record.writer import writing
from norket.therapy.finding import Refused
from norket.therapy.readiness.events import Event, Recorded


def record(clinic_id: UUID, event: Event, *, by: str, now: datetime, command_id: str) -> Recorded | Refused:
    """Writes one event. The same command again gives the same answer; another content under it is refused."""
    with writing():
        clinic = Clinic.objects.select_for_update().get(pk=clinic_id)
        text = canonical(event.model_dump(mode="json"))
        before = ClinicEvent.objects.filter(clinic=clinic, command_id=command_id).first()
        if before is not None:
            same = before.data == text
            why = "This command id was used for something else. Send it with a new one."
            return recorded(before) if same else Refused(code="command_id_reused", why=why)
        row = ClinicEvent.objects.create(
            clinic=clinic,
            n=ClinicEvent.objects.filter(clinic=clinic).count() + 1,
            command_id=command_id,
            type=event.type,
            recorded_at=now.astimezone(UTC),
            by=by,
            data=text,
        )
        data = {"n": row.n, "type": row.type, "sha256": digest(text)}
        audit.append("clinic", actor=by, subject=f"clinic:{clinic.pk}", at=now, data=data)
        return recorded(row)
