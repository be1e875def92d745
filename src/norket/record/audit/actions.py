"""Adds a line to the audit chain, inside the transaction of what it tells about."""

from datetime import UTC, datetime
from typing import Any

from norket.record.audit.models import AuditHead, AuditLine
from norket.record.canonical import canonical, digest

ROOT = "0" * 64


def append(kind: str, *, actor: str, subject: str, data: dict[str, Any], at: datetime) -> int:
    """Writes the next line and gives its number. The caller holds the writer's turn and its transaction."""
    head, _ = AuditHead.objects.select_for_update().get_or_create(id=1, defaults={"hash": ROOT})
    line = AuditLine(
        seq=head.seq + 1,
        at=at.astimezone(UTC),
        actor=actor,
        kind=kind,
        subject=subject,
        data=canonical(data),
        prev=head.hash,
    )
    line.hash = line_hash(line)
    line.save(force_insert=True)
    AuditHead.objects.filter(id=1).update(seq=line.seq, hash=line.hash)
    return line.seq


def line_hash(line: AuditLine) -> str:
    """The hash that the line must carry."""
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds")
    return digest(line.seq, at, line.actor, line.kind, line.subject, line.data, line.prev)
