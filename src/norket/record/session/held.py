"""What holds a record open, and what an earlier session that was left holds back: read from the ledgers and the
register, never stored beside them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from norket.knowledge import KnowledgeBase
from norket.record.register.models import RegisterEntry
from norket.record.session.models import SessionEvent, SessionRecord
from norket.therapy.cite import finding
from norket.therapy.finding import Finding
from norket.therapy.recovery.closing import findings
from norket.therapy.register.ledger import moves
from norket.therapy.session.events import Recorded
from norket.therapy.session.state import OVER, SessionState

DRUG = ("infusion_started", "bolus_given", "dose_given")
REVERSAL = "_reversed"
LEFT_RULE = "recovery.left_unreviewed"


def closing(record: SessionRecord, folded: SessionState, now: datetime, base: KnowledgeBase) -> tuple[Finding, ...]:
    """The findings that hold the record of this session."""
    zone = record.patient.clinic.timezone
    return findings(
        folded, now, base, zone=zone, unposted=unposted(record.pk, folded) if folded.phase in OVER else None
    )


def unposted(session_id: UUID, folded: SessionState) -> int:
    """How many movements that the ledger tells of do not stand in the register now."""
    told, drawn = Counter[tuple[str, str, str, float]](), list[Recorded]()
    before: list[Recorded] = []
    for item in folded.ledger:
        lot = (drawn[-1].event.product_id, drawn[-1].event.lot) if drawn else None  # type: ignore[union-attr]
        lines = moves(item.event, session=item.session, by=item.by, at=item.at, lot=lot, ledger=before)
        _count(told, ((line.kind, line.product_id, line.lot, line.amount_mg) for line in lines))
        before.append(item)
        drawn += [item] if item.event.type in ("dose_prepared", "syringe_changed") else []
    booked = Counter[tuple[str, str, str, float]]()
    rows = RegisterEntry.objects.filter(session_id=session_id)
    _count(booked, rows.values_list("kind", "product_id", "lot", "amount_mg"))
    return sum(max(0, number - booked[line]) for line, number in told.items())


def _count(counted: Counter[tuple[str, str, str, float]], lines: Iterable[tuple[str, str, str, float]]) -> None:
    """Counts lines; one that takes another back takes it off."""
    for kind, product_id, lot, amount_mg in lines:
        taken_back = kind.endswith(REVERSAL)
        counted[(kind.removesuffix(REVERSAL), product_id, lot, amount_mg)] += -1 if taken_back else 1


def left_before(patients: Iterable[UUID]) -> dict[UUID, SessionRecord]:
    """By patient the latest session that was left before discharge and that no prescriber has reviewed."""
    reviewed = SessionEvent.objects.filter(type="leaving_reviewed").values("session_id")
    given = SessionEvent.objects.filter(type__in=DRUG).values("session_id")
    left = SessionRecord.objects.filter(patient_id__in=set(patients), phase="left", pk__in=given).exclude(
        pk__in=reviewed
    )
    return {row.patient_id: row for row in left.order_by("planned_for")}


def unreviewed(record: SessionRecord, base: KnowledgeBase) -> Finding | None:
    """Why this session does not start: an earlier one was left before discharge and nobody has looked at it."""
    return finding_of(record, left_before([record.patient_id]), base)


def finding_of(record: SessionRecord, left: Mapping[UUID, SessionRecord], base: KnowledgeBase) -> Finding | None:
    """The same, from what is known of several patients."""
    earlier = left.get(record.patient_id)
    if earlier is None or earlier.pk == record.pk:
        return None
    why = f"The session of {earlier.planned_for:%Y-%m-%d} was left before discharge and is not reviewed."
    return finding(base, LEFT_RULE, "fires", why, inputs={"session": str(earlier.pk)})
