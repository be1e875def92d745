"""Mood: published rates where there are some, labelled guesses where there are none, and no number from nothing."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket import knowledge
from norket.pharmacology import mood
from norket.pharmacology.refusals import NotCoveredError

SERIES = [0, 2, 4, 7, 9, 11]


@pytest.mark.parametrize(("days", "rate"), [(1, 0.522), (3, 0.479), (7, 0.398)])
def test_the_published_rates_come_back(days: float, rate: float) -> None:
    found = mood.response([0], [days])
    assert found.probability[0] == pytest.approx(rate)
    assert found.basis == ("published",)
    low, high = found.low[0], found.high[0]
    assert low is not None
    assert high is not None
    assert high - low > 0.3


def test_four_hours_after_the_first_session_are_not_known() -> None:
    found = mood.response([0], [0, 4 / 24, 23.9 / 24, 1])
    assert found.probability[:3] == found.low[:3] == found.high[:3] == (None, None, None)
    assert found.basis == ("not known", "not known", "not known", "published")
    assert any("not known, not zero" in note for note in found.notes)


def test_before_the_first_session_nothing_is_known() -> None:
    assert mood.response([5], [0]).probability == (None,)


def test_what_is_between_or_beyond_the_published_times_says_so() -> None:
    assert mood.response([0], [2, 5, 8]).basis == ("interpolated", "interpolated", "extrapolated")
    assert mood.response([0, 3], [3, 3.5]).basis == ("published", "extrapolated")


def test_every_answer_carries_the_label() -> None:
    found = mood.response(SERIES, [12, 30])
    assert found.label == "empirical, not concentration-driven"
    assert found.as_dict()["label"] == found.label
    for entry in mood.ENTRIES:
        assert knowledge.read().entry(entry).data["label"] == found.label


def test_a_series_ends_between_practice_and_the_best_series() -> None:
    found = mood.response(SERIES, [12])
    assert found.probability[0] is not None
    assert 0.45 < found.probability[0] < 0.708
    assert found.low[0] == pytest.approx(0.35)
    assert found.high[0] is not None
    assert found.high[0] > 0.708


def test_half_of_the_response_is_lost_18_days_after_the_day_of_a_series() -> None:
    best, later = mood.response(SERIES, [12, 30]).probability
    assert best is not None
    assert later == pytest.approx(best / 2)


def test_a_further_session_lifts_what_was_lost() -> None:
    waited, again = (mood.response(sessions, [32]).probability[0] for sessions in ([*SERIES], [*SERIES, 31]))
    assert waited is not None
    assert again is not None
    assert again > 1.5 * waited


def test_a_session_still_to_come_does_not_count() -> None:
    assert mood.response([0, 20], [10]).probability == mood.response([0], [10]).probability


DAYS = st.lists(st.integers(0, 60), min_size=1, max_size=12, unique=True)


@settings(deadline=None)
@given(DAYS, st.floats(0, 200))
def test_a_probability_is_one_and_lies_in_its_interval(days: list[int], time: float) -> None:
    found = mood.response([float(day) for day in days], [time])
    if found.probability[0] is None:
        assert time < min(days) + 1
        return
    low, high = found.low[0], found.high[0]
    assert low is not None
    assert high is not None
    assert 0 <= low <= found.probability[0] <= high <= 1


@settings(deadline=None)
@given(DAYS, st.floats(1, 60), st.floats(1, 60))
def test_without_a_further_session_a_response_only_falls(days: list[int], one: float, other: float) -> None:
    first, second = (max(days) + wait for wait in sorted((one, other)))
    before, after = mood.response([float(day) for day in days], [first, second]).probability
    assert before is not None
    assert after is not None
    assert after <= before + 1e-12


@pytest.mark.parametrize(
    ("sessions", "times"),
    [([], [1]), ([0], []), ([0, 0.9], [5]), ([0, 0], [5]), ([float("nan")], [1]), ([0], [float("inf")])],
)
def test_what_is_not_covered_is_refused(sessions: list[float], times: list[float]) -> None:
    with pytest.raises(NotCoveredError):
        mood.response(sessions, times)


def test_sessions_a_day_apart_are_covered() -> None:
    assert mood.response([0, 1], [5]).probability[0] is not None


def test_the_forecast_is_plain_data_with_known_sources() -> None:
    document = json.loads(json.dumps(mood.response([0], [0, 1]).as_dict(), allow_nan=False))
    assert document["probability"] == [None, pytest.approx(0.522)]
    known = {reference.key for reference in knowledge.read().references}
    assert {"han-2016", "murrough-2013"} <= set(document["sources"]) <= known
