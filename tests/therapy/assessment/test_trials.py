"""That treatment failed is a list of trials: a tick counts for nothing, and what is not known is unknown."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.therapy.assessment import Trial, tried
from norket.therapy.assessment.trials import shown

BASE = knowledge.read()
ON = date(2027, 3, 1)


def trial(name: str, **more: object) -> Trial:
    given = {"dose": "50 mg", "weeks": 6.0, "adequate_dose": "yes", "outcome": "no_response"} | more
    return Trial.model_validate({"treatment": name, **given})


def state(*trials: Trial) -> str:
    return tried(trials, base=BASE, on=ON).state


def test_two_adequate_trials_that_failed_are_enough_and_one_is_not() -> None:
    assert state(trial("sertraline"), trial("venlafaxine")) == "clear"
    assert state(trial("sertraline")) == "fires"
    assert state() == "fires"


def test_the_same_treatment_counts_once() -> None:
    assert state(trial("sertraline"), trial(" Sertraline")) == "fires"


@pytest.mark.parametrize(("weeks", "expected"), [(4.0, "clear"), (3.9, "fires"), (None, "unknown")])
def test_a_trial_lasts_long_enough(weeks: float | None, expected: str) -> None:
    assert state(trial("sertraline"), trial("venlafaxine", weeks=weeks)) == expected


@pytest.mark.parametrize(
    "unknown", [{"dose": " "}, {"adequate_dose": "unknown"}, {"outcome": "unknown"}, {"weeks": None}]
)
def test_what_is_not_written_down_is_unknown_and_never_counts(unknown: dict[str, object]) -> None:
    assert state(trial("sertraline"), trial("venlafaxine", **unknown)) == "unknown"
    assert state(trial("venlafaxine", **unknown)) == "fires"


@pytest.mark.parametrize("outcome", ["remission", "not_tolerated"])
def test_what_helped_or_was_not_tolerated_has_not_failed(outcome: str) -> None:
    assert state(trial("sertraline"), trial("venlafaxine", outcome=outcome)) == "fires"


def test_a_row_shows_its_list_by_what_it_asks_for() -> None:
    failed = [trial("sertraline"), trial("venlafaxine")]
    assert shown(failed, "trd", base=BASE, on=ON)
    assert not shown(failed[:1], "trd", base=BASE, on=ON)
    assert shown(failed[:1], "gad", base=BASE, on=ON)
    assert not shown([], "gad", base=BASE, on=ON)
    assert not shown(failed, None, base=BASE, on=ON)


trials = st.builds(
    trial,
    st.sampled_from(["a", "b", "c"]),
    weeks=st.sampled_from([None, 1.0, 8.0]),
    adequate_dose=st.sampled_from(["yes", "no", "unknown"]),
    outcome=st.sampled_from(["no_response", "remission", "unknown"]),
)


@given(st.lists(trials, max_size=4), trials)
def test_one_more_trial_never_makes_the_answer_worse(listed: list[Trial], more: Trial) -> None:
    order = ["fires", "unknown", "clear"]
    assert order.index(state(*listed)) <= order.index(state(*listed, more))
