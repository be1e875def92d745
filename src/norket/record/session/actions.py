"""The only ways into a session's ledger and its stream of samples.

One command is one transaction: its events, its register lines and its audit line are on disk together or not at all.
The reply leaves after the commit. The same command id gives the same answer for ever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.db import Error as DatabaseError

from norket.record.access import policy
from norket.record.access.models import Device
from norket.record.audit import actions as audit
from norket.record.canonical import digest
from norket.record.people.models import Patient
from norket.record.plan import queries as plan
from norket.record.register import actions as register
from norket.record.register import queries as stock
from norket.record.session import (
    bound,
    chunks,
    course,
    day,
    held,
    ledger,
    queries,
    quota,
    rescue,
    starting,
    unwritten,
    witnesses,
)
from norket.record.session.models import QuarantinedMessage, SessionEvent, SessionRecord
from norket.record.session.samples import HUB, message_name
from norket.record.writer import writing
from norket.therapy.actor import SYSTEM, Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.order import DoseOrder
from norket.therapy.register.ledger import REVERSED, RegisterLine, moves
from norket.therapy.session.arrival import expired
from norket.therapy.session.corrections import RECORDED_BY
from norket.therapy.session.current import ORDERS
from norket.therapy.session.decide import decide
from norket.therapy.session.events import (
    EXPECTS_VERSION,
    Command,
    Correct,
    Decided,
    OrderSigned,
    Recorded,
    SessionPlanned,
)
from norket.therapy.session.samples import Sample
from norket.therapy.session.state import SessionState
from norket.therapy.session.watch import due
from norket.therapy.session.watch_events import AlertRaised, BindDevice, ConcernRaised

WATCH = "watch:"
# Command ids that the program itself gives; nobody else may send one that begins like this.
RESERVED = (WATCH, "plan:", "order:", "world:")
UNWATCHED = "concerns.equipment"
STARTS = ("start_infusion", "give_dose")
# A further dose may be ordered while no pump runs and the patient is still here.
TAKES_A_DOSE = (*queries.BEFORE_START, "observing", "recovery")
SENDER = 180
READS_SAMPLES = frozenset({*ORDERS, "discharge", "give_rescue"})


class Stale(Exception):  # noqa: N818 -- the word of the contract
    """The order was given on an older state of the session; `version` is the present one."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(f"the session has moved on to version {version}; look at it and decide again")


@dataclass(frozen=True)
class Acted:
    """What a command left. `replay` is true when it had been carried out before and nothing was written now."""

    events: tuple[Recorded, ...]
    version: int
    replay: bool = False


@dataclass(frozen=True)
class Received:
    """The samples of a message joined the stream of a session, now or when it first came."""

    session_id: UUID
    duplicate: bool = False


@dataclass(frozen=True)
class Quarantined:
    """The message was kept apart and not charted."""

    reason: str


def act(
    session_id: UUID,
    command: Command,
    *,
    by: Actor,
    now: datetime,
    command_id: str,
    expected_version: int | None = None,
    given_at: datetime | None = None,
) -> Acted | Refused:
    """Carries out a command, or says by name why not. Raises `Stale` when an order was given on an older version.
    `given_at` is when the person gave it: an order that comes too late is void."""
    with writing(str(session_id)):
        session = _locked(session_id)
        content = digest(by.id, command.model_dump(mode="json", by_alias=True, exclude_unset=True))
        earlier = _earlier(session, command_id, content)
        if earlier is not None:
            return earlier
        refused = expired(command, given_at, now, queries.base())
        refused = refused or _may_not(session, command, by, expected_version) or _cannot_bind(session, command)
        refused = refused or starting.objection(session, command, now)
        decided = refused or _decide(session, command, by, now)
        if isinstance(decided, Refused):
            _audit_refusal(session, command, decided, by, now, command_id)
            return decided
        written = _record(session, decided, by=by.id, now=now, command_id=command_id, content=content)
        return Acted(written, session.version)


def _locked(session_id: UUID) -> SessionRecord:
    return SessionRecord.objects.select_for_update(of=("self",)).select_related("patient__clinic").get(pk=session_id)


