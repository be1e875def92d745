"""The picture of a plan: target range, typical curve, band, and the rates under it."""

from pathlib import Path

import pytest

import norket
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.target import limits, plan_target


def test_range_curve_and_band_stand_above_the_rates(patient: norket.Patient) -> None:
    plan = plan_target(patient, 100.0, draws=20)
    curves, rates = plan.plot().axes
    labels = {str(one.get_label()) for one in [*curves.lines, *curves.collections]}
    assert {"target 100 ng/mL, within 10%", "5th–95th percentile of patients", "typical patient"} <= labels
    assert rates.get_ylabel() == "rate (mg/h)"
    assert [one.get_text() for one in rates.texts] == [f"{step.rate_mg_h:g} mg/h" for step in plan.steps]


def test_a_missed_target_is_said_in_the_title(patient: norket.Patient) -> None:
    missed = plan_target(patient, 100.0, draws=20, limits=limits("ketamine", max_total_mg=24))
    assert "NOT REACHED" in missed.plot().axes[0].get_title(loc="left")


def test_a_bolus_is_marked_and_what_follows_it_is_hatched(patient: norket.Patient) -> None:
    caps = limits("ketamine", max_bolus_mg=12, concentration_mg_ml=1)
    plan = plan_target(patient, 100.0, draws=20, in_range_by_min=15, limits=caps)
    curves, rates = plan.plot().axes
    assert any("bolus" in one.get_text() for one in rates.texts)
    assert any(patch.get_hatch() for patch in curves.patches)
    assert any("mL/h" in one.get_text() for one in rates.texts)


def test_the_ending_of_the_file_chooses_the_format(patient: norket.Patient, tmp_path: Path) -> None:
    plan = plan_target(patient, 100.0, draws=20)
    plan.plot(tmp_path / "plan.png")
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(NotCoveredError, match="ending"):
        plan.plot(tmp_path / "plan.xyz")
