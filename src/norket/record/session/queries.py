"""Answers from the ledger: states, views, the board. Nothing here writes."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from norket.knowledge.reader import KnowledgeBase, KnowledgeError, read
from norket.record.people.models import Patient
from norket.record.plan.queries import policy_signed
from norket.record.session import agreed, chunks, course, day, heads, held, ledger, namesakes, unwritten
from norket.record.session.models import SessionRecord
from norket.record.session.samples import HUB
from norket.therapy.finding import Finding
from norket.therapy.names import Same
from norket.therapy.recovery.gates import findings as gate_findings
from norket.therapy.session.delivered import planned_end
from norket.therapy.session.events import Recorded
from norket.therapy.session.fold import fold
from norket.therapy.session.preflight import NurseLoad, Today
from norket.therapy.session.samples import Sample
from norket.therapy.session.state import ACTIVE, OVER, SessionState
from norket.therapy.session.view import SessionView
from norket.therapy.session.view import view as view_of

BEFORE_START = ("planned", "checked_in")
RECOVERING = ("stopped", "recovery")
KEPT = 512
# What the entries of one session can provoke in whoever looks at it. The other sessions are looked at all the same.
FAULTS = (KnowledgeError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError)

# A session at one version of its ledger, whose head names the whole history.
Key = tuple[UUID, int, str]

_folded: OrderedDict[Key, SessionState] = OrderedDict()
_lock = threading.Lock()


def base() -> KnowledgeBase:
    """The knowledge base in force."""
    return read()


def state(session_id: UUID) -> SessionState:
    """The folded state of a session; an unknown session raises `SessionRecord.DoesNotExist`."""
    return state_of(SessionRecord.objects.only("id", "version", "head").get(pk=session_id))


def key(record: SessionRecord) -> Key:
    return record.pk, record.version, record.head


def state_of(record: SessionRecord) -> SessionState:
    """The state at the version and head of the row. The head names the whole history, so a kept fold is exact."""
    return states([record])[record.pk]


def states(records: Iterable[SessionRecord]) -> dict[UUID, SessionState]:
    """The states of several sessions; those not folded before take one query for all of them."""
    return _states({record.pk: key(record) for record in records})


def _states(keys: Mapping[UUID, Key]) -> dict[UUID, SessionState]:
    with _lock:
        known = {pk: _folded[key] for pk, key in keys.items() if key in _folded}
    ledgers = ledger.ledgers(set(keys) - set(known))
    fresh = {pk: fold(found, str(pk)) for pk, found in ledgers.items()}
    _keep({keys[pk]: found for pk, found in (known | fresh).items()})
    return known | fresh


def _keep(folds: Mapping[Key, SessionState]) -> None:
    with _lock:
        for key, found in folds.items():
            _folded[key] = found
            _folded.move_to_end(key)
        while len(_folded) > KEPT:
            _folded.popitem(last=False)


def grown(record: SessionRecord, before: Key, written: Sequence[Recorded]) -> SessionState:
    """The state of the row after what was just written: the kept fold from before goes on, nothing is read again."""
    with _lock:
        known = _folded.get(before)
    if known is None:
        return state_of(record)
    folded = fold((*known.ledger, *written), str(record.pk))
    _keep({key(record): folded})
    return folded


def known(session_ids: Iterable[UUID]) -> dict[UUID, SessionState]:
    """The states of these sessions, with a look at the disk where it may have moved; of those that cannot be read,
    none."""
    return _readable({pk: (pk, head.version, head.head) for pk, head in heads.of(session_ids).items()})[0]


def at_hand(session_id: UUID) -> SessionState | None:
    """The state where it takes no look at the disk."""
    head = heads.at_hand(session_id)
    if head is None:
        return None
    with _lock:
        return _folded.get((session_id, head.version, head.head))


def readable(records: Iterable[SessionRecord]) -> tuple[dict[UUID, SessionState], dict[UUID, str]]:
    """The states of those that can be read, and of each other one what went wrong."""
    return _readable({record.pk: key(record) for record in records})


def _readable(keys: Mapping[UUID, Key]) -> tuple[dict[UUID, SessionState], dict[UUID, str]]:
    try:
        return _states(keys), {}
    except FAULTS:
        return _one_by_one(keys)


def _one_by_one(keys: Mapping[UUID, Key]) -> tuple[dict[UUID, SessionState], dict[UUID, str]]:
    folded: dict[UUID, SessionState] = {}
    faults: dict[UUID, str] = {}
    for pk, one in keys.items():
        try:
            folded |= _states({pk: one})
        except FAULTS as fault:
            faults[pk] = type(fault).__name__
    return folded, faults


def events(session_id: UUID, after: int = 0) -> list[Recorded]:
    """The ledger of a session after event number `after`."""
    return ledger.events(session_id, after)


def samples(session_id: UUID) -> Mapping[str, tuple[Sample, ...]]:
    """The device samples of the last minutes, by channel."""
    chunks.open_stream(session_id)
    return HUB.recent(session_id)


def samples_after(session_id: UUID, n: int, *, most: int) -> list[tuple[int, Sample]]:
    """The samples above number `n`; of a channel with more than `most` of them, evenly fewer, the newest among them."""
    by_channel: dict[str, list[tuple[int, Sample]]] = {}
    for item in chunks.after(session_id, n):
        by_channel.setdefault(item[1].channel, []).append(item)
    return sorted(
        (item for items in by_channel.values() for item in items[:: -max(1, ceil(len(items) / most))]),
        key=lambda item: item[0],
    )


def view(session_id: UUID, now: datetime) -> SessionView:
    """What the screens show of a session at this instant."""
    return _view(SessionRecord.objects.select_related("patient__clinic", "chair").get(pk=session_id), now)


def page(session_id: UUID, now: datetime) -> dict[str, Any]:
    """The JSON of `GET /api/v1/sessions/{id}`: the view with patient, chair and place in the course."""
    record = SessionRecord.objects.select_related("patient__clinic", "chair", "nurse").get(pk=session_id)
    return _view(record, now).model_dump(mode="json") | around(record, now)


def _view(record: SessionRecord, now: datetime) -> SessionView:
    folded = state_of(record)
    chunks.open_stream(record.pk)
    if folded.phase not in BEFORE_START:
        return shown_of(record, folded, now, others=(), signed=True)
    return shown_of(
        record,
        folded,
        now,
        others=nurse_loads(record, now),
        signed=policy_signed(record.patient.clinic_id),
        consent=consent(record, folded, now),
        unreviewed=held.unreviewed(record, base()),
        today=day.today(record, folded, now),
    )


def shown_of(
    record: SessionRecord,
    folded: SessionState,
    now: datetime,
    *,
    others: tuple[NurseLoad, ...],
    signed: bool,
    consent: Finding | None = None,
    unreviewed: Finding | None = None,
    past: Mapping[str, tuple[Sample, ...]] | None = None,
    today: Today | None = None,
) -> SessionView:
    """The view of a folded session with what stands around it; `past` are the samples of another instant than now,
    `today` what the clinic's record knows of the day, which stands with what a start still lacks."""
    recent, version = HUB.recent(UUID(folded.session)) if past is None else past, folded.version
    folded = unwritten.shown(folded) if past is None else folded
    found = view_of(
        folded,
        recent,
        now,
        base(),
        gates=gates(folded, recent, now),
        other_sessions=others,
        policy_signed=signed,
        zone=record.patient.clinic.timezone,
        closing=held.closing(record, folded, now, base()) if folded.phase not in BEFORE_START else (),
        consent=consent,
        today=today,
    )
    changed: dict[str, Any] = {"version": version} if folded.version != version else {}
    changed |= {"missing": (*found.missing, unreviewed)} if unreviewed else {}
    return found.model_copy(update=changed) if changed else found


