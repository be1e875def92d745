"""Every rule on a plan, judged for one plan with its drafted dose: what is mended, decided, or only told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.assessment.indication import Indication, indication
from norket.therapy.cite import finding
from norket.therapy.finding import Action, Finding
from norket.therapy.plan import course_rules as rules
from norket.therapy.plan.course import Authority, Course, Titration, stop_rule
from norket.therapy.plan.library import Verdict, judge
from norket.therapy.plan.limits import Draft
from norket.therapy.plan.rescue import Rescue
from norket.therapy.plan.signed import SIGNERS

DAYS_PER_YEAR = 365
TITRATION: dict[Verdict, tuple[Action, str]] = {
    "never": ("BLOCK-HARD", "is above the ceiling of the row: nobody may order it"),
    "unknown": ("BLOCK-HARD", "cannot be compared with the limits of the row"),
    "needs_second": ("BLOCK", "is above the cap of the row: a second signer with a reason is needed"),
    "needs_reason": ("WARN", "is outside the usual range of the row"),
}


@dataclass(frozen=True)
class History:
    """What was given before: the days and doses (mg/kg) of past sessions, oldest first, and the routes by which."""

    days: tuple[date, ...] = ()
    doses_mg_kg: tuple[float | None, ...] = ()
    routes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Page:
    """What the rules of a plan are judged on."""

    course: Course
    draft: Draft
    base: KnowledgeBase
    on: date
    row: Entry
    indication: Indication


def judge_course(
    course: Course,
    draft: Draft,
    *,
    base: KnowledgeBase,
    on: date,
    by: Actor,
    authority: Authority,
    rescue: tuple[Rescue, ...] = (),
    history: History = History(),
) -> tuple[Finding, ...]:
    """Every rule `plans.*` for a plan, as it would be signed by `by` on the day `on`.

    Raises `KnowledgeError` for an indication that is not offered or a row that is not known.
    """
    row = base.entry(course.row)
    page = Page(course, draft, base, on, row, indication(base, course.indication, offered=True))
    return (
        _goals(page),
        _fits(page),
        *_route(page, history),
        _setting(page),
        _series(page),
        _titration(page),
        *_intervals(page),
        _review(page),
        *_booster(page, history),
        *_drift(page, history),
        *_therapy(page),
        _rescue(page, rescue),
        _authority(page, by, authority),
    )


def _goals(page: Page) -> Finding:
    goals = page.course.goals
    told = "; ".join(f"{g.measure} from {g.baseline:g} to {g.target:g} {g.unit}".strip() + f" by {g.by}" for g in goals)
    return finding(page.base, "plans.goals", rules.goals_state(len(goals)), f"Goals: {told or 'none'}.")


def _fits(page: Page) -> Finding:
    made_for = tuple(page.row.data.get("indications", ()))
    state = rules.fits_state(made_for=made_for, indication=page.indication.id)
    why = f"The row is “{page.row.data.get('label', page.row.id)}”, what is treated: {page.indication.title}."
    return finding(page.base, "plans.row_fits", state, why)


def _route(page: Page, history: History) -> Iterator[Finding]:
    course, row_route = page.course, str(page.row.data.get("route", ""))
    state = rules.route_state(route=course.route, row_route=row_route, reason=course.route_reason)
    why = f"By {course.route}, the row is {row_route}. Reason: {course.route_reason.strip() or 'none written'}."
    yield finding(page.base, "plans.route_choice", state, why)
    state = rules.change_state(route=course.route, before=history.routes)
    why = "First by this route." if state == "fires" else "No change of route."
    yield finding(page.base, "plans.route_change", state, why, inputs={"before": sorted(history.routes)})


def _setting(page: Page) -> Finding:
    made_for = page.row.data.get("setting")
    state = rules.setting_state(page.base, row_setting=made_for, setting=page.course.setting)
    why = f"Given in: {page.course.setting}; the row is made for: {made_for or 'it does not say'}."
    return finding(page.base, "plans.setting", state, why)


def _series(page: Page) -> Finding:
    course, code = page.course, str(page.row.data.get("row", ""))
    state = rules.series_state(page.base, code, sessions=course.sessions, interval_d=course.interval_d)
    known = rules.series_of(page.base, code)
    told = f"{course.sessions} sessions" if course.sessions > 1 else "one session"
    why = f"{told}, {course.interval_d:g} d apart. " if course.sessions > 1 else f"{told}. "
    why += known.statement if known else "Nothing was read on the series of this row."
    inputs = {"sessions": course.sessions, "interval_d": course.interval_d}
    return finding(page.base, known.id if known else "plans.series", state, why, inputs=inputs)


def _titration(page: Page) -> Finding:
    rule, plan = "plans.titration", page.course.titration
    if plan is None:
        return finding(page.base, rule, "clear", "The dose stays as it is.", action="WARN")
    name = "step_mg_kg" if plan.unit == "mg/kg" else "step_mg"
    step = rules.titration_state(page.base, page.row.id, step=plan.step, name=name, on=page.on)
    told = f"By {plan.step:g} {plan.unit}, to {plan.up_to:g} {plan.unit} at most"
    inputs = {"step": plan.step, "up_to": plan.up_to, "unit": plan.unit}
    if step != "clear":
        why = f"{told}: " + ("the row has no step." if step == "unknown" else "the step is larger than the row's.")
        return finding(page.base, rule, step, why, inputs=inputs)
    verdict = highest(page.base, page.draft, plan, page.on)
    if verdict == "ok":
        return finding(page.base, rule, "clear", f"{told}.", inputs=inputs, action="WARN")
    action, words = TITRATION[verdict]
    state = rules.fires(True) if verdict != "unknown" else "unknown"
    return finding(page.base, rule, state, f"{told}; the highest dose {words}.", inputs=inputs, action=action)


def highest(base: KnowledgeBase, draft: Draft, plan: Titration, on: date) -> Verdict:
    """What the limits of the row say of the highest dose that the plan allows, given as long as the first one."""
    amount_mg = plan.up_to * draft.weight_kg if plan.unit == "mg/kg" else plan.up_to
    weight_kg, duration_min = draft.weight_kg, draft.duration_min
    return judge(base, draft.row, weight_kg=weight_kg, amount_mg=amount_mg, duration_min=duration_min, on=on)


def _intervals(page: Page) -> Iterator[Finding]:
    intervals = [page.course.interval_d] if page.course.sessions > 1 else []
    intervals += [step.interval_d for step in page.course.taper]
    told = ", then ".join(f"{one:g} d" for one in intervals) or "one session"
    state = rules.interval_state(page.base, page.row.id, intervals_d=intervals, on=page.on)
    yield finding(page.base, "plans.interval", state, f"Intervals: {told}.")
    yield finding(page.base, "plans.taper", rules.taper_state(intervals), f"Intervals: {told}.")


def _review(page: Page) -> Finding:
    course, rule = page.course, "plans.review"
    review_d = None if course.review_on is None else float((course.review_on - course.starts_on).days)
    sessions, gap = course.sessions, course.interval_d
    judged_by = stop_rule(page.base, page.indication.group, page.on).rule.rpartition(".")[2]
    state = rules.review_state(
        page.base, sessions=sessions, interval_d=gap, review_d=review_d, on=page.on, rule=judged_by
    )
    when = "no day is set" if course.review_on is None else f"on {course.review_on}, day {review_d:g} of the course"
    stop = f"stop review after {course.stop.after_infusions} at less than {course.stop.least_percent:g} %"
    return finding(page.base, rule, state, f"Review: {when}; {stop}.", inputs={"review_d": review_d})


def _booster(page: Page, history: History) -> Iterator[Finding]:
    course, window = page.course, page.course.booster
    past = [day for day in history.days if day < course.starts_on]
    if course.sessions == 1 and past:
        yield _another(page, past)
    elif window is not None:
        state = rules.booster_state(page.base, gap_d=window.from_d, in_year=1, on=page.on)
        yield finding(page.base, "plans.booster", state, f"The earliest booster comes after {window.from_d:g} d.")
    if window is None:
        yield finding(page.base, "plans.booster_window", "clear", "No booster is planned.")
        return
    told = f"A booster is looked for {window.from_d:g} to {window.to_d:g} d after the last session, by symptoms"
    state = rules.window_state(page.base, from_d=window.from_d, to_d=window.to_d, on=page.on)
    yield finding(page.base, "plans.booster_window", state, f"{told}.")


def _another(page: Page, past: list[date]) -> Finding:
    """A single session after others is a booster itself: how long after the last, and which of its year."""
    starts_on = page.course.starts_on
    gap_d = float((starts_on - past[-1]).days)
    in_year = 1 + sum((starts_on - day).days < DAYS_PER_YEAR for day in past)
    state = rules.booster_state(page.base, gap_d=gap_d, in_year=in_year, on=page.on)
    why = f"One more session {gap_d:g} d after the last one, number {in_year} within a year."
    return finding(page.base, "plans.booster", state, why, inputs={"gap_d": gap_d, "in_year": in_year})


def _drift(page: Page, history: History) -> Iterator[Finding]:
    """Judged over what was given before and the first session that is planned, unless the draft has done so."""
    if any(found.rule == "plans.drift" for found in page.draft.findings):
        return
    past = [
        (day, dose) for day, dose in zip(history.days, history.doses_mg_kg, strict=True) if day < page.course.starts_on
    ]
    days = [float((day - page.course.starts_on).days) for day, _ in past]
    doses = [dose for _, dose in past]
    state = rules.drift_state(page.base, days=[*days, 0.0], doses=[*doses, page.draft.mg_kg], on=page.on)
    told = ", ".join(f"{dose:.2g} mg/kg {-day:g} d before" for day, dose in zip(days, doses, strict=True) if dose)
    yield finding(page.base, "plans.drift", state, f"Before: {told or 'nothing known'}.", inputs={"days": days})


def _therapy(page: Page) -> Iterator[Finding]:
    plan = page.course.psychotherapy
    state = rules.therapy_state(
        group=page.indication.group, kind=plan.kind or "", reason=plan.reason, booked=plan.first_on is not None
    )
    parts = (
        plan.kind or "not decided",
        plan.provider,
        f"first on {plan.first_on}" if plan.first_on else "",
        plan.reason,
    )
    why = f"Psychotherapy: {', '.join(part for part in parts if part)}."
    yield finding(page.base, "plans.psychotherapy", state, why)
    if plan.kind == "assisted":
        state = rules.assisted_state(page.base, preparation=plan.preparation, integration=plan.integration, on=page.on)
        why = f"{plan.preparation} meetings of preparation, {plan.integration} of integration."
        yield finding(page.base, "plans.assisted_therapy", state, why)


def _rescue(page: Page, rescue: tuple[Rescue, ...]) -> Finding:
    held = [one.label for one in rescue if one.held]
    state = rules.rescue_state(asked=len(rescue), ready=len(rescue) - len(held))
    why = f"Held, because no template is filled in and signed: {', '.join(held)}." if held else "Nothing is held."
    return finding(page.base, "plans.rescue", state, why)


def _authority(page: Page, by: Actor, authority: Authority) -> Finding:
    until, role = authority.licence_until, bool(by.roles & SIGNERS)
    left = None if until is None else float((until - page.on).days)
    state = rules.authority_state(role=role, valid_for_d=left)
    licence = "not known until when the licence is valid" if until is None else f"licence until {until}"
    said = " (as stated by the signer)" if authority.source == "stated" else ""
    why = f"{by.name}: {', '.join(sorted(by.roles)) or 'no role'}; {licence}{said}."
    return finding(page.base, "plans.authority", state, why)
