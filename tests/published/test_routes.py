"""Routes before a disposition: curves computed independently, and what was measured in people."""

import numpy as np
import pytest

import norket
from norket.pharmacology import models
from norket.pharmacology.engine import solve
from norket.pharmacology.models.model import Factors

ADULT = norket.Patient(weight_kg=70, age_y=40, sex="male")
MINUTES = np.arange(0.0, 481.0)
CHONG_SL, CHONG_PO = 0.32, 0.23


def curve(model_id: str, dose: norket.Dose, factors: Factors, analyte: str = "ketamine") -> np.ndarray:
    """The typical curve each minute for 8 h, with some parameters multiplied."""
    model = models.model(model_id)
    segments = model.segments(ADULT, [dose], np.zeros((1, len(model.varying))), factors)
    return solve(segments, model.inputs([dose], [0], [1.0]), MINUTES, 1)[analyte][0, :, 0]


def area_h(values: np.ndarray) -> float:
    return float(np.trapezoid(values, MINUTES)) / 60


@pytest.mark.parametrize(
    ("model", "route", "parameter", "bioavailability", "peak", "at_min"),
    [
        ("adult_venous", "sublingual", "F_SL", CHONG_SL, 25.7, 40),
        ("adult_venous", "oral", "F_PO", CHONG_PO, 16.3, 40),
        ("adult_arterial", "sublingual", "F_SL", CHONG_SL, 43.7, 21),
        ("adult_arterial", "oral", "F_PO", CHONG_PO, 25.9, 16),
    ],
)
def test_25_mg_with_the_bioavailability_of_chong(
    model: str, route: str, parameter: str, bioavailability: float, peak: float, at_min: float
) -> None:
    factor = bioavailability / models.model(model).typical[parameter]
    found = curve(model, norket.Dose(25.0, route=route), {parameter: factor})
    assert found.max() == pytest.approx(peak, rel=2e-3)
    assert MINUTES[found.argmax()] == at_min


@pytest.mark.parametrize(
    ("route", "parameter", "bioavailability", "per_mg"),
    [("sublingual", "F_SL", CHONG_SL, 2.8), ("oral", "F_PO", CHONG_PO, 2.0)],
)
def test_the_venous_area_over_8_hours_per_mg(route: str, parameter: str, bioavailability: float, per_mg: float) -> None:
    factor = bioavailability / models.model("adult_venous").typical[parameter]
    found = curve("adult_venous", norket.Dose(25.0, route=route), {parameter: factor})
    assert area_h(found) / 25 == pytest.approx(per_mg, abs=0.05)


@pytest.mark.parametrize(("ka", "at_min"), [(0.10, 18), (0.15, 14)])
def test_an_intramuscular_dose_peaks_in_the_vein_where_its_absorption_puts_it(ka: float, at_min: float) -> None:
    factor = ka / models.model("adult_venous").typical["KA_IM"]
    found = curve("adult_venous", norket.Dose(35.0, route="im"), {"KA_IM": factor})
    assert MINUTES[found.argmax()] == at_min


@pytest.mark.parametrize(
    ("route", "low_min", "high_min"),
    # Secondary sources on Clements 1982; Rolan 2014 (median 45, range 15 to 60); volunteers given it by the nose.
    [("im", 5, 20), ("sublingual", 15, 60), ("intranasal", 14, 30)],
)
def test_the_venous_peak_comes_when_it_was_seen(route: str, low_min: float, high_min: float) -> None:
    found = curve("adult_venous", norket.Dose(25.0, route=route), {})
    assert low_min <= MINUTES[found.argmax()] <= high_min


@pytest.mark.parametrize(
    ("route", "parameter", "bioavailability", "ketamine", "norketamine"),
    # Chong 2006, 25 mg, n 6: peaks of ketamine and norketamine.
    [("oral", "F_PO", CHONG_PO, 22.8, 82), ("sublingual", "F_SL", CHONG_SL, 28.6, 66)],
)
def test_the_peaks_of_chong_are_met_within_a_factor_of_one_and_a_half(
    route: str, parameter: str, bioavailability: float, ketamine: float, norketamine: float
) -> None:
    factor = {parameter: bioavailability / models.model("adult_venous").typical[parameter]}
    dose = norket.Dose(25.0, route=route)
    assert 1 / 1.5 < curve("adult_venous", dose, factor).max() / ketamine < 1.5
    assert 1 / 1.5 < curve("adult_venous", dose, factor, "norketamine").max() / norketamine < 1.5


def test_swallowed_ketamine_gives_as_much_norketamine_beside_the_vein_as_in_chong() -> None:
    # Areas of norketamine per dose: 12.1 by mouth and 9.9 under the tongue against 13.0 into the vein.
    def area(route: str, **bioavailability: float) -> float:
        typical = models.model("adult_venous").typical
        factors = {name: value / typical[name] for name, value in bioavailability.items()}
        model = models.model("adult_venous")
        segments = model.segments(ADULT, (), np.zeros((1, len(model.varying))), factors)
        system = segments[0].system
        entry = sum(system.inputs[way][0] for way in system.inputs if way.partition(" ")[0] == route)
        return float(system.outputs["norketamine"][0] @ np.linalg.solve(system.A[0], -entry))

    assert area("oral", F_PO=CHONG_PO) / area("iv") == pytest.approx(12.1 / 13.0, rel=2e-3)
    assert 1 < area("sublingual", F_SL=CHONG_SL) / area("iv") / (9.9 / 13.0) < 1.25


def test_after_an_oral_dose_norketamine_has_5_to_16_times_the_area_of_ketamine() -> None:
    found = norket.predict(ADULT, ["25 mg oral"], model="adult_venous", draws=1).summaries
    assert 5 < found["norketamine"].auc_ng_h_ml / found["ketamine"].auc_ng_h_ml < 16


@pytest.mark.parametrize(
    ("amount_mg", "bioavailability", "seen"), [(10, 0.17, 22.9), (30, 0.13, 60.8), (50, 0.11, 77.6)]
)
def test_early_nasal_peaks_are_too_low_with_the_bioavailability_that_was_measured(
    amount_mg: float, bioavailability: float, seen: float
) -> None:
    # Volunteers, racemate by nasal spray, n 7 to 10 (Pharmacotherapy 2022;42:298, Table 6). Named in routes.yaml.
    def peak(model: str) -> float:
        factor = bioavailability / models.model(model).typical["F_IN"]
        return float(curve(model, norket.Dose(amount_mg, route="intranasal"), {"F_IN": factor}).max())

    assert 3.5 < seen / peak("adult_venous") < 4.5
    assert 1.9 < seen / peak("adult_arterial") < 2.6
