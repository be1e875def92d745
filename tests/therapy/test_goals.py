"""A goal can be measured, a choice is of what was shown."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from norket.therapy.goals import Choice, Goal, objection

BY = date(2027, 6, 1)
figure = st.floats(allow_nan=False, allow_infinity=False, width=32)


def test_a_goal_goes_from_a_baseline_to_another_figure() -> None:
    assert Goal(measure="PHQ-9", baseline=18, target=9, by=BY).direction == "lower"
    assert Goal(measure="walk", unit="min", baseline=5, target=20, by=BY).direction == "higher"


@pytest.mark.parametrize(
    "broken", [{"target": 18.0}, {"measure": ""}, {"baseline": float("nan")}, {"target": float("inf")}]
)
def test_what_cannot_be_measured_or_changes_nothing_is_no_goal(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Goal.model_validate({"measure": "PHQ-9", "baseline": 18.0, "target": 9.0, "by": BY} | broken)


@given(figure, figure, figure)
def test_a_goal_is_reached_at_its_target_and_beyond_and_never_at_its_baseline(a: float, b: float, more: float) -> None:
    if a == b:
        return
    goal = Goal(measure="x", baseline=a, target=b, by=BY)
    assert goal.reached(b)
    assert not goal.reached(a)
    assert goal.reached(b - abs(more) if goal.direction == "lower" else b + abs(more))


def test_a_goal_is_for_a_day_that_is_still_to_come() -> None:
    goal = Goal(measure="PHQ-9", baseline=18, target=9, by=BY)
    assert objection(goal, BY - timedelta(days=1)) is None
    for late in (BY, BY + timedelta(days=1)):
        refused = objection(goal, late)
        assert refused is not None
        assert refused.code == "goal_in_the_past"


def test_a_choice_is_of_what_was_shown_and_has_a_reason() -> None:
    shown = ("alternatives.ketamine", "alternatives.none")
    assert Choice(shown=shown, chosen=shown[:1], reason="I cannot wait six weeks", edition="e").chosen == shown[:1]
    for broken in ({"chosen": ("alternatives.ect",)}, {"chosen": ()}, {"reason": ""}, {"shown": ()}):
        with pytest.raises(ValidationError):
            Choice.model_validate({"shown": shown, "chosen": shown[:1], "reason": "why", "edition": "e"} | broken)
