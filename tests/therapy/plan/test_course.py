"""A plan from its parts to a signature: what must be mended, what holds it, who signs second, what needs a reason."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from norket import knowledge
from norket.therapy.actor import Actor
from norket.therapy.chart import Chart
from norket.therapy.finding import Finding, Refused
from norket.therapy.goals import Goal
from norket.therapy.plan.course import (
    Authority,
    BoosterWindow,
    Course,
    Psychotherapy,
    SignedCourse,
    TaperStep,
    Titration,
    end_course,
    stop_rule,
)
from norket.therapy.plan.course_signing import sign_course
from norket.therapy.plan.judge import History, judge_course
from norket.therapy.plan.library import limit_of, rows
from norket.therapy.plan.limits import Draft, draft_order
from norket.therapy.plan.rescue import rescue, templates
from norket.therapy.plan.routes import route_choices
from norket.therapy.screening.context import Context
from norket.therapy.screening.held import open_findings
from norket.therapy.screening.override import Clinician, Override, override
from norket.therapy.screening.screen import Screening, screen

BASE = knowledge.read()
TODAY = date(2026, 11, 20)
STARTS = date(2026, 11, 30)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DOCTOR = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
SECOND = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
LICENSED = Authority(licence_until=date(2028, 1, 1), source="stated")
GOAL = Goal(measure="phq9", baseline=20, target=10, by=date(2026, 12, 31))
CLEAR = Screening(BASE.edition, STARTS, (), ())


def draft(text: str = "0.5 mg/kg iv over 40 min", **changes: Any) -> Draft:
    usual: dict[str, Any] = {
        "row": "doses.d01",
        "dose_text": text,
        "weight_kg": 70.0,
        "weight_measured_on": TODAY,
        "concentration_mg_ml": 1.0,
        "frail": False,
        "age_y": 45.0,
        "base": BASE,
        "on": TODAY,
        "first_session": True,
    }
    return draft_order(**(usual | changes))


def course(**changes: Any) -> Course:
    usual: dict[str, Any] = {
        "indication": "trd",
        "drug": "ketamine",
        "route": "iv",
        "row": "doses.d01",
        "dose_text": draft().text,
        "setting": "outpatient",
        "route_reason": "exact, and it can be stopped",
        "goals": (GOAL,),
        "starts_on": STARTS,
        "sessions": 6,
        "interval_d": 3.5,
        "review_on": STARTS + timedelta(days=21),
        "stop": stop_rule(BASE, "psychiatric", TODAY),
        "psychotherapy": Psychotherapy(kind="cbt", provider="Ines"),
    }
    return Course(**(usual | changes))


def signed(plan: Course, dose: Draft | None = None, **changes: Any) -> SignedCourse | Refused:
    usual: dict[str, Any] = {
        "base": BASE,
        "by": DOCTOR,
        "authority": LICENSED,
        "history": History(),
        "screening": CLEAR,
        "now": NOW,
        "on": TODAY,
        "course_id": "c1",
        "order_id": "o1",
        "policy_signed": True,
    }
    return sign_course(plan, dose or draft(), **(usual | changes))


def code(answer: SignedCourse | Refused) -> str | None:
    return answer.code if isinstance(answer, Refused) else None


def judged(plan: Course, rule: str, dose: Draft | None = None, **changes: Any) -> Finding:
    usual: dict[str, Any] = {"base": BASE, "on": TODAY, "by": DOCTOR, "authority": LICENSED}
    found = judge_course(plan, dose or draft(), **(usual | changes))
    return next(one for one in found if one.rule == f"plans.{rule}" or one.rule.startswith(f"plans.{rule}_d"))


# ---- a whole plan ---------------------------------------------------------------------------------------------------


def test_a_whole_plan_is_signed_with_the_order_of_its_first_session() -> None:
    done = signed(course())
    assert isinstance(done, SignedCourse)
    assert (done.order.amount_mg, done.order.text, done.order.id) == (35.0, "0.5 mg/kg iv over 40 min", "o1")
    assert (done.signed_by, done.edition, done.course.goals) == ("doc-1", BASE.edition, (GOAL,))
    assert {one.rule for one in done.findings} >= {"plans.goals", "plans.review", "plans.authority", "doses.d01"}
    assert {one.edition for one in done.findings} == {BASE.edition}


def test_a_signed_plan_is_the_same_after_a_journey_through_json() -> None:
    done = signed(
        course(titration=Titration(step=0.25, up_to=0.75, unit="mg/kg"), rescue=("rescue.template_reversal",))
    )
    assert isinstance(done, SignedCourse)
    assert SignedCourse.model_validate_json(done.model_dump_json()) == done


def test_the_days_of_a_course_are_twice_a_week_and_then_rarer() -> None:
    plan = course(taper=(TaperStep(sessions=2, interval_d=7), TaperStep(sessions=1, interval_d=14)))
    since = [(day - STARTS).days for day in plan.days()]
    assert since == [0, 3, 7, 10, 14, 17, 24, 31, 45]


def test_a_course_that_ends_outside_the_calendar_is_not_one() -> None:
    with pytest.raises(ValidationError, match="outside the calendar"):
        course(starts_on=date(9999, 12, 25))


# ---- what nobody signs ----------------------------------------------------------------------------------------------

MENDED = [
    ({"goals": ()}, "plan_goals"),
    ({"review_on": None}, "plan_review"),
    ({"review_on": STARTS}, "plan_review"),
    ({"route_reason": "  "}, "plan_route_choice"),
    ({"setting": "home"}, "plan_setting"),
    ({"interval_d": 1.0}, "plan_interval"),
    ({"titration": Titration(step=0.3, up_to=0.8, unit="mg/kg")}, "plan_titration"),
    ({"titration": Titration(step=0.25, up_to=1.26, unit="mg/kg")}, "plan_titration"),
    ({"titration": Titration(step=14, up_to=42, unit="mg")}, "plan_titration"),
    ({"psychotherapy": Psychotherapy()}, "plan_psychotherapy"),
    ({"psychotherapy": Psychotherapy(kind="none")}, "plan_psychotherapy"),
]


@pytest.mark.parametrize(("changes", "refusal"), MENDED)
def test_what_must_be_mended_is_signed_by_nobody(changes: dict[str, Any], refusal: str) -> None:
    answer = signed(course(**changes), reason="because", second=SECOND, second_reason="because")
    assert code(answer) == refusal
    assert isinstance(answer, Refused)
    assert all(found.resolves_by for found in answer.findings)


@pytest.mark.parametrize("until", [None, TODAY - timedelta(days=1)])
def test_a_licence_that_is_not_known_or_has_ended_signs_nothing(until: date | None) -> None:
    assert code(signed(course(), authority=Authority(licence_until=until))) == "plan_authority"
    assert code(signed(course(), authority=Authority(licence_until=TODAY, source="stated"))) is None


def test_a_nurse_signs_no_plan_and_nobody_does_before_the_figures_are_signed() -> None:
    assert code(signed(course(), by=NURSE)) == "plan_authority"
    assert code(signed(course(), policy_signed=False)) == "policy_unsigned"


def test_a_plan_for_an_addiction_is_not_signed_before_its_therapy_is_booked() -> None:
    found = judged(course(indication="aud", psychotherapy=Psychotherapy(kind="motivational")), "psychotherapy")
    booked = Psychotherapy(kind="motivational", first_on=STARTS)
    assert (found.state, judged(course(indication="aud", psychotherapy=booked), "psychotherapy").state) == (
        "fires",
        "clear",
    )


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"screening": replace(CLEAR, on=STARTS + timedelta(days=1))}, "another_day"),
        ({"screening": replace(CLEAR, edition="older")}, "stale_findings"),
        ({"dose": draft("0.4 mg/kg iv over 40 min")}, "another_dose"),
        ({"dose": draft("0.5 mg/kg iv over 2 h", row="doses.d19")}, "another_dose"),
    ],
)
def test_what_is_signed_speaks_of_one_plan_one_day_and_one_edition(changes: dict[str, Any], refusal: str) -> None:
    assert code(signed(course(), **changes)) == refusal


# ---- what screening holds -------------------------------------------------------------------------------------------


def screened(**session: Any) -> Screening:
    context = Context(
        route="iv", setting="outpatient", drug="ketamine", indication="trd", first_session=True, day_of=False
    )
    known = {"patient": {"birth_date": "1981-01-01", "sex": "male"}, **session}
    return screen(Chart.model_validate(known, strict=False), base=BASE, on=STARTS, context=context)


GLAUCOMA = {"conditions": [{"system": "norket", "code": "conditions.glaucoma", "text": "glaucoma", "status": "yes"}]}


def gone_on(page: Screening, rule: str) -> Override:
    finding = next(one for one in page.findings if one.rule == rule)
    pia = Clinician(id="doc-1", name="Pia", competences=frozenset({"prescriber"}))
    eye = Clinician(id=None, name="Ada Glass", competences=frozenset({"ophthalmologist"}))
    done = override(finding, base=BASE, by=pia, reason="treated", now=NOW, second=eye, second_reason="18 mmHg")
    assert isinstance(done, Override), done
    return done


def only(page: Screening, rule: str) -> Screening:
    return replace(page, findings=tuple(one for one in page.findings if one.rule == rule))


def test_an_open_hold_keeps_a_plan_from_being_signed_and_a_decision_on_it_lets_it_go() -> None:
    page = only(screened(**GLAUCOMA), "screening.scr_15")
    answer = signed(course(), screening=page)
    assert isinstance(answer, Refused)
    assert (answer.code, [one.rule for one in answer.findings]) == ("findings_open", ["screening.scr_15"])
    done = signed(course(), screening=page, overrides=[gone_on(page, "screening.scr_15")])
    assert isinstance(done, SignedCourse)
    assert (done.overridden, [one.rule for one in done.screened]) == (("screening.scr_15",), ["screening.scr_15"])


def test_a_decision_on_something_else_or_on_what_has_changed_since_lets_nothing_go() -> None:
    page = only(screened(**GLAUCOMA), "screening.scr_15")
    decided = gone_on(page, "screening.scr_15")
    (found,) = page.findings
    later = replace(page, findings=(found.model_copy(update={"inputs": {"both eyes": ["today"]}}),))
    assert open_findings(page, [decided]) == ()
    assert len(open_findings(later, [decided])) == 1


def test_a_rule_that_a_prescriber_settled_holds_no_more_and_is_named() -> None:
    page = only(screened(**GLAUCOMA), "screening.scr_15")
    done = signed(course(), screening=page, settled={"screening.scr_15", "medicines.med_01"})
    assert isinstance(done, SignedCourse)
    assert done.settled == ("screening.scr_15",)


def test_what_is_not_known_holds_a_plan_like_what_objects() -> None:
    answer = signed(course(), screening=screened())
    assert isinstance(answer, Refused)
    assert answer.code == "findings_open"
    assert {one.state for one in answer.findings} >= {"unknown"}


STATES = st.sampled_from(["fires", "unknown", "clear"])
ACTIONS = st.sampled_from(["BLOCK-HARD", "BLOCK", "HOLD", "WARN", "TASK", "INFO"])


@given(st.lists(st.tuples(ACTIONS, STATES), max_size=5), st.booleans())
def test_no_plan_is_signed_with_an_open_hold(found: list[tuple[str, str]], overridden: bool) -> None:
    findings = tuple(
        Finding(rule=f"r{n}", edition=BASE.edition, state=state, action=action, why="")  # type: ignore[arg-type]
        for n, (action, state) in enumerate(found)
    )
    page = Screening(BASE.edition, STARTS, findings, ())
    against = [Override(finding=one, by="doc-1", reason="r", second=None, second_reason="", at=NOW) for one in findings]
    answer = signed(course(), screening=page, overrides=against if overridden else ())
    open_ = [one for one in findings if one.state != "clear" and one.action in ("BLOCK-HARD", "BLOCK", "HOLD")]
    holds = [one for one in open_ if one.action == "BLOCK-HARD" or not overridden]
    assert (code(answer) == "findings_open") == bool(holds)


# ---- doses and second signers ---------------------------------------------------------------------------------------


def test_a_first_dose_above_the_cap_needs_a_second_signer_with_a_reason() -> None:
    dose = draft("1.1 mg/kg iv over 60 min")
    plan = course(dose_text=dose.text)
    assert code(signed(plan, dose, reason="r")) == "second_signer_missing"
    assert code(signed(plan, dose, reason="r", second=SECOND)) == "reason_missing"
    assert code(signed(plan, dose, second=DOCTOR, second_reason="r")) == "second_signer_wrong"
    done = signed(plan, dose, second=SECOND, second_reason="lighter doses did nothing")
    assert isinstance(done, SignedCourse)
    assert (done.second_signer, done.order.second_signer) == ("ana-1", "ana-1")


@pytest.mark.parametrize(
    ("up_to", "refusal"),
    [(0.75, None), (0.76, "reason_missing"), (1.0, "reason_missing"), (1.01, "second_signer_missing")],
)
def test_the_highest_dose_of_a_titration_is_judged_like_an_order(up_to: float, refusal: str | None) -> None:
    plan = course(titration=Titration(step=0.25, up_to=up_to, unit="mg/kg"))
    assert code(signed(plan)) == refusal
    assert code(signed(plan, reason="r", second=SECOND, second_reason="r")) is None


@given(st.floats(0.05, 3), st.floats(0.05, 3), st.floats(30, 250), st.integers(10, 120))
def test_no_signed_course_reaches_above_a_ceiling(start: float, up_to: float, weight: float, minutes: int) -> None:
    weight, start, up_to = round(weight, 1), round(start, 2), round(up_to, 2)
    dose = draft(f"{start:g} mg/kg iv over {minutes} min", weight_kg=weight)
    plan = course(dose_text=dose.text, titration=Titration(step=0.25, up_to=up_to, unit="mg/kg"))
    done = signed(plan, dose, reason="r", second=SECOND, second_reason="r")
    ceiling = limit_of(BASE, "doses.d01", "ceiling", TODAY)
    if isinstance(done, SignedCourse):
        for mg_kg in (start, up_to):
            assert mg_kg <= ceiling.mg_kg
            assert mg_kg * weight <= ceiling.mg + 1e-6
            assert mg_kg * weight / minutes * 60 <= ceiling.mg_h + 1e-6


@pytest.mark.parametrize("row", [row.id for row in rows(BASE, TODAY)])
def test_whatever_the_row_no_titration_reaches_above_its_ceiling(row: str) -> None:
    offered = next(one for one in rows(BASE, TODAY) if one.id == row)
    ceiling = limit_of(BASE, row, "ceiling", TODAY)
    top = ceiling.mg_kg if offered.start_unit == "mg/kg" else ceiling.mg
    over = "over " + f"{offered.duration_min:g} min" if offered.duration_min else ""
    drug = "esketamine " if offered.drug == "esketamine" else ""
    drawn = 1.0 if offered.route in ("iv", "im", "sc") else None
    dose = draft(
        f"{drug}{offered.start:g} {offered.start_unit} {offered.route} {over}".strip(),
        row=row,
        concentration_mg_ml=drawn,
    )
    plan = course(
        row=row,
        route=offered.route,
        drug=offered.drug,
        dose_text=dose.text,
        titration=Titration(step=offered.step or 0.01, up_to=top * 1.01, unit=offered.start_unit),
    )
    found = judged(plan, "titration", dose)
    assert (found.state != "clear", found.action) == (True, "BLOCK-HARD")


# ---- what needs a reason --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"sessions": 7, "review_on": STARTS + timedelta(days=30)},
        {"taper": (TaperStep(sessions=1, interval_d=7), TaperStep(sessions=1, interval_d=3))},
        {"booster": BoosterWindow(from_d=20, to_d=35)},
        {"booster": BoosterWindow(from_d=13, to_d=35)},
        {"indication": "ptsd"},
        {"psychotherapy": Psychotherapy(kind="assisted", preparation=1, integration=1)},
    ],
)
def test_what_leaves_the_usual_needs_a_written_reason(changes: dict[str, Any]) -> None:
    assert code(signed(course(**changes))) == "reason_missing"
    assert code(signed(course(**changes), reason="seen before, and discussed")) is None


def test_what_drifts_towards_more_waits_for_a_written_look_at_it() -> None:
    days = tuple(STARTS - timedelta(days=gap) for gap in (45, 24, 10))
    past = History(days=days, doses_mg_kg=(0.5, 0.5, 0.5), routes=frozenset({"iv"}))
    assert judged(course(), "drift", history=past).state == "fires"
    assert code(signed(course(), history=past)) == "reason_missing"
    assert code(signed(course(), history=past, reason="no craving, no other clinic")) is None


@pytest.mark.parametrize(
    ("gap_d", "before", "state"), [(14, 1, "clear"), (13, 1, "fires"), (30, 11, "clear"), (30, 12, "fires")]
)
def test_a_single_session_after_others_is_a_booster_with_its_gap_and_its_number(
    gap_d: int, before: int, state: str
) -> None:
    days = tuple(sorted(STARTS - timedelta(days=gap_d + 2 * n) for n in range(before)))
    past = History(days=days, doses_mg_kg=tuple(None for _ in days), routes=frozenset({"iv"}))
    single = course(sessions=1, review_on=STARTS)
    assert judged(single, "booster", history=past).state == state
    assert judged(single, "booster", history=past).action == "HOLD"


def test_sessions_of_more_than_a_year_ago_are_not_counted_with_those_of_this_one() -> None:
    days = tuple(STARTS - timedelta(days=gap) for gap in (366, 365, 364))
    past = History(days=days, doses_mg_kg=(None, None, None))
    assert judged(course(sessions=1, review_on=STARTS), "booster", history=past).inputs["in_year"] == 2


def test_another_route_than_before_is_told_and_holds_nothing() -> None:
    found = judged(course(), "route_change", history=History(routes=frozenset({"oral"})))
    assert (found.state, found.action) == ("fires", "INFO")


# ---- parts ----------------------------------------------------------------------------------------------------------


def test_a_rescue_medicine_without_a_signed_template_is_held_and_the_plan_says_so() -> None:
    done = signed(course(rescue=("rescue.template_antiemetic", "rescue.template_unheard_of")))
    assert isinstance(done, SignedCourse)
    assert [(one.label, one.held) for one in done.rescue] == [
        ("Against nausea", True),
        ("rescue.template_unheard_of", True),
    ]
    assert next(one for one in done.findings if one.rule == "plans.rescue").state == "fires"


def test_a_template_is_ready_when_it_is_whole_and_the_figures_are_signed() -> None:
    name = "rescue.template_antiemetic"
    entry = BASE.entry(name)
    whole = {
        "agent": "ondansetron",
        "route": "iv",
        "least": 4,
        "most": 8,
        "unit": "mg",
        "interval_min": 240,
        "max_total": 8,
    }

    def filled(order: dict[str, Any]) -> Any:
        changed = entry.model_copy(update={"data": entry.data | {"order": order}})
        return replace(BASE, edition="filled", entries=tuple(changed if e.id == name else e for e in BASE.entries))

    def held(order: dict[str, Any], policy_signed: bool) -> bool:
        return rescue(filled(order), [name], policy_signed=policy_signed)[0].held

    assert (held(whole, True), held(whole, False)) == (False, True)
    assert all(held({k: v for k, v in whole.items() if k != part}, True) for part in whole)
    assert all(not one.ready for one in templates(BASE, policy_signed=True))


def test_the_route_chooser_shows_what_reaches_the_blood_and_what_was_not_read() -> None:
    shown = {one.id.rpartition(".")[2]: one for one in route_choices(BASE)}
    assert next(iter(shown)) == "iv"
    assert (shown["im"].reaches_blood, shown["im"].peak) == ("72 to 99 %", "5 to 20 min")
    assert (shown["oral"].reaches_blood, shown["oral"].peak) == ("8 to 25 %", "")
    assert shown["compounded_spray"].standing == "off"


def test_pain_has_a_stop_rule_of_its_own() -> None:
    assert stop_rule(BASE, "pain", TODAY).rule == "plans.pain_relief"
    assert (
        stop_rule(BASE, "psychiatric", TODAY).after_infusions,
        stop_rule(BASE, "addiction", TODAY).least_percent,
    ) == (4, 20)


def test_a_course_is_ended_by_who_may_sign_one_with_words_where_they_are_needed() -> None:
    running = signed(course())
    assert isinstance(running, SignedCourse)

    def end(**changes: Any) -> Any:
        return end_course(running, **({"on": TODAY, "why": "harm", "words": "a rash", "by": DOCTOR} | changes))

    assert (end().course_id, end(why="completed", words="").why) == ("c1", "completed")
    assert [code(end(**one)) for one in ({"by": NURSE}, {"words": " "}, {"on": TODAY - timedelta(days=1)})] == [
        "role_not_allowed", "reason_missing", "before_it_began",
    ]  # fmt: skip


def test_the_day_on_which_a_course_ends_is_a_day_of_the_clinic() -> None:
    late = signed(course(), now=datetime(2026, 11, 21, 1, tzinfo=UTC))
    assert isinstance(late, SignedCourse)
    said: dict[str, Any] = {"on": TODAY, "why": "completed", "words": "", "by": DOCTOR}
    assert code(end_course(late, **said)) == "before_it_began"  # type: ignore[arg-type]
    assert code(end_course(late, **said, zone=timezone(timedelta(hours=-5)))) is None  # type: ignore[arg-type]
