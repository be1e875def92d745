"""The figure: every curve told apart by label, hue and line style; axes with their units."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import norket
from norket.pharmacology.plot import FOUND_WITH_RACEMATE, Seen
from norket.pharmacology.refusals import NotCoveredError

TIMES = np.linspace(0, 360, 61)


@pytest.fixture(scope="module")
def prediction(patient: norket.Patient) -> norket.Prediction:
    return norket.predict(patient, ["5 mg iv", "0.5 mg/kg iv over 40 min"], draws=50)


def test_axes_have_units_and_the_doses_their_own_lane(prediction: norket.Prediction) -> None:
    curves, doses = prediction.plot().axes
    assert curves.get_ylabel() == "concentration (ng/mL)"
    assert doses.get_xlabel() == "time (h)"
    assert len(doses.patches) == 1
    assert len(doses.lines) == 1


def named(figure: Figure, panel: int = 0) -> dict[str, Line2D]:
    return {str(line.get_label()): line for line in figure.axes[panel].lines if line.get_label()[0] != "_"}


def notes(figure: Figure) -> str:
    return str(figure.get_supxlabel())


def test_ketamine_and_norketamine_differ_in_hue_line_style_and_label(prediction: norket.Prediction) -> None:
    figure = prediction.plot()
    lines = named(figure)
    assert len(lines) == 4
    ketamine = lines["arterial ketamine (kamp_2020)"]
    norketamine = lines["venous norketamine (otto_2021)"]
    assert ketamine.get_color() != norketamine.get_color()
    assert ketamine.get_linestyle() != norketamine.get_linestyle()
    assert len(figure.axes[0].collections) == 2
    assert "kamp_2020: variability borrowed from otto_2021" in notes(figure)


def test_every_curve_is_named_where_it_ends_and_no_two_names_touch(prediction: norket.Prediction) -> None:
    figure = prediction.plot()
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if "_20" in text.get_text()]
    assert len(boxes) == 4
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert not one.overlaps(other)


def test_several_models_have_a_panel_for_each_analyte_and_keep_their_hue(patient: norket.Patient) -> None:
    found = norket.predict(patient, ["0.5 mg/kg iv over 40 min"], model="ensemble", times_min=TIMES, draws=20)
    figure = found.plot(log=True, targets=["dissociation"])
    ketamine, norketamine, hydroxynorketamine = figure.axes[:3]
    assert [one.get_ylabel() for one in (ketamine, norketamine, hydroxynorketamine)] == [
        "ketamine (ng/mL)",
        "norketamine (ng/mL)",
        "hydroxynorketamine (ng/mL)",
    ]
    assert ketamine.get_yscale() == norketamine.get_yscale() == "log"
    assert ketamine.get_ylim()[0] > 0
    above, below = named(figure, 0), named(figure, 1)
    assert above["venous ketamine (otto_2021)"].get_color() == below["venous norketamine (otto_2021)"].get_color()
    styles = {site: above[f"{site} ketamine (ensemble)"].get_linestyle() for site in ("arterial", "venous")}
    assert styles["arterial"] != styles["venous"]
    key = ketamine.get_legend()
    assert key is not None
    assert [text.get_text() for text in key.get_texts()][:2] == ["ensemble, arterial, band", "ensemble, venous, band"]
    assert "dissociation 100–250 ng/mL (racemate, site not stated; zanos-2018)" in [
        text.get_text() for text in ketamine.texts
    ]
    assert "Thin grey, not counted: ashraf_routes, clements_1981, domino_1984, hijazi_2003." in notes(figure)


def test_side_by_side_the_envelope_of_each_site_is_shaded(patient: norket.Patient) -> None:
    found = norket.predict(patient, ["0.5 mg/kg iv over 40 min"], model="all", times_min=TIMES, draws=20)
    labels = [str(one.get_label()) for one in found.plot().axes[0].collections]
    assert labels == ["envelope of 2 arterial models", "envelope of 3 venous models"]


def test_a_target_is_drawn_with_its_numbers_and_its_source(prediction: norket.Prediction) -> None:
    figure = prediction.plot(targets=["analgesia", "antidepressant"])
    curves = figure.axes[0]
    levels = {
        line.get_ydata()[0] for line in curves.lines if len(set(line.get_ydata())) == 1 and len(line.get_ydata()) == 2
    }
    assert levels >= {70.0, 160.0, 185.0}
    assert FOUND_WITH_RACEMATE not in notes(figure)
    with pytest.raises(NotCoveredError, match="analgesia"):
        prediction.plot(targets=["euphoria"])


def test_a_target_of_the_racemate_is_said_to_be_one_beside_esketamine(patient: norket.Patient) -> None:
    found = norket.predict(patient, ["esketamine 20 mg iv over 40 min"], draws=5)
    assert FOUND_WITH_RACEMATE in notes(found.plot(targets=["analgesia"]))
    assert FOUND_WITH_RACEMATE not in notes(found.plot())


def test_measured_points_stand_on_the_curves_of_their_analyte(prediction: norket.Prediction) -> None:
    seen = [Seen("ketamine", 60.0, 90.0, 80.0, 100.0), Seen("hydroxynorketamine", 60.0, 5.0)]
    curves = prediction.plot(seen=seen).axes[0]
    assert [one.get_label() for one in curves.containers] == ["observed"]
    assert list(curves.containers[0].lines[0].get_xdata()) == [1.0]


@dataclass(frozen=True, eq=False)
class Felt:
    title: str
    unit: str
    height: float
    times_min: np.ndarray = field(default_factory=lambda: TIMES)

    @property
    def p50(self) -> np.ndarray:
        return np.full(len(TIMES), self.height)

    p5 = p95 = p50


def test_effects_go_below_by_unit_and_what_nobody_feels_is_named_only(prediction: norket.Prediction) -> None:
    felt = [Felt("awake", "1", 0.09), Felt("high", "1", 0.1), Felt("pulse", "/min", 4), Felt("pressure", "mmHg", 9)]
    felt += [Felt("output", "%", 9), Felt("pain", "cm", 2)]
    figure = prediction.plot(effects={one.title: one for one in felt})
    assert [axes.get_ylabel() for axes in figure.axes[1:-1]] == [
        "effect (part of maximum)",
        "effect (mmHg)",
        "effect (/min)",
    ]
    assert "Effects not drawn: awake, output, pain." in notes(figure)
    assert set(named(figure, 1)) == {"high"}


def test_the_peak_of_a_bolus_does_not_set_the_scale_and_the_cut_is_said(patient: norket.Patient) -> None:
    doses = ["10 mg iv", "0.5 mg/kg iv over 40 min at 10 min"]
    found = norket.predict(patient, doses, draws=50)
    assert found.unread_min == ((0.0, 5.0),)
    curves = found.plot().axes[0]
    top = curves.get_ylim()[1]
    readable = max(float(track.p95[5:].max()) for track in found.tracks)
    assert readable < top < 1.2 * readable < found.ketamine.p50[0]
    assert any(patch.get_hatch() for patch in curves.patches)
    assert "cut off" in notes(found.plot())


def test_nothing_is_cut_without_a_bolus_or_when_nothing_else_is_shown(patient: norket.Patient) -> None:
    infusion = norket.predict(patient, ["0.5 mg/kg iv over 40 min"], draws=50)
    early = norket.predict(patient, ["10 mg iv"], times_min=[0.0, 1.0, 4.0], draws=50)
    assert infusion.unread_min == ()
    for found in (infusion, early):
        curves = found.plot().axes[0]
        assert curves.get_ylim()[1] > found.ketamine.p95.max()
        assert not [patch for patch in curves.patches if patch.get_hatch()]
        assert "cut off" not in notes(found.plot())


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
