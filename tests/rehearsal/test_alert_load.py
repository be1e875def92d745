"""How often a session in which nothing goes wrong would sound: the goal is once in three hours at most."""

from statistics import mean

import pytest
from support.alerts import Chair, everyday, rehearse

from norket import knowledge
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import Scenario


def a_day(seed: int, every_s: float = 4.0) -> Chair:
    """The seed's everyday session; of four who walk, three are said to be off the monitor."""
    return rehearse(everyday(seed), every_s=every_s, walk_told=seed % 4 != 2)


def most() -> float:
    return knowledge.read().figure("escalation.sounding_goal", "max_alerts").value


@pytest.mark.parametrize("seed", range(4))
def test_an_everyday_session_of_three_hours_sounds_at_most_once(seed: int) -> None:
    chair = a_day(seed)
    assert chair.state.phase == "stopped"
    assert len(chair.sounding) <= most(), chair.sounding


@pytest.mark.faults
@pytest.mark.long
def test_a_thousand_everyday_sessions_sound_at_most_once_on_average() -> None:
    sounding = [len(a_day(seed, every_s=6.0).sounding) for seed in range(1000)]
    assert mean(sounding) <= most(), mean(sounding)


def scene(seed: int, scenario: Scenario, lasts_min: float) -> Chair:
    return rehearse(VirtualPatient(seed, scenario=scenario), lasts_min=lasts_min)


@pytest.mark.parametrize("seed", range(2))
def test_a_climbing_pressure_sounds_before_the_end_of_the_infusion(seed: int) -> None:
    chair = scene(seed, "climber", lasts_min=45)
    assert any("bp_high" in line for line in chair.sounding), chair.sounding


def test_a_desaturation_sounds() -> None:
    chair = scene(1, "desaturation", lasts_min=30)
    assert any("spo2" in line for line in chair.sounding), chair.sounding


def test_a_sensor_that_falls_off_sounds_as_a_technical_alert() -> None:
    chair = scene(1, "sensor_off", lasts_min=25)
    technical = [alert.rule for _, alert in chair.raised if alert.technical and alert.tier in ("T2", "T3")]
    assert technical == ["monitoring.feed_dead"]


def test_a_walk_to_the_toilet_in_recovery_does_not_sound() -> None:
    chair = scene(1, "toilet_walk", lasts_min=115)
    assert chair.sounding == []
    assert any(alert.rule == "monitoring.feed_dead" for _, alert in chair.raised)


def test_one_failed_cuff_does_not_sound() -> None:
    assert scene(1, "failed_cuff", lasts_min=30).sounding == []
