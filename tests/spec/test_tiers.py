"""The tiers of alerts, from the cannula to the door.

What the clinic's day says of each tier, line by line, held against the knowledge base and the watch that reads it.
"""

from datetime import timedelta
from typing import Any

import pytest
from support.alerts import BASELINE, START, Chair, sample

from norket import knowledge
from norket.knowledge import Entry
from norket.therapy.session import shapes
from norket.therapy.session import watch_events as o
from norket.therapy.session.criteria import criteria

BASE = knowledge.read()
RULES = {rule.id: rule for rule in criteria(BASE)}


def stated(rule: str) -> tuple[str, str, str, float, int]:
    """Tier, sign, comparison, figure and seconds of a criterion."""
    entry: Entry = RULES[f"escalation.{rule}"]
    data = entry.data
    return data["tier"], data["channel"], data["comparison"], BASE.figure(entry.id).value, int(data["for_s"])


def running(**baseline: float) -> Chair:
    chair = Chair(BASELINE | baseline)
    chair.begin(START + timedelta(seconds=1))  # the baseline was before
    return chair


def seen(chair: Chair, minute: float, **vitals: Any) -> list[str]:
    """The clinical alerts open after these vital signs were entered by hand."""
    at = START + timedelta(minutes=minute)
    chair.happened(at, o.VitalsRecorded(vitals=shapes.Vitals(**vitals)))
    chair.saw(at)
    return sorted(f"{alert.tier} {alert.rule.split('.')[-1]}" for alert in chair.open if not alert.technical)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("t2.sbp_low", ("T2", "sbp_mmhg", "<", 90, 0)),
        ("t2.hr_low", ("T2", "hr_per_min", "<", 45, 0)),
        ("t3.sbp_low", ("T3", "sbp_mmhg", "<", 80, 0)),
        ("t3.spo2_very_low", ("T3", "spo2_percent", "<", 85, 0)),
        ("t3.spo2_low", ("T3", "spo2_percent", "<", 88, 60)),
        ("t3.sbp_high", ("T3", "sbp_mmhg", ">", 200, 0)),
        ("t3.dbp_high", ("T3", "dbp_mmhg", ">", 120, 0)),
        ("t2.sbp_high", ("T2", "sbp_mmhg", ">=", 180, 0)),
        ("t2.dbp_high", ("T2", "dbp_mmhg", ">=", 110, 0)),
        ("t1.sbp_high", ("T1", "sbp_mmhg", ">=", 160, 0)),
        ("t1.dbp_high", ("T1", "dbp_mmhg", ">=", 100, 0)),
        ("t1.sbp_rise", ("T1", "sbp_mmhg", ">=", 150, 0)),
        ("t1.hr_high", ("T1", "hr_per_min", ">=", 110, 0)),
        ("t1.hr_low", ("T1", "hr_per_min", "<", 50, 0)),
        ("t1.spo2_low", ("T1", "spo2_percent", "<", 94, 0)),
        ("t1.rr_low", ("T1", "rr_per_min", "<", 12, 0)),
        ("t2.hr_high", ("T2", "hr_per_min", ">=", 120, 300)),
        ("t2.spo2_low", ("T2", "spo2_percent", "<", 92, 60)),
        ("t2.rr_low", ("T2", "rr_per_min", "<", 10, 0)),
        ("t2.rr_high", ("T2", "rr_per_min", ">", 30, 0)),
        ("t2.moaas_low", ("T2", "moaas", "<=", 3, 0)),
        ("t3.moaas_low", ("T3", "moaas", "<=", 1, 0)),
        ("t3.rr_low", ("T3", "rr_per_min", "<", 8, 20)),
    ],
)
def test_each_limit_is_the_one_of_the_clinics_day(rule: str, said: tuple[str, str, str, float, int]) -> None:
    """Every limit by sign, with the time for which it has to hold."""
    assert stated(rule) == said


@pytest.mark.parametrize("code", ["syncope", "chest_pain", "breathlessness", "severe_headache", "seizure", "apnoea"])
def test_a_symptom_outranks_every_number(code: str) -> None:
    """162/96 with a sudden headache is high priority, though low by the number."""
    chair = running()
    assert seen(chair, 5, sbp_mmhg=162.0, dbp_mmhg=96.0) == ["T1 sbp_high"]
    chair.happened(START + timedelta(minutes=6), o.EventRecorded(event=code))
    chair.saw(START + timedelta(minutes=6))
    assert f"T3 {code}" in [f"{a.tier} {a.rule.split('.')[-1]}" for a in chair.open]


