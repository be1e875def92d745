"""Lines of the drug register: each posted on the balance before it, in the turn of the writer."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from norket.record.audit import actions as audit
from norket.record.people.models import Clinic
from norket.record.register import queries
from norket.record.register.models import RegisterEntry
from norket.record.writer import writing
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.register.ledger import RegisterLine, after, post


def enter(clinic_id: UUID, line: RegisterLine, now: datetime) -> dict[str, Any] | Refused:
    """Writes one line on the balance before it, inside the caller's transaction; gives what the audit line keeps."""
    at = line.at or now
    last = queries.last(clinic_id, line.product_id, line.lot)
    balance_mg = last.balance_mg if last else 0.0
    posted = post(balance_mg, line)
    if isinstance(posted, Refused):
        return posted
    row = RegisterEntry.objects.create(
        clinic_id=clinic_id,
        product_id=line.product_id,
        lot=line.lot,
        n=(last.n if last else 0) + 1,
        kind=line.kind,
        amount_mg=line.amount_mg,
        balance_mg=after(balance_mg, line),
        session_id=line.session,
        by=line.by,
        witness=line.witness,
        at=at.astimezone(UTC),
        recorded_at=now,
    )
    return queries.as_json(row)


def record(clinic_id: UUID, line: RegisterLine, *, by: Actor, now: datetime) -> RegisterEntry | Refused:
    """Adds one line that no session made: stock received, returned or counted."""
    with writing():
        Clinic.objects.select_for_update().get(pk=clinic_id)
        kept = enter(clinic_id, line, now)
        if isinstance(kept, Refused):
            data = {"type": "register", "refused": kept.code}
            audit.append("refused", actor=by.id, subject=f"clinic:{clinic_id}", at=now, data=data)
            return kept
        audit.append("register", actor=by.id, subject=f"clinic:{clinic_id}", at=now, data={"register": [kept]})
    return RegisterEntry.objects.get(clinic_id=clinic_id, product_id=line.product_id, lot=line.lot, n=kept["n"])
