"""Rows of the ledger to events and back, and the chain over one session's events."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from norket.record.canonical import canonical, digest, instant
from norket.record.session.models import SessionEvent, SessionRecord
from norket.therapy.session.events import EVENT, Decided, Recorded


def recorded(row: SessionEvent) -> Recorded:
    """The event that a row holds."""
    return Recorded(
        session=str(row.session_id),
        n=row.n,
        v=row.v,
        at=row.at,
        recorded_at=row.recorded_at,
        by=row.by,
        command_id=row.command_id,
        event=EVENT.validate_json(row.data),
    )


def events(session_id: UUID, after: int = 0) -> list[Recorded]:
    """The events of a session numbered above `after`, in order."""
    return [recorded(row) for row in SessionEvent.objects.filter(session_id=session_id, n__gt=after).order_by("n")]


def ledgers(session_ids: Iterable[UUID]) -> dict[UUID, list[Recorded]]:
    """The ledgers of several sessions, with one query."""
    wanted = list(session_ids)
    found: dict[UUID, list[Recorded]] = {session_id: [] for session_id in wanted}
    for row in SessionEvent.objects.filter(session_id__in=wanted).order_by("session_id", "n") if wanted else ():
        found[row.session_id].append(recorded(row))
    return found


def next_head(head: str, row: SessionEvent) -> str:
    """The head of the chain after one more event, over the row as it is stored: what a later version of the program
    makes of it plays no part."""
    when = [instant(row.at), instant(row.recorded_at)]
    who = [row.by, row.command_id, row.part, row.command_digest]
    return digest(head, [str(row.session_id), row.n, row.v, row.type, *when, *who, row.data])


def write(
    session: SessionRecord, decided: Sequence[Decided], *, by: str, now: datetime, command_id: str, command_digest: str
) -> tuple[Recorded, ...]:
    """Adds the events to the ledger and moves the session's version and head. Called only by the actions."""
    rows = [
        SessionEvent(
            session=session,
            n=session.version + place,
            command_id=command_id,
            part=place - 1,
            command_digest=command_digest,
            type=item.event.type,
            at=item.at.astimezone(UTC),
            recorded_at=now.astimezone(UTC),
            by=by,
            data=canonical(item.event.model_dump(mode="json", by_alias=True)),
        )
        for place, item in enumerate(decided, start=1)
    ]
    SessionEvent.objects.bulk_create(rows)
    session.version += len(rows)
    for row in rows:
        session.head = next_head(session.head, row)
    return tuple(recorded(row) for row in rows)
