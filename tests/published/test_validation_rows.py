"""What was measured in people against what the engine says."""

import numpy as np
import pytest

import norket
from norket.pharmacology.predict import predict_delivered

HOURS = [0.5, 1, 2, 3, 5, 6, 8, 10]
# 10 mg S-ketamine over 30 min, 17 volunteers of 68 kg, venous; medians read from Otto 2021 Figs 3b and 4b (+-10 %).
KETAMINE_SEEN = [56, 27, 15.5, 11.5, 6.0, 4.2, 2.5, 1.8]
NORKETAMINE_SEEN = [10, 23, 20, 16, 12, 11, 8, 6.5]
# The typical simulation of the same model, computed elsewhere.
KETAMINE_TYPICAL = [50.9, 27.3, 15.4, 10.3, 5.06, 3.72, 2.23, 1.51]
NORKETAMINE_TYPICAL = [11.8, 20.9, 20.5, 17.1, 11.7, 9.90, 7.41, 5.79]


@pytest.fixture(scope="module")
def otto() -> norket.Prediction:
    volunteer = norket.Patient(weight_kg=68, age_y=25, sex="male")
    times = np.array(HOURS) * 60
    doses = ["esketamine 10 mg iv over 30 min"]
    return norket.predict(volunteer, doses, model="otto_2021", times_min=times, draws=2000)


def test_the_typical_curve_of_the_volunteers_is_that_of_the_published_model(otto: norket.Prediction) -> None:
    assert otto.s_ketamine.typical == pytest.approx(KETAMINE_TYPICAL, rel=5e-3)
    assert otto.track("s_norketamine").typical == pytest.approx(NORKETAMINE_TYPICAL, rel=5e-3)


def test_the_measured_medians_lie_within_a_quarter_of_the_typical_curve(otto: norket.Prediction) -> None:
    assert otto.s_ketamine.typical == pytest.approx(KETAMINE_SEEN, rel=0.25)
    assert otto.track("s_norketamine").typical == pytest.approx(NORKETAMINE_SEEN, rel=0.25)


def test_the_measured_medians_lie_within_the_band(otto: norket.Prediction) -> None:
    for track, seen in ((otto.s_ketamine, KETAMINE_SEEN), (otto.track("s_norketamine"), NORKETAMINE_SEEN)):
        assert (track.p5 < seen).all()
        assert (np.array(seen) < track.p95).all()


def test_the_clinical_peak_lies_between_the_venous_and_the_arterial_model() -> None:
    # About 185 ng/mL after 0.5 mg/kg over 40 min (Zarate 2006 in Zanos 2018); both models within 1.5-fold of it.
    seen = 185
    patient = norket.Patient(weight_kg=70, age_y=45, sex="female")
    found = predict_delivered(patient, [norket.Dose(35.0, duration_min=40.0)], [40.0], draws=10)
    arterial, venous = found.track("ketamine", site="arterial"), found.track("ketamine", site="venous")
    assert venous.typical[0] < seen < arterial.typical[0]
    assert seen / 1.5 < venous.typical[0]
    assert arterial.typical[0] < seen * 1.5
