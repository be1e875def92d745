"""What the clinic still has to do after its sessions: open records and open tasks, read from the ledgers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from norket.record.session import held
from norket.record.session.models import SessionEvent, SessionRecord
from norket.record.session.queries import base, readable
from norket.therapy.finding import Finding
from norket.therapy.recovery.tasks import Task, tasks
from norket.therapy.session import lots
from norket.therapy.session.state import OVER, SessionState


@dataclass(frozen=True)
class OpenRecord:
    """A session that is over and whose record is not closed: what holds it, and its tasks. `fault` names why the
    session cannot be read."""

    record: SessionRecord
    holds: tuple[Finding, ...]
    tasks: tuple[Task, ...]
    ended_at: datetime | None
    fault: str | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the first open task is due."""
        return min((task.due_at for task in self.tasks if task.open), default=None)


def open_records(clinic_id: UUID, now: datetime) -> list[OpenRecord]:
    """Every open record of the clinic, what is due first at the top."""
    closed = SessionEvent.objects.filter(type="record_closed").values("session_id")
    rows = list(
        SessionRecord.objects.filter(patient__clinic_id=clinic_id, phase__in=OVER)
        .exclude(pk__in=closed)
        .select_related("patient__clinic", "chair")
        .order_by("planned_for")
    )
    folded, faults = readable(rows)
    found = [_open(row, folded.get(row.pk), faults.get(row.pk), now) for row in rows]
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or one.record.planned_for))


def owed_when_closed(clinic_id: UUID, now: datetime) -> list[OpenRecord]:
    """The closed records of the clinic that left a task which never held them, to look at a cannula's site days later,
    and those to which something was added since. Each stays until the task has its outcome, however late."""
    closings = SessionEvent.objects.filter(type="record_closed")
    closed, added = closings.values("session_id"), closings.filter(session__version__gt=F("n")).values("session_id")
    failed = SessionEvent.objects.filter(type="site_failed").values("session_id")
    rows = list(
        SessionRecord.objects.filter(patient__clinic_id=clinic_id, phase__in=OVER)
        .filter(Q(pk__in=failed) | Q(pk__in=added), pk__in=closed)
        .select_related("patient__clinic", "chair")
        .order_by("planned_for")
    )
    folded, faults = readable(rows)
    found = [_open(row, folded.get(row.pk), faults.get(row.pk), now) for row in rows]
    return [one for one in found if one.fault or any(task.open for task in one.tasks)]


def late_sites(clinic_id: UUID, now: datetime) -> list[tuple[SessionRecord, datetime]]:
    """The cannula sites that should have been looked at again by now, and have not been, with when; oldest first."""
    failed = SessionEvent.objects.filter(type="site_failed").values("session_id")
    rows = list(
        SessionRecord.objects.filter(patient__clinic_id=clinic_id, phase__in=OVER, pk__in=failed)
        .select_related("patient__clinic")
        .order_by("planned_for")
    )
    folded, _ = readable(rows)  # what cannot be read stands among the open records, by name
    found = [(row, _site_due(folded[row.pk], row, now)) for row in rows if row.pk in folded]
    return sorted(((row, due) for row, due in found if due is not None and due <= now), key=lambda one: one[1])


def _site_due(state: SessionState, row: SessionRecord, now: datetime) -> datetime | None:
    """When the site was or is to be looked at; None where nobody has to."""
    checks = (one for one in tasks(state, now, row.patient.clinic.timezone, base()) if one.task == "site_check")
    return next((one.due_at for one in checks if one.open), None)


def without_lot(clinic_id: UUID) -> list[tuple[SessionRecord, str]]:
    """What was given of controlled medicines and stands in no lot of the register, with its session: a count that is
    done before these are entered finds a difference."""
    closed = SessionEvent.objects.filter(type="record_closed").values("session_id")
    given = SessionEvent.objects.filter(type="rescue_given").values("session_id")
    rows = list(
        SessionRecord.objects.filter(patient__clinic_id=clinic_id, pk__in=given)
        .exclude(pk__in=closed)
        .select_related("patient")
        .order_by("planned_for")
    )
    folded = readable(rows)[0]
    return [(row, lots.named(one)) for row in rows if row.pk in folded for one in lots.unbooked(folded[row.pk], base())]


def _open(row: SessionRecord, state: SessionState | None, fault: str | None, now: datetime) -> OpenRecord:
    if state is None:
        return OpenRecord(row, (), (), None, fault)
    holds = tuple(finding for finding in held.closing(row, state, now, base()) if finding.state != "clear")
    return OpenRecord(row, holds, tasks(state, now, row.patient.clinic.timezone, base()), state.ended_at)
