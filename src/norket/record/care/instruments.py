"""Scores, capacity and signs of suicide in the record: what is written, what follows from it, and who answered."""

from collections.abc import Mapping
from datetime import date, datetime

from norket.record.care import actions, queries
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.assessment.instruments import Flag, Scored, entered, instrument, score
from norket.therapy.assessment.lines import observations
from norket.therapy.assessment.suicide import signs
from norket.therapy.care.events import CapacityRecorded, Event, LineRecorded, Recorded, RiskAnswered, ScoreRecorded
from norket.therapy.care.fold import Care
from norket.therapy.chart import OWN, Item
from norket.therapy.consent.sign import Capacity
from norket.therapy.finding import Finding, Refused

CAPACITY = "questions.capacity"


def keep_score(
    patient: Patient,
    form: str,
    answers: Mapping[str, float | None],
    total: float | None,
    *,
    on: date,
    source: str,
    by: str,
    now: datetime,
    command_id: str,
) -> tuple[Recorded, ...] | Refused:
    """Scores a form from its answers, or takes the total where it is entered, and writes what rules read of it."""
    scored = _scored(patient, form, answers, total)
    if isinstance(scored, Refused):
        return scored
    lines = observations(scored, base=base(), at=on, source=source)
    events: list[Event] = [ScoreRecorded(score=scored, on=on, source=source)]
    events += [LineRecorded(place="observations", item=item) for item in lines]
    return actions.record(patient.pk, events, by=by, now=now, command_id=command_id)


def keep_capacity(
    patient: Patient, capacity: Capacity, *, by: str, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """Writes a judgement of capacity and the answer that rules read. None of it that is "no" stands without words."""
    parts = (capacity.understands, capacity.retains, capacity.weighs, capacity.communicates)
    if "no" in parts and not any(letter.isalpha() for letter in capacity.note):
        return Refused(code="reason_missing", why="Type how it was checked and what was missing.")
    label = str(base().entry(CAPACITY).data["label"])
    item = Item(system=OWN, code=CAPACITY, text=label, status=capacity.status, at=now, source="clinician")
    events: list[Event] = [CapacityRecorded(capacity=capacity), LineRecorded(place="answers", item=item)]
    return actions.record(patient.pk, events, by=by, now=now, command_id=command_id)


def raised(care: Care) -> tuple[tuple[ScoreRecorded, Flag], ...]:
    """What the newest score of each form asks a person to do, with that score; a newer score takes its place."""
    found: dict[str, ScoreRecorded] = {}
    for one in care.scores:
        if isinstance(one.event, ScoreRecorded):
            found.setdefault(one.event.score.instrument, one.event)
    return tuple((event, flag) for event in found.values() for flag in event.score.flags if flag.action != "WARN")


def unanswered(patient: Patient, care: Care, on: date) -> tuple[Finding, ...]:
    """Signs of suicide on the day `on` that were written since a clinician last answered any; the gravest first."""
    since = care.risk_answers[0].n if care.risk_answers else 0
    chart = queries.chart(patient, care)
    new = tuple(line for line in care.lines if line.n > since)
    places = ("conditions", "observations", "answers")
    zone = queries.zone(patient)
    kept = {place: tuple(line.item.in_zone(zone) for line in new if line.place == place) for place in places}
    return signs(chart.model_copy(update=kept), base=base(), on=on)


def answer_risk(
    patient: Patient, done: str, *, on: date, by: str, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """Writes what a clinician did about the signs that stand open."""
    findings = unanswered(patient, queries.care(patient.pk), on)
    if not findings:
        return Refused(code="nothing_to_answer", why="Nothing here waits for an answer. Reload the page.")
    if not any(letter.isalpha() for letter in done):
        return Refused(
            code="reason_missing", why="Type what was done: who spoke with the patient, and what was agreed."
        )
    event = RiskAnswered(findings=findings, done=done.strip())
    return actions.record(patient.pk, [event], by=by, now=now, command_id=command_id)


def _scored(patient: Patient, form: str, answers: Mapping[str, float | None], total: float | None) -> Scored | Refused:
    if instrument(base(), form).method == "items":
        return score(base(), form, answers, sex="female" if patient.sex == "female" else "male")
    if total is None:
        return Refused(code="total_missing", why="Enter the total of the form.")
    return entered(base(), form, total)
