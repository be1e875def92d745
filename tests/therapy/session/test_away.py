"""Off the monitor: what waits during a walk, what does not, and how it returns."""

from typing import Any

import pytest

from norket.therapy.session.view import view

OFF, FEED = "monitoring.off_monitor", "monitoring.feed_dead"


def tail(chair: Any, minute: float, channel: str = "spo2_percent", value: float = 98.0) -> dict[str, list[Any]]:
    return {channel: [chair.sample(minute, channel, value)]}


def technical(chair: Any) -> list[str]:
    return [a.rule for a in chair.state.alerts if a.cleared_at is None and a.technical]


def test_technical_alerts_wait_for_five_minutes_and_return_aloud(running: Any) -> None:
    running.do(2, "suspend_monitoring")
    last = tail(running, 2.1)
    running.watch(4, last)
    running.watch(7, last)
    assert technical(running) == []
    running.watch(7.1, last)
    assert {OFF, FEED} <= set(technical(running))
    assert {alert.tier for alert in running.state.alerts if alert.rule in (OFF, FEED)} == {"T2"}


def test_a_fault_told_before_the_walk_is_told_again_after_it(running: Any) -> None:
    last = tail(running, 1)
    running.watch(2, last)
    assert technical(running) == [FEED]
    running.do(2.5, "suspend_monitoring")
    running.watch(3, last)
    assert technical(running) == []
    running.do(4, "resume_monitoring")
    running.watch(4, last)
    assert technical(running) == [FEED]


def test_who_is_back_in_time_hears_nothing(running: Any) -> None:
    running.do(2, "suspend_monitoring")
    running.watch(4, tail(running, 2.1))
    running.watch(8, tail(running, 8))
    assert not {OFF, FEED} & set(technical(running))


def test_back_is_a_tap_or_a_sample_or_a_measurement(running: Any) -> None:
    running.do(2, "suspend_monitoring")
    running.watch(7.5, tail(running, 2.1))
    assert OFF in technical(running)
    assert running.refused(8, "suspend_monitoring").code == "not_back_yet"
    running.watch(8, tail(running, 8))
    assert not {OFF, FEED} & set(technical(running))
    running.do(9, "suspend_monitoring")
    assert running.refused(10, "suspend_monitoring").code == "already_off_monitor"
    running.do(11, "resume_monitoring")
    running.watch(20, tail(running, 20))
    assert OFF not in technical(running)
    running.do(21, "suspend_monitoring")
    running.do(25, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    running.watch(27, tail(running, 21))
    assert OFF not in technical(running)


@pytest.mark.parametrize(("vital", "value"), [("sbp_mmhg", 205.0), ("spo2_percent", 84.0)])
def test_clinical_alerts_by_hand_go_on_during_the_walk(running: Any, vital: str, value: float) -> None:
    running.do(2, "suspend_monitoring")
    running.do(3, "record_vitals", vitals={vital: value})
    running.do(3, "record_event", event="syncope")
    running.watch(3)
    tiers = {alert.rule.rpartition(".")[2]: alert.tier for alert in running.state.alerts if not alert.technical}
    assert tiers["syncope"] == "T3"
    assert len(tiers) == 2


def test_the_pause_prompt_waits_for_nobody(running: Any) -> None:
    running.do(2, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    fresh = [tail(running, minute) for minute in (11.9, 12, 16.9, 17)]
    running.watch(11.9, fresh[0])
    running.do(12, "suspend_monitoring")
    running.watch(12, fresh[1])
    assert technical(running) == []  # late, and off the monitor
    running.watch(16.9, fresh[2])
    assert technical(running) == []
    running.watch(17, fresh[3])  # fifteen minutes after the last pressure
    assert running.alert("overdue").alert_id.startswith("monitoring.overdue.pause_prompt")


def test_the_page_says_until_when(running: Any) -> None:
    running.do(2, "suspend_monitoring")
    shown = view(running.state, {}, running.at(3), running.base).off_monitor
    assert shown is not None
    assert shown.until == running.at(7)
    running.do(4, "resume_monitoring")
    assert view(running.state, {}, running.at(4), running.base).off_monitor is None


def test_the_pause_of_an_alert_ends_when_its_sign_falls_silent(running: Any) -> None:
    low = tail(running, 5, value=84.0)
    running.watch(5, low)
    running.do(5.05, "acknowledge_alert", alert_id=running.alert("spo2_very_low").alert_id)
    running.watch(5.1, low)
    assert running.alert("spo2_very_low").acknowledged_at is not None
    running.watch(5.2, low)  # twelve seconds without a sample
    assert running.alert("spo2_very_low").acknowledged_at is None
    running.do(5.3, "acknowledge_alert", alert_id=running.alert("spo2_very_low").alert_id)
    running.watch(5.4, low)
    assert running.alert("spo2_very_low").acknowledged_at is not None  # answered in the knowledge of the silence
