"""Advice says a number for adults within the studied bodies, and learns only from what the drug can have moved."""

from datetime import UTC, datetime, timedelta

import pytest

from norket import knowledge
from norket.knowledge import Case
from norket.therapy.session import arrival_events as a
from norket.therapy.session import dose_events as d
from norket.therapy.session import shapes
from norket.therapy.session import state as s
from norket.therapy.session.advice import ENVELOPE, UPDATE, evidence, outside
from norket.therapy.session.samples import Sample

BASE = knowledge.read()
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def reading(minutes_ago: float, sbp: float, **more: bool) -> s.Reading:
    return s.Reading(at=ago(minutes_ago), vitals=shapes.Vitals(sbp_mmhg=sbp, **more), source="nurse")


def running(*readings: s.Reading, rest: float | None = 120.0, **more: object) -> s.SessionState:
    state = s.SessionState(
        session="s",
        phase="running",
        segments=(s.Segment(start=ago(20), rate_ml_h=10, concentration_mg_ml=1),),
        readings=readings,
        baseline=a.BaselineRecorded(vitals=shapes.Vitals(sbp_mmhg=rest)),
    )
    return state.model_copy(update=more)


@pytest.mark.parametrize("case", BASE.entry(ENVELOPE).cases, ids=lambda case: case.name)
def test_outside_the_envelope_there_is_no_recommendation(case: Case) -> None:
    given = {"height_cm": None} | dict(case.given)
    found = outside(given["age_y"], given["weight_kg"], given["height_cm"], BASE, NOW)
    assert ("fires" if found else "clear") == case.expect


@pytest.mark.parametrize("case", BASE.entry(UPDATE).cases, ids=lambda case: case.name)
def test_an_update_needs_enough_readings(case: Case) -> None:
    readings = [reading(10 - n, 130 + n) for n in range(int(case.given["readings"]))]
    found = evidence(running(*readings), (), BASE, NOW)
    assert ("fires" if found.refused else "clear") == case.expect


def test_a_pressure_is_learned_from_as_its_rise_above_rest() -> None:
    found = evidence(running(reading(10, 141), reading(5, 118)), (), BASE, NOW)
    assert [one.value for one in found.used] == [21, -2]


def test_without_a_resting_pressure_no_reading_is_used() -> None:
    found = evidence(running(reading(10, 141), reading(5, 150), rest=None), (), BASE, NOW)
    assert found.refused
    assert "no resting pressure" in found.refused.why


def test_what_was_seen_before_the_first_dose_is_left_out() -> None:
    found = evidence(running(reading(25, 141), reading(10, 140), reading(5, 140)), (), BASE, NOW)
    assert [one.why for one in found.left] == ["seen before the first dose"]


def test_an_artefact_is_nobody_s_pressure() -> None:
    found = evidence(running(reading(10, 240, artefact=True)), (), BASE, NOW)
    assert not found.used
    assert not found.left


def test_after_a_sedative_readings_are_left_out_and_those_before_it_stay() -> None:
    rescue = d.RescueGiven(drug="midazolam", amount=2, unit="mg", route="iv", sedative=True)
    given = (s.TimedRescue(at=ago(8), rescue=rescue),)
    found = evidence(running(reading(12, 141), reading(10, 143), reading(5, 120), rescues=given), (), BASE, NOW)
    assert len(found.used) == 2
    assert "sedative" in found.left[0].why


def test_the_cuff_counts_like_a_reading_by_hand() -> None:
    cuff = [
        Sample(
            channel="sbp_mmhg",
            value=140,
            unit="mmHg",
            at=ago(minutes),
            received_at=ago(minutes),
            device="m",
            interval_s=300,
        )
        for minutes in (10, 5)
    ]
    assert evidence(running(), cuff, BASE, NOW).refused is None


def test_a_dissociation_score_is_a_part_of_the_greatest_effect_with_its_error() -> None:
    scores = {"dissociation": (s.ScoreReading(at=ago(5), value=4), s.ScoreReading(at=ago(2), value=10))}
    found = evidence(running(scores=scores), (), BASE, NOW)
    assert [(one.value, one.error_sd) for one in found.used] == [(0.4, 0.15), (1.0, 0.15)]


def doubt(minutes_ago: float) -> tuple[s.Uncertain, ...]:
    return (s.Uncertain(start=ago(minutes_ago), end=ago(1), why="site", late=True),)