def _earlier(session: SessionRecord, command_id: str, content: str) -> Acted | Refused | None:
    rows = list(SessionEvent.objects.filter(session=session, command_id=command_id).order_by("part"))
    if not rows:
        return None
    if rows[0].command_digest != content:
        return Refused(
            code="idempotency_conflict",
            why="This key was used before for another command. Nothing was written; send it under a new key.",
        )
    return Acted(tuple(ledger.recorded(row) for row in rows), rows[-1].n, replay=True)


def _may_not(session: SessionRecord, command: Command, by: Actor, expected_version: int | None) -> Refused | None:
    if not policy.read().may_send(by, command):
        return Refused(
            code="not_permitted",
            why=f"{by.name} may not send {command.type}: the clinic's policy gives it to others. Ask one of them.",
        )
    if isinstance(command, Correct) and not _may_record(session, command, by):
        return Refused(
            code="not_permitted",
            why=f"{by.name} may not record this and so may not correct it. Ask someone who may.",
        )
    if command.type not in EXPECTS_VERSION or getattr(command, "as_", "intended") == "happened":
        return None
    if expected_version is None:
        return Refused(
            code="version_required",
            why=f"{command.type} is an order and needs the version of the session it was decided on (If-Match).",
        )
    if expected_version != session.version:
        raise Stale(session.version)
    return None


def _may_record(session: SessionRecord, command: Correct, by: Actor) -> bool:
    """Whether the policy lets this person record what the corrected event says; an event that is not there is for the
    decision to refuse."""
    kind = SessionEvent.objects.filter(session=session, n=command.corrects).values_list("type", flat=True).first()
    return kind not in RECORDED_BY or policy.read().may_record(by, RECORDED_BY[kind])


def _cannot_bind(session: SessionRecord, command: Command) -> Refused | None:
    """Binding a device, or correcting which device was bound."""
    if isinstance(command, BindDevice):
        return bound.objection(session, command.device_id)
    if isinstance(command, Correct) and command.data is not None:
        corrected = SessionEvent.objects.filter(session=session, n=command.corrects, type="device_bound")
        return bound.objection(session, str(command.data.get("device_id"))) if corrected.exists() else None
    return None


def _decide(session: SessionRecord, command: Command, by: Actor, now: datetime) -> tuple[Decided, ...] | Refused:
    clinic_id, state = session.patient.clinic_id, queries.state_of(session)
    command, flag = witnesses.named(session, command, by)
    product, lot = getattr(command, "product_id", None), getattr(command, "lot", None)
    recent = queries.samples(session.pk) if command.type in READS_SAMPLES else {}
    decided = decide(
        state,
        command,
        by=by,
        now=now,
        base=queries.base(),
        other_sessions=queries.nurse_loads(session, now, by.id if command.type == "accept_handover" else None),
        balance_mg=stock.balance_mg(clinic_id, product, lot) if product and lot else None,
        policy_signed=plan.policy_signed(clinic_id),
        gates=queries.gates(state, recent, now) if command.type == "discharge" else None,
        samples=recent,
        zone=session.patient.clinic.timezone,
        nurse=str(session.nurse_id) if session.nurse_id else None,
        rescue=rescue.context(session, now) if command.type == "give_rescue" else None,
        consent=queries.consent(session, state, now) if command.type in STARTS else None,
        closing=held.closing(session, state, now, queries.base()) if command.type == "close_record" else None,
        today=day.today(session, state, now) if command.type in STARTS else None,
    )
    return decided if isinstance(decided, Refused) else witnesses.flagged(decided, flag)


def _record(
    session: SessionRecord, decided: Sequence[Decided], *, by: str, now: datetime, command_id: str, content: str
) -> tuple[Recorded, ...]:
    before, first = queries.key(session), session.version + 1
    written = ledger.write(session, decided, by=by, now=now, command_id=command_id, command_digest=content)
    if not written:
        return ()
    state = queries.grown(session, before, written)
    session.phase, session.alarmed = state.phase, queries.is_alarmed(state)
    session.nurse_id = UUID(state.nurse) if state.nurse else session.nurse_id
    session.save(update_fields=["version", "head", "phase", "alarmed", "nurse"])
    data = {
        "command_id": command_id,
        "events": [first, session.version],
        "head": session.head,
        "types": [event.event.type for event in written],
        **_post(session, written, now),
    }
    audit.append("command", actor=by, subject=f"session:{session.pk}", at=now, data=data)
    return written


