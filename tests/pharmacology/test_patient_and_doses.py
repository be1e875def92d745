"""Who and what may enter the engine, and how mg/kg become milligrams."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import Dose, Patient
from norket.pharmacology.refusals import NotCoveredError
from norket.units import DoseTextError


@pytest.mark.parametrize(
    ("text", "amount_mg", "start_min", "duration_min", "route", "drug"),
    [
        ("0.5 mg/kg iv over 40 min", 35.0, 0.0, 40.0, "iv", "ketamine"),
        ("10 mg iv at 5 min", 10.0, 5.0, 0.0, "iv", "ketamine"),
        ("0.1 mg/kg/h iv for 8 h at 1 h", 56.0, 60.0, 480.0, "iv", "ketamine"),
        ("7 mg/h sc for 90 min", 10.5, 0.0, 90.0, "sc", "ketamine"),
        ("esketamine 28 mg intranasal", 28.0, 0.0, 0.0, "intranasal", "esketamine"),
    ],
)
def test_a_dose_text_becomes_milligrams_for_this_patient(
    patient: Patient, text: str, amount_mg: float, start_min: float, duration_min: float, route: str, drug: str
) -> None:
    dose = Dose.parse(text, patient)
    assert dose.amount_mg == pytest.approx(amount_mg, rel=1e-15)
    assert (dose.start_min, dose.duration_min, dose.route, dose.drug) == (start_min, duration_min, route, drug)
    assert dose.text == str(text)


def test_a_text_that_is_not_a_dose_is_refused_with_its_place(patient: Patient) -> None:
    with pytest.raises(DoseTextError) as refused:
        Dose.parse("0.5 mg/kg iv for 40 min", patient)
    assert refused.value.position == 13


@given(st.floats(0.001, 9.0).map(lambda x: round(x, 3)), st.floats(39, 170))
def test_an_amount_per_weight_grows_with_the_weight(mg_kg: float, weight_kg: float) -> None:
    dose = Dose.parse(f"{mg_kg} mg/kg iv", Patient(weight_kg, 40, "male"))
    assert dose.amount_mg == pytest.approx(mg_kg * weight_kg)


@pytest.mark.parametrize("number", [0.0, -1.0, math.nan, math.inf, "10", None, True])
def test_a_dose_needs_a_finite_amount_above_zero(number: Any) -> None:
    with pytest.raises(NotCoveredError) as refused:
        Dose(number)
    assert refused.value.code == "dose_not_valid"


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration_min": -1.0},
        {"duration_min": math.nan},
        {"start_min": math.inf},
        {"route": "rectal"},
        {"drug": "arketamine"},
    ],
)
def test_a_dose_with_an_impossible_part_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotCoveredError):
        Dose(10.0, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight_kg": 0.0},
        {"weight_kg": -70.0},
        {"weight_kg": math.nan},
        {"weight_kg": "70"},
        {"weight_kg": True},
        {"age_y": -1},
        {"age_y": math.inf},
        {"height_cm": 0.0},
        {"height_cm": math.nan},
        {"sex": "unknown"},
        {"sex": None},
    ],
)
def test_a_patient_with_an_impossible_number_is_refused(wrong: dict[str, Any]) -> None:
    facts = {"weight_kg": 70.0, "age_y": 45.0, "sex": "female", "height_cm": 170.0} | wrong
    with pytest.raises(NotCoveredError) as refused:
        Patient(**facts)
    assert refused.value.code == "patient_not_valid"


def test_a_patient_is_frozen_and_hashable_with_its_covariates() -> None:
    facts = {"race": "japanese"}
    patient = Patient(70, 45, "male", covariates=facts)
    facts["race"] = "other"
    assert patient.covariates == {"race": "japanese"}
    assert hash(patient) == hash(Patient(70, 45, "male", covariates={"race": "japanese"}))
    with pytest.raises(TypeError):
        patient.covariates["race"] = "other"  # type: ignore[index]