def test_what_was_seen_since_delivery_is_uncertain_teaches_nothing() -> None:
    found = evidence(running(reading(10, 141), reading(5, 150), uncertain=doubt(5)), (), BASE, NOW)
    assert [one.value for one in found.used] == [21]
    assert [one.why for one in found.left] == ["seen while delivery was uncertain"]


def test_what_was_seen_before_the_doubt_teaches() -> None:
    found = evidence(running(reading(10, 141), reading(5, 150), uncertain=doubt(4.9)), (), BASE, NOW)
    assert len(found.used) == 2


def test_after_a_lost_dose_nothing_is_learned_from_that_dose_on() -> None:
    dose = d.DoseGiven(route="im", product_id="ketamine-50", drug="ketamine", amount_mg=30)
    given = (s.TimedDose(at=ago(8), dose=dose, n=7),)
    lost = (s.Lost(at=ago(1), dose=7, how="leaked"),)
    found = evidence(running(reading(9, 141), reading(7, 150), other_doses=given, lost=lost), (), BASE, NOW)
    assert [one.value for one in found.used] == [21]
    assert "uncertain" in found.left[0].why


def cuff(minutes_ago: float, value: float) -> Sample:
    at = ago(minutes_ago)
    return Sample(
        channel="sbp_mmhg", value=value, unit="mmHg", at=at, received_at=at, device="m", interval_s=20
    )  # fmt: skip


def test_a_reading_typed_in_beside_the_monitor_is_one_reading() -> None:
    found = evidence(running(reading(9.6, 140)), [cuff(10, 140)], BASE, NOW)
    assert [one.value for one in found.used] == [20]
    assert "the same reading" in found.left[0].why


def test_a_monitor_that_sends_its_last_value_again_measured_once() -> None:
    sent = [cuff(10 - n / 3, 150) for n in range(30)]
    found = evidence(running(), sent, BASE, NOW)
    assert (len(found.used), len(found.left)) == (1, 29)


def test_another_value_after_the_time_of_a_cuff_is_a_reading_of_its_own() -> None:
    sent = [cuff(10 - n / 3, 150) for n in range(6)] + [cuff(8, 144)]
    assert [one.value for one in evidence(running(), sent, BASE, NOW).used] == [30, 24]


@pytest.mark.parametrize(("apart_min", "used"), [(0.99, 1), (1.0, 2)])
def test_two_readings_lie_as_far_apart_as_a_cuff_needs(apart_min: float, used: int) -> None:
    found = evidence(running(reading(10, 140), reading(10 - apart_min, 141)), (), BASE, NOW)
    assert len(found.used) == used


def test_an_equal_value_after_a_gap_is_a_reading_of_its_own() -> None:
    assert len(evidence(running(reading(10, 140), reading(5, 140)), (), BASE, NOW).used) == 2


def each_second(first: float, last: float, value: float) -> list[Sample]:
    """A value that a monitor sends again each second from one minute ago to another."""
    return [cuff(first - second / 60, value) for second in range(round((first - last) * 60))]


def test_a_value_that_came_too_soon_and_still_stands_is_learned_from_as_of_its_first_instant() -> None:
    sent = [*each_second(9.5, 5, 150), *each_second(5, 4, 128)]
    found = evidence(running(reading(10, 130)), sent, BASE, NOW)
    assert [(one.at, one.value) for one in found.used] == [(ago(10), 10), (ago(9.5), 30), (ago(5), 8)]


def test_a_value_that_came_too_soon_and_is_gone_is_not_learned_from() -> None:
    sent = [*each_second(9.5, 9.1, 150), *each_second(9.1, 5, 130)]
    found = evidence(running(reading(10, 130)), sent, BASE, NOW)
    assert [one.value for one in found.used] == [10]


def test_a_value_typed_between_makes_no_second_reading_of_what_is_sent_again() -> None:
    found = evidence(running(reading(8, 130)), each_second(10, 4, 150), BASE, NOW)
    assert [(one.at, one.value) for one in found.used] == [(ago(10), 30), (ago(8), 10)]


def test_a_pressure_of_before_the_dose_that_is_sent_again_after_it_is_none_under_drug() -> None:
    sent = [*each_second(22, 12, 118), *each_second(12, 8, 140)]  # the drug began 20 minutes ago
    found = evidence(running(), sent, BASE, NOW)
    assert [(one.at, one.value) for one in found.used] == [(ago(12), 20)]
    assert {one.why for one in found.left if "118" in one.said} == {"seen before the first dose"}