def _post(session: SessionRecord, written: Sequence[Recorded], now: datetime) -> dict[str, Any]:
    """The register lines of the events. A fact that does not fit the book stays a fact; the book keeps its balance and
    the audit line names what is to be cleared up."""
    posted: list[dict[str, Any]] = []
    unposted: list[dict[str, Any]] = []
    for line in _moves(session, written):
        done = _nothing_to_reverse(session, line) or register.enter(session.patient.clinic_id, line, now)
        if isinstance(done, Refused):
            unposted.append({"line": line.model_dump(mode="json"), "refused": done.code})
        else:
            posted.append(done)
    return {"register": posted, "unposted": unposted}


def _nothing_to_reverse(session: SessionRecord, line: RegisterLine) -> Refused | None:
    """A line that never entered the book cannot be taken back out of it."""
    taken_back = {reversal: kind for kind, reversal in REVERSED.items()}.get(line.kind)
    if taken_back is None:
        return None
    if stock.entered(session.pk, line, taken_back) > stock.entered(session.pk, line, line.kind):
        return None
    return Refused(code="never_entered", why="The line that this takes back is not in the register.")


def _moves(session: SessionRecord, written: Sequence[Recorded]) -> Iterator[RegisterLine]:
    """What the events do to the register; a waste is of the lot last drawn in the session."""
    state = queries.state_of(session)
    lot = state.lots[-1] if state.lots else None
    for event in written:
        before = [other for other in state.ledger if other.n < event.n]
        yield from moves(event.event, session=event.session, by=event.by, at=event.at, lot=lot, ledger=before)


def _audit_refusal(
    session: SessionRecord, command: Command, refused: Refused, by: Actor, now: datetime, command_id: str
) -> None:
    data = {"command_id": command_id, "type": command.type, "refused": refused.code, "version": session.version}
    audit.append("refused", actor=by.id, subject=f"session:{session.pk}", at=now, data=data)


def watch(
    session_id: UUID,
    samples: Mapping[str, Sequence[Sample]],
    now: datetime,
    known: SessionState | None = None,
    *,
    as_of: datetime | None = None,
) -> tuple[Recorded, ...]:
    """Writes what time and samples have made due. A second watcher finds the same command ids and changes nothing.

    What cannot be written is kept in memory, shown, and written later. `known` spares a look at the record; `as_of` is
    the instant that is judged when it isn't `now`."""
    state, at = unwritten.shown(known or queries.state(session_id)), as_of or now
    found = due(state, samples, at, queries.base())
    if not found and not unwritten.of(session_id):
        return ()
    try:
        return _watched(session_id, samples, now, at)
    except DatabaseError:
        unwritten.keep(session_id, found)
        raise


def _watched(
    session_id: UUID, samples: Mapping[str, Sequence[Sample]], now: datetime, at: datetime
) -> tuple[Recorded, ...]:
    with writing(str(session_id)):
        session, written = _locked(session_id), list[Recorded]()
        waiting = unwritten.of(session_id)
        state = unwritten.shown(queries.state_of(session))
        found = due(state, samples, at, queries.base())
        for item, command_id in _untaken(session, (*waiting, *found), state):
            content = digest(SYSTEM.id, item.model_dump(mode="json"))
            written += _record(session, (item,), by=SYSTEM.id, now=now, command_id=command_id, content=content)
    if waiting:
        unwritten.forget(session_id)
    return tuple(written)


def _untaken(session: SessionRecord, steps: Sequence[Decided], state: SessionState) -> Iterator[tuple[Decided, str]]:
    """Each step that the watch has not taken before, and the command id under which it is written now; what anyone else
    wrote under such an id does not count."""
    items: dict[str, Decided] = {}
    for item in steps:
        items.setdefault(_watch_id(item, state), item)
    own = {command_id: f"{command_id}:{SYSTEM.id}" for command_id in items}
    taken = SessionEvent.objects.filter(session=session, command_id__in=[*own, *own.values()])
    by = dict(taken.values_list("command_id", "by"))
    for command_id, item in items.items():
        if SYSTEM.id not in (by.get(command_id), by.get(own[command_id])):
            yield item, own[command_id] if command_id in by else command_id


