"""What a patient has agreed to: taking a consent, ending one, and whether one stands for what is planned."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Min

from norket.record.canonical import canonical
from norket.record.care import actions, queries
from norket.record.care.models import CareEvent
from norket.record.people.models import Patient
from norket.record.session.models import SessionEvent, SessionRecord
from norket.record.session.queries import base, states
from norket.therapy.care.events import ConsentEnded, ConsentSigned, Recorded
from norket.therapy.care.fold import Care, fold
from norket.therapy.consent import (
    ClinicRate,
    Consent,
    Document,
    Ended,
    Scope,
    Signing,
    ask_again,
    covers_order,
    current,
    given_at,
    rate,
    sign,
    void,
    why_over,
    withdraw,
)
from norket.therapy.finding import Finding, Refused
from norket.therapy.plan.order import AnyOrder

FROM_THE_RECORD = "system"
LINES = ("line_recorded", "chart_imported", "line_withdrawn")
DOSES = ("infusion_started", "bolus_given", "dose_given")
KINDS = ("consent_signed", "consent_ended")


@dataclass(frozen=True)
class Kept:
    """A consent of the ledger as it stands on a day: `over` is why it has ended, `again` why it is asked again."""

    recorded: Recorded
    event: ConsentSigned
    over: str
    again: tuple[str, ...]

    @property
    def consent(self) -> Consent:
        return self.event.consent

    @property
    def stands(self) -> bool:
        return not self.over and not self.again


def today(patient: Patient, now: datetime) -> date:
    """The day that it is in the clinic."""
    return patient.clinic.day(now)


def consents(care: Care) -> tuple[Consent, ...]:
    """Every consent that was ever signed, newest first."""
    return tuple(one.event.consent for one in care.consents if isinstance(one.event, ConsentSigned))


def ends(patient: Patient, care: Care) -> tuple[Ended, ...]:
    """What ended them: what was recorded, and what follows from the doses of the day of signing."""
    recorded = tuple(one.event.ended for one in care.consent_ends if isinstance(one.event, ConsentEnded))
    signed = consents(care)
    if not signed:
        return recorded
    given = sedated_at(patient)
    found = (
        void(one, by=FROM_THE_RECORD, at=one.signed_at, sedative_at=at, zone=queries.zone(patient))
        for one in signed
        for at in given
    )
    return (*recorded, *(one for one in found if one is not None))


def sedated_at(patient: Patient) -> tuple[datetime, ...]:
    """Every instant at which this clinic gave the patient ketamine or a sedative."""
    begun = SessionRecord.objects.filter(patient=patient).exclude(phase="planned")
    return tuple(sorted(at for state in states(begun).values() for at in given_at(state)))


def standing(patient: Patient, scope: Scope, on: date) -> Finding:
    """Whether a consent covers what is planned on the day `on`: the finding of `consent.con_01`.

    Clear when one does. Its inputs name that consent (`sha256`, `version`, `signed_on`)."""
    care = queries.care(patient.pk)
    return current(consents(care), ends(patient, care), scope, base=base(), on=on, zone=queries.zone(patient))


def for_order(patient: Patient, order: AnyOrder | None, now: datetime) -> Finding | None:
    """Whether a consent of the ledger covers an order; None where the ledger knows of no consent and no withdrawal, so
    that only whoever has the paper in hand can say."""
    room = AtTheStart()
    return room.at_the_start(patient, order, now) if room.spoken([patient.pk]) else None


class AtTheStart:
    """What a session asks before it starts."""

    def spoken(self, patients: Iterable[UUID]) -> set[UUID]:
        """Those of the patients whose ledger knows of a consent or a withdrawal."""
        rows = CareEvent.objects.filter(patient__in=list(patients), type__in=KINDS)
        return set(rows.values_list("patient_id", flat=True))

    def at_the_start(self, patient: Patient, order: AnyOrder | None, now: datetime) -> Finding:
        """Whether a consent covers the order on the clinic's day; none on file is none."""
        care = queries.care(patient.pk)
        on = today(patient, now)
        return covers_order(consents(care), ends(patient, care), order, base=base(), on=on, zone=queries.zone(patient))


def kept(patient: Patient, on: date, planned: Scope | None = None) -> tuple[Kept, ...]:
    """Every consent, newest first, as it stands on the day `on` for `planned`, else for what it was given for."""
    care = queries.care(patient.pk)
    gone, local = ends(patient, care), queries.zone(patient)

    def each() -> Iterator[Kept]:
        for one in care.consents:
            if isinstance(one.event, ConsentSigned):
                consent = one.event.consent
                again = ask_again(consent, planned or consent.scope, base=base(), on=on, zone=local)
                yield Kept(one, one.event, why_over(consent, gone, local), again)

    return tuple(each())


def not_before(patient: Patient, care: Care) -> date | None:
    """The first day on which a new one may be signed, after one that was void."""
    return max((one.not_before for one in ends(patient, care) if one.not_before), default=None)