def consent(record: SessionRecord, folded: SessionState, now: datetime) -> Finding | None:
    """What the patient's ledger says of a consent for the order of this session; None where it knows of none."""
    if record.patient_id not in agreed.spoken([record.patient_id]):
        return None
    return agreed.consent(record.patient, folded.order, now)


def gates(folded: SessionState, recent: Mapping[str, tuple[Sample, ...]], now: datetime) -> tuple[Finding, ...] | None:
    """The findings that stand between the patient and the door; None before there is anything to recover from."""
    return gate_findings(folded, recent, now, base()) if folded.phase in RECOVERING else None


def nurse_loads(record: SessionRecord, now: datetime, nurse: str | None = None) -> tuple[NurseLoad, ...]:
    """The other open sessions of the same nurse, or of the one who takes this session over."""
    nurse_id = UUID(nurse) if nurse else record.nurse_id
    if nurse_id is None:
        return ()
    others = list(SessionRecord.objects.filter(nurse_id=nurse_id, phase__in=ACTIVE).exclude(pk=record.pk))
    return _loads(record, nurse_id, others, readable(others)[0], now, course.first_ever(others))


def _loads(
    record: SessionRecord,
    nurse_id: UUID | None,
    rows: Iterable[SessionRecord],
    folded: Mapping[UUID, SessionState],
    now: datetime,
    first: Collection[UUID],
) -> tuple[NurseLoad, ...]:
    """The load of a nurse beside this session from the others among the rows; one that cannot be read is a load too."""
    return tuple(
        NurseLoad(
            session=str(row.pk),
            first_session=row.pk in first,
            peak_at=planned_end(folded[row.pk], now) if row.pk in folded else None,
        )
        for row in rows
        if row.pk != record.pk and row.nurse_id == nurse_id and nurse_id and row.phase in ACTIVE
    )


