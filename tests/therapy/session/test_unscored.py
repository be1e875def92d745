"""Sedation that nobody looks at is shown as late, and calls while drug is given or acts."""

from typing import Any

import pytest

RULE = "monitoring.scores_overdue"
CALM = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0, "spo2_percent": 98.0}


def tiers(chair: Any) -> list[str]:
    return [alert.tier for alert in chair.state.alerts if alert.rule == RULE and alert.cleared_at is None]


@pytest.mark.parametrize(("minute", "found"), [(11.9, []), (12, ["T1"]), (19.9, ["T1"]), (20, ["T2"])])
def test_a_look_that_is_missed_while_drug_runs_is_shown_and_then_calls(
    running: Any, minute: float, found: list[str]
) -> None:
    running.watch(12 if minute > 12 else minute)
    running.watch(minute)
    assert tiers(running) == found


@pytest.mark.parametrize("score", ["watched_sedation", "moaas"])
def test_a_look_ends_it(running: Any, score: str) -> None:
    running.watch(20)
    running.do(21, "record_score", score=score, value=0 if score == "watched_sedation" else 5)
    running.watch(21)
    assert tiers(running) == []
    running.watch(32.9)
    assert tiers(running) == []
    running.watch(33)
    assert tiers(running) == ["T1"]


def test_in_recovery_it_is_shown_and_never_calls(running: Any) -> None:
    running.do(35, "record_score", score="watched_sedation", value=1)
    running.watch(41)
    running.do(41, "start_recovery")
    running.watch(51.9)
    assert tiers(running) == []
    running.watch(52)
    assert tiers(running) == ["T1"]
    running.watch(100)
    assert tiers(running) == ["T1"]


def test_on_the_way_to_the_toilet_it_waits(running: Any) -> None:
    running.do(11, "suspend_monitoring")
    running.watch(13)
    assert tiers(running) == []
    running.do(13.5, "resume_monitoring")
    running.watch(14)
    assert tiers(running) == ["T1"]
