"""Signs of suicide in a chart, and what a score writes into it."""

from datetime import date, timedelta

import pytest

from norket import knowledge
from norket.therapy.assessment.instruments import Scored, entered, score
from norket.therapy.assessment.lines import observations
from norket.therapy.assessment.suicide import signs, speaks_of_it
from norket.therapy.chart import Chart, Item, Status

BASE = knowledge.read()
ON = date(2027, 3, 1)
PHQ = {str(n): 0.0 for n in range(1, 10)}
NONE_FOUND = {"1": 0.0, "2": 0.0, "6": 0.0}


def answered(question: str, status: Status = "yes", days_ago: int = 0) -> Item:
    return Item(system="norket", code=question, status=status, at=ON - timedelta(days=days_ago))


def found(*answers: Item, observed: tuple[Item, ...] = ()) -> list[str]:
    return [one.rule for one in signs(Chart(answers=answers, observations=observed), base=BASE, on=ON)]


def scored(form: str, answers: dict[str, float]) -> Scored:
    done = score(BASE, form, answers)
    assert isinstance(done, Scored)
    return done


def lines(done: Scored) -> tuple[Item, ...]:
    return tuple(observations(done, base=BASE, at=ON, source="patient"))


def test_the_gravest_sign_stands_first() -> None:
    thoughts, plan = answered("questions.suicidal_thoughts"), answered("questions.suicide_risk_high")
    assert found(thoughts, plan) == ["screening.scr_25_high", "screening.scr_25"]
    assert found(thoughts) == ["screening.scr_25"]
    assert found() == found(answered("questions.suicidal_thoughts", "no")) == []


def test_a_positive_item_is_a_sign_the_moment_it_is_scored() -> None:
    assert found(observed=lines(scored("phq_9", PHQ))) == []
    assert found(observed=lines(scored("phq_9", PHQ | {"9": 1.0}))) == ["screening.scr_25"]
    assert found(observed=lines(scored("c_ssrs", NONE_FOUND))) == []
    assert found(observed=lines(scored("c_ssrs", NONE_FOUND | {"1": 1.0}))) == ["screening.scr_25"]


@pytest.mark.parametrize("form", ["phq_9", "c_ssrs"])
def test_what_a_score_writes_is_read_by_the_rules_on_suicide(form: str) -> None:
    done = scored(form, PHQ if form == "phq_9" else NONE_FOUND)
    assert any(speaks_of_it(item, BASE) for item in lines(done))


def test_a_total_is_a_line_with_its_value_and_a_screen_without_one_says_yes_or_no() -> None:
    (total, item9) = lines(scored("phq_9", PHQ | {"1": 3.0, "9": 2.0}))
    assert (total.code, total.value, total.status) == ("observations.phq9", 5.0, "unknown")
    assert (item9.code, item9.value) == ("observations.phq9_item9", 2.0)
    (risk,) = lines(scored("c_ssrs", NONE_FOUND | {"6": 1.0, "6_recent": 0.0}))
    assert (risk.value, risk.status) == (None, "yes")


def test_a_form_that_no_rule_reads_writes_no_line() -> None:
    done = entered(BASE, "madrs", 30.0)
    assert isinstance(done, Scored)
    assert lines(done) == ()
