"""The scales before the first dose: all that count for the indication, and as old as the oldest of them."""

from datetime import date, timedelta

import pytest

from norket import knowledge
from norket.therapy.assessment.baseline import RULE, baseline_day, scales
from norket.therapy.assessment.indication import indications
from norket.therapy.assessment.instruments import Scored, instrument

BASE = knowledge.read()
ON = date(2027, 3, 1)
DEPRESSION, SCREEN = "instruments.phq_9", "instruments.c_ssrs"


def scored(form: str, days_ago: int = 0) -> tuple[date, Scored]:
    return ON - timedelta(days=days_ago), Scored(instrument=form, edition="e", method="computed", total=9.0)


def test_the_oldest_of_the_newest_scores_gives_the_day() -> None:
    assert scales("mdd_si", base=BASE) == (SCREEN, DEPRESSION)
    given = [scored(DEPRESSION, 2), scored(SCREEN, 5), scored(DEPRESSION, 9)]
    assert baseline_day(given, "mdd_si", base=BASE) == ON - timedelta(days=5)
    assert baseline_day(given[:1], "mdd_si", base=BASE) is None
    assert baseline_day(given[:1], "trd", base=BASE) == ON - timedelta(days=2)


@pytest.mark.parametrize("key", [None, "nonsense", "migraine", "anaesthesia"])
def test_a_row_without_a_form_is_never_taken_for_filled_in(key: str | None) -> None:
    assert scales(key, base=BASE) == ()
    assert baseline_day([scored(DEPRESSION)], key, base=BASE) is None


def test_every_form_that_counts_can_be_scored_and_is_asked_for_by_a_row() -> None:
    counts = BASE.entry(RULE).data["counts"]
    outcomes = {outcome for row in indications(BASE) for outcome in row.outcomes}
    assert set(counts) <= outcomes
    assert all(instrument(BASE, form).method != "none" for form in counts.values())
