"""When what is due, in the infusion and after it."""

from typing import Any

import pytest

from norket.therapy.session.schedule import next_pressure_at, next_score_at

CALM = {"sbp_mmhg": 150.0, "dbp_mmhg": 90.0}


def test_pressures_are_close_after_the_start_and_further_apart_later(running: Any) -> None:
    found = []
    for minute in (5, 10, 14.9, 15, 25):
        running.do(minute, "record_vitals", vitals=CALM)
        found.append(next_pressure_at(running.state, {}, running.at(minute), running.base) - running.at(0))
    assert [due.total_seconds() / 60 for due in found] == [10, 15, 19.9, 25, 35]


def test_before_the_start_no_pressure_is_due(chair: Any) -> None:
    assert next_pressure_at(chair.state, {}, chair.at(0), chair.base) is None
    assert next_score_at(chair.state, chair.at(0), chair.base) is None


@pytest.mark.parametrize(
    ("reading", "counts"),
    [
        ({"sbp_mmhg": 159.0, "dbp_mmhg": 99.0}, True),
        ({"sbp_mmhg": 160.0, "dbp_mmhg": 99.0}, False),
        ({"sbp_mmhg": 159.0, "dbp_mmhg": 100.0}, False),
        ({"sbp_mmhg": 120.0}, False),
    ],
)
def test_after_a_drug_that_lowers_pressure_it_is_close_until_two_settled_readings(
    running: Any,
    reading: dict[str, float],
    counts: bool,
) -> None:
    running.watch(41)
    running.do(42, "start_recovery")
    running.do(
        50,
        "give_rescue",
        drug="clonidine",
        amount=0.1,
        unit="mg",
        route="oral",
        rescue_class="antihypertensive",
        **{"as": "happened"},
    )
    running.do(51, "record_vitals", vitals=reading)
    assert next_pressure_at(running.state, {}, running.at(51), running.base) == running.at(56)
    running.do(56, "record_vitals", vitals=reading)
    due = running.at(71 if counts else 61)
    assert next_pressure_at(running.state, {}, running.at(56), running.base) == due


def test_an_artefact_settles_nothing_and_the_cuff_does(running: Any) -> None:
    running.watch(41)
    running.do(42, "start_recovery")
    running.do(
        50,
        "give_rescue",
        drug="labetalol",
        amount=10.0,
        unit="mg",
        route="iv",
        rescue_class="antihypertensive",
        **{"as": "happened"},
    )
    for minute in (51, 52):
        running.do(minute, "record_vitals", vitals={"sbp_mmhg": 90.0, "dbp_mmhg": 50.0, "artefact": True})
    cuff = {
        name: [running.sample(minute, name, value) for minute in (55, 60)]
        for name, value in (("sbp_mmhg", 140.0), ("dbp_mmhg", 80.0))
    }
    one = {name: tail[:1] for name, tail in cuff.items()}
    assert next_pressure_at(running.state, {}, running.at(53), running.base) == running.at(45)
    assert next_pressure_at(running.state, one, running.at(56), running.base) == running.at(60)
    assert next_pressure_at(running.state, cuff, running.at(61), running.base) == running.at(75)


def test_sedation_is_watched_every_ten_minutes_and_every_fifteen_in_recovery(running: Any) -> None:
    assert next_score_at(running.state, running.at(1), running.base) == running.at(10)
    running.do(12, "record_score", score="watched_sedation", value=1)
    assert next_score_at(running.state, running.at(12), running.base) == running.at(22)
    running.do(20, "stop_infusion")
    assert next_score_at(running.state, running.at(20), running.base) == running.at(27)
