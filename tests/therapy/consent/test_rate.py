"""The clinic's own rate: a count of everybody, in which what is not known never counts as better."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge import Case
from norket.therapy.chart import OWN, Chart, Item
from norket.therapy.consent import ClinicRate
from norket.therapy.consent.rate import RULE, Treated, improved, own_rate

BASE = knowledge.read()
ON = date(2027, 3, 1)
FOLLOW_D = int(BASE.figure(RULE, "follow_d", ON).value)
DROP = BASE.figure(RULE, "drop", ON).value
FIRST = ON - timedelta(days=FOLLOW_D)


def score(value: float | None, day: date, code: str = "44261-6", system: str = "loinc") -> Item:
    return Item(system=system, code=code, value=value, status="yes", at=day)


def patient(before: float | None, after: float | None, first: date = FIRST) -> Treated:
    kept = [(before, first), (after, first + timedelta(days=7))]
    return Treated(first, Chart(observations=tuple(score(value, day) for value, day in kept if value is not None)))


def rate(*treated: Treated, indication: str = "trd") -> ClinicRate | None:
    return own_rate(BASE, indication, treated, on=ON)


@pytest.mark.parametrize("case", BASE.entry(RULE).cases, ids=lambda case: case.name)
def test_cases_of_improvement(case: Case) -> None:
    assert ("improved" if improved(**case.given, drop_percent=DROP) else "not improved") == case.expect


def test_everybody_counts_and_only_a_known_fall_is_better() -> None:
    found = rate(patient(20, 10), patient(20, 11), patient(20, None), patient(None, 5))
    assert found == ClinicRate(improved=1, treated=4)


def test_who_began_too_lately_is_not_counted_yet() -> None:
    assert rate(patient(20, 5, FIRST + timedelta(days=1))) is None
    assert rate(patient(20, 5, FIRST)) == ClinicRate(improved=1, treated=1)


def test_without_anybody_or_without_a_score_for_it_there_is_no_rate() -> None:
    assert rate() is None
    assert rate(patient(20, 5), indication="ocd") is None


def test_a_score_is_known_by_its_code_or_as_a_line_of_this_system_and_no_other_counts() -> None:
    def fallen(code: str, system: str) -> ClinicRate | None:
        days = (FIRST, FIRST + timedelta(days=9))
        lines = tuple(score(value, day, code, system) for value, day in zip((20.0, 4.0), days, strict=True))
        return rate(Treated(FIRST, Chart(observations=lines)))

    assert (
        fallen("44261-6", "http://loinc.org") == fallen("observations.phq9", OWN) == ClinicRate(improved=1, treated=1)
    )
    assert fallen("70274-6", "loinc") == ClinicRate(improved=0, treated=1)


def test_the_last_score_on_each_side_counts() -> None:
    days = [FIRST - timedelta(days=30), FIRST, FIRST + timedelta(days=3), FIRST + timedelta(days=20)]
    lines = tuple(score(value, day) for value, day in zip((27.0, 16.0, 5.0, 9.0), days, strict=True))
    assert rate(Treated(FIRST, Chart(observations=lines))) == ClinicRate(improved=0, treated=1)


some = st.one_of(st.none(), st.floats(0, 27))


@given(st.lists(st.tuples(some, some), min_size=1, max_size=8), st.data())
def test_taking_a_score_away_never_makes_the_rate_better(scores: list[Any], data: st.DataObject) -> None:
    whole = rate(*(patient(*one) for one in scores))
    gone = data.draw(st.integers(0, len(scores) - 1))
    less = rate(*(patient(*((None, None) if n == gone else one)) for n, one in enumerate(scores)))
    assert whole is not None
    assert less is not None
    assert less.improved <= whole.improved
    assert less.treated == whole.treated
