"""What the report of alerts counts: how many, how soon answered, and whether anything followed."""

from typing import Any

import pytest

from norket.therapy.session.alert_load import by_rule, episodes, limits_set, load, watched_hours

SBP = "escalation.t3.sbp_high"


def high(chair: Any, minute: float) -> None:
    """A pressure above 200 by hand, told, and back to normal two minutes later."""
    chair.do(minute, "record_vitals", vitals={"sbp_mmhg": 205.0, "dbp_mmhg": 80.0})
    chair.watch(minute)


def found(chair: Any, minute: float, rule: str = SBP) -> list[Any]:
    return [one for one in episodes(chair.state, chair.at(minute), chair.base) if one.rule == rule]


def test_an_alert_says_how_soon_it_was_answered(running: Any) -> None:
    high(running, 5)
    running.do(5.5, "acknowledge_alert", alert_id=running.alert("sbp_high").alert_id)
    running.do(6, "acknowledge_alert", alert_id=running.alert("sbp_high").alert_id)
    (one,) = found(running, 7)
    assert one.answered_after_s == 30.0  # the first answer counts
    assert one.sounded


@pytest.mark.parametrize(("minute", "acted"), [(15.4, True), (15.6, False)])
def test_what_is_done_within_ten_minutes_of_the_answer_is_its_consequence(
    running: Any, minute: float, acted: bool
) -> None:
    high(running, 5)
    running.do(5.5, "acknowledge_alert", alert_id=running.alert("sbp_high").alert_id)
    running.do(minute, "pause")
    running.ledger = [item for item in running.ledger if item.event.type != "vitals_recorded"]
    (one,) = found(running, 20)
    assert one.acted == acted
    assert one.overridden != acted


def test_what_the_program_does_is_no_consequence(running: Any) -> None:
    running.watch(6, {"spo2_percent": [running.sample(6, "spo2_percent", 80.0)]})
    running.watch(41)  # the end of the volume is written by the watch
    assert not any(one.acted for one in found(running, 42, "escalation.t3.spo2_very_low"))


def test_a_month_of_one_rule_and_its_flag(running: Any) -> None:
    high(running, 5)
    alerts = found(running, 6) * 5
    answered = [one.model_copy(update={"answered_after_s": 10.0, "acted": False}) for one in alerts]
    whole = load("all", answered, 2.0, running.at(6), running.base)
    assert (whole.raised, whole.sounding, whole.per_hour, whole.answered_after_s) == (5, 5, 2.5, 10.0)
    assert (whole.acted_percent, whole.overridden_percent, whole.flagged) == (0.0, 100.0, True)
    (rule,) = by_rule(answered, 2.0, running.at(6), running.base)
    assert (rule.name, rule.flagged) == (SBP, True)
    assert not load("all", answered[:4], 2.0, running.at(6), running.base).flagged


def test_nothing_to_share_is_no_share(running: Any) -> None:
    none = load("all", [], 0.0, running.at(1), running.base)
    assert (none.per_hour, none.answered_after_s, none.acted_percent, none.overridden_percent) == (None,) * 4


def test_hours_count_from_the_cannula_to_the_end(chair: Any, recovering: Any) -> None:
    assert watched_hours(chair.state, chair.at(60)) == 0.0
    assert watched_hours(recovering.state, recovering.at(160)) == pytest.approx(3.0)  # cannula at minute -20
    recovering.do(161, "discharge", identifiers=("MRN-1", "1980-01-01"), escort_name="Eva")
    assert watched_hours(recovering.state, recovering.at(400)) == pytest.approx(181 / 60)


def test_limits_are_counted_with_the_looser_ones(running: Any) -> None:
    running.do(1, "set_limit", rule="escalation.t2.sbp_high", value=170.0)
    running.do(2, "set_limit", rule="escalation.t2.sbp_high")
    assert limits_set(running.state).model_dump() == {"set": 1, "looser": 0}
