"""Improvement since the baseline of the series: measured with the scale of the goal, or not known."""

from datetime import date, timedelta

import pytest

from norket import knowledge
from norket.therapy.assessment.instruments import Scored, entered
from norket.therapy.finding import Refused
from norket.therapy.goals import Goal
from norket.therapy.visits.progress import improvement_percent

BASE = knowledge.read()
FIRST = date(2026, 11, 30)
GIVEN = tuple(FIRST + timedelta(days=7 * n) for n in range(4))


def goal(measure: str = "PHQ-9") -> Goal:
    return Goal(measure=measure, baseline=20, target=10, by=date(2027, 3, 1))


def madrs(total: float) -> Scored:
    found = entered(BASE, "madrs", total)
    assert not isinstance(found, Refused), found
    return found


def found(
    *scores: tuple[int, float], given: tuple[date, ...] = GIVEN, goals: tuple[str, ...] = ("MADRS",)
) -> float | None:
    """The improvement from scores on so many days after the first session."""
    known = [(FIRST + timedelta(days=day), madrs(total)) for day, total in scores]
    return improvement_percent(BASE, [goal(one) for one in goals], known, given=given, after=4)


def test_it_is_the_fall_from_the_last_score_before_to_the_last_score_after() -> None:
    assert found((-10, 40), (-2, 30), (22, 27), (25, 24)) == 20


def test_a_score_of_the_day_of_the_first_session_is_a_baseline_and_one_of_the_last_day_is_not_after_it() -> None:
    assert found((0, 30), (22, 15)) == 50
    assert found((0, 30), (21, 15)) is None


def test_a_score_of_more_than_a_week_before_is_no_baseline() -> None:
    assert found((-7, 30), (22, 15)) == 50
    assert found((-8, 30), (22, 15)) is None


def test_worse_is_less_than_nothing() -> None:
    assert found((-1, 20), (22, 25)) == -25


@pytest.mark.parametrize("scores", [[], [(-1, 20)], [(22, 20)], [(3, 20), (22, 10)]])
def test_without_both_scores_it_is_not_known(scores: list[tuple[int, float]]) -> None:
    assert found(*scores) is None


def test_before_enough_sessions_it_is_not_known() -> None:
    assert found((-1, 30), (22, 15), given=GIVEN[:3]) is None


@pytest.mark.parametrize("name", ["madrs", "MADRS", "instruments.madrs"])
def test_a_goal_names_its_scale_as_people_write_it(name: str) -> None:
    assert found((-1, 30), (22, 15), goals=("walks in a week", name)) == 50


def test_a_goal_without_a_scale_measures_nothing_here() -> None:
    assert found((-1, 30), (22, 15), goals=("walks in a week",)) is None