def watch_failed(session_id: UUID, why: str, now: datetime) -> tuple[Recorded, ...]:
    """Calls people to a session that the watch could not look at: once, until somebody has answered the call."""
    rule = queries.base().entry(UNWATCHED)
    with writing(str(session_id)):
        session = _locked(session_id)
        calls = {alert.alert_id for alert in queries.state_of(session).alerts if alert.cleared_at is None}
        before = SessionEvent.objects.filter(session=session, command_id__startswith=f"{WATCH}failed:", by=SYSTEM.id)
        n = session.version + 1
        if any(f"{UNWATCHED}:{number}" in calls for number in before.values_list("n", flat=True)):
            return ()
        said = f"The watch of this session failed ({why[:200]}): no alert rises by itself"
        events = (
            ConcernRaised(concern=rule.data["code"], detail=said),
            AlertRaised(
                alert_id=f"{UNWATCHED}:{n}",
                rule=UNWATCHED,
                tier=rule.data["tier"],
                technical=True,
                why=said,
                advice="Stay with the patient and measure by hand; correct the last entry if it is wrong.",
            ),
        )
        content = digest(SYSTEM.id, why)
        decided = [Decided(at=now, event=event) for event in events]
        return _record(session, decided, by=SYSTEM.id, now=now, command_id=f"{WATCH}failed:{n}", content=content)


def _watch_id(item: Decided, state: SessionState) -> str:
    """The same for the same step of the same episode, whoever watches. An alert that is armed again begins anew."""
    data = item.event.model_dump(mode="json")
    if data["type"] in {"alert_raised", "alert_cleared"}:
        return f"{WATCH}{data['alert_id']}:{data['type']}"
    if data["type"] in {"alert_escalated", "alert_rearmed"}:
        alert = next(one for one in state.alerts if one.alert_id == data["alert_id"])
        episode = (alert.rearmed_at or alert.raised_at).isoformat()
        step = f"step:{data['step']}" if "step" in data else "rearmed"
        return f"{WATCH}{data['alert_id']}:{episode}:{step}"
    which = f":{data['limit_n']}" if "limit_n" in data else ""
    return f"{WATCH}session:{data['type']}:{item.at.isoformat()}{which}"


def plan_session(
    patient_id: UUID,
    chair_id: UUID | None,
    *,
    order_id: UUID | None,
    nurse_id: UUID | None,
    planned_for: datetime,
    by: Actor,
    now: datetime,
    session_id: UUID | None = None,
    number: int = 1,
    of_total: int | None = None,
) -> UUID:
    """Opens a session's ledger with its first event."""
    with writing(str(session_id or "")):
        patient = Patient.objects.get(pk=patient_id)
        signed = plan.order(order_id) if order_id else None
        session = SessionRecord.objects.create(
            id=session_id or uuid4(),
            patient=patient,
            chair_id=chair_id,
            nurse_id=nurse_id,
            planned_for=planned_for,
            number=number,
            of_total=of_total,
        )
        opening = SessionPlanned(
            patient_id=str(patient.pk),
            identifiers=patient.identifiers,
            chair=session.chair.name if session.chair else "",
            order=signed,
            age_y=float(patient.age_y(now.date())),
            sex="female" if patient.sex == "female" else "male",
            height_cm=patient.height_cm,
            frail=patient.frail,
            psychiatric_indication=patient.psychiatric_indication,
            first_session=not course.has_had_drug(patient),
        )
        content = digest(by.id, opening.model_dump(mode="json"))
        _record(
            session,
            (Decided(at=now, event=opening),),
            by=by.id,
            now=now,
            command_id=f"plan:{session.pk}",
            content=content,
        )
        return UUID(str(session.pk))


