"""The day of a session, judged again: the patient's chart for today's date and this route, with what was asked at the
chair; stock, people and hours of the clinic; what earlier sessions of this patient say."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Max

from norket.record.care import medicines, queries, screening
from norket.record.care.context import GONE_THROUGH, context_of, waivers
from norket.record.care.models import CareEvent
from norket.record.readiness import queries as ready
from norket.record.session.day import Waiting
from norket.record.session.models import SessionRecord
from norket.record.session.queries import base, readable, states
from norket.therapy.care.events import Asked, ConsentSigned
from norket.therapy.care.fold import Care
from norket.therapy.chart import OWN, Chart, Item
from norket.therapy.finding import Finding
from norket.therapy.screening.held import open_findings
from norket.therapy.screening.screen import screen
from norket.therapy.session.delivered import total_mg
from norket.therapy.session.preflight import Today, capnography
from norket.therapy.session.shapes import Answer
from norket.therapy.session.state import SessionState

RULE, KEPT = "preflight.screening", 256
OPPOSITE: dict[Answer, Answer] = {"yes": "no", "no": "yes", "unknown": "unknown"}
SICK = frozenset({"nausea", "vomiting"})


class _Judged(NamedTuple):
    """What of the chart holds, which rules object whether decided on or not, which are unknown, and two things that it
    knows."""

    holding: tuple[Finding, ...]
    objecting: tuple[str, ...]
    unsure: tuple[str, ...]
    lowers: Answer
    interpreter: Answer


class _Waiting(NamedTuple):
    """A session that has not begun, the day of its clinic, and the other sessions of the same patient."""

    record: SessionRecord
    state: SessionState
    day: ready.Opened
    before: list[SessionState]
    first: bool


_kept: OrderedDict[tuple[Any, ...], _Judged] = OrderedDict()


def forget() -> None:
    """Judges every chart anew: for tests, which undo what ledgers say."""
    _kept.clear()


def day_of(waiting: Sequence[Waiting], now: datetime) -> dict[UUID, Today]:
    """Everything that the clinic's record knows of the day of these sessions."""
    opened = {clinic.pk: ready.opened(clinic, now) for clinic in {record.patient.clinic for record, _ in waiting}}
    others = _others({record.patient_id for record, _ in waiting})
    asked = []
    for record, state in waiting:
        before = [other for pk, other in others.get(record.patient_id, {}).items() if pk != record.pk]
        asked.append(_Waiting(record, state, opened[record.patient.clinic_id], before, _first(before, now)))
    judged = _judged(asked)
    return {one.record.pk: _today(one, judged[one.record.pk], now) for one in asked}


def _others(patients: set[UUID]) -> dict[UUID, dict[UUID, SessionState]]:
    """The sessions of each patient that can be read, with one query for the rows and one for the ledgers."""
    rows = list(SessionRecord.objects.only("id", "version", "head", "patient_id").filter(patient_id__in=patients))
    folded, found = readable(rows)[0], dict[UUID, dict[UUID, SessionState]]()
    for row in rows:
        if row.pk in folded:
            found.setdefault(row.patient_id, {})[row.pk] = folded[row.pk]
    return found


def _first(before: Iterable[SessionState], now: datetime) -> bool:
    return not any(total_mg(other, now) > 0 for other in before)


def _today(one: _Waiting, found: _Judged, now: datetime) -> Today:
    record, state, day = one.record, one.state, one.day
    nurse = state.nurse or (str(record.nurse_id) if record.nurse_id else None)
    chair = record.chair.name if record.chair else ""
    answer, rules = capnography.asked_by(found.objecting, found.unsure, base())
    return Today(
        findings=(*found.holding, *ready.findings(day, chair, nurse, found.objecting)),
        first_ever=one.first,
        lowers_glucose=found.lowers,
        interpreter=found.interpreter,
        capnography=answer,
        capnography_for=rules,
        nausea_prone=any(_was_sick(other) for other in one.before),
        closes_at=day.known.closes_at(day.on, day.timezone),
        never_closes=day.known.never_closes,
    )


def asked_of(record: SessionRecord, state: SessionState, care: Care, on: date, *, first: bool) -> Asked:
    """The session of this day as screening is asked about it: its order, and the plan that runs."""
    signed, order = care.course, state.order
    course = signed.course if signed else None
    return Asked.model_validate(
        {
            "on": on,
            "route": order.route if order else None,
            "drug": order.drug if order else None,
            "setting": course.setting if course else None,
            "indication": course.indication if course else _indication(record.patient.indication),
            "first_session": first,
        }
    )


def _indication(words: str) -> str | None:
    """The short key of the indication that is written on the patient's page, where it is one that is known by name."""
    said = words.strip().casefold().rstrip(".")
    rows = ((one.id.partition(".")[2], one.data.get("label"), one.statement) for one in base().of_kind("indication"))
    named = ((key, str(label or statement.partition(":")[0])) for key, label, statement in rows)
    return next((key for key, name in named if said and name.casefold().rstrip(".") == said), None)


def asked_today(record: SessionRecord, now: datetime) -> Asked:
    """The session as its screening page is asked about it today."""
    care, state = queries.care(record.patient_id), states([record])[record.pk]
    return asked_of(record, state, care, ready.today(record.patient.clinic, now), first=False)


