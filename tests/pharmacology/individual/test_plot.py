"""The figure of an update: a panel for each thing observed, both bands, and the observations as points."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

import norket
from norket import Observation
from norket.pharmacology.refusals import NotCoveredError

INFUSION = ["0.5 mg/kg iv over 40 min"]


@pytest.fixture(scope="module")
def found(patient: norket.Patient) -> norket.Posterior:
    given = [
        Observation.parse_level("ketamine 150 ng/mL venous at 45 min"),
        Observation.parse_level("ketamine below 30 ng/mL venous at 200 min"),
        Observation.parse_level("norketamine 90 ng/mL venous at 150 min"),
        Observation.parse_score("systolic_pressure 25 mmHg at 40 min"),
    ]
    return norket.update(patient, INFUSION, given, draws=2000)


def test_concentrations_come_first_then_effects_then_the_doses(found: norket.Posterior) -> None:
    figure = found.plot()
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels[:2] == ["concentration (ng/mL)"] * 2
    assert "(mmHg)" in labels[2]
    assert labels[3] == "doses"
    assert figure.axes[3].get_xlabel() == "time (min)"


def test_each_panel_has_both_bands_and_its_points(found: norket.Posterior) -> None:
    ketamine, norketamine, pressure, _ = found.plot().axes
    for axes in (ketamine, norketamine, pressure):
        assert sum(isinstance(one, PolyCollection) for one in axes.collections) == 2
        assert any("population" in text.get_text() for text in axes.get_legend().get_texts())
    assert [bar.lines[0].get_xydata().tolist() for bar in ketamine.containers] == [[[45.0, 150.0]]]
    assert [text.get_text() for text in ketamine.texts] == ["below"]
    assert pressure.containers[0].lines[0].get_xydata().tolist() == [[40.0, 25.0]]


def test_the_patients_band_is_the_narrower_one_where_it_was_measured(found: norket.Posterior) -> None:
    before, after = found.plot().axes[1].collections[:2]

    def width(band: PolyCollection) -> float:
        corners = band.get_paths()[0].vertices
        return float(np.ptp(corners[np.abs(corners[:, 0] - 150) < 1, 1]))

    assert width(after) < width(before)


def test_the_axis_goes_where_it_is_asked_to(found: norket.Posterior) -> None:
    figure = found.plot(until_min=600.0)
    assert figure.axes[-1].get_xlabel() == "time (h)"
    assert figure.axes[0].lines[0].get_xdata()[-1] == pytest.approx(10.0)


def test_a_file_of_an_unknown_kind_and_an_update_of_nothing_are_refused(
    found: norket.Posterior, patient: norket.Patient
) -> None:
    with pytest.raises(NotCoveredError, match="ending"):
        found.plot("update.xyz")
    with pytest.raises(NotCoveredError, match="nothing was observed"):
        norket.update(patient, INFUSION, ()).plot()