def attach_order(session_id: UUID, order_id: UUID, *, by: Actor, now: datetime) -> Acted | Refused:
    """Puts a signed order of the same patient into force for a session that has not started."""
    with writing(str(session_id)):
        session = _locked(session_id)
        command_id, content = f"order:{order_id}", digest(by.id, str(order_id))
        earlier = _earlier(session, command_id, content)
        if earlier is not None:
            return earlier
        if not plan.is_of(order_id, session.patient_id):
            return Refused(code="order_mismatch", why="This order is of another patient. Sign one for this patient.")
        order = plan.order(order_id)
        takes = TAKES_A_DOSE if isinstance(order, DoseOrder) else queries.BEFORE_START
        if session.phase not in takes:
            return Refused(
                code="already_started",
                why="The session has started under its order. Plan another session for this one.",
            )
        event = Decided(at=now, event=OrderSigned(order=order))
        written = _record(session, (event,), by=by.id, now=now, command_id=command_id, content=content)
        return Acted(written, session.version)


def receive(
    device_identity: str,
    patient_identity: str,
    samples: Sequence[Sample],
    *,
    message_id: str,
    raw: bytes,
    now: datetime,
    sent_at: datetime | None = None,
) -> Received | Quarantined:
    """Puts a device's samples into the stream of the one session it is bound to, or keeps the message apart."""
    bond = bound.bond(device_identity)
    if bond is None:
        is_ours = Device.objects.filter(identity=device_identity, active=True).exists()
        why = "the device is bound to no session" if is_ours else "unknown device"
        return quarantine(raw, why, device_identity, now, message_id=message_id)
    if patient_identity != bond.mrn:
        return quarantine(
            raw, "the patient is not the one of the bound session", device_identity, now, message_id=message_id
        )
    chunks.open_stream(bond.session_id)
    received = _into_stream(bond, samples, message_name(device_identity, message_id, samples, sent_at), raw)
    if received is None:
        return quarantine(
            raw, "a message id that came before with other content", device_identity, now, message_id=message_id
        )
    return received


def receive_at_hand(
    device_identity: str,
    patient_identity: str,
    samples: Sequence[Sample],
    *,
    message_id: str,
    raw: bytes,
    sent_at: datetime | None = None,
) -> Received | None:
    """The same without the disk, so that nobody waits: for a message that is put into the stream of a session that is
    at hand. None for every other one, and nothing has been done with it."""
    bond = bound.at_hand(device_identity)
    if bond is None or patient_identity != bond.mrn or not HUB.is_open(bond.session_id):
        return None
    return _into_stream(bond, samples, message_name(device_identity, message_id, samples, sent_at), raw)


def _into_stream(bond: bound.Bond, samples: Sequence[Sample], name: str, raw: bytes) -> Received | None:
    """None when another content came under this name."""
    fresh = HUB.take(bond.session_id, samples, name, sha256(raw).hexdigest())
    return None if fresh is None else Received(bond.session_id, duplicate=not fresh)


def quarantine(raw: bytes, reason: str, sender: str, now: datetime, *, message_id: str = "") -> Quarantined:
    """Keeps a message that must not be charted, with the reason; of a device that no clinic knows the beginning, of
    others the whole. Beyond the sender's quota it is counted."""
    settle(now)
    stranger = not Device.objects.filter(identity=_writable(sender), active=True).exists()
    kept_raw = raw[: quota.STRANGERS_KEEP] if stranger else raw
    if not quota.admit(sender[:SENDER], now, len(kept_raw), stranger=stranger):
        return Quarantined(reason)
    whole = {} if kept_raw == raw else {"bytes": len(raw), "sha256_whole": sha256(raw).hexdigest()}
    with writing():
        kept = QuarantinedMessage.objects.create(
            received_at=now,
            sender=_writable(sender)[:200],
            message_id=_writable(message_id)[:200],
            reason=_writable(reason)[:500],
            raw=kept_raw,
        )
        audit.append(
            "quarantined",
            actor=f"device:{kept.sender[:SENDER]}",
            subject=f"message:{kept.pk}",
            at=now,
            data={
                "reason": kept.reason,
                "message_id": kept.message_id,
                "sha256": sha256(kept_raw).hexdigest(),
                **whole,
            },
        )
    return Quarantined(reason)


def settle(now: datetime) -> None:
    """Writes how many messages came beyond the quota in the minutes that are over."""
    for skipped in quota.over(now):
        data = {"count": skipped.count, "since": skipped.began.isoformat()}
        sender = _writable(skipped.sender)
        with writing():
            audit.append("quarantine_quota", actor=f"device:{sender}", subject="messages", at=now, data=data)


def _writable(text: str) -> str:
    """Without what no database keeps: U+0000 and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
