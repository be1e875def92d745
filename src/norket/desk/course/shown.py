"""A plan as the page shows it: what holds it and the way out, what it adds up to, and each visit with its links."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from norket.desk.screening.asked import query
from norket.knowledge.criteria import is_rule, rule_of
from norket.record.canonical import digest
from norket.record.course import queries
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.care.events import CourseEnded, CourseSigned
from norket.therapy.care.fold import Care
from norket.therapy.finding import Finding
from norket.therapy.plan.course import Course, SignedCourse
from norket.therapy.plan.exposure import Exposure, lifetime_mg, unknown_doses
from norket.therapy.plan.limits import Draft
from norket.therapy.visits.calendar import Must, Visit

# Where what is open is answered: by the room of the rule.
ROOMS = {
    "tests": "desk:tests",
    "medicines": "desk:medicines",
    "consent": "desk:consent",
    "screening": "desk:screening",
    "indications": "desk:screening",
}
OPEN = ("open", "unknown")
GROUPS = ("mend", "second", "reason", "told")
GROUP_OF = {"BLOCK-HARD": "mend", "BLOCK": "second", "HOLD": "reason", "WARN": "reason", "TASK": "told", "INFO": "told"}


def review(patient: Patient, course: Course, draft: Draft, found: queries.Review) -> dict[str, Any]:
    """The findings on a plan by what they ask for, and those of screening that hold its first session."""
    open_ = [one for one in found.findings if one.state != "clear"]
    asked = query(found.asked)
    hard = any(GROUP_OF[one.action] == "mend" for one in open_)
    return {
        "mended": not hard and not found.held,
        "blocked": hard or bool(found.held) or draft.verdict in ("never", "unknown") or not found.policy_signed,
        "groups": {name: [_row(one) for one in open_ if GROUP_OF[one.action] == name] for name in GROUPS},
        "clear": [_row(one) for one in found.findings if one.state == "clear"],
        "held": [{**_row(one), "href": _way_out(patient, one.rule, asked)} for one in found.held],
        "decided": len(found.screening.open) - len(found.held),
        "screening": reverse("desk:screening", args=[patient.pk]) + "?" + asked,
        "seen": mark(course, draft),
        "rescue": found.rescue,
        "policy_signed": found.policy_signed,
        "course": course,
    }


def mark(course: Course, draft: Draft) -> str:
    """A hash over the plan and its dose as they were read, so that nothing is signed that was not reviewed."""
    dose = draft.model_dump(mode="json", exclude={"findings"})
    return digest(course.model_dump(mode="json"), dose)


def _row(found: Finding) -> dict[str, Any]:
    entry = base().entry(found.rule)
    return {
        "finding": found,
        "code": rule_of(entry).code if is_rule(entry) else entry.data.get("code", ""),
        "certainty": entry.certainty,
        "references": [base().reference(key).citation for key in found.sources],
    }


def _way_out(patient: Patient, rule: str, asked: str) -> str:
    room = ROOMS.get(rule.partition(".")[0], "desk:screening")
    return reverse(room, args=[patient.pk]) + ("?" + asked if asked else "")


def exposure(known: Exposure, course: Course, draft: Draft, found: dict[str, Any]) -> dict[str, Any]:
    """What the plan adds up to (mg of its drug), from the first dose alone to the highest that titration allows, beside
    all that is known of before; peak and area under the curve of one dose, where the engine gives them."""
    number = len(course.days())
    before_mg = lifetime_mg(known, course.drug)
    least_mg, most_mg = number * draft.amount_mg, sum(_ladder(course, draft, number))
    return {
        **before(known, course.drug),
        "least_mg": least_mg,
        "most_mg": most_mg,
        "after_least_mg": before_mg + least_mg,
        "after_most_mg": before_mg + most_mg,
        "whole": found.get("whole", {}),
        "sessions": number,
    }


def before(known: Exposure, drug: str) -> dict[str, Any]:
    """What was given of a drug so far: here, elsewhere as reported, and how often nobody knows how much."""
    here = Exposure(doses=tuple(one for one in known.doses if one.source == "session"))
    here_mg = lifetime_mg(here, drug)
    return {
        "here_mg": here_mg,
        "elsewhere_mg": lifetime_mg(known, drug) - here_mg,
        "unknown": unknown_doses(known),
        "asked": known.asked_at,
    }


def _ladder(course: Course, draft: Draft, number: int) -> list[float]:
    """The highest amount (mg) of each session, if the dose rose by its step every time."""
    plan = course.titration
    if plan is None:
        return [draft.amount_mg] * number
    per = draft.weight_kg if plan.unit == "mg/kg" else 1.0
    top = max(plan.up_to * per, draft.amount_mg)
    return [min(top, draft.amount_mg + step * plan.step * per) for step in range(number)]


def first_by_route(known: Exposure, route: str) -> bool:
    """Whether nothing is known to have been given by this route so far."""
    return all(one.route != route for one in known.doses)


def visits(patient: Patient, signed: SignedCourse, found: Sequence[Visit]) -> list[dict[str, Any]]:
    """Each visit with what is open, what belongs to the day, and where each is answered; what was open before the
    session before as well is kept apart, so that what is new is seen."""
    rows, before = [], set[tuple[str, str]]()
    for one in found:
        row = _visit(patient, signed, one, before)
        rows.append(row)
        if one.kind == "session" and not one.past:
            before = {(must.what, must.rule) for must in one.must if must.standing in OPEN}
    return rows


def _visit(patient: Patient, signed: SignedCourse, visit: Visit, before: set[tuple[str, str]]) -> dict[str, Any]:
    course = signed.course
    asked = urlencode(
        {
            "on": visit.on.isoformat(),
            "drug": course.drug,
            "route": course.route,
            "setting": course.setting,
            "indication": course.indication,
        }
    )
    rows = [{"must": one, "href": _answered_at(patient, signed, one, asked)} for one in visit.must]
    still = [(one, (one.what, one.rule) in before) for one in visit.must]

    def those(*standing: str, again: bool | None = None) -> list[dict[str, Any]]:
        return [
            row
            for row, (one, seen) in zip(rows, still, strict=True)
            if one.standing in standing and again in (None, seen)
        ]

    return {
        "visit": visit,
        "open": those(*OPEN),
        "new": those(*OPEN, again=False),
        "again": those(*OPEN, again=True),
        "day": those("on_the_day"),
        "met": those("met"),
    }


def _answered_at(patient: Patient, signed: SignedCourse, must: Must, asked: str) -> str:
    if must.standing in ("met", "on_the_day") and must.what != "order":
        return ""
    if must.what == "consent":
        return reverse("desk:consent", args=[patient.pk])
    if must.what == "order":
        return reverse("desk:order", args=[patient.pk]) + "?" + urlencode({"row": signed.course.row})
    if must.what == "stop":
        return reverse("desk:assessment", args=[patient.pk])
    if must.what in ("screening", "test"):
        return _way_out(patient, must.rule, asked)
    return ""


def ended(care: Care) -> list[dict[str, Any]]:
    """The plans of before, newest first, each with how it ended."""
    over = [one.event.ended for one in care.course_ends if isinstance(one.event, CourseEnded)]
    ends = {one.course_id: one for one in over}
    signed = [one.event.signed for one in care.courses if isinstance(one.event, CourseSigned)]
    return [{"signed": one, "end": ends[one.id]} for one in signed if one.id in ends]
