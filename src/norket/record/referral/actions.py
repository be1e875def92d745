"""Writes what happens to referrals: on disk, in the audit chain, and once for each command."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from norket.record.audit import actions as audit
from norket.record.canonical import canonical, digest, instant
from norket.record.care import actions as care
from norket.record.care import admission
from norket.record.care import queries as charts
from norket.record.care.admission import NewPatient
from norket.record.people.models import Clinic, Patient
from norket.record.referral import queries
from norket.record.referral.models import Referral, ReferralEvent
from norket.record.session.queries import base
from norket.record.writer import writing
from norket.therapy.care.referred import beside, events_of
from norket.therapy.finding import Refused
from norket.therapy.referral import events as e
from norket.therapy.referral.fold import CLOSED, Standing, refusal
from norket.therapy.referral.shapes import Referral as Sent

OPENED_ANEW = "This was sent before with something else in it. Open the page again and send it once more."


def receive(clinic: Clinic, sent: Sent, *, by: str, now: datetime, command_id: str) -> UUID | Refused:
    """Keeps a referral. What was sent before, under the same id or word for word while it is open, is kept once."""
    content = digest(sent.model_dump(mode="json", exclude={"edition", "risk"}))
    with writing():
        clinic = Clinic.objects.select_for_update().get(pk=clinic.pk)
        known = Referral.objects.filter(clinic=clinic, command_id=command_id).first()
        if known is not None and known.sha256 != content:
            return Refused(code="command_id_reused", why=OPENED_ANEW)
        same = Referral.objects.filter(clinic=clinic, sha256=content).exclude(events__type__in=CLOSED).first()
        if known is not None or same is not None:
            return UUID(str((known or same).pk))  # type: ignore[union-attr]
        at = now.astimezone(UTC)
        row = Referral.objects.create(clinic=clinic, command_id=command_id, sha256=content, received_at=at)
        _write(row, [e.Received(referral=sent)], first=1, by=by, now=now, command_id=command_id)
        return UUID(str(row.pk))


def record(referral_id: UUID, event: e.Event, *, by: str, now: datetime, command_id: str) -> Standing | Refused:
    """Writes an event, and that somebody has looked when it is the first of a person; or says by name why not."""
    with writing():
        row = Referral.objects.select_for_update().get(pk=referral_id)
        known = ReferralEvent.objects.filter(referral=row, command_id=command_id).order_by("part").last()
        if known is not None:
            same = known.data == canonical(event.model_dump(mode="json"))
            again = Refused(code="command_id_reused", why=OPENED_ANEW)
            return queries.standing(referral_id) if same else again
        standing = queries.standing(referral_id)
        refused = refusal(standing, event)
        if refused is not None:
            return refused
        looked: list[e.Event] = [] if standing.seen or isinstance(event, e.Seen) else [e.Seen()]
        _write(row, [*looked, event], first=standing.version + 1, by=by, now=now, command_id=command_id)
        return queries.standing(referral_id)


def accept(
    referral_id: UUID,
    to: NewPatient | Patient,
    *,
    another: bool = False,
    by: str,
    now: datetime,
    command_id: str,
) -> Patient | Refused:
    """Makes a patient of the referral, or brings it to one whom the clinic knows: its answers and medicines become
    lines of the chart, with their source. All of it or nothing."""
    with writing():
        row = Referral.objects.select_for_update().select_related("clinic").get(pk=referral_id)
        standing = queries.standing(referral_id)
        if standing.patient is not None and ReferralEvent.objects.filter(referral=row, command_id=command_id).exists():
            return Patient.objects.get(pk=standing.patient)
        brought = events_of(base(), referral_id, standing.received.recorded_at, standing.referral)
        event = e.Accepted(
            patient=to.pk if isinstance(to, Patient) else UUID(int=0), known_before=isinstance(to, Patient)
        )
        refused = refusal(standing, event)
        if refused is not None:
            return refused
        patient = _patient(row, to, brought, another=another, by=by, now=now)
        if isinstance(patient, Refused):
            return patient
        accepted = event.model_copy(update={"patient": UUID(str(patient.pk))})
        done = record(referral_id, accepted, by=by, now=now, command_id=command_id)
        if isinstance(done, Refused):
            raise RuntimeError(f"a referral that could be accepted was then refused: {done.why}")
        return patient


def _patient(
    row: Referral, to: NewPatient | Patient, brought: Sequence[Any], *, another: bool, by: str, now: datetime
) -> Patient | Refused:
    command_id = f"referral-{row.pk}"
    if isinstance(to, NewPatient):
        return admission.admit(row.clinic, to, another=another, brought=brought, by=by, now=now, command_id=command_id)
    if to.clinic_id != row.clinic_id:
        return Refused(code="patient_unknown", why="There is no such patient here. Reload the page and choose again.")
    kept = beside(base(), charts.care(to.pk), brought)
    done = care.record(to.pk, kept, by=by, now=now, command_id=command_id)
    return done if isinstance(done, Refused) else to


def told(row: Referral, events: Sequence[ReferralEvent]) -> dict[str, Any]:
    """What the audit chain keeps of some events of a referral: their numbers and types, and a hash over all of each."""
    when = [instant(one.recorded_at) for one in events]
    whole = [
        [one.n, one.command_id, one.part, one.type, at, one.by, one.data] for one, at in zip(events, when, strict=True)
    ]
    head = [str(row.clinic_id), row.command_id, row.sha256, instant(row.received_at)]
    return {"first": events[0].n, "types": [one.type for one in events], "sha256": digest(head, whole)}


def _write(row: Referral, events: Sequence[e.Event], *, first: int, by: str, now: datetime, command_id: str) -> None:
    rows = [
        ReferralEvent(
            referral=row,
            n=first + part,
            command_id=command_id,
            part=part,
            type=event.type,
            recorded_at=now.astimezone(UTC),
            by=by,
            data=canonical(event.model_dump(mode="json")),
        )
        for part, event in enumerate(events)
    ]
    ReferralEvent.objects.bulk_create(rows)
    audit.append("referral", actor=by, subject=f"referral:{row.pk}", at=now, data=told(row, rows))
