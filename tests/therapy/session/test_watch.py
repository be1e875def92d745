"""The watch: what raises, outranks, escalates, re-arms and clears an alert, and what stays silent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from norket.therapy.session import events as e
from norket.therapy.session import watch_events as o
from norket.therapy.session.samples import Sample
from norket.therapy.session.watch import due


def raised(events: Sequence[e.Event]) -> dict[str, str]:
    """Rule -> tier of the alerts raised, without the technical ones."""
    return {event.rule: event.tier for event in events if isinstance(event, o.AlertRaised) and not event.technical}


def pressures(chair: Any, *readings: tuple[float, float, float]) -> dict[str, list[Sample]]:
    """Cuff readings (minute, systolic, diastolic)."""
    return {
        "sbp_mmhg": [chair.sample(minute, "sbp_mmhg", sbp, interval_s=300.0) for minute, sbp, _ in readings],
        "dbp_mmhg": [chair.sample(minute, "dbp_mmhg", dbp, interval_s=300.0) for minute, _, dbp in readings],
    }


def trace(chair: Any, channel: str, start: float, end: float, value: float, **changes: Any) -> list[Sample]:
    """One sample a second of one value."""
    seconds = range(int((end - start) * 60) + 1)
    return [chair.sample(start + second / 60, channel, value, **changes) for second in seconds]


# ---- the infusion --------------------------------------------------------------------------------------------------


def test_the_infusion_is_complete_at_the_instant_the_volume_had_run(running: Any) -> None:
    assert running.watch(39.99) == () or running.state.phase == "running"
    running.watch(47)
    assert running.state.phase == "stopped"
    assert running.state.stopped_at == running.at(40)
    stopped = next(event.event for event in running.ledger if event.event.type == "infusion_stopped")
    assert stopped.complete
    assert stopped.delivered_mg == pytest.approx(35.0)


def test_before_the_cannula_nothing_is_watched(chair: Any) -> None:
    chair.prepare(but="cannula_in").do(-5, "record_vitals", vitals={"sbp_mmhg": 230.0, "dbp_mmhg": 130.0})
    assert raised(chair.watch(-4)) == {}
    chair.do(-3, "record_preflight", item="cannula_in", answer="yes")
    assert raised(chair.watch(-3)) == {"escalation.t3.sbp_high": "T3", "escalation.t3.dbp_high": "T3"}


# ---- numbers -------------------------------------------------------------------------------------------------------


def test_a_first_high_pressure_asks_for_a_pause_and_a_repeat_within_two_minutes(running: Any) -> None:
    samples = pressures(running, (5, 185, 90))
    (event,) = (event for event in running.watch(5, samples) if isinstance(event, o.AlertRaised))
    assert (event.tier, event.rule) == ("T2", "escalation.t2.sbp_high")  # T1 would be silent
    assert "Pause the pump and measure again within 2 min" in event.advice
    assert raised(running.watch(7, samples)) == {}
    assert raised(running.watch(7.1, samples)) == {"escalation.t2.sbp_high": "T2"}
    assert running.open_alerts() == ["escalation.t2.sbp_high"]


@pytest.mark.parametrize(
    ("again_s", "open_"),
    [
        (0, ".first"),
        (59, ".first"),
        (60, "high"),
    ],
)
def test_one_reading_that_is_told_twice_is_one_reading(running: Any, again_s: float, open_: str) -> None:
    cuff = pressures(running, (5, 185, 90), (5 + again_s / 60, 185, 90))
    typed = pressures(running, (5, 185, 90))
    running.do(6, "record_vitals", vitals={"sbp_mmhg": 185.0, "dbp_mmhg": 90.0}, late=5 + again_s / 60)
    for samples in (cuff, typed):
        due_now = due(running.state, samples, running.at(6), running.base)
        (event,) = (d.event for d in due_now if isinstance(d.event, o.AlertRaised) and not d.event.technical)
        assert event.alert_id.partition(":")[0].endswith(open_)


def test_a_second_high_pressure_is_a_pause_for_the_prescriber(running: Any) -> None:
    running.watch(5, pressures(running, (5, 185, 90)))
    assert raised(running.watch(6, pressures(running, (5, 185, 90), (6, 182, 90)))) == {"escalation.t2.sbp_high": "T2"}
    assert running.state.resume_needs_prescriber
    assert running.open_alerts() == ["escalation.t2.sbp_high"]


def test_a_normal_repeat_ends_it(running: Any) -> None:
    running.watch(5, pressures(running, (5, 185, 90)))
    running.watch(6, pressures(running, (5, 185, 90), (6, 150, 90)))
    assert running.open_alerts() == []


def test_hysteresis_keeps_an_alert_until_the_margin_is_passed(running: Any) -> None:
    high = [(5, 185, 90), (6, 182, 90)]
    running.watch(6, pressures(running, *high))
    running.watch(8, pressures(running, *high, (8, 176, 90)))
    assert running.open_alerts() == ["escalation.t2.sbp_high"]
    running.watch(9, pressures(running, *high, (8, 176, 90), (9, 175, 90)))
    assert running.open_alerts() == ["escalation.t1.sbp_high"]  # 175 is still advice


def test_a_new_rise_is_a_new_episode(running: Any) -> None:
    running.watch(6, pressures(running, (6, 205, 90)))
    running.watch(7, pressures(running, (6, 205, 90), (7, 140, 80)))
    running.watch(8, pressures(running, (6, 205, 90), (7, 140, 80), (8, 206, 90)))
    episodes = [alert for alert in running.state.alerts if alert.rule == "escalation.t3.sbp_high"]
    assert [alert.cleared_at is None for alert in episodes] == [False, True]
    assert len({alert.alert_id for alert in episodes}) == 2


@pytest.mark.parametrize(
    ("sbp", "dbp", "rule"),
    [
        (160, 80, "escalation.t1.sbp_high"),
        (159, 80, "escalation.t1.sbp_rise"),
        (149, 80, None),
        (201, 80, "escalation.t3.sbp_high"),
        (140, 100, "escalation.t1.dbp_high"),
        (140, 99, None),
        (140, 121, "escalation.t3.dbp_high"),
        (89, 60, "escalation.t2.sbp_low"),
        (90, 60, None),
        (79, 50, "escalation.t3.sbp_low"),
    ],
)
def test_each_pressure_has_its_one_alert(running: Any, sbp: float, dbp: float, rule: str | None) -> None:
    assert list(raised(running.watch(5, pressures(running, (5, sbp, dbp))))) == ([rule] if rule else [])


def test_a_rise_counts_systolic_only_and_from_150(new_chair: Any) -> None:
    chair = new_chair()
    chair.prepare().do(-3, "record_baseline", vitals={"sbp_mmhg": 110.0, "dbp_mmhg": 60.0})
    chair.do(0, "start_infusion", **chair.start_command())
    assert raised(chair.watch(5, pressures(chair, (5, 149, 99)))) == {}
    assert raised(chair.watch(6, pressures(chair, (6, 150, 99)))) == {"escalation.t1.sbp_rise": "T1"}


def test_without_a_baseline_a_rise_is_not_known_and_not_guessed(new_chair: Any) -> None:
    chair = new_chair(order=None)
    chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    assert raised(chair.watch(5, pressures(chair, (5, 155, 80)))) == {}


def test_saturation_must_stay_low_for_its_time_measured_by_the_monitor(running: Any) -> None:
    short = {"spo2_percent": trace(running, "spo2_percent", 4, 4.98, 91.0)}
    assert raised(running.watch(5, short)) == {"escalation.t1.spo2_low": "T1"}
    whole = {"spo2_percent": trace(running, "spo2_percent", 4, 5, 91.0)}
    assert raised(running.watch(5, whole)) == {"escalation.t2.spo2_low": "T2"}


def test_a_saturation_taken_by_hand_holds_until_the_next(running: Any) -> None:
    running.do(4, "record_vitals", vitals={"spo2_percent": 86.0})
    assert raised(running.watch(4.99)) == {"escalation.t1.spo2_low": "T1"}
    assert raised(running.watch(5)) == {"escalation.t3.spo2_low": "T3"}


def test_a_low_value_of_a_channel_that_fell_silent_holds_on(running: Any) -> None:
    low = {"spo2_percent": trace(running, "spo2_percent", 4, 4.75, 86.0)}
    assert raised(running.watch(4.76, low)) == {"escalation.t1.spo2_low": "T1"}
    assert raised(running.watch(5, low)) == {"escalation.t3.spo2_low": "T3"}


def test_artefacts_after_a_low_value_do_not_stop_its_time(running: Any) -> None:
    tail = [*trace(running, "spo2_percent", 4, 4.5, 86.0), *trace(running, "spo2_percent", 4.51, 5, 99, artefact=True)]
    assert raised(running.watch(5, {"spo2_percent": tail})) == {"escalation.t3.spo2_low": "T3"}


def test_a_slow_device_clock_hides_nothing_behind_a_hand_entry(running: Any) -> None:
    running.do(10, "record_vitals", vitals={"spo2_percent": 97.0, "sbp_mmhg": 125.0, "dbp_mmhg": 80.0})
    slow = [
        s.model_copy(update={"received_at": s.at + timedelta(minutes=5)})
        for s in trace(running, "spo2_percent", 5.1, 6.1, 80.0)
    ]
    assert raised(running.watch(11.1, {"spo2_percent": slow})) == {"escalation.t3.spo2_very_low": "T3"}
    good = [
        s.model_copy(update={"received_at": s.at + timedelta(minutes=5)})
        for s in trace(running, "spo2_percent", 6.2, 7.2, 98.0)
    ]
    running.watch(12.2, {"spo2_percent": [*slow, *good]})
    assert "escalation.t3.spo2_very_low" not in running.open_alerts()


def test_a_hand_value_does_not_hide_a_low_one_of_the_monitor_that_came_later(running: Any) -> None:
    running.do(10, "record_vitals", vitals={"spo2_percent": 97.0})
    low = {"spo2_percent": trace(running, "spo2_percent", 10.1, 10.2, 80.0)}
    assert raised(running.watch(10.2, low)) == {"escalation.t3.spo2_very_low": "T3"}


@pytest.mark.parametrize(("seconds", "tier"), [(0, "T2"), (19, "T2"), (21, "T3")])
def test_one_breathing_rate_of_the_monitor_is_no_emergency_yet(running: Any, seconds: float, tier: str) -> None:
    slow = {"rr_per_min": trace(running, "rr_per_min", 4, 4.001 + seconds / 60, 7.0)}
    assert list(raised(running.watch(4.001 + seconds / 60, slow)).values()) == [tier]


def test_a_very_low_saturation_does_not_wait(running: Any) -> None:
    samples = {"spo2_percent": [running.sample(5, "spo2_percent", 84.0)]}
    assert raised(running.watch(5, samples)) == {"escalation.t3.spo2_very_low": "T3"}


def test_one_value_inside_the_time_begins_it_again(running: Any) -> None:
    samples = trace(running, "spo2_percent", 4, 5, 91.0)
    samples[30] = running.sample(4.5, "spo2_percent", 97.0)
    assert raised(running.watch(5, {"spo2_percent": samples})) == {"escalation.t1.spo2_low": "T1"}


def test_an_artefact_neither_raises_nor_clears(running: Any) -> None:
    bad = {"spo2_percent": [running.sample(5, "spo2_percent", 60.0, artefact=True)]}
    assert raised(running.watch(5, bad)) == {}
    running.watch(6, {"spo2_percent": [running.sample(6, "spo2_percent", 84.0)]})
    good = trace(running, "spo2_percent", 6.1, 7.5, 99.0, artefact=True)
    running.watch(7.5, {"spo2_percent": [running.sample(6, "spo2_percent", 84.0), *good]})
    assert "escalation.t3.spo2_very_low" in running.open_alerts()


def test_old_data_that_arrive_late_clear_nothing(running: Any) -> None:
    low = running.sample(6, "spo2_percent", 84.0)
    running.watch(6, {"spo2_percent": [low]})
    old = trace(running, "spo2_percent", 3, 5.9, 99.0, received_at=running.at(7))
    running.watch(7, {"spo2_percent": [*old, low]})
    assert "escalation.t3.spo2_very_low" in running.open_alerts()


def test_an_emergency_value_that_is_entered_late_is_told_once(running: Any) -> None:
    running.do(9, "record_score", score="watched_sedation", value=0)
    running.do(12, "record_vitals", vitals={"sbp_mmhg": 130.0, "dbp_mmhg": 80.0})
    running.watch(12)
    running.do(13, "record_vitals", vitals={"sbp_mmhg": 210.0, "dbp_mmhg": 90.0}, late=10)
    assert raised(running.watch(13.1)) == {"escalation.t3.sbp_high": "T3"}
    assert "entered late" in running.alert("sbp_high").why
    running.watch(13.7)
    assert running.alert("sbp_high").escalation_step == 1
    running.do(14, "acknowledge_alert", alert_id=running.alert("sbp_high").alert_id)
    running.watch(16)
    assert running.open_alerts() == []
    running.do(18, "record_vitals", vitals={"sbp_mmhg": 131.0, "dbp_mmhg": 80.0})
    assert raised(running.watch(18)) == {}


def test_an_emergency_value_that_had_its_alert_is_not_told_again(running: Any) -> None:
    running.do(9, "record_score", score="watched_sedation", value=0)
    running.do(10, "record_vitals", vitals={"sbp_mmhg": 210.0, "dbp_mmhg": 90.0})
    running.watch(10.1)
    running.do(11, "record_vitals", vitals={"sbp_mmhg": 205.0, "dbp_mmhg": 90.0})
    running.watch(11.1)
    running.do(12, "record_vitals", vitals={"sbp_mmhg": 130.0, "dbp_mmhg": 80.0})
    running.do(12, "record_vitals", vitals={"sbp_mmhg": 204.0, "dbp_mmhg": 80.0}, late=11.5)
    running.watch(12.1)
    assert running.open_alerts() == []
    assert len([alert for alert in running.state.alerts if alert.tier == "T3"]) == 1


def test_a_value_entered_late_that_is_taken_back_takes_its_alert_along(running: Any) -> None:
    running.do(9, "record_score", score="watched_sedation", value=0)
    running.do(12, "record_vitals", vitals={"sbp_mmhg": 130.0, "dbp_mmhg": 80.0})
    running.do(13, "record_vitals", vitals={"sbp_mmhg": 210.0, "dbp_mmhg": 90.0}, late=10)
    n = running.state.version
    running.watch(13.1)
    running.do(14, "correct", corrects=n, reason="other patient")
    running.watch(14)
    assert running.open_alerts() == []


def test_a_reading_by_hand_counts_like_one_of_the_monitor(running: Any) -> None:
    running.do(5, "record_vitals", vitals={"sbp_mmhg": 210.0, "dbp_mmhg": 90.0})
    assert raised(running.watch(5)) == {"escalation.t3.sbp_high": "T3"}
    running.do(6, "record_vitals", vitals={"sbp_mmhg": 130.0, "dbp_mmhg": 80.0})
    running.watch(6)
    assert running.open_alerts() == []


@pytest.mark.parametrize(
    ("score", "value", "rule"),
    [
        ("watched_sedation", 1, None),
        ("watched_sedation", 2, "escalation.t1.sedation"),
        ("watched_sedation", 3, "escalation.t2.sedation_watched"),
        ("moaas", 4, None),
        ("moaas", 3, "escalation.t2.moaas_low"),
        ("moaas", 1, "escalation.t3.moaas_low"),
        ("watched_distress", 3, "escalation.t2.distress_severe"),
    ],
)
def test_each_score_has_its_alert(running: Any, score: str, value: int, rule: str | None) -> None:
    running.do(5, "record_score", score=score, value=value)
    assert list(raised(running.watch(5))) == ([rule] if rule else [])


def test_dissociation_alone_raises_nothing(running: Any) -> None:
    """Eyes closed, answers to the name, far away: that is the session, not an emergency."""
    running.do(5, "record_score", score="dissociation", value=9)
    running.do(5, "record_score", score="moaas", value=4)
    assert raised(running.watch(5)) == {}


# ---- symptoms ------------------------------------------------------------------------------------------------------


def test_a_symptom_outranks_the_number(running: Any) -> None:
    running.do(5, "record_event", event="severe_headache")
    found = raised(running.watch(5, pressures(running, (5, 162, 96))))
    assert found == {"escalation.t3.severe_headache": "T3", "escalation.t1.sbp_high": "T1"}


@pytest.mark.parametrize(
    ("sedation", "rule"),
    [(0, "escalation.t1.vomiting"), (1, "escalation.t2.vomiting_sedated"), (None, "escalation.t2.vomiting_sedated")],
)
def test_vomiting_counts_by_how_awake_the_patient_is(running: Any, sedation: int | None, rule: str) -> None:
    if sedation is not None:
        running.do(4, "record_score", score="watched_sedation", value=sedation)
    running.do(5, "record_event", event="vomiting")
    assert list(raised(running.watch(5))) == [rule]


def test_an_answered_report_of_the_lowest_tier_ends_with_its_pause_and_does_not_come_back(running: Any) -> None:
    running.do(5, "record_event", event="anxiety")
    running.watch(5)
    running.do(6, "acknowledge_alert", alert_id=running.alert("anxiety").alert_id)
    running.watch(15.9)
    assert running.alert("anxiety").cleared_at is None
    running.watch(16)
    assert running.alert("anxiety").cleared_at == running.at(16)
    running.watch(20)
    assert len([a for a in running.state.alerts if "anxiety" in a.rule]) == 1


@pytest.mark.parametrize(
    ("event", "pause_min"),
    [
        ("chest_pain", 2),
        ("palpitations", 5),
        ("agitation", 5),
        ("hallucination_distress", 5),
        ("vomiting", 5),
    ],
)
def test_a_symptom_that_pauses_or_stops_stays_until_it_is_over(running: Any, event: str, pause_min: int) -> None:
    running.do(5, "record_event", event=event)
    running.watch(5)
    (alert,) = (alert for alert in running.state.alerts if not alert.technical)
    running.do(5, "acknowledge_alert", alert_id=alert.alert_id)
    assert not any(isinstance(found, o.AlertRearmed) for found in running.watch(5 + pause_min - 0.1))
    assert any(isinstance(found, o.AlertRearmed) for found in running.watch(5 + pause_min))
    running.do(30, "record_event", event=event, resolved=True)
    running.watch(30)
    assert next(a for a in running.state.alerts if a.alert_id == alert.alert_id).cleared_at == running.at(30)


def test_one_acknowledgement_does_not_open_the_door(recovering: Any) -> None:
    recovering.do(150, "record_event", event="agitation")
    recovering.watch(150)
    recovering.do(150, "acknowledge_alert", alert_id=recovering.alert("agitation").alert_id)
    recovering.watch(160)
    assert [f.rule for f in recovering.refused(161, "discharge").findings] == ["recovery.gate.no_open_alert"]


def test_who_left_takes_the_alerts_along_and_they_go_further(running: Any) -> None:
    running.do(5, "record_event", event="chest_pain")
    running.do(5, "record_event", event="anxiety")
    running.watch(5, pressures(running, (5, 130, 80)))
    running.do(5.2, "leave_early", cannula_in="yes")
    running.watch(6)
    left = {"escalation.t3.cannula_left_in", "recovery.left_before"}
    assert {"escalation.t3.chest_pain", *left} == set(running.open_alerts())
    assert running.alert("chest_pain").escalation_step == 2
    running.do(7, "record_event", event="chest_pain", resolved=True)
    running.watch(7)
    assert set(running.open_alerts()) == left


def test_a_number_of_who_left_stays_open_and_gets_no_worse_by_itself(running: Any) -> None:
    high = pressures(running, (4, 185, 90), (5, 184, 90))
    running.watch(5, high)
    running.do(5.1, "record_vitals", vitals={"spo2_percent": 91.0})
    running.do(5.2, "leave_early", cannula_in="no")
    running.do(5.3, "record_contact", whom="prescriber", reached="yes")
    running.watch(60, high)
    assert running.open_alerts() == ["escalation.t2.sbp_high"]


def test_a_second_panic_calls_the_prescriber(running: Any) -> None:
    running.do(2, "record_event", event="panic")
    assert raised(running.watch(2.1)) == {"escalation.t1.panic": "T1"}
    running.do(3, "record_event", event="panic", resolved=True)
    running.do(4, "record_event", event="panic")
    assert raised(running.watch(4.1)) == {"escalation.t2.panic_again": "T2"}
    assert "rescriber" in running.alert("panic_again").advice


@pytest.mark.parametrize(
    ("command", "data", "found"),
    [
        ("give_bolus", {"amount_mg": 500.0}, {"escalation.t3.flag_above_ceiling": "T3"}),
        ("change_rate", {"rate_ml_h": 90.0}, {"escalation.t2.flag_outside_band": "T2"}),
        (
            "change_syringe",
            {
                "product_id": "ketamine-10",
                "lot": "L2",
                "concentration_mg_ml": 2.0,
                "drawn_mg": 20.0,
                "volume_ml": 10.0,
                "checker": "doc-1",
            },
            {"escalation.t2.flag_other_strength": "T2"},
        ),
    ],
)
def test_a_fact_against_the_order_is_an_alert_for_the_prescriber(
    running: Any,
    command: str,
    data: dict[str, Any],
    found: dict[str, str],
) -> None:
    happened = {} if command == "change_syringe" else {"as": "happened"}
    running.do(5, command, **data, **happened)
    n = running.state.version
    assert raised(running.watch(5.1)) == found
    assert "rescriber" in running.alert("flag").advice
    running.do(6, "correct", corrects=n, reason="typed wrong")
    running.watch(6)
    assert not [rule for rule in running.open_alerts() if "flag" in rule]


def test_a_symptom_taken_back_takes_its_alert_with_it(running: Any) -> None:
    running.do(5, "record_event", event="seizure")
    n = running.state.version
    running.watch(5)
    running.do(6, "correct", corrects=n, reason="wrong chair")
    running.watch(6)
    assert "escalation.t3.seizure" not in running.open_alerts()


@pytest.mark.parametrize(
    ("concern", "tier"), [("help", "T3"), ("distress", "T2"), ("equipment", "T2"), ("other", None)]
)
def test_a_call_from_the_chair_is_an_alert_at_once(running: Any, concern: str, tier: str | None) -> None:
    running.do(5, "raise_concern", concern=concern)
    found = [event.tier for event in running.watch(5) if isinstance(event, o.AlertRaised)]
    assert found == ([tier] if tier else [])


# ---- nobody answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("event", "first", "second"), [("chest_pain", 30, 60), ("palpitations", 120, 300)])
def test_what_nobody_acknowledges_goes_further(running: Any, event: str, first: int, second: int) -> None:
    def steps(second_: float) -> list[int]:
        return [
            x.step for x in running.watch(5 + second_ / 60) if isinstance(x, o.AlertEscalated) and event in x.alert_id
        ]

    running.do(5, "record_event", event=event)
    running.watch(5)
    assert [steps(s) for s in (first - 1, first, second - 1, second, second + 60)] == [[], [1], [], [2], []]


def test_an_acknowledged_alert_is_quiet_and_returns_when_its_pause_ends(running: Any) -> None:
    samples = pressures(running, (5, 205, 90))
    running.watch(5, samples)
    running.do(5.2, "acknowledge_alert", alert_id=running.alert("sbp_high").alert_id, pause_min=2.0)
    assert running.watch(7.1, samples) == ()
    assert [type(event) for event in running.watch(7.2, samples)][:1] == [o.AlertRearmed]
    assert running.alert("sbp_high").acknowledged_by is None
    assert any(isinstance(event, o.AlertEscalated) for event in running.watch(7.7, samples))


# ---- feeds and schedules -------------------------------------------------------------------------------------------


def feed(chair: Any, last: float, **changes: Any) -> dict[str, list[Sample]]:
    return {
        "spo2_percent": [chair.sample(last, "spo2_percent", 98.0, **changes)],
        "hr_per_min": [chair.sample(last, "hr_per_min", 70.0, **changes)],
    }


@pytest.mark.parametrize(
    ("interval_s", "silent_s", "is_dead"),
    [
        (1.0, 10.0, False),
        (1.0, 10.1, True),
        (5.0, 15.0, False),
        (5.0, 15.1, True),
        (60.0, 179.0, False),
    ],
)
def test_a_feed_is_dead_after_three_of_its_own_intervals(
    running: Any,
    interval_s: float,
    silent_s: float,
    is_dead: bool,
) -> None:
    found = running.watch(2 + silent_s / 60, feed(running, 2, interval_s=interval_s))
    assert ["monitoring.feed_dead"] * is_dead == [event.rule for event in found if isinstance(event, o.AlertRaised)]


def test_a_dead_monitor_is_one_alert_and_comes_back_by_itself(running: Any) -> None:
    running.oximeter = False
    running.watch(3, feed(running, 2))
    assert running.open_alerts() == ["monitoring.feed_dead"]
    running.watch(3.1, {})
    assert running.open_alerts() == ["monitoring.feed_dead"]  # nothing is not a signal
    running.watch(3.2, feed(running, 3.2))
    assert running.open_alerts() == []


def test_a_bound_monitor_that_never_sent_anything_is_missed(running: Any) -> None:
    running.oximeter = False
    running.do(0, "bind_device", device_id="monitor-1", identifiers=("MRN-1", "1980-01-01"))
    assert running.watch(10 / 60) == ()
    running.watch(11 / 60)
    assert running.open_alerts() == ["monitoring.feed_dead"]


def test_a_saturation_that_never_comes_is_missed_once(running: Any) -> None:
    running.oximeter = False
    running.do(0, "bind_device", device_id="monitor-1", identifiers=("MRN-1", "1980-01-01"))
    pulse = {"hr_per_min": trace(running, "hr_per_min", 0, 3, 70.0)}
    assert running.watch(10 / 60, {"hr_per_min": pulse["hr_per_min"][:10]}) == ()
    running.watch(11 / 60, {"hr_per_min": pulse["hr_per_min"][:11]})
    (alert,) = running.state.alerts
    assert (alert.tier, alert.technical, alert.why) == ("T2", True, "No SpO2 from monitor-1")
    assert [x for x in running.watch(1, {"hr_per_min": pulse["hr_per_min"][:60]}) if isinstance(x, o.AlertRaised)] == []
    running.watch(3, {**pulse, "spo2_percent": [running.sample(3, "spo2_percent", 98.0)]})
    assert running.open_alerts() == []


def test_without_a_monitor_the_saturation_by_hand_is_enough_once_somebody_said_so(running: Any) -> None:
    running.oximeter = False

    def sounds(minute: float) -> list[str]:
        return [x.why for x in running.watch(minute) if isinstance(x, o.AlertRaised) and "SpO2" in x.why]

    calm = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0, "spo2_percent": 98.0}
    running.do(0.1, "record_vitals", vitals=calm)
    assert sounds(0.2) == ["No SpO2: no monitor is connected, measured by hand"]
    running.do(0.3, "acknowledge_alert", alert_id=running.state.alerts[0].alert_id)
    for minute in (5, 10, 15, 25):
        running.do(minute, "record_vitals", vitals=calm)
        running.do(minute, "record_score", score="watched_sedation", value=0)
        assert sounds(minute) == []
        assert running.open_alerts() == []
    assert sounds(39.9) == []
    running.do(39.95, "pause")
    assert sounds(40) == ["No SpO2: no monitor is connected"]
    running.do(40.1, "stop_infusion")
    running.watch(40.1)
    assert "monitoring.feed_dead" not in running.open_alerts()


def test_a_channel_that_died_is_missed_until_it_is_back_itself(running: Any) -> None:
    running.oximeter = False
    running.do(0, "bind_device", device_id="monitor-1", identifiers=("MRN-1", "1980-01-01"))
    tail = {
        "spo2_percent": trace(running, "spo2_percent", 1, 2, 98.0),
        "hr_per_min": trace(running, "hr_per_min", 1, 3, 70),
    }
    running.watch(3, tail)
    pulse = trace(running, "hr_per_min", 5, 12, 70)
    running.watch(12, {"hr_per_min": pulse})  # after a restart the dead channel is forgotten
    assert running.alert("feed_dead").why == "No signal from monitor-1: spo2"
    assert running.alert("feed_dead").cleared_at is None
    assert len([a for a in running.state.alerts if a.rule == "monitoring.feed_dead"]) == 1
    running.watch(12.01, {"hr_per_min": pulse, "spo2_percent": [running.sample(12.01, "spo2_percent", 98.0)]})
    assert "monitoring.feed_dead" not in running.open_alerts()


def test_a_device_clock_that_is_off_is_shown_silently(running: Any) -> None:
    samples = {"spo2_percent": [running.sample(2, "spo2_percent", 98.0, received_at=running.at(2 + 31 / 60))]}
    (event,) = running.watch(2 + 31 / 60, samples)
    assert (event.rule, event.tier, event.technical) == ("monitoring.device_clock", "T1", True)


def levels(events: Sequence[e.Event]) -> list[str]:
    return [
        event.alert_id.split(":")[0].rpartition(".")[2]
        for event in events
        if isinstance(event, o.AlertRaised) and event.rule == "monitoring.overdue"
    ]


def test_a_late_pressure_warns_alerts_and_asks_for_a_pause(running: Any) -> None:
    running.do(11.5, "record_score", score="watched_sedation", value=0)
    taken = pressures(running, (5, 120, 75))  # the next is due at minute 10
    found = [levels(running.watch(minute, taken)) for minute in (11.9, 12, 14.9, 15, 19.9, 20)]
    assert found == [[], ["warn"], [], ["alert"], [], ["pause_prompt"]]
    running.watch(21, pressures(running, (5, 120, 75), (21, 120, 75)))
    assert running.open_alerts() == []


def test_a_cuff_whose_clock_is_slow_is_not_late(running: Any) -> None:
    taken = {
        channel: [s.model_copy(update={"at": s.at - timedelta(minutes=5)}) for s in tail]
        for channel, tail in pressures(running, (5, 120, 75)).items()
    }
    assert [levels(running.watch(minute, taken)) for minute in (11.9, 12)] == [[], ["warn"]]


def test_the_pause_prompt_comes_no_later_than_fifteen_minutes_after_the_last(running: Any) -> None:
    readings = [(minute, 120, 75) for minute in (5, 10, 15)]  # from 15 on every 10 minutes: due at 25
    assert levels(running.watch(29.9, pressures(running, *readings))) == ["warn"]
    assert levels(running.watch(30, pressures(running, *readings))) == ["pause_prompt"]


def test_a_flagged_pressure_does_not_count_as_taken(running: Any) -> None:
    bad = {"sbp_mmhg": [running.sample(8, "sbp_mmhg", 120.0, artefact=True)]}
    assert levels(running.watch(7, bad)) == ["warn"]
    running.do(7.5, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 70.0, "artefact": True})
    running.watch(7.5, bad)
    assert running.open_alerts() == ["monitoring.overdue"]


def test_after_a_change_of_rate_the_pressure_is_looked_at_sooner(running: Any) -> None:
    readings = pressures(running, *[(m, 120, 75) for m in (5, 10, 15, 25)])
    assert running.refused(26, "change_rate", rate_ml_h=60.0).code == "measure_first"
    running.do(26, "change_rate", rate_ml_h=60.0, samples=readings)
    assert levels(running.watch(32.9, readings)) == []
    assert levels(running.watch(33, readings)) == ["warn"]


def test_in_recovery_nobody_asks_to_pause_a_pump(recovering: Any) -> None:
    """The last pressure is of minute 155, the next is due at 170."""
    found = [levels(recovering.watch(minute)) for minute in (171.9, 172, 174.9, 175, 200)]
    assert found == [[], ["warn"], [], ["alert"], []]


def test_a_patient_who_is_known_not_to_be_awake_after_two_hours_is_reviewed(recovering: Any) -> None:
    recovering.do(158, "record_score", score="moaas", value=4)
    assert raised(recovering.watch(159.9)) == {}
    assert raised(recovering.watch(160)) == {"recovery.delayed_emergence": "T2"}
    recovering.do(165, "record_score", score="moaas", value=5)
    recovering.watch(165)
    assert "recovery.delayed_emergence" not in recovering.open_alerts()


@pytest.mark.parametrize("recovery", [True, False])
def test_a_patient_whom_nobody_looked_at_for_two_hours_is_reviewed(running: Any, recovery: bool) -> None:
    running.watch(41)
    if recovery:
        running.do(41, "start_recovery")
    assert raised(running.watch(159.9)) == {}
    assert raised(running.watch(160)) == {"recovery.delayed_emergence": "T2"}
    running.do(165, "record_score", score="watched_sedation", value=1)
    running.watch(165)
    assert "recovery.delayed_emergence" in running.open_alerts()
    running.do(166, "record_score", score="watched_sedation", value=0)
    running.watch(166)
    assert "recovery.delayed_emergence" not in running.open_alerts()


def test_after_the_door_nothing_stays_open(recovering: Any) -> None:
    recovering.do(158, "record_score", score="watched_distress", value=2)
    recovering.watch(158)
    assert recovering.open_alerts() == ["escalation.t1.distress"]
    recovering.do(161, "discharge")
    recovering.watch(161)
    assert recovering.open_alerts() == []


# ---- properties ----------------------------------------------------------------------------------------------------

VALUES = {
    "sbp_mmhg": (60, 240),
    "dbp_mmhg": (40, 140),
    "spo2_percent": (80, 100),
    "hr_per_min": (35, 140),
    "rr_per_min": (4, 36),
}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(VALUES)), st.floats(0, 1), st.booleans(), st.integers(0, 90)),
    min_size=1,
    max_size=25,
)


@given(STEPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_second_look_at_the_same_instant_changes_nothing(
    new_chair: Any,
    steps: list[tuple[str, float, bool, int]],
) -> None:
    """Random signs at random gaps; `Chair.watch` itself looks twice and fails when the second look finds anything."""
    chair, minute = new_chair().start(), 1.0
    samples: dict[str, list[Sample]] = {}
    for channel, part, artefact, gap in steps:
        minute += gap / 10
        low, high = VALUES[channel]
        value = round(low + part * (high - low))
        samples.setdefault(channel, []).append(chair.sample(minute, channel, value, artefact=artefact))
        chair.watch(minute, samples)
        open_ = [alert for alert in chair.state.alerts if alert.cleared_at is None]
        assert len({alert.alert_id for alert in chair.state.alerts}) == len(chair.state.alerts)
        assert all(alert.raised_at <= chair.at(minute) for alert in open_)


@given(st.floats(60, 240), st.floats(40, 140))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_every_pressure_above_the_emergency_limit_is_an_emergency(new_chair: Any, sbp: float, dbp: float) -> None:
    chair = new_chair().start()
    seen = due(chair.state, pressures(chair, (5, sbp, dbp)), chair.at(5), chair.base)
    tiers = raised([decided.event for decided in seen]).values()
    assert ("T3" in tiers) == (sbp > 200 or dbp > 120 or sbp < 80)