def around(record: SessionRecord, now: datetime) -> dict[str, Any]:
    """Patient, chair and place in the course, as the session resource holds them beside its view."""
    return {
        "patient": patient_json(record.patient, now),
        "chair": record.chair.name if record.chair else None,
        "nurse": {"id": str(record.nurse_id), "name": record.nurse.name} if record.nurse else None,
        "session_of_plan": {"number": record.number, "of": record.of_total},
    }


def patient_json(patient: Patient, now: datetime) -> dict[str, Any]:
    """The patient as the header shows them."""
    return {
        "id": str(patient.pk),
        "name": patient.name,
        "mrn": patient.mrn,
        "birth_date": patient.birth_date.isoformat(),
        "age_y": patient.age_y(now.date()),
        "sex": patient.sex,
    }


class BoardCard(BaseModel):
    """One session on the board: who, where, and its view. Where the view cannot be made, `fault` names why: people
    must look at that chair themselves. `namesake` says what somebody else of the same day shares with this patient."""

    model_config = ConfigDict(frozen=True)

    session: str
    patient: dict[str, Any]
    chair: str | None
    chair_position: int
    nurse: str | None
    planned_for: datetime
    session_of_plan: dict[str, Any]
    view: SessionView | None
    fault: str | None = None
    namesake: Same | None = None

    def nameless(self) -> dict[str, Any]:
        """What a screen may show when nobody is proven to be at it: where to go and why, and never who is there."""
        view = self.view.model_dump(mode="json", include=NAMELESS) if self.view else None
        if view is not None:
            view["missing"] = [{} for _ in view["missing"]]
        patient = {"name": "", "mrn": "", "birth_date": None}
        fault = self.fault and "it cannot be read"
        kept = self.model_dump(mode="json", exclude={"view", "nurse", "patient", "fault", "namesake"})
        return kept | {"view": view, "patient": patient, "fault": fault}


