"""The visits of a signed plan: each judged for its own day, none ready that is not, and nothing that is unknown met."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from norket import knowledge
from norket.therapy.actor import Actor
from norket.therapy.chart import Chart
from norket.therapy.consent import Capacity, Consent, Interpreter, Signing, document, sign, withdraw
from norket.therapy.finding import Refused
from norket.therapy.goals import Goal
from norket.therapy.plan.course import (
    Authority,
    BoosterWindow,
    Course,
    Psychotherapy,
    SignedCourse,
    TaperStep,
    stop_rule,
)
from norket.therapy.plan.course_signing import sign_course
from norket.therapy.plan.judge import History
from norket.therapy.plan.limits import draft_order
from norket.therapy.screening.context import Context
from norket.therapy.screening.override import Clinician, Override, override
from norket.therapy.screening.screen import Screening, screen
from norket.therapy.visits.calendar import Known, Must, Visit, calendar, scope_of

BASE = knowledge.read()
TODAY = date(2026, 11, 20)
STARTS = date(2026, 11, 30)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DOCTOR = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
UNTIL = date(2028, 1, 1)


def plan(*, licence_until: date = UNTIL, reason: str = "discussed", **changes: Any) -> SignedCourse:
    dose = draft_order(
        row="doses.d01",
        dose_text="0.5 mg/kg iv over 40 min",
        weight_kg=70.0,
        weight_measured_on=TODAY,
        concentration_mg_ml=1.0,
        frail=False,
        age_y=45.0,
        base=BASE,
        on=TODAY,
        first_session=True,
    )
    usual: dict[str, Any] = {
        "indication": "trd",
        "drug": "ketamine",
        "route": "iv",
        "row": "doses.d01",
        "dose_text": dose.text,
        "setting": "outpatient",
        "route_reason": "exact",
        "goals": (Goal(measure="phq9", baseline=20, target=10, by=date(2026, 12, 31)),),
        "starts_on": STARTS,
        "sessions": 6,
        "interval_d": 7.0,
        "review_on": STARTS + timedelta(days=60),
        "stop": stop_rule(BASE, "psychiatric", TODAY),
        "psychotherapy": Psychotherapy(kind="cbt", provider="Ines"),
    }
    done = sign_course(
        Course(**(usual | changes)),
        dose,
        base=BASE,
        by=DOCTOR,
        authority=Authority(licence_until=licence_until, source="stated"),
        history=History(),
        screening=Screening(BASE.edition, STARTS, (), ()),
        now=NOW,
        on=TODAY,
        course_id="c1",
        order_id="o1",
        reason=reason,
        policy_signed=True,
    )
    assert not isinstance(done, Refused), done
    return done


def chart(**parts: Any) -> Chart:
    return Chart.model_validate({"patient": {"birth_date": "1981-01-01", "sex": "female"}, **parts}, strict=False)


def visits(signed: SignedCourse | None = None, today: date = TODAY, **known: Any) -> tuple[Visit, ...]:
    return calendar(signed or plan(), Known(**({"chart": chart()} | known)), base=BASE, today=today)


def sessions(found: tuple[Visit, ...]) -> list[Visit]:
    return [one for one in found if one.kind == "session"]


def must(visit: Visit, what: str, rule: str = "") -> list[Must]:
    return [one for one in visit.must if one.what == what and one.rule.endswith(rule)]


def agreed(at: datetime = NOW, **scope: Any) -> Consent:
    asked = scope_of(plan(), "US", "mg/kg").model_copy(update=scope)
    text = document(BASE, asked, on=at.date(), contact="the clinic", emergency="112")
    signing = Signing(
        sha256=text.sha256,
        way="typed",
        signed_name="Ada Example",
        identifiers=("MRN-1", "1980-01-01"),
        witness="Nora",
        acknowledged=frozenset(text.topics),
        teach_back="yes",
        capacity=Capacity(understands="yes", retains="yes", weighs="yes", communicates="yes", by="Pia"),
        sedative_given="no",
        intoxicated="no",
        above_usual_dose="no",
        stable_sedative="no",
        interpreter=Interpreter(needed="no"),
    )
    answer = sign(text, signing, base=BASE, now=at)
    assert isinstance(answer, Consent)
    return answer


def test_every_session_of_the_series_and_the_taper_is_a_visit_on_its_day() -> None:
    found = sessions(visits(plan(taper=(TaperStep(sessions=1, interval_d=14),))))
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [(one.on - STARTS).days for one in found] == [0, 7, 14, 21, 28, 35, 49]


def test_visits_come_by_their_day_with_the_review_and_the_booster_window() -> None:
    found = visits(plan(booster=BoosterWindow(from_d=21, to_d=35)))
    assert [one.on for one in found] == sorted(one.on for one in found)
    window = next(one for one in found if one.kind == "booster")
    assert ((window.on - STARTS).days, (window.until - window.on).days if window.until else 0) == (56, 14)
    assert next(one for one in found if one.kind == "review").on == STARTS + timedelta(days=60)


def test_what_lies_behind_is_listed_and_not_judged() -> None:
    found = sessions(visits(today=STARTS + timedelta(days=8)))
    assert [one.past for one in found] == [True, True, False, False, False, False]
    assert [bool(one.must) for one in found] == [False, False, True, True, True, True]


def test_assisted_psychotherapy_has_a_meeting_one_to_three_days_after_each_session() -> None:
    therapy = Psychotherapy(kind="assisted", provider="Ines", preparation=3, integration=2)
    found = [one for one in visits(plan(psychotherapy=therapy)) if one.kind == "integration"]
    assert len(found) == 6
    assert {((one.until - one.on).days if one.until else 0) for one in found} == {2}
    assert (found[0].on - STARTS).days == 1


# ---- consent --------------------------------------------------------------------------------------------------------


def test_without_a_consent_no_session_is_ready_though_the_plan_is_signed() -> None:
    assert {must(one, "consent")[0].standing for one in sessions(visits())} == {"open"}
    assert not any(one.ready for one in sessions(visits()))


def test_a_consent_counts_until_the_day_on_which_it_is_too_old() -> None:
    year = [must(one, "consent")[0].standing for one in sessions(visits(consents=(agreed(),)))]
    assert year == ["met"] * 6
    old = agreed(NOW - timedelta(days=365 - 20))
    assert [must(one, "consent")[0].standing for one in sessions(visits(consents=(old,)))] == ["met"] * 2 + ["open"] * 4


@pytest.mark.parametrize("scope", [{"route": "im"}, {"setting": "inpatient"}, {"dose_low": 0.4, "dose_high": 0.49}])
def test_a_consent_to_something_else_covers_no_session(scope: dict[str, Any]) -> None:
    assert {must(one, "consent")[0].standing for one in sessions(visits(consents=(agreed(**scope),)))} == {"open"}


def test_a_consent_in_milligrams_covers_the_same_dose_and_a_withdrawn_one_nothing() -> None:
    given = agreed(dose_unit="mg", dose_low=35.0, dose_high=35.0)
    assert {must(one, "consent")[0].standing for one in sessions(visits(consents=(given,)))} == {"met"}
    gone = withdraw(given, by="nurse-1", at=NOW)
    assert {must(one, "consent")[0].standing for one in sessions(visits(consents=(given,), ended=(gone,)))} == {"open"}


# ---- screening and tests, on the day itself -------------------------------------------------------------------------


def heart_attack(onset: date) -> Chart:
    line = {"system": "norket", "code": "conditions.major_cv_event", "text": "heart attack", "status": "yes"}
    return chart(conditions=[{**line, "onset": onset}])


def holds(visit: Visit, rule: str) -> bool:
    return any(one.standing == "open" for one in must(visit, "screening", rule))


def test_what_is_too_recent_for_the_first_session_may_be_long_enough_ago_for_a_later_one() -> None:
    """An event 42 days or less before a session holds it, and none after that: the verdict flips once."""
    found = sessions(visits(chart=heart_attack(STARTS - timedelta(days=35))))
    states = [holds(one, "scr_05") for one in found]
    assert states == [True, True, False, False, False, False]


def test_a_test_counts_until_its_validity_ends_and_is_asked_for_before_the_session_after_that() -> None:
    known = {"system": "norket", "code": "observations.urinalysis", "status": "no"}
    done = chart(observations=[{**known, "at": STARTS - timedelta(days=91 - 14)}])
    asked = [
        bool(must(one, "test", "tst_09")) or bool(must(one, "test", "tst_08")) for one in sessions(visits(chart=done))
    ]
    names = [{one.rule for one in must(visit, "test")} for visit in sessions(visits(chart=done))]
    rule = next(name for name in names[-1] - names[0])
    assert [rule in each for each in names] == [False, False, False, True, True, True]
    assert asked[-1]


def test_what_holds_for_no_day_but_its_own_is_done_on_that_day_and_keeps_nothing_back_before() -> None:
    vital = must(sessions(visits())[0], "test", "tst_03")
    assert [one.standing for one in vital] == ["on_the_day"]
    assert {one.what for one in sessions(visits())[0].must if one.standing == "on_the_day"} >= {"weight", "escort"}


def test_a_decision_made_for_one_session_counts_for_no_other() -> None:
    eye = {"system": "norket", "code": "conditions.glaucoma", "text": "glaucoma", "status": "yes"}
    known, context = (
        chart(conditions=[eye]),
        Context(route="iv", setting="outpatient", drug="ketamine", indication="trd", first_session=True, day_of=False),
    )
    finding = next(
        one for one in screen(known, base=BASE, on=STARTS, context=context).findings if one.rule.endswith("scr_15")
    )
    pia = Clinician(id="doc-1", name="Pia", competences=frozenset({"prescriber"}))
    other = Clinician(id=None, name="Ada Glass", competences=frozenset({"ophthalmologist"}))
    done = override(finding, base=BASE, by=pia, reason="treated", now=NOW, second=other, second_reason="18 mmHg")
    assert isinstance(done, Override)
    found = sessions(visits(chart=known, overrides={STARTS: (done,)}))
    assert [holds(one, "scr_15") for one in found] == [False, True, True, True, True, True]


def test_an_empty_chart_makes_no_session_ready() -> None:
    found = sessions(visits(consents=(agreed(),)))
    assert not any(one.ready for one in found)
    assert all(any(one.standing == "unknown" for one in visit.must) for visit in found)


# ---- stop, licence, therapy -----------------------------------------------------------------------------------------


def stops(**known: Any) -> list[str]:
    return [must(one, "stop")[0].standing if must(one, "stop") else "" for one in sessions(visits(**known))]


def test_the_stop_review_stands_before_the_fifth_session_and_not_before() -> None:
    assert stops() == ["", "", "", "", "unknown", "unknown"]
    assert stops(given=2, improvement_percent=0.0) == ["", "", "", "", "unknown", "unknown"]
    assert stops(given=4, improvement_percent=19.9)[-2:] == ["open", "open"]
    assert stops(given=4, improvement_percent=20.0)[-2:] == ["met", "met"]


def test_a_licence_that_ends_within_the_course_is_named_before_the_first_session_after_it() -> None:
    ends = STARTS + timedelta(days=14)
    found = sessions(visits(plan(licence_until=ends)))
    assert [bool(must(one, "licence")) for one in found] == [False, False, False, True, True, True]


def test_an_addiction_asks_for_its_therapy_before_each_session() -> None:
    signed = plan()
    addiction = signed.model_copy(update={"course": signed.course.model_copy(update={"indication": "aud"})})
    assert must(sessions(visits(addiction))[0], "therapy")[0].standing == "open"
    booked = Psychotherapy(kind="motivational", first_on=STARTS)
    with_it = addiction.model_copy(update={"course": addiction.course.model_copy(update={"psychotherapy": booked})})
    assert must(sessions(visits(with_it))[0], "therapy")[0].standing == "met"
    assert must(sessions(visits())[0], "therapy") == []


def test_the_benefit_of_esketamine_is_assessed_before_it_goes_on_after_four_weeks() -> None:
    signed = plan()
    spray = signed.model_copy(update={"course": signed.course.model_copy(update={"drug": "esketamine"})})
    asked = [bool(must(one, "benefit")) for one in sessions(visits(spray))]
    assert asked == [False, False, False, False, True, True]
    assert [bool(must(one, "benefit")) for one in sessions(visits(spray, benefit_assessed=True))] == [False] * 6


def test_only_the_first_session_has_its_order_already() -> None:
    orders = [must(one, "order")[0].standing for one in sessions(visits())]
    assert orders == ["met"] + ["on_the_day"] * 5


def test_a_visit_is_ready_when_nothing_but_the_day_itself_is_open() -> None:
    (first, *_) = sessions(visits())
    fine = tuple(replace(one, standing="met") for one in first.must if one.standing != "on_the_day")
    day = tuple(one for one in first.must if one.standing == "on_the_day")
    assert replace(first, must=(*fine, *day)).ready
    for standing in ("open", "unknown"):
        assert not replace(first, must=(*day, replace(fine[0], standing=standing))).ready  # type: ignore[arg-type]
