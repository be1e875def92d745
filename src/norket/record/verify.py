"""Proves the whole record: the audit chain, and against it every ledger, register line and chunk of samples."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count

from norket.record.audit import chain
from norket.record.audit.chain import Anchor, Fault
from norket.record.audit.models import AuditLine
from norket.record.canonical import digest
from norket.record.care import actions as care
from norket.record.care.models import CareEvent
from norket.record.plan.models import OrderRecord, PolicySignature
from norket.record.referral import actions as referral
from norket.record.referral.models import Referral, ReferralEvent
from norket.record.register import queries as register
from norket.record.register.models import RegisterEntry
from norket.record.session import ledger
from norket.record.session.models import QuarantinedMessage, SampleChunk, SessionEvent, SessionRecord

KINDS = ("command", "care", "referral", "register", "samples", "order_signed", "policy_signed", "quarantined")


def verify(anchors: Iterable[Anchor] = (), key: str = "") -> dict[str, Any]:
    """`{ok, lines, first_bad, why, faults}`; `first_bad` is the first audit line that the record does not bear out."""
    with _one_instant():
        found = list(chain.faults(anchors, key))
        found += _content_faults(min((fault.seq for fault in found), default=None))
        return chain.as_json(found, AuditLine.objects.count())


@contextmanager
def _one_instant() -> Iterator[None]:
    """Every read sees the record of one instant, and no writer waits: a clinic verifies while it works."""
    if connection.in_atomic_block:
        yield
        return
    plain = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED" if plain else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def _content_faults(end: int | None) -> Iterator[Fault]:
    """What the tables hold against the chain, as far as the chain can be trusted: up to its own first bad line."""
    heads: dict[str, tuple[int, str]] = {}
    entries: set[tuple[str, str, str, int]] = set()
    chunks: set[tuple[str, int]] = set()
    kept_apart: set[int] = set()
    orders: set[str] = set()
    signatures: set[tuple[str, str, str]] = set()
    cared: dict[str, int] = {}
    referred: dict[str, int] = {}
    trusted = AuditLine.objects.filter(kind__in=KINDS).order_by("seq")
    for line in (trusted if end is None else trusted.filter(seq__lt=end)).iterator():
        data = json.loads(line.data)
        if line.kind == "command":
            yield from _ledger_fault(line, data, heads)
        if line.kind == "care":
            yield from _care_fault(line, data, cared)
        if line.kind == "referral":
            yield from _referral_fault(line, data, referred)
        if line.kind == "samples":
            session = UUID(line.subject.removeprefix("session:"))
            chunks.add((str(session), data["first_n"]))
            yield from _chunk_fault(line.seq, session, data)
        if line.kind == "order_signed":
            orders.add(data["order"])
            yield from _order_fault(line, data)
        if line.kind == "policy_signed":
            signatures.add((line.subject.removeprefix("clinic:"), data["edition"], line.actor))
            yield from _signature_fault(line, data)
        if line.kind == "quarantined":
            kept_apart.add(int(line.subject.removeprefix("message:")))
            yield from _quarantine_fault(line, data)
        for kept in data.get("register", ()):
            entries.add((kept["clinic"], kept["product_id"], kept["lot"], kept["n"]))
            yield from _register_fault(line.seq, kept)
    if end is None:
        yield from _unaudited(heads, entries, chunks)
        yield from _unsigned(orders, signatures, kept_apart)
        yield from _care_unknown(cared)
        yield from _referrals_unknown(referred)


def _ledger_fault(line: AuditLine, data: dict[str, Any], heads: dict[str, tuple[int, str]]) -> Iterator[Fault]:
    session = line.subject.removeprefix("session:")
    first, last = data["events"]
    _, head = heads.get(session, (0, ""))
    rows = list(SessionEvent.objects.filter(session_id=UUID(session), n__gte=first, n__lte=last).order_by("n"))
    for row in rows:
        head = ledger.next_head(head, row)
    if [row.n for row in rows] != list(range(first, last + 1)) or head != data["head"]:
        yield Fault(line.seq, f"session {session}: events {first} to {last} are not what was written")
    heads[session] = (last, data["head"])


def _care_fault(line: AuditLine, data: dict[str, Any], cared: dict[str, int]) -> Iterator[Fault]:
    patient, first, last = line.subject.removeprefix("patient:"), data["first"], data["first"] + len(data["types"]) - 1
    rows = list(CareEvent.objects.filter(patient_id=UUID(patient), n__gte=first, n__lte=last).order_by("n"))
    if first != cared.get(patient, 0) + 1 or not rows or care.told(rows) != data:
        yield Fault(line.seq, f"patient {patient}: entries {first} to {last} of their care are not what was written")
    cared[patient] = last


def _care_unknown(cared: dict[str, int]) -> Iterator[Fault]:
    """Entries in the care of somebody that no line of the chain tells of."""
    end = (AuditLine.objects.order_by("-seq").values_list("seq", flat=True).first() or 0) + 1
    for patient, count in CareEvent.objects.order_by().values_list("patient_id").annotate(count=Count("pk")):
        if count != cared.get(str(patient), 0):
            yield Fault(
                end, f"patient {patient}: the ledger of their care holds more or fewer entries than the chain knows"
            )


def _referral_fault(line: AuditLine, data: dict[str, Any], referred: dict[str, int]) -> Iterator[Fault]:
    one, first, last = line.subject.removeprefix("referral:"), data["first"], data["first"] + len(data["types"]) - 1
    row = Referral.objects.filter(pk=UUID(one)).first()
    rows = list(ReferralEvent.objects.filter(referral_id=UUID(one), n__gte=first, n__lte=last).order_by("n"))
    if first != referred.get(one, 0) + 1 or row is None or not rows or referral.told(row, rows) != data:
        yield Fault(line.seq, f"referral {one}: entries {first} to {last} are not what was written")
    referred[one] = last


def _referrals_unknown(referred: dict[str, int]) -> Iterator[Fault]:
    """Referrals, or entries of one, that no line of the chain tells of."""
    end = (AuditLine.objects.order_by("-seq").values_list("seq", flat=True).first() or 0) + 1
    for one, count in Referral.objects.order_by().values_list("pk").annotate(count=Count("events")):
        if count != referred.get(str(one), 0) or not count:
            yield Fault(end, f"referral {one}: its ledger holds more or fewer entries than the chain knows")


def _order_fault(line: AuditLine, data: dict[str, Any]) -> Iterator[Fault]:
    row = OrderRecord.objects.filter(pk=UUID(data["order"])).first()
    if row is None or (digest(row.order), f"patient:{row.patient_id}", str(row.signed_by_id), row.signed_at) != (
        data["sha256"],
        line.subject,
        line.actor,
        line.at,
    ):
        yield Fault(line.seq, f"order {data['order']} is not what was signed")


def _signature_fault(line: AuditLine, data: dict[str, Any]) -> Iterator[Fault]:
    clinic = UUID(line.subject.removeprefix("clinic:"))
    rows = PolicySignature.objects.filter(clinic_id=clinic, edition=data["edition"], signed_by_id=UUID(line.actor))
    if [row.signed_at for row in rows] != [line.at]:
        yield Fault(line.seq, f"{line.subject}: the signature under edition {data['edition'][:12]} is not what it was")


def _quarantine_fault(line: AuditLine, data: dict[str, Any]) -> Iterator[Fault]:
    row = QuarantinedMessage.objects.filter(pk=int(line.subject.removeprefix("message:"))).first()
    known = (data["sha256"], data["reason"], line.at, line.actor.removeprefix("device:"))
    if (
        row is None
        or (sha256(bytes(row.raw)).hexdigest(), row.reason, row.received_at, row.sender[:180]) != known
        or data.get("message_id", row.message_id) != row.message_id
    ):
        yield Fault(line.seq, f"{line.subject}: the message kept apart is not what it was")


def _chunk_fault(seq: int, session: UUID, data: dict[str, Any]) -> Iterator[Fault]:
    chunk = SampleChunk.objects.filter(session_id=session, first_n=data["first_n"]).first()
    if chunk is None or chunk.last_n != data["last_n"] or sha256(chunk.data.encode()).hexdigest() != data["sha256"]:
        yield Fault(seq, f"session {session}: samples {data['first_n']} to {data['last_n']} are not what was written")


def _register_fault(seq: int, kept: dict[str, Any]) -> Iterator[Fault]:
    row = RegisterEntry.objects.filter(
        clinic_id=kept["clinic"], product_id=kept["product_id"], lot=kept["lot"], n=kept["n"]
    ).first()
    if row is None or register.as_json(row) != kept:
        yield Fault(seq, f"register: line {kept['n']} of {kept['product_id']} {kept['lot']} is not what was written")


def _unsigned(orders: set[str], signatures: set[tuple[str, str, str]], kept_apart: set[int]) -> Iterator[Fault]:
    """Orders, signatures and messages kept apart that no line of the chain tells of."""
    end = (AuditLine.objects.order_by("-seq").values_list("seq", flat=True).first() or 0) + 1
    for order in OrderRecord.objects.values_list("pk", flat=True):
        if str(order) not in orders:
            yield Fault(end, f"order {order} is unknown to the chain")
    for clinic, edition, person in PolicySignature.objects.values_list("clinic_id", "edition", "signed_by_id"):
        if (str(clinic), edition, str(person)) not in signatures:
            yield Fault(end, f"clinic {clinic}: a signature under edition {edition[:12]} is unknown to the chain")
    for message in QuarantinedMessage.objects.values_list("pk", flat=True):
        if message not in kept_apart:
            yield Fault(end, f"message {message} kept apart is unknown to the chain")


def _unaudited(
    heads: dict[str, tuple[int, str]], entries: set[tuple[str, str, str, int]], chunks: set[tuple[str, int]]
) -> Iterator[Fault]:
    """What stands in the tables without a line in the chain."""
    end = (AuditLine.objects.order_by("-seq").values_list("seq", flat=True).first() or 0) + 1
    for session in SessionRecord.objects.iterator():
        count = SessionEvent.objects.filter(session=session).count()
        if (session.version, session.head) != heads.get(str(session.pk), (0, "")) or count != session.version:
            yield Fault(end, f"session {session.pk}: its ledger holds more or other events than the chain knows")
    for row in RegisterEntry.objects.iterator():
        if (str(row.clinic_id), row.product_id, row.lot, row.n) not in entries:
            yield Fault(end, f"register: line {row.n} of {row.product_id} {row.lot} is unknown to the chain")
    for session_id, first_n in SampleChunk.objects.values_list("session_id", "first_n"):
        if (str(session_id), first_n) not in chunks:
            yield Fault(end, f"session {session_id}: the samples from {first_n} on are unknown to the chain")