def take(
    patient: Patient,
    document: Document,
    signing: Signing,
    *,
    contact: str,
    emergency: str,
    kept_at: str = "",
    by: str,
    now: datetime,
    command_id: str,
) -> tuple[Recorded, ...] | Refused:
    """Records a signature, or says by name why it is not taken. What the clinic gave on the day is read from the
    record: nobody can say that nothing was given when something was."""
    again = _earlier(patient.pk, command_id, "consent_signed")
    if again is not None:
        return again
    local, care = queries.zone(patient), queries.care(patient.pk)
    if any(at <= now and at.astimezone(local).date() == today(patient, now) for at in sedated_at(patient)):
        signing = signing.model_copy(update={"sedative_given": "yes"})
    if signing.way == "paper_scan" and not kept_at.strip():
        return Refused(code="paper_missing", why="Say where the signed paper is kept, so that it can be found.")
    first = not_before(patient, care)
    signed = sign(document, signing, base=base(), now=now.astimezone(local), not_before=first)
    if isinstance(signed, Refused):
        return signed
    event = ConsentSigned(consent=signed, contact=contact, emergency=emergency, kept_at=kept_at.strip())
    return actions.record(patient.pk, [event], by=by, now=now, command_id=command_id)


def take_back(
    patient: Patient, *, by: str, now: datetime, command_id: str, words: str = ""
) -> tuple[Recorded, ...] | Refused:
    """The patient withdraws: at once, whoever records it, whatever is on file, and without a test of capacity."""
    again, signed = _earlier(patient.pk, command_id, "consent_ended"), consents(queries.care(patient.pk))
    if again is not None and (not signed or _ends(again[-1], signed[0])):
        return again
    ended = (
        withdraw(signed[0], by=by, at=now, words=words)
        if signed
        else Ended(sha256="", signed_at=now, why="withdrawn", by=by, at=now, words=words)
    )
    return actions.record(patient.pk, [ConsentEnded(ended=ended)], by=by, now=now, command_id=command_id)


def found_void(
    patient: Patient,
    n: int,
    *,
    sedative: bool,
    intoxicated: bool,
    above_usual_dose: bool,
    words: str,
    by: str,
    now: datetime,
    command_id: str,
) -> tuple[Recorded, ...] | Refused:
    """Something came to light about the hour in which the consent of event `n` was signed."""
    one = next((each for each in queries.care(patient.pk).consents if each.n == n), None)
    if one is None or not isinstance(one.event, ConsentSigned):
        return Refused(code="consent_not_known", why="There is no such consent. Reload the page and choose again.")
    again = _earlier(patient.pk, command_id, "consent_ended")
    if again is not None and _ends(again[-1], one.event.consent):
        return again
    ended = void(
        one.event.consent,
        by=by,
        at=now,
        sedative_at=one.event.consent.signed_at if sedative else None,
        intoxicated="yes" if intoxicated else "no",
        above_usual_dose="yes" if above_usual_dose else "no",
        zone=queries.zone(patient),
    )
    if ended is None:
        return Refused(code="nothing_found", why="Say what came to light; without that the consent stands.")
    event = ConsentEnded(ended=ended.model_copy(update={"words": words}))
    return actions.record(patient.pk, [event], by=by, now=now, command_id=command_id)


def own_rate(patient: Patient, indication: str, on: date) -> ClinicRate | None:
    """How many of this patient's clinic improved by half or more with this indication; None where none can be told."""
    signed = CareEvent.objects.filter(type="consent_signed", patient__clinic_id=patient.clinic_id)
    rows = signed.filter(data__contains=canonical({"indication": indication})[1:-1]).values_list("patient_id", "data")
    agreed = {pk for pk, data in rows if json.loads(data)["consent"]["scope"]["indication"] == indication}
    return rate.own_rate(base(), indication, _treated(agreed, queries.zone(patient)), on=on)


def _treated(patients: set[UUID], local: ZoneInfo) -> Iterator[rate.Treated]:
    """Those who had a first dose, by the first entry of one in the ledgers of their sessions, each with the lines of
    their chart. A clinic has hundreds of them, so only what is needed is read."""
    doses = SessionEvent.objects.filter(session__patient__in=patients, type__in=DOSES)
    first = dict(doses.values_list("session__patient").annotate(first=Min("at")))
    ledgers: dict[UUID, list[Recorded]] = {pk: [] for pk in first}
    for row in CareEvent.objects.filter(patient__in=list(first), type__in=LINES):
        ledgers[row.patient_id].append(queries.recorded(row))
    for pk, ledger in ledgers.items():
        yield rate.Treated(first[pk].astimezone(local).date(), fold(ledger).chart(None, "unknown"))


def _ends(recorded: Recorded, consent: Consent) -> bool:
    """Whether it was this consent that ended. An old page that is sent again says nothing of a newer one."""
    return isinstance(recorded.event, ConsentEnded) and recorded.event.ended.signed_at == consent.signed_at


def _earlier(patient_id: UUID, command_id: str, kind: str) -> tuple[Recorded, ...] | None:
    """What this command left when it was sent before; the time of a second sending is another, the answer is not."""
    rows = CareEvent.objects.filter(patient_id=patient_id, command_id=command_id, type=kind).order_by("part")
    return tuple(queries.recorded(row) for row in rows) or None
