"""Exact solutions of the older adult models and of those for children, computed independently: met to 0.1 %."""

import pytest

import norket
from norket.pharmacology import models

WITHIN = 1e-3
ADULT = norket.Patient(weight_kg=70, age_y=40, sex="male")


def typical(model: str, dose: str, times_min: list[float], patient: norket.Patient = ADULT) -> list[float]:
    found = norket.predict(patient, [dose], model=model, times_min=times_min, draws=1)
    return list(found.ketamine.typical)


@pytest.mark.parametrize(
    ("model", "published"),
    [
        ("domino_1984", [181.829, 240.360, 55.120, 35.839, 17.347, 4.064]),
        ("clements_1981", [62.032, 177.313, 115.415, 58.834, 34.568, 13.907]),
        ("adult_arterial", [154.532, 253.052, 95.860, 49.906, 25.621, 10.137]),
        ("adult_venous", [56.095, 158.042, 103.755, 55.106, 25.166, 7.733]),
    ],
)
def test_35_mg_racemate_over_40_minutes(model: str, published: list[float]) -> None:
    found = typical(model, "0.5 mg/kg iv over 40 min", [10, 40, 60, 120, 240, 480])
    assert found == pytest.approx(published, rel=WITHIN)


def test_domino_after_140_mg_over_1_minute() -> None:
    found = typical("domino_1984", "140 mg iv over 1 min", [1, 5, 10, 30, 60])
    assert found == pytest.approx([16084, 1187, 678, 240, 183], rel=WITHIN, abs=0.5)


def test_domino_at_a_tenth_mg_per_kg_and_hour_for_8_hours() -> None:
    found = typical("domino_1984", "0.1 mg/kg/h iv for 8 h", [60, 120, 240, 480, 540, 600])
    assert found == pytest.approx([35.3, 42.9, 51.9, 58.4, 23.7, 16.5], rel=WITHIN, abs=0.05)


def test_herd_after_140_mg_over_1_minute_at_70_kg() -> None:
    child = norket.Patient(weight_kg=70, age_y=14, sex="male")
    found = typical("herd_2007", "140 mg iv over 1 min", [1, 5, 10, 30, 60], child)
    assert found == pytest.approx([3392, 2082, 1257, 526, 385], rel=WITHIN, abs=0.5)


def test_the_average_child_of_herd_after_1_mg_per_kg() -> None:
    child = norket.Patient(weight_kg=32.5, age_y=8.3, sex="female")
    found = typical("herd_2007", "1 mg/kg iv over 1 min", [5, 10, 15, 20, 30, 60], child)
    assert found == pytest.approx([937, 533, 369, 298, 241, 173], rel=5e-3)


def test_the_children_of_herd_are_above_analgesia_at_ten_minutes_and_fewer_than_published_are_above_waking() -> None:
    # The abstract: at 10 min after 1 mg/kg half below 0.75 mg/L, almost all above 0.1 mg/L. Its own parameters put
    # the median at about 0.53 mg/L; the card names the contradiction.
    child = norket.Patient(weight_kg=32.5, age_y=8.3, sex="female")
    found = norket.predict(child, ["1 mg/kg iv over 1 min"], model="herd_2007", times_min=[10.0], draws=2000)
    at_ten = found.individuals("ketamine")[0]
    assert (at_ten > 100).mean() > 0.95
    assert (at_ten < 750).mean() > 0.9
    assert "0.75 mg/L" in models.model("herd_2007").entry.conflict


def test_hijazi_has_the_published_clearance_and_half_life() -> None:
    # 36.0 mL/min/kg and 4.9 h, at any weight.
    for weight_kg in (50.0, 100.0):
        patient = norket.Patient(weight_kg=weight_kg, age_y=40, sex="male")
        found = norket.predict(patient, ["1 mg/kg iv over 30 min"], model="hijazi_2003", draws=1).summaries["ketamine"]
        clearance_ml_min_kg = 1e6 / (found.auc_ng_h_ml * 60)
        assert clearance_ml_min_kg == pytest.approx(36.0, rel=2e-3)
        assert found.half_life_h == pytest.approx(4.9, rel=0.02)
