"""Signing a plan with its first order, and ending one: both stand or fall in one transaction."""

from datetime import date, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from norket.record.audit import actions as audit
from norket.record.care import actions as care
from norket.record.care import consent
from norket.record.care.models import CareEvent
from norket.record.care.queries import care as care_of
from norket.record.care.queries import recorded
from norket.record.care.queries import zone as zone_of
from norket.record.course import queries
from norket.record.people.models import Patient
from norket.record.plan import actions as plan
from norket.record.plan import rescues
from norket.record.session.queries import base
from norket.record.writer import writing
from norket.therapy.actor import Actor
from norket.therapy.care.events import CourseEnded, CourseSigned, Recorded
from norket.therapy.finding import Refused
from norket.therapy.plan.course import Authority, Course, EndedWhy, SignedCourse, end_course
from norket.therapy.plan.course_signing import sign_course
from norket.therapy.plan.limits import Draft

RUNS = Refused(code="course_running", why="A plan runs already. End it first, then sign the new one.")
OVER = Refused(code="command_id_reused", why="This plan was signed before and has ended. Open the page again.")
NO_COURSE = Refused(code="no_course", why="No plan runs for this patient, so there is none to end.")


class _UndoneError(Exception):
    """Rolls back what was written before a later part was refused."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused
        super().__init__(refused.code)


def sign(
    patient_id: UUID,
    course: Course,
    draft: Draft,
    *,
    by: Actor,
    authority: Authority,
    now: datetime,
    command_id: str,
    second: Actor | None = None,
    second_reason: str = "",
    reason: str = "",
) -> SignedCourse | Refused:
    """Signs a plan and stores the order of its first session, or says by name why not.

    The plan is judged on what is on record now. The same command again gives the same plan and writes nothing,
    while that plan runs.
    """
    try:
        with writing():
            patient = Patient.objects.select_for_update().get(pk=patient_id)
            again = _again(patient, command_id)
            if again is not None:
                running = care_of(patient.pk).course
                return again if running is not None and running.id == again.id else OVER
            signed = _signed(
                patient, course, draft, by=by, authority=authority, now=now, command_id=command_id,
                second=second, second_reason=second_reason, reason=reason,
            )  # fmt: skip
            if isinstance(signed, Refused):
                return _refused(patient, "sign_course", signed, by, now)
            _store(patient, signed, draft, by=by, now=now, command_id=command_id, second=second)
            return signed
    except _UndoneError as error:
        return error.refused


def _signed(
    patient: Patient,
    course: Course,
    draft: Draft,
    *,
    by: Actor,
    authority: Authority,
    now: datetime,
    command_id: str,
    second: Actor | None,
    second_reason: str,
    reason: str,
) -> SignedCourse | Refused:
    if care_of(patient.pk).course is not None:
        return RUNS
    known = queries.review(patient, course, draft, by=by, authority=authority, now=now)
    return sign_course(
        course,
        draft,
        base=base(),
        by=by,
        authority=authority,
        history=known.history,
        screening=known.screening,
        overrides=known.overrides,
        settled=known.settled,
        now=now,
        on=consent.today(patient, now),
        course_id=_id(patient, command_id, "course"),
        order_id=_id(patient, command_id, "order"),
        second=second,
        second_reason=second_reason,
        reason=reason,
        policy_signed=known.policy_signed,
        rescues=rescues.in_force(patient.clinic_id),
    )


def _store(
    patient: Patient,
    signed: SignedCourse,
    draft: Draft,
    *,
    by: Actor,
    now: datetime,
    command_id: str,
    second: Actor | None,
) -> None:
    """The order of the first session and the plan, both or neither."""
    order = plan.sign_order(
        patient.pk,
        draft,
        by=by,
        now=now,
        second=second,
        second_reason=signed.second_reason,
        reason=signed.reason,
        order_id=UUID(signed.order.id),
    )
    if isinstance(order, Refused):
        raise _UndoneError(order)
    done = care.record(patient.pk, [CourseSigned(signed=signed)], by=by.id, now=now, command_id=command_id)
    if isinstance(done, Refused):
        raise _UndoneError(done)


def end(
    patient_id: UUID, *, on: date, why: EndedWhy, words: str, by: Actor, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """Ends the plan that runs, or says by name why not."""
    with writing():
        patient = Patient.objects.select_for_update().get(pk=patient_id)
        before = CareEvent.objects.filter(patient=patient, command_id=command_id, type="course_ended")
        running = care_of(patient.pk).course
        if before and running is None:  # of a plan that was signed since, an old page says nothing
            return tuple(recorded(row) for row in before)
        zone = zone_of(patient)
        ended = NO_COURSE if running is None else end_course(running, on=on, why=why, words=words, by=by, zone=zone)
        if isinstance(ended, Refused):
            return _refused(patient, "end_course", ended, by, now)
        return care.record(patient.pk, [CourseEnded(ended=ended)], by=by.id, now=now, command_id=command_id)


def _again(patient: Patient, command_id: str) -> SignedCourse | None:
    """The plan that this command left when it was sent before."""
    row = CareEvent.objects.filter(patient=patient, command_id=command_id, type="course_signed").first()
    event = recorded(row).event if row else None
    return event.signed if isinstance(event, CourseSigned) else None


def _id(patient: Patient, command_id: str, what: str) -> str:
    """An id that follows from the command, so that it cannot make two."""
    return str(uuid5(NAMESPACE_OID, f"{patient.pk}:{command_id}:{what}"))


def _refused(patient: Patient, what: str, refused: Refused, by: Actor, now: datetime) -> Refused:
    data = {"type": what, "refused": refused.code}
    audit.append("refused", actor=by.id, subject=f"patient:{patient.pk}", at=now, data=data)
    return refused
