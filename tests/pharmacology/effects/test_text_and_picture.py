"""The lines for a terminal and the picture of the page."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import norket
from norket import Dose
from norket.pharmacology import mood
from norket.pharmacology.effects import predict_effects, readiness_text, ready_to_leave
from norket.pharmacology.effects.picture import draw_page
from norket.pharmacology.predict import predict_delivered
from norket.pharmacology.report import effects_lines, prediction_text

HALF = "0.5 mg/kg iv over 40 min"


@pytest.fixture(scope="module")
def prediction(patient: norket.Patient) -> norket.Prediction:
    return norket.predict(patient, [HALF], draws=100)


def test_readiness_is_told_in_few_steps_until_it_is_certain(prediction: norket.Prediction) -> None:
    lines = readiness_text(ready_to_leave(prediction, 50))
    steps = [line for line in lines if line.endswith("%")]
    assert 3 <= len(steps) <= 15
    assert steps[0].endswith("  0 %")
    assert steps[-1].endswith(("100 %", "> 99 %"))
    assert any("never replaces the clinical gates" in line for line in lines)
    assert any("after the end of the last dose" in line for line in lines)


def test_a_part_is_told_as_all_or_nobody_only_if_it_is(prediction: norket.Prediction) -> None:
    found = ready_to_leave(prediction, 50)
    for parts, told in (((0.0, 1.0), ["0 %", "100 %"]), ((0.001, 0.996), ["< 1 %", "> 99 %"])):
        times = found.earliest_min + np.array([0.0, 15.0])
        lines = readiness_text(dataclasses.replace(found, times_min=times, probability=np.array(parts)))
        assert [line.split(maxsplit=1)[1] for line in lines if line.endswith("%")] == told


def test_effects_are_told_with_their_certainty_and_with_what_is_not_told(prediction: norket.Prediction) -> None:
    lines = effects_lines(predict_effects(prediction))
    row = next(line for line in lines if line.startswith("  Systolic pressure "))
    assert "mmHg above the resting pressure" in row
    assert "  D  " in row
    assert "pooled over series it was 12.6 (10.4 to 14.8)" in " ".join(line.strip() for line in lines)
    assert max(len(line) for line in lines[lines.index("To be read beside these numbers") :]) <= 120
    assert any("not the chance" in line for line in lines)
    untold = lines[lines.index("Effects not told") :]
    assert any("Adult not awake" in line for line in untold)
    assert not any("0.001" in line for line in lines)
    slow = next(line for line in lines if line.startswith("  Slow pain relief"))
    assert "520*" in slow


def test_beside_another_drug_one_sentence_says_why_no_effect_is_told(patient: norket.Patient) -> None:
    beside = norket.predict(patient, [HALF], draws=5, interactions=["clarithromycin"])
    lines = effects_lines(predict_effects(beside))
    assert lines[0] == "Effects not told"
    assert sum("clarithromycin" in line for line in lines) == 1
    text = prediction_text(beside, effects=predict_effects(beside))
    assert "no effect is told with clarithromycin" in text


def test_what_is_never_reached_is_told_as_later(prediction: norket.Prediction) -> None:
    assert any("later than minute" in line for line in readiness_text(ready_to_leave(prediction, 0.001)))


def test_the_picture_has_six_panels_with_units(
    patient: norket.Patient, prediction: norket.Prediction, tmp_path: Path
) -> None:
    course = predict_delivered(
        patient, [Dose(1000.0, "iv", "esketamine", 0.0, 6000.0)], np.arange(0, 40_000.0, 500.0), draws=20
    )
    file = tmp_path / "effects.png"
    figure = draw_page(
        predict_effects(prediction)["dissociation_olofsen_2022"],
        ready_to_leave(prediction, 50),
        predict_effects(course)["pain_relief_dahan_2011"],
        mood.response([0], [0, 1, 2, 3, 7, 20]),
        file,
    )
    assert file.stat().st_size > 10_000
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert len(labels) == 6
    assert all("(" in label for label in labels)
    assert any("not concentration-driven" in axes.get_title(loc="left") for axes in figure.axes)


def test_the_most_careful_number_comes_first_and_a_level_never_reached_is_said_so(
    prediction: norket.Prediction,
) -> None:
    first = readiness_text(ready_to_leave(prediction, 50.0))[1]
    assert first.strip().startswith("nineteen in twenty")
    high = readiness_text(ready_to_leave(prediction, 5000.0))[1]
    assert "not above it from minute" in high
