"""Older adult models that pump simulators ship: here to compare with, labelled so wherever they answer."""

import numpy as np
import pytest

from norket import Dose, Patient, predict
from norket.pharmacology import models

OLDER = ("domino_1984", "clements_1981", "hijazi_2003")
ADULT = Patient(70, 40, "female")


@pytest.fixture(params=OLDER)
def model(request: pytest.FixtureRequest) -> models.Model:
    return models.model(request.param)


def test_the_label_stands_in_title_statement_limits_and_on_every_prediction(model: models.Model) -> None:
    assert "compatibility only, not for dosing decisions" in model.card.title
    assert "not for dosing decisions" in model.entry.statement
    assert any("not for dosing decisions" in text for text in model.card.limits)
    assert any("not for dosing decisions" in text for text in model.warnings(ADULT, [Dose(10.0, duration_min=40)]))


def test_none_of_them_answers_unasked() -> None:
    histories = [[Dose(10.0, route=route)] for route in ("iv", "im", "oral")]
    assert not {row.model for history in histories for row in models.defaults(history)} & set(OLDER)


def test_a_band_without_variability_has_no_width_and_the_card_says_why(model: models.Model) -> None:
    found = predict(ADULT, ["20 mg iv over 40 min"], model=model, times_min=[40.0, 90.0], draws=20).ketamine
    assert found.p5 == pytest.approx(found.typical, rel=1e-12)
    assert found.p95 == pytest.approx(found.typical, rel=1e-12)
    assert any("band has no width" in text for text in model.card.limits)


def test_everything_scales_with_weight(model: models.Model) -> None:
    light, heavy = (model.system(Patient(weight, 40, "male"), np.zeros((1, 0))) for weight in (50.0, 100.0))
    assert (light.A == heavy.A).all()
    assert heavy.outputs["ketamine"] == pytest.approx(light.outputs["ketamine"] / 2)


def test_adults_beyond_18_are_covered_by_hijazi_although_a_package_stops_there() -> None:
    hijazi = models.model("hijazi_2003")
    for age_y in (18, 19, 60):
        hijazi.check(Patient(70, age_y, "male"), [Dose(10.0)])
    assert "not copied" in hijazi.entry.conflict


def test_the_provenance_of_domino_is_called_unresolved() -> None:
    assert "unresolved" in models.model("domino_1984").entry.conflict


@pytest.mark.parametrize(
    ("model_id", "clearance_l_h"), [("domino_1984", 115.9), ("clements_1981", 80.2), ("hijazi_2003", 151)]
)
def test_the_clearance_at_70_kg_is_the_one_derived_from_the_rate_constants(model_id: str, clearance_l_h: float) -> None:
    found = predict(ADULT, ["35 mg iv over 40 min"], model=model_id, draws=1).summaries["ketamine"]
    assert 35e3 / found.auc_ng_h_ml == pytest.approx(clearance_l_h, rel=2e-3)