def _judged(asked: Sequence[_Waiting]) -> dict[UUID, _Judged]:
    """The charts judged for the day, by session; each kept until something of it changes."""
    newest = _newest({one.record.patient_id for one in asked})
    keys = {one.record.pk: _key(one, newest.get(one.record.patient_id, 0)) for one in asked}
    found = {pk: _kept[key] for pk, key in keys.items() if key in _kept}
    fresh = [one for one in asked if one.record.pk not in found]
    known = queries.cares({one.record.patient_id for one in fresh}) if fresh else {}
    for one in fresh:
        care = known[one.record.patient_id]
        about = asked_of(one.record, one.state, care, one.day.on, first=one.first)
        screened = _screened(one.record, one.state, care, about)
        found[one.record.pk] = _Judged(*screened, _lowers(care), _interpreter(care))
    for pk, judged in found.items():
        _kept[keys[pk]] = judged
        _kept.move_to_end(keys[pk])
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return found


def _key(one: _Waiting, newest: int) -> tuple[Any, ...]:
    """Everything that the judgement of a chart rests on."""
    patient, order, state = one.record.patient, one.state.order, one.state
    answers = tuple(
        (name, given.answer, given.at, given.was_no)
        for name in (*_asked_at_the_chair(), *_asked_again())
        if (given := state.preflight.get(name))
    )
    about = (patient.pk, patient.birth_date, patient.sex, patient.indication, newest)
    return (*about, one.day.on, answers, (order.id, order.route) if order else None, one.first, base().edition)


def _newest(patients: set[UUID]) -> dict[UUID, int]:
    """The number of the last event of each patient's ledger, with one query."""
    rows = CareEvent.objects.filter(patient_id__in=patients).order_by().values("patient_id").annotate(last=Max("n"))
    return {row["patient_id"]: int(row["last"]) for row in rows}


def _asked_at_the_chair() -> dict[str, str]:
    """The questions of the chart that the chair answers, by the item of the pre-flight."""
    return dict(base().entry(RULE).data["answered_at_the_chair"])


def _asked_again() -> dict[str, str]:
    """The questions of the chart of which the chair asks whether anything is new since."""
    return dict(base().entry(RULE).data["asked_again_at_the_chair"])


def _screened(
    record: SessionRecord, state: SessionState, care: Care, asked: Asked
) -> tuple[tuple[Finding, ...], tuple[str, ...], tuple[str, ...]]:
    """What blocks or holds today and was neither waived, nor gone on against, nor decided; every rule that objects, and
    every one that is not known. What the session asks by itself is left to it."""
    patient, rule = record.patient, base().entry(RULE).data
    context = context_of(care, asked, day_of=True)
    if _said(state, "medicines_unchanged") == "yes":
        context = replace(context, documents={**context.documents, GONE_THROUGH: asked.on})
    found = screen(
        with_answers(queries.chart(patient, care), state, queries.zone(patient)),
        base=base(),
        on=asked.on,
        context=context,
        stages=tuple(rule["stages"]),
        waivers=waivers(care),
    )
    settled = medicines.settles(medicines.reviewed(patient, care, asked), asked)
    left = open_findings(found, screening.overrides(care, asked), settled)
    holding = tuple(one for one in left if one.rule not in rule["asked_by_the_session"])
    objecting, unsure = (
        tuple(one.rule for one in found.findings if one.state == wanted) for wanted in ("fires", "unknown")
    )
    return holding, objecting, unsure


def with_answers(chart: Chart, state: SessionState, zone: tzinfo) -> Chart:
    """The chart with what was asked at the chair today, in the time of the clinic."""
    asked = (item.in_zone(zone) for item in (*_answers(state), *_repeated(chart, state)))
    return chart.model_copy(update={"answers": (*chart.answers, *asked)})


def _answers(state: SessionState) -> Iterator[Item]:
    """A question of the chart asks for what is wrong, an item of the pre-flight for what is right; the table says
    which of them agree."""
    for item, question in _asked_at_the_chair().items():
        given = state.preflight.get(item)
        if given is not None:
            adverse = base().entry(question).data.get("adverse") != "no"
            status = OPPOSITE[given.answer] if adverse else given.answer
            yield Item(system=OWN, code=question, status=status, at=given.at, source="asked before the start")


def _repeated(chart: Chart, state: SessionState) -> Iterator[Item]:
    """That nothing is new says what was said last, as of today; that something was new today is an answer of yes, which
    no later tap takes back. Of two answers of one day the worse one is the last."""
    for item, question in _asked_again().items():
        given = state.preflight.get(item)
        said = [one for one in chart.answers if (one.system, one.code) == (OWN, question)]
        if given is not None and (given.was_no or given.answer == "no"):
            yield Item(system=OWN, code=question, status="yes", at=given.at, source="asked before the start")
        elif given is not None and given.answer == "yes" and said:
            last = max(said, key=lambda one: (one.day or date.min, one.status == "yes", one.status == "unknown"))
            yield last.model_copy(update={"at": given.at, "source": "asked again before the start"})


def _said(state: SessionState, item: str) -> Answer:
    given = state.preflight.get(item)
    return given.answer if given else "unknown"


def _lowers(care: Care) -> Answer:
    """Whether a medicine of the list lowers sugar; an empty list that nobody called whole says nothing."""
    names = [
        line.item.text.casefold() for line in care.lines if line.place == "medicines" and line.item.status == "yes"
    ]
    words: list[str] = base().entry("preflight.glucose").data["medicines"]
    if any(word in name for name in names for word in words):
        return "yes"
    return "no" if names else "unknown"


def _interpreter(care: Care) -> Answer:
    """Whether the last consent was given with an interpreter."""
    signed = [one.event.consent for one in care.consents if isinstance(one.event, ConsentSigned)]
    return signed[0].signing.interpreter.needed if signed else "unknown"


def _was_sick(state: SessionState) -> bool:
    """Whether a session brought nausea, vomiting or a medicine against it."""
    return any(one.event in SICK for one in state.adverse) or any(
        one.rescue.rescue_class == "antiemetic" for one in state.rescues
    )