@pytest.mark.parametrize(("moaas", "tier"), [(5, "T1"), (4, "T2"), (None, "T2")])
def test_vomiting_counts_more_in_a_sedated_patient(moaas: int | None, tier: str) -> None:
    """With MOAA/S of 4 or less, or when sedation is not known, vomiting is medium priority."""
    chair = running()
    at = START + timedelta(minutes=5)
    if moaas is not None:
        chair.happened(at, o.ScoreRecorded(score="moaas", value=moaas))
    chair.happened(at, o.EventRecorded(event="vomiting"))
    chair.saw(at)
    assert [alert.tier for alert in chair.open if "vomiting" in alert.rule] == [tier]


def test_either_pressure_alone_is_enough_for_high_priority() -> None:
    """Above 200 systolic or above 120 diastolic."""
    assert "T3 sbp_high" in seen(running(), 5, sbp_mmhg=201.0, dbp_mmhg=80.0)
    assert "T3 dbp_high" in seen(running(), 5, sbp_mmhg=140.0, dbp_mmhg=121.0)


def test_a_first_pressure_of_180_or_110_asks_for_a_pause_and_a_repeat_within_two_minutes() -> None:
    """The prompt comes at once; a second reading, or none in two minutes, is the alert."""
    for vitals in ({"sbp_mmhg": 180.0, "dbp_mmhg": 80.0}, {"sbp_mmhg": 150.0, "dbp_mmhg": 110.0}):
        chair = running()
        seen(chair, 5, **vitals)
        (prompt,) = (alert for alert in chair.open if alert.tier == "T2" and not alert.technical)
        assert prompt.advice == "Pause the pump and measure again within 2 min."
        chair.saw(START + timedelta(minutes=7, seconds=1))
        (alert,) = (alert for alert in chair.open if alert.tier == "T2" and not alert.technical)
        assert ".first" not in alert.alert_id


def test_the_relative_rise_counts_systolic_only_and_from_150() -> None:
    """A low baseline that rises by a third stays quiet below 150; a diastolic rise is not counted at all."""
    assert seen(running(sbp_mmhg=100.0), 5, sbp_mmhg=149.0, dbp_mmhg=80.0) == []
    assert seen(running(sbp_mmhg=115.0), 5, sbp_mmhg=150.0, dbp_mmhg=80.0) == ["T1 sbp_rise"]
    assert seen(running(dbp_mmhg=60.0), 5, sbp_mmhg=125.0, dbp_mmhg=99.0) == []


def test_a_saturation_counts_on_air_and_on_oxygen() -> None:
    """Below 88 % for a minute is high priority, with oxygen or without."""
    for oxygen in (None, True):
        chair = running()
        seen(chair, 5, spo2_percent=87.0, on_oxygen=oxygen)
        chair.saw(START + timedelta(minutes=6))
        assert any(alert.rule == "escalation.t3.spo2_low" for alert in chair.open)


def test_nobody_answers_and_the_alert_goes_further() -> None:
    """High priority after 30 and 60 seconds, medium after 2 and 5 minutes."""
    for rule, steps_s in (("t3.sbp_high", (30, 60)), ("t2.sbp_low", (120, 300))):
        chair = running()
        seen(chair, 5, sbp_mmhg=210.0 if "high" in rule else 85.0)
        for step, after in enumerate(steps_s, start=1):
            for seconds, expected in ((after - 1, step - 1), (after, step)):
                chair.saw(START + timedelta(minutes=5, seconds=seconds))
                (alert,) = (one for one in chair.open if one.rule == f"escalation.{rule}")
                assert alert.escalation_step == expected


def test_a_feed_is_dead_after_three_of_its_own_intervals_and_never_sooner_than_ten_seconds() -> None:
    """At 1 Hz this is shown and sounds within 12 seconds."""
    chair = running()
    at = START + timedelta(minutes=5)
    chair.saw(at, [sample("spo2_percent", 97.0, at), sample("hr_per_min", 70.0, at)])
    told = next(
        second
        for second in range(60)
        if (chair.saw(at + timedelta(seconds=second)) or any(a.rule == "monitoring.feed_dead" for a in chair.open))
    )
    assert told in (11, 12)
    assert next(a for a in chair.open if a.rule == "monitoring.feed_dead").tier == "T2"


def test_the_prompt_to_pause_comes_no_later_than_15_minutes_after_the_last_pressure() -> None:
    """Whatever the schedule says, and also when the patient is off the monitor."""
    chair = running()
    seen(chair, 20, sbp_mmhg=120.0, dbp_mmhg=75.0)
    chair.saw(START + timedelta(minutes=34, seconds=59))
    assert not any("pause_prompt" in alert.alert_id for alert in chair.open)
    chair.saw(START + timedelta(minutes=35))
    assert any("pause_prompt" in alert.alert_id for alert in chair.open)


def test_the_lowest_tier_never_sounds() -> None:
    """It is told by colour and shape; the chair is silent below high priority."""
    sound = BASE.entry("escalation.sound").data
    assert (sound["silent"], sound["chair_sounds_from"]) == (["T1"], "T3")
