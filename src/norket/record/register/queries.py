"""The register as it stands: balances and lines."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from norket.record.canonical import instant
from norket.record.register.models import RegisterEntry
from norket.therapy.register.ledger import RegisterLine


def last(clinic_id: UUID, product_id: str, lot: str) -> RegisterEntry | None:
    """The newest line of a lot."""
    lines = RegisterEntry.objects.filter(clinic_id=clinic_id, product_id=product_id, lot=lot)
    return lines.order_by("-n").first()


def balance_mg(clinic_id: UUID, product_id: str, lot: str) -> float:
    """What the register says is in stock of a lot."""
    newest = last(clinic_id, product_id, lot)
    return newest.balance_mg if newest else 0.0


def entered(session_id: UUID, line: RegisterLine, kind: str) -> int:
    """How many lines of this kind, lot and amount a session has entered."""
    found = RegisterEntry.objects.filter(session_id=session_id, kind=kind, product_id=line.product_id)
    return found.filter(lot=line.lot, amount_mg=line.amount_mg).count()


def lines(clinic_id: UUID, limit: int = 200) -> list[RegisterEntry]:
    """The newest lines of the clinic, newest first."""
    return list(RegisterEntry.objects.filter(clinic_id=clinic_id).order_by("-id")[:limit])


def unwitnessed(rows: Iterable[RegisterEntry]) -> set[int]:
    """The ids of those lines of waste, of `rows` in any order, that nobody has signed for and nobody took back."""
    open_: dict[tuple[Any, ...], list[int]] = {}
    for row in sorted(rows, key=lambda row: row.pk):
        waiting = open_.setdefault((row.session_id, row.product_id, row.lot, row.amount_mg), [])
        if row.kind == "wasted" and row.witness is None:
            waiting.append(row.pk)
        elif row.kind in ("waste_witnessed", "wasted_reversed") and waiting:
            waiting.pop(0 if row.kind == "waste_witnessed" else -1)
    return {pk for waiting in open_.values() for pk in waiting}


def balances(clinic_id: UUID) -> list[RegisterEntry]:
    """The newest line of every lot, in the order of product and lot."""
    newest: dict[tuple[str, str], RegisterEntry] = {}
    for line in RegisterEntry.objects.filter(clinic_id=clinic_id).order_by("product_id", "lot", "n"):
        newest[(line.product_id, line.lot)] = line
    return list(newest.values())


def as_json(row: RegisterEntry) -> dict[str, Any]:
    """A line as the audit chain keeps it."""
    return {
        "clinic": str(row.clinic_id),
        "product_id": row.product_id,
        "lot": row.lot,
        "n": row.n,
        "kind": row.kind,
        "amount_mg": row.amount_mg,
        "balance_mg": row.balance_mg,
        "session": str(row.session_id) if row.session_id else None,
        "by": row.by,
        "witness": row.witness,
        "at": instant(row.at),
    }
