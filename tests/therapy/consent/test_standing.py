"""What ends a consent: a sedative before the signature, intoxication, withdrawal, another plan, a year."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge.criteria import Stage
from norket.therapy.chart import Chart
from norket.therapy.consent import (
    Capacity,
    Consent,
    Ended,
    Interpreter,
    Scope,
    Signing,
    ask_again,
    current,
    document,
    sign,
)
from norket.therapy.consent import void as found_void
from norket.therapy.consent import withdraw as take_back
from norket.therapy.screening import Context, screen

BASE = knowledge.read()
SIGNED = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
PLAN: dict[str, Any] = {
    "indication": "trd",
    "drug": "ketamine",
    "route": "iv",
    "setting": "outpatient",
    "jurisdiction": "US",
    "dose_low": 20,
    "dose_high": 60,
    "dose_unit": "mg",
}
SCOPE = Scope.model_validate(PLAN)
STAGE: Stage = "consent"


def consent(at: datetime = SIGNED, **plan: Any) -> Consent:
    page = document(BASE, Scope.model_validate(PLAN | plan), on=at.date(), contact="the clinic", emergency="112")
    signing = Signing(
        sha256=page.sha256,
        way="typed",
        signed_name="Ada Example",
        identifiers=("MRN-1", "1980-01-01"),
        witness="Nora",
        acknowledged=frozenset(page.topics),
        teach_back="yes",
        capacity=Capacity(understands="yes", retains="yes", weighs="yes", communicates="yes", by="Pia"),
        sedative_given="no",
        intoxicated="no",
        above_usual_dose="no",
        stable_sedative="no",
        interpreter=Interpreter(needed="no"),
    )
    answer = sign(page, signing, base=BASE, now=at)
    assert isinstance(answer, Consent)
    return answer


def state(*consents: Consent, ended: tuple[Ended, ...] = (), on: date = date(2027, 3, 2), **plan: Any) -> str:
    return current(consents, ended, Scope.model_validate(PLAN | plan), base=BASE, on=on).state


def test_without_any_consent_the_plan_waits() -> None:
    found = current((), (), SCOPE, base=BASE, on=date(2027, 3, 2))
    assert (found.state, found.action, found.rule) == ("fires", "BLOCK", "consent.con_01")


def test_a_consent_covers_the_same_plan_and_a_lower_dose() -> None:
    assert state(consent()) == "clear"
    assert state(consent(), dose_high=40) == "clear"


@pytest.mark.parametrize(
    "plan",
    [
        {"indication": "ptsd"},
        {"route": "im"},
        {"setting": "infusion_centre"},
        {"drug": "esketamine", "route": "intranasal"},
        {"jurisdiction": "EU"},
        {"dose_high": 60.1},
        {"dose_unit": "mg/kg", "dose_low": 0.5, "dose_high": 0.5},
    ],
)
def test_a_plan_beyond_it_is_asked_again(plan: dict[str, Any]) -> None:
    assert state(consent(), **plan) == "fires"
    assert ask_again(consent(), Scope.model_validate(PLAN | plan), base=BASE, on=date(2027, 3, 2))


@pytest.mark.parametrize(("days", "expected"), [(0, "clear"), (365, "clear"), (366, "fires"), (-1, "fires")])
def test_it_holds_for_twelve_months(days: int, expected: str) -> None:
    assert state(consent(), on=SIGNED.date() + timedelta(days=days)) == expected


def test_a_serious_risk_that_is_described_anew_is_asked_again() -> None:
    older = consent().model_copy(update={"risk_text": 0.0})
    assert state(older) == "fires"
    assert "described anew" in ask_again(older, SCOPE, base=BASE, on=date(2027, 3, 2))[0]


def test_a_signature_after_the_first_sedative_is_void_and_dosing_waits_until_the_next_day() -> None:
    one = consent()
    gone = found_void(one, by="Pia", at=SIGNED, sedative_at=SIGNED - timedelta(minutes=5))
    assert gone is not None
    assert (gone.why, gone.not_before) == ("sedative_given", date(2027, 3, 2))
    assert state(one, ended=(gone,), on=date(2027, 3, 1)) == "fires"
    same_day = consent(SIGNED + timedelta(hours=3))
    assert state(one, same_day, ended=(gone,), on=date(2027, 3, 1)) == "fires"
    next_day = consent(SIGNED + timedelta(days=1))
    assert state(one, next_day, ended=(gone,)) == "clear"


def test_a_signature_during_a_positive_test_is_void() -> None:
    gone = found_void(consent(), by="Pia", at=SIGNED, intoxicated="yes")
    assert gone is not None
    assert gone.why == "intoxicated"
    assert state(consent(), ended=(gone,)) == "fires"


@pytest.mark.parametrize("status", ["yes", "unknown"])
def test_more_than_the_usual_dose_makes_it_void_and_so_does_not_knowing(status: str) -> None:
    gone = found_void(consent(), by="Pia", at=SIGNED, above_usual_dose=status)  # type: ignore[arg-type]
    assert gone is not None
    assert gone.why == "above_usual_dose"


@pytest.mark.parametrize("minutes", [1, 24 * 60, -24 * 60])
def test_a_sedative_after_the_signature_or_on_another_day_leaves_it_standing(minutes: int) -> None:
    assert found_void(consent(), by="Pia", at=SIGNED, sedative_at=SIGNED + timedelta(minutes=minutes)) is None


def test_the_day_is_the_clinics_own() -> None:
    perth = timezone(timedelta(hours=8))
    late = datetime(2027, 3, 1, 15, 30, tzinfo=UTC)  # 23:30 in Perth
    one = consent(late)
    gone = found_void(one, by="Pia", at=late, sedative_at=late - timedelta(hours=1), zone=perth)
    assert gone is not None
    assert gone.not_before == date(2027, 3, 2)
    after_midnight = consent(late + timedelta(hours=1))
    plan = current((one, after_midnight), (gone,), SCOPE, base=BASE, on=date(2027, 3, 2), zone=perth)
    assert plan.state == "clear"


def test_a_withdrawal_ends_every_consent_before_it_and_needs_no_capacity() -> None:
    one, other = consent(), consent(SIGNED + timedelta(hours=1), dose_high=70)
    gone = take_back(one, by="Ada Example", at=SIGNED + timedelta(hours=2), words="I do not want this")
    assert gone.why == "withdrawn"
    assert gone.not_before is None
    assert state(one, other, ended=(gone,)) == "fires"
    again = consent(SIGNED + timedelta(hours=3))
    assert state(one, other, again, ended=(gone,)) == "clear"


@pytest.mark.parametrize("case", BASE.entry("consent.con_05").cases, ids=lambda case: case.name)
def test_cases_of_withdrawal(case: knowledge.Case) -> None:
    gone = (take_back(consent(), by="Ada", at=SIGNED + timedelta(hours=1)),) if case.given["withdrawn"] else ()
    assert state(consent(), ended=gone) == case.expect


def test_the_finding_names_the_consent_so_that_screening_can_count_its_days() -> None:
    one = consent()
    found = current((one,), (), SCOPE, base=BASE, on=date(2027, 3, 2))
    assert found.inputs["sha256"] == one.sha256
    documents = {"documents.consent": date.fromisoformat(found.inputs["signed_on"])}
    for on, expected in ((date(2028, 2, 29), "clear"), (date(2028, 3, 1), "fires")):
        context = Context(route="iv", documents=documents)
        (rule,) = screen(Chart(), base=BASE, on=on, context=context, stages=(STAGE,)).findings
        assert rule.state == expected
        assert current((one,), (), SCOPE, base=BASE, on=on).state == expected


offsets = st.integers(-48, 48).map(lambda hours: SIGNED + timedelta(hours=hours))


@given(offsets, offsets)
def test_no_sedative_before_a_signature_on_its_day_leaves_it_standing(
    sedative_at: datetime, signed_at: datetime
) -> None:
    one = consent().model_copy(update={"signed_at": signed_at})
    gone = found_void(one, by="Pia", at=max(signed_at, sedative_at), sedative_at=sedative_at)
    expected = sedative_at <= signed_at and sedative_at.date() == signed_at.date()
    assert (gone is not None) == expected
    if gone is not None:
        assert state(one, ended=(gone,), on=signed_at.date() + timedelta(days=1)) == "fires"
        assert gone.not_before is not None
        assert gone.not_before > signed_at.date()
