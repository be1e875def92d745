"""What is known of a patient when a plan is written or read: its first session, what was given, its calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from norket.record.care import consent, medicines, queries, screening
from norket.record.care.context import context_of, waivers
from norket.record.care.models import CareEvent
from norket.record.exposure import exposure
from norket.record.people.models import Patient
from norket.record.plan import rescues
from norket.record.plan.queries import policy_signed
from norket.record.session.course import has_had_drug
from norket.record.session.queries import base
from norket.therapy.actor import Actor
from norket.therapy.assessment.instruments import Scored
from norket.therapy.care.events import Asked, CourseSigned, ScoreRecorded
from norket.therapy.care.fold import Care
from norket.therapy.finding import Finding
from norket.therapy.plan.course import Authority, Course, SignedCourse
from norket.therapy.plan.exposure import Exposure
from norket.therapy.plan.judge import History, judge_course
from norket.therapy.plan.limits import Draft
from norket.therapy.plan.rescue import Rescue, rescue
from norket.therapy.screening.held import open_findings
from norket.therapy.screening.override import Override
from norket.therapy.screening.screen import Screening
from norket.therapy.session.preflight import capnography
from norket.therapy.visits.calendar import Known, Visit, calendar
from norket.therapy.visits.progress import improvement_percent


@dataclass(frozen=True)
class Review:
    """A plan as it stands now. `held` is what of `screening` still holds its first session."""

    asked: Asked
    findings: tuple[Finding, ...]
    screening: Screening
    overrides: tuple[Override, ...]
    settled: frozenset[str]
    held: tuple[Finding, ...]
    rescue: tuple[Rescue, ...]
    history: History
    policy_signed: bool


def asked_for(patient: Patient, course: Course) -> Asked:
    """The first session of a plan, as screening is asked about it."""
    return _asked(course, course.starts_on, first_session=not has_had_drug(patient))


def _asked(course: Course, on: date, *, first_session: bool) -> Asked:
    return Asked(
        on=on,
        route=course.route,
        setting=course.setting,
        drug=course.drug,
        indication=course.indication,
        first_session=first_session,
    )


def begins(patient: Patient, course: Course, now: datetime) -> datetime:
    """The earliest instant of the first session: the beginning of its day in the clinic, or now."""
    return max(now, datetime.combine(course.starts_on, time.min, tzinfo=queries.zone(patient)))


def given_days(known: Exposure, zone: ZoneInfo) -> tuple[date, ...]:
    """The days on which this clinic gave the drug, in its own time, each once, the first one first."""
    here = (one.at.astimezone(zone).date() for one in known.doses if one.source == "session")
    return tuple(sorted(set(here)))


def history(known: Exposure, zone: ZoneInfo) -> History:
    """The days on which anything was given before, here or elsewhere, and the routes by which. How the doses of those
    days drift is judged with the draft of the dose."""
    days = tuple(sorted({one.at.astimezone(zone).date() for one in known.doses}))
    routes = frozenset(one.route for one in known.doses)
    return History(days=days, doses_mg_kg=tuple(None for _ in days), routes=routes)


def review(patient: Patient, course: Course, draft: Draft, *, by: Actor, authority: Authority, now: datetime) -> Review:
    """Everything that stands for or against a plan now; nothing is stored."""
    care, asked = queries.care(patient.pk), asked_for(patient, course)
    found = screening.screened(patient, care, asked)
    decided, settled = (
        screening.overrides(care, asked),
        frozenset(medicines.settles(medicines.reviewed(patient, care, asked), asked)),
    )
    signed = policy_signed(patient.clinic_id)
    parts, past = (
        rescue(base(), course.rescue, policy_signed=signed, signed=rescues.in_force(patient.clinic_id)),
        history(exposure(patient, now), queries.zone(patient)),
    )
    return Review(
        asked=asked,
        findings=(
            *judge_course(
                course,
                draft,
                base=base(),
                on=consent.today(patient, now),
                by=by,
                authority=authority,
                rescue=parts,
                history=past,
            ),
            capnography.planned(course.route, _in_state(found, "fires"), _in_state(found, "unknown"), base()),
        ),
        screening=found,
        overrides=decided,
        settled=settled,
        held=open_findings(found, decided, settled),
        rescue=parts,
        history=past,
        policy_signed=signed,
    )


def _in_state(found: Screening, state: str) -> tuple[str, ...]:
    return tuple(one.rule for one in found.findings if one.state == state)


def last_stated(person_id: UUID) -> date | None:
    """Until when this person said that their licence is valid when they signed a plan last."""
    rows = CareEvent.objects.filter(type="course_signed", by=str(person_id)).order_by("-recorded_at")[:1]
    event = next((queries.recorded(row).event for row in rows), None)
    return event.signed.authority.licence_until if isinstance(event, CourseSigned) else None


def visits(patient: Patient, signed: SignedCourse, now: datetime) -> tuple[Visit, ...]:
    """The calendar of a signed plan, judged with what is known now."""
    care, today = queries.care(patient.pk), consent.today(patient, now)
    course, past = signed.course, given_days(exposure(patient, now), queries.zone(patient))
    own = tuple(day for day in past if day >= course.starts_on)
    first_here = not any(day < course.starts_on for day in past)
    by_day = {
        day: _asked(course, day, first_session=first_here and number == 0) for number, day in enumerate(course.days())
    }
    known = Known(
        chart=queries.chart(patient, care),
        consents=consent.consents(care),
        ended=consent.ends(patient, care),
        waivers=waivers(care),
        documents=dict(context_of(care, by_day[course.starts_on]).documents),
        overrides={day: screening.overrides(care, asked) for day, asked in by_day.items()},
        settled={
            day: frozenset(medicines.settles(medicines.reviewed(patient, care, asked), asked))
            for day, asked in by_day.items()
            if day >= today
        },
        given=len(own),
        improvement_percent=improvement_percent(
            base(), course.goals, _scores(care), given=own, after=course.stop.after_infusions
        ),
        first_by_route=first_here,
        zone=queries.zone(patient),
    )
    return calendar(signed, known, base=base(), today=today)


def _scores(care: Care) -> Iterator[tuple[date, Scored]]:
    for one in care.scores:
        if isinstance(one.event, ScoreRecorded):
            yield one.event.on, one.event.score
