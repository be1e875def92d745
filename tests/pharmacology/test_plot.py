"""The figure: every curve told apart by label, hue and line style; axes with their units."""

from pathlib import Path

import pytest

import norket
from norket.pharmacology.refusals import NotCoveredError


@pytest.fixture(scope="module")
def prediction(patient: norket.Patient) -> norket.Prediction:
    return norket.predict(patient, ["5 mg iv", "0.5 mg/kg iv over 40 min"], draws=50)


def test_axes_have_units_and_the_doses_their_own_lane(prediction: norket.Prediction) -> None:
    curves, doses = prediction.plot().axes
    assert curves.get_ylabel() == "concentration (ng/mL)"
    assert doses.get_xlabel() == "time (h)"
    assert len(doses.patches) == 1
    assert len(doses.lines) == 1


def test_ketamine_and_norketamine_differ_in_hue_line_style_and_label(prediction: norket.Prediction) -> None:
    curves = prediction.plot().axes[0]
    lines = {str(line.get_label()): line for line in curves.lines}
    assert len(lines) == 4
    ketamine = next(line for label, line in lines.items() if label.startswith("ketamine (arterial, kamp_2020)"))
    norketamine = next(line for label, line in lines.items() if label.startswith("norketamine (venous, otto_2021)"))
    assert ketamine.get_color() != norketamine.get_color()
    assert ketamine.get_linestyle() != norketamine.get_linestyle()
    assert len(curves.collections) == 2
    assert any("variability borrowed from otto_2021" in label for label in lines)


def test_the_peak_of_a_bolus_does_not_set_the_scale_and_the_cut_is_said(patient: norket.Patient) -> None:
    doses = ["10 mg iv", "0.5 mg/kg iv over 40 min at 10 min"]
    found = norket.predict(patient, doses, draws=50)
    assert found.unread_min == ((0.0, 5.0),)
    curves = found.plot().axes[0]
    top = curves.get_ylim()[1]
    readable = max(float(track.p95[5:].max()) for track in found.tracks)
    assert readable < top < 1.2 * readable < found.ketamine.p50[0]
    assert any("cut off" in text.get_text() for text in curves.texts)


def test_nothing_is_cut_without_a_bolus_or_when_nothing_else_is_shown(patient: norket.Patient) -> None:
    infusion = norket.predict(patient, ["0.5 mg/kg iv over 40 min"], draws=50)
    early = norket.predict(patient, ["10 mg iv"], times_min=[0.0, 1.0, 4.0], draws=50)
    assert infusion.unread_min == ()
    for found in (infusion, early):
        curves = found.plot().axes[0]
        assert curves.get_ylim()[1] > found.ketamine.p95.max()
        assert not curves.texts


def test_short_histories_are_in_minutes(patient: norket.Patient) -> None:
    short = norket.predict(patient, ["10 mg iv"], times_min=[0.0, 60.0, 120.0], draws=5)
    assert short.plot().axes[1].get_xlabel() == "time (min)"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_ending_of_the_file_chooses_the_format(prediction: norket.Prediction, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"curve.{ending}"
    prediction.plot(path)
    head = path.read_bytes()[:200]
    assert {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending] in head


def test_an_unknown_ending_is_refused(prediction: norket.Prediction, tmp_path: Path) -> None:
    with pytest.raises(NotCoveredError, match="png"):
        prediction.plot(tmp_path / "curve.xyz")


def test_one_time_only_can_be_drawn(patient: norket.Patient) -> None:
    assert norket.predict(patient, ["10 mg iv"], times_min=[30.0], draws=5).plot().axes
