"""Exact solutions of the published models, computed independently of this engine: met to 0.1 %.

70 kg, typical values, ng/mL. Otto's ketamine is given as if the whole racemate were S, which is what "R taken as S"
makes of the total.
"""

import numpy as np
import pytest

import norket

WITHIN = 1e-3
PATIENT = norket.Patient(weight_kg=70, age_y=40, sex="male")


def typical(model: str, dose: str, times_min: list[float], analyte: str = "ketamine") -> np.ndarray:
    return norket.predict(PATIENT, [dose], model=model, times_min=times_min, draws=1).track(analyte).typical


@pytest.mark.parametrize(
    ("model", "published"),
    [
        ("kamp_2020", [154.532, 253.052, 95.860, 49.906, 25.621, 10.137]),
        ("otto_2021", [56.095, 158.042, 103.755, 55.106, 25.166, 7.733]),
    ],
)
def test_35_mg_racemate_over_40_minutes(model: str, published: list[float]) -> None:
    found = typical(model, "0.5 mg/kg iv over 40 min", [10, 40, 60, 120, 240, 480])
    assert found == pytest.approx(published, rel=WITHIN)


@pytest.mark.parametrize(
    ("model", "published"),
    [("kamp_2020", [5041, 2282, 1074, 435, 292]), ("otto_2021", [1035, 906, 777, 479, 311])],
)
def test_140_mg_racemate_over_1_minute(model: str, published: list[float]) -> None:
    found = typical(model, "140 mg iv over 1 min", [1, 5, 10, 30, 60])
    assert found == pytest.approx(published, rel=WITHIN, abs=0.5)


@pytest.mark.parametrize(
    ("model", "published"),
    [("kamp_2020", [39.2, 50.2, 62.8, 75.0, 37.5, 27.8]), ("otto_2021", [26.9, 38.9, 52.1, 62.3, 36.7, 25.8])],
)
def test_a_tenth_mg_per_kg_and_hour_for_8_hours(model: str, published: list[float]) -> None:
    found = typical(model, "0.1 mg/kg/h iv for 8 h", [60, 120, 240, 480, 540, 600])
    assert found == pytest.approx(published, rel=WITHIN, abs=0.05)


def test_the_s_half_of_half_a_milligram_per_kg() -> None:
    times = np.arange(0.0, 241.0)
    found = norket.predict(PATIENT, ["esketamine 17.5 mg iv over 40 min"], model="otto_2021", times_min=times, draws=1)
    assert found.s_ketamine.typical[40] == pytest.approx(79.0, rel=WITHIN)
    peak = int(np.argmax(found.track("s_norketamine").typical))
    assert found.track("s_norketamine").typical[peak] == pytest.approx(37.4, rel=WITHIN)
    assert 85 <= times[peak] <= 95


def test_the_racemate_carries_the_same_s_half() -> None:
    found = norket.predict(PATIENT, ["35 mg iv over 40 min"], model="otto_2021", times_min=[40.0], draws=1)
    assert found.s_ketamine.typical[0] == pytest.approx(79.0, rel=WITHIN)