NAMELESS: Any = {
    "now": True,
    "phase": True,
    "phase_since": True,
    "running": True,
    "rate_ml_h": True,
    "delivered_mg": True,
    "order": {"amount_mg"},
    "alerts": {"__all__": {"tier", "open", "advice"}},
    "next": {"__all__": {"label", "due_at", "overdue_s"}},
    "dosing": {"site_failed_at"},
    "missing": True,
}


def board(now: datetime, clinic_id: UUID) -> list[BoardCard]:
    """The sessions of the clinic that are not over, or over with an alert that still stands; those that cannot be
    shown first, then those with open alerts, then by chair and time."""
    found = (
        SessionRecord.objects.filter(patient__clinic_id=clinic_id)
        .exclude(phase__in=OVER, alarmed=False)
        .select_related("patient__clinic", "chair", "nurse")
        .order_by("chair__position", "planned_for")
    )
    rows = list(found)
    (folded, faults), signed = readable(rows), policy_signed(clinic_id)
    faults |= _without_samples(row.pk for row in rows if row.pk in folded)
    waiting = [row for row in rows if row.pk in folded and folded[row.pk].phase in BEFORE_START]
    spoken = agreed.spoken(row.patient_id for row in waiting)
    first = course.first_ever(rows)
    left = held.left_before(row.patient_id for row in waiting)
    days, undated = day.todays([(row, folded[row.pk]) for row in waiting], now, FAULTS)
    faults |= undated
    alike = namesakes.of_rows(rows, now)
    cards = []
    for row in rows:
        shown, fault = None, faults.get(row.pk)
        if fault is None:
            try:
                others, state = _loads(row, row.nurse_id, rows, folded, now, first), folded[row.pk]
                said = agreed.consent(row.patient, state.order, now) if row.patient_id in spoken else None
                earlier = held.finding_of(row, left, base()) if state.phase in BEFORE_START else None
                shown = shown_of(
                    row,
                    state,
                    now,
                    others=others,
                    signed=signed,
                    consent=said,
                    unreviewed=earlier,
                    today=days.get(row.pk),
                )
            except FAULTS as raised:
                fault = type(raised).__name__
        cards.append(_card(row, now, shown, fault, alike.get(str(row.pk))))
    return sorted(cards, key=_urgency)


def _without_samples(session_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Takes up the samples of all; gives what went wrong with those whose chunks cannot be read."""
    wanted, faults = list(session_ids), {}
    try:
        chunks.open_streams(wanted)
    except FAULTS:
        for session_id in wanted:
            try:
                chunks.open_stream(session_id)
            except FAULTS as fault:
                faults[session_id] = type(fault).__name__
    return faults


def _card(
    row: SessionRecord, now: datetime, view: SessionView | None, fault: str | None, namesake: Same | None
) -> BoardCard:
    return BoardCard(
        session=str(row.pk),
        patient=patient_json(row.patient, now),
        chair=row.chair.name if row.chair else None,
        chair_position=row.chair.position if row.chair else 0,
        nurse=row.nurse.name if row.nurse else None,
        planned_for=row.planned_for,
        session_of_plan={"number": row.number, "of": row.of_total},
        view=view,
        fault=fault,
        namesake=namesake,
    )


def _urgency(card: BoardCard) -> tuple[str, int, datetime]:
    """What cannot be shown, then the highest open tier first (T3 before T2 before T1 before none)."""
    if card.view is None:
        return "", card.chair_position, card.planned_for
    open_tiers = [alert.tier for alert in card.view.alerts if alert.open]
    return ("T0" if not open_tiers else max(open_tiers)).translate(_REVERSED), card.chair_position, card.planned_for


_REVERSED = str.maketrans("0123", "3210")


def is_alarmed(folded: SessionState) -> bool:
    """Whether an alert is open that goes further when nobody answers."""
    return any(alert.cleared_at is None and alert.tier != "T1" for alert in folded.alerts)
