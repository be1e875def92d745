"""The visits of a signed plan, each with what must be true before it, judged for its own day and not for today.

A chart that allows the first session may hold the sixth: a test grows old, an event becomes recent, a consent ends.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta, tzinfo
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.assessment.due import TestDue, due
from norket.therapy.assessment.indication import indication
from norket.therapy.chart import Chart
from norket.therapy.consent.scope import Scope
from norket.therapy.consent.sign import Consent
from norket.therapy.consent.standing import Ended as ConsentOver
from norket.therapy.consent.standing import current
from norket.therapy.finding import Finding, State
from norket.therapy.plan import course_rules as rules
from norket.therapy.plan.compare import DECIMALS
from norket.therapy.plan.course import SignedCourse
from norket.therapy.screening.context import Context
from norket.therapy.screening.held import open_findings
from norket.therapy.screening.override import Override
from norket.therapy.screening.screen import screen
from norket.therapy.screening.waiver import Waiver

Kind = Literal["session", "integration", "review", "booster"]
What = Literal["consent", "screening", "test", "order", "weight", "escort", "therapy", "stop", "benefit", "licence"]
Standing = Literal["met", "open", "unknown", "on_the_day"]
STANDING: dict[State, Standing] = {"clear": "met", "fires": "open", "unknown": "unknown"}
NOWHERE = "-"  # no consent is on file, so there is none to compare
PER_WEIGHT = frozenset({"iv", "im"})  # by these routes the weight of the day doses


@dataclass(frozen=True)
class Must:
    """One thing that must be true before a visit. `on_the_day` is what can only be met then."""

    what: What
    rule: str
    standing: Standing
    why: str
    resolves_by: str = ""


@dataclass(frozen=True)
class Visit:
    """One visit of the plan. `number` counts the sessions; `until` is the last day of a window; `past` lies behind."""

    kind: Kind
    on: date
    until: date | None
    number: int | None
    must: tuple[Must, ...]
    past: bool

    @property
    def ready(self) -> bool:
        """Whether nothing but what belongs to the day itself is still open."""
        return all(one.standing in ("met", "on_the_day") for one in self.must)


@dataclass(frozen=True)
class Known:
    """What is known of the patient when the calendar is read.

    `consents` and `ended` are all that were ever signed and ended, `overrides` and `settled` by the day of the session
    for which they were made. `given` counts the sessions of this course that gave the drug, `improvement_percent` the
    improvement since its baseline, measured after the last of them. `zone` is the clinic's own time.
    """

    chart: Chart
    consents: tuple[Consent, ...] = ()
    ended: tuple[ConsentOver, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    documents: Mapping[str, date] = field(default_factory=dict)
    overrides: Mapping[date, tuple[Override, ...]] = field(default_factory=dict)
    settled: Mapping[date, Collection[str]] = field(default_factory=dict)
    given: int = 0
    improvement_percent: float | None = None
    benefit_assessed: bool | None = None
    first_by_route: bool = True
    zone: tzinfo = UTC


def calendar(signed: SignedCourse, known: Known, *, base: KnowledgeBase, today: date) -> tuple[Visit, ...]:
    """Every visit of a plan by its day. What lies before `today` is listed and not judged."""
    sessions, after = _sessions(signed, known, base, today), _after(signed, known, base, today)
    visits = [*sessions, *_meetings(signed, base, today), *after]
    return tuple(sorted(visits, key=lambda visit: (visit.on, visit.number or 0)))


def scope_of(signed: SignedCourse, jurisdiction: str, unit: Literal["mg", "mg/kg"]) -> Scope:
    """What the patient has to agree to, in `unit`: from the first dose to the highest that the plan allows."""
    course, order, plan = signed.course, signed.order, signed.course.titration
    highest_mg = order.amount_mg
    if plan is not None:
        highest_mg = max(highest_mg, plan.up_to * (order.weight_kg if plan.unit == "mg/kg" else 1))
    per = 1 if unit == "mg" else order.weight_kg
    return Scope(
        indication=course.indication,
        drug=course.drug,
        route=course.route,
        setting=course.setting,
        jurisdiction=jurisdiction,
        dose_low=round(order.amount_mg / per, DECIMALS),
        dose_high=round(highest_mg / per, DECIMALS),
        dose_unit=unit,
    )


def _sessions(signed: SignedCourse, known: Known, base: KnowledgeBase, today: date) -> Iterator[Visit]:
    for number, day in enumerate(signed.course.days(), start=1):
        must = () if day < today else tuple(_before_session(signed, known, base, number, day))
        yield Visit("session", day, None, number, must, day < today)


def _before_session(signed: SignedCourse, known: Known, base: KnowledgeBase, number: int, day: date) -> Iterator[Must]:
    yield _consent(signed, known, base, day)
    yield from _screened(signed, known, base, number, day)
    yield from _tests(signed, known, base, number, day)
    yield from _therapy(signed, base)
    yield from _stop(signed, known, base, number - 1, day)
    yield from _benefit(signed, known, base, day)
    yield from _licence(signed, day)
    if number == 1:
        yield Must("order", "preflight.order", "met", f"Signed with the plan: {signed.order.text}.")
    else:
        yield Must("order", "preflight.order", "on_the_day", "A signed order for this session.", "sign the order")
    if signed.course.route in PER_WEIGHT:
        yield Must("weight", "preflight.weight", "on_the_day", "Weight is measured on the day.", "weigh the patient")
    yield Must("escort", "preflight.escort", "on_the_day", "A named adult takes the patient home.", "name the escort")


def _consent(signed: SignedCourse, known: Known, base: KnowledgeBase, day: date) -> Must:
    """Whether a consent covers the whole plan; where the clinic is, in law, and the unit are those of the newest."""
    newest = max(known.consents, key=lambda one: one.signed_at, default=None)
    planned = scope_of(signed, *(newest.scope.jurisdiction, newest.scope.dose_unit) if newest else (NOWHERE, "mg"))
    found = current(known.consents, known.ended, planned, base=base, on=day, zone=known.zone)
    return _of("consent", found)


def context_of(signed: SignedCourse, known: Known, number: int, *, day_of: bool) -> Context:
    """The session as screening asks for it; only the first one by a route is a first session."""
    course = signed.course
    return Context(
        route=course.route,
        setting=course.setting,
        drug=course.drug,
        indication=course.indication,
        first_session=number == 1 and known.first_by_route,
        day_of=day_of,
        documents=known.documents,
    )


def _screened(signed: SignedCourse, known: Known, base: KnowledgeBase, number: int, day: date) -> Iterator[Must]:
    """What would hold this session if its day were today; the tests are listed one by one beside it."""
    context = context_of(signed, known, number, day_of=False)
    found = screen(
        known.chart,
        base=base,
        on=day,
        context=context,
        stages=("screening", "medicines", "indication"),
        waivers=known.waivers,
    )
    held = open_findings(found, known.overrides.get(day, ()), known.settled.get(day, ()))
    if not held:
        yield Must("screening", "screening", "met", "Nothing in the chart holds it; screened again on the day.")
    for one in held:
        yield _of("screening", one)


def _tests(signed: SignedCourse, known: Known, base: KnowledgeBase, number: int, day: date) -> Iterator[Must]:
    """Every test without a result that still holds on that day; what holds for no day but its own is done then."""
    context = context_of(signed, known, number, day_of=True)
    for test in due(known.chart, base=base, on=day, context=context, waivers=known.waivers):
        if test.open:
            yield _on_the_day(test) if test.valid_d < 1 else _of("test", test.finding)


def _on_the_day(test: TestDue) -> Must:
    """A result that holds for no day but its own is made on that day."""
    return Must("test", test.rule, "on_the_day", f"{test.label}: on the day.", test.finding.resolves_by)


def _therapy(signed: SignedCourse, base: KnowledgeBase) -> Iterator[Must]:
    """For an addiction the therapy that belongs to the session is booked."""
    row, plan = indication(base, signed.course.indication), signed.course.psychotherapy
    if row.group == "addiction":
        standing: Standing = "met" if plan.first_on else "open"
        why = f"Therapy booked for {plan.first_on}." if plan.first_on else "No therapy is booked."
        yield Must("therapy", "plans.psychotherapy", standing, why, "" if plan.first_on else "book the therapy first")


def _stop(signed: SignedCourse, known: Known, base: KnowledgeBase, infusions: int, day: date) -> Iterator[Must]:
    """The stop review before a session that comes after `infusions` others; measured only once these were given."""
    rule = signed.course.stop.rule
    measured = known.improvement_percent if known.given >= signed.course.stop.after_infusions else None
    name = rule.rpartition(".")[2]
    state = rules.stop_state(base, name, infusions=infusions, improvement_percent=measured, on=day)
    if state == "clear" and measured is None:
        return
    improved = "not measured yet" if measured is None else f"{measured:g} %"
    why = f"Improvement after {signed.course.stop.after_infusions} infusions: {improved}"
    why += f"; less than {signed.course.stop.least_percent:g} % is reviewed."
    yield Must("stop", rule, STANDING[state], why, base.entry(rule).data["resolves_by"] if state != "clear" else "")


def _benefit(signed: SignedCourse, known: Known, base: KnowledgeBase, day: date) -> Iterator[Must]:
    if signed.course.drug != "esketamine":
        return
    since = float((day - signed.course.starts_on).days)
    state = rules.benefit_state(base, day=since, assessed=known.benefit_assessed, on=day)
    if state != "clear":
        rule = "plans.esketamine_benefit"
        why = f"Day {since:g} of the course: the benefit is assessed before it goes on."
        yield Must("benefit", rule, STANDING[state], why, base.entry(rule).data["resolves_by"])


def _licence(signed: SignedCourse, day: date) -> Iterator[Must]:
    until = signed.authority.licence_until
    if until is not None and until < day:
        why = f"The licence of who signed the plan ends on {until}."
        yield Must("licence", "plans.authority", "open", why, "record the renewed licence, or have another one sign")


def _meetings(signed: SignedCourse, base: KnowledgeBase, today: date) -> Iterator[Visit]:
    """The first meeting of integration after each session of assisted psychotherapy."""
    if signed.course.psychotherapy.kind != "assisted":
        return
    for number, day in enumerate(signed.course.days(), start=1):
        first, last = (
            day + timedelta(days=rules.figure(base, "assisted_therapy", name, today))
            for name in ("first_from_d", "first_to_d")
        )
        yield Visit("integration", first, last, number, (), last < today)


def _after(signed: SignedCourse, known: Known, base: KnowledgeBase, today: date) -> Iterator[Visit]:
    """The review, and the window in which a booster is looked for."""
    course = signed.course
    days = course.days()
    if course.review_on is not None:
        before = sum(day < course.review_on for day in days)
        must = tuple(_stop(signed, known, base, before, course.review_on)) if course.review_on >= today else ()
        yield Visit("review", course.review_on, None, None, must, course.review_on < today)
    if course.booster is not None:
        opens, closes = (days[-1] + timedelta(days=gap) for gap in (course.booster.from_d, course.booster.to_d))
        must = () if closes < today else tuple(_licence(signed, opens))
        yield Visit("booster", opens, closes, None, must, closes < today)


def _of(what: What, found: Finding) -> Must:
    resolves = "" if found.state == "clear" else found.resolves_by
    return Must(what, found.rule, STANDING[found.state], found.why, resolves)
