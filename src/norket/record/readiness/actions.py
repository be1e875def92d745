"""Adds an event to a clinic's ledger: on disk, in the audit chain, and once for each command."""

from datetime import UTC, datetime
from uuid import UUID

from norket.record.access import policy
from norket.record.audit import actions as audit
from norket.record.canonical import canonical, digest
from norket.record.people.models import Clinic, Person
from norket.record.readiness.models import ClinicEvent
from norket.record.readiness.queries import recorded
from norket.record.writer import writing
from norket.therapy.finding import Refused
from norket.therapy.readiness.events import CredentialSeen, Event, Recorded


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
        objection = _objection(clinic, event, by) if isinstance(event, CredentialSeen) else None
        if objection is not None:
            return objection
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


def _objection(clinic: Clinic, event: CredentialSeen, by: str) -> Refused | None:
    """A credential opens the start of sessions: it is written down by who answers for them, about somebody else."""
    people = {str(one.pk): one for one in Person.objects.filter(clinic=clinic, is_active=True)}
    if by not in people or not policy.read().may_be("credential_keeper", people[by].roles):
        return Refused(
            code="credential_role",
            why="Credentials are written down by the manager or the medical director. Show them the document.",
        )
    if event.person not in people:
        return Refused(code="person_unknown", why="This is nobody who works in this clinic now. Choose a person.")
    if event.person == by:
        return Refused(code="credential_own", why="Nobody writes down their own credential. Ask a colleague who may.")
    return None
