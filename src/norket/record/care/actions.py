"""Adds events to a patient's ledger: on disk, in the audit chain, and once for each command."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from norket.record.audit import actions as audit
from norket.record.canonical import canonical, digest, instant
from norket.record.care import queries
from norket.record.care.models import CareEvent
from norket.record.people.models import Patient
from norket.record.writer import writing
from norket.therapy.care.events import (
    ChartImported,
    DecisionTakenBack,
    Event,
    FrailtyRecorded,
    LineWithdrawn,
    Recorded,
)
from norket.therapy.care.fold import TAKEN_BACK, lines
from norket.therapy.finding import Refused


def record(
    patient_id: UUID, events: Sequence[Event], *, by: str, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """Writes the events in one transaction, or says by name why not. The same command again gives the same answer."""
    if "\0" in command_id:  # no database keeps it
        return Refused(code="command_id_unfit", why="This command id holds a character that cannot be stored.")
    with writing():
        # The patient's row orders the writers of all processes.
        patient = Patient.objects.select_for_update().get(pk=patient_id)
        known = CareEvent.objects.filter(patient=patient, command_id=command_id).order_by("part")
        if known:
            return _again(list(known), events)
        refused = _refusal(patient_id, events)
        if refused is not None:
            return refused
        first = CareEvent.objects.filter(patient=patient).count() + 1
        rows = [
            CareEvent(
                patient=patient,
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
        CareEvent.objects.bulk_create(rows)
        _follow(patient, events)
        audit.append("care", actor=by, subject=f"patient:{patient.pk}", at=now, data=told(rows))
        return tuple(queries.recorded(row) for row in rows)


def _follow(patient: Patient, events: Sequence[Event]) -> None:
    """What doses look at follows the ledger; somebody of whom it is not sure counts as frail."""
    said = [event.status for event in events if isinstance(event, FrailtyRecorded)]
    if said:
        patient.frail = said[-1] != "no"
        patient.save(update_fields=["frail"])


def told(rows: Sequence[CareEvent]) -> dict[str, Any]:
    """What the audit chain keeps of some events: their numbers and types, and a hash over all of each."""
    when = [instant(row.recorded_at) for row in rows]
    whole = [
        [row.n, row.command_id, row.part, row.type, at, row.by, row.data] for row, at in zip(rows, when, strict=True)
    ]
    return {"first": rows[0].n, "types": [row.type for row in rows], "sha256": digest(whole)}


def _again(known: list[CareEvent], events: Sequence[Event]) -> tuple[Recorded, ...] | Refused:
    if [row.data for row in known] != [canonical(event.model_dump(mode="json")) for event in events]:
        return Refused(
            code="command_id_reused", why="This command id was used for something else. Send it with a new one."
        )
    return tuple(queries.recorded(row) for row in known)


def _refusal(patient_id: UUID, events: Sequence[Event]) -> Refused | None:
    if not events:
        return Refused(code="nothing_to_record", why="There is nothing to record here.")
    ledger = queries.ledger(patient_id)
    standing = {(line.n, line.index) for one in ledger for line in lines(one)}
    seen = {one.event.sha256 for one in ledger if isinstance(one.event, ChartImported)}
    decided = {one.n for one in ledger if isinstance(one.event, TAKEN_BACK)}
    decided -= {one.event.n for one in ledger if isinstance(one.event, DecisionTakenBack)}
    for event in events:
        if isinstance(event, LineWithdrawn) and (event.n, event.index) not in standing:
            why = f"Line {event.index} of entry {event.n} is not in this chart. Reload the page and choose again."
            return Refused(code="line_not_known", why=why)
        if isinstance(event, DecisionTakenBack) and event.n not in decided:
            why = (
                f"Entry {event.n} is no order, waiver or decision that still counts. Reload the page and choose again."
            )
            return Refused(code="decision_not_known", why=why)
        if isinstance(event, ChartImported) and event.sha256 in seen:
            return Refused(code="imported_already", why=f"{event.name} was imported before; nothing in it has changed.")
    return None
