"""The lines for a terminal and the picture of the page."""

from pathlib import Path

import numpy as np
import pytest

import norket
from norket import Dose
from norket.pharmacology import mood
from norket.pharmacology.effects import predict_effects, readiness_text, ready_to_leave
from norket.pharmacology.effects.picture import draw_page
from norket.pharmacology.predict import predict_delivered

HALF = "0.5 mg/kg iv over 40 min"


@pytest.fixture(scope="module")
def prediction(patient: norket.Patient) -> norket.Prediction:
    return norket.predict(patient, [HALF], draws=100)


def test_readiness_is_told_in_few_steps_until_it_is_certain(prediction: norket.Prediction) -> None:
    lines = readiness_text(ready_to_leave(prediction, 50))
    steps = [line for line in lines if line.endswith("%")]
    assert 3 <= len(steps) <= 15
    assert steps[0].endswith("  0 %")
    assert steps[-1].endswith("100 %")
    assert any("no" in line or "never" in line for line in lines)


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
