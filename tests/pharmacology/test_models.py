"""The shelf of models: what each is, whom it covers, and that every number comes from the knowledge base."""

from dataclasses import replace

import numpy as np
import pytest

from norket import Dose, Patient, knowledge
from norket.pharmacology import models
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.uncertainty import draw_effects
from norket.units import ROUTES
from norket.units.dose_text import Route

DOSE = (Dose(35.0, duration_min=40.0),)


SHELF = [models.model(one) for one in models.model_ids()]
ADULT = [one.id for one in SHELF if one.card.patient_limits == "models.adult_limits"]
NOT_READ = [one.id for one in SHELF if one.id in ADULT and not any(v.name == "studied_age" for v in one.entry.values)]
NOT_COVERED = [(one.id, route) for one in SHELF for route in ROUTES if route not in one.card.routes]
PER_ENGINE_UNIT = {"L/h": 60.0, "/h": 60.0, "h": 1 / 60, "L/h/a": 60.0, "mL/min/kg": 1000.0}


@pytest.fixture(params=ADULT)
def model(request: pytest.FixtureRequest) -> models.Model:
    return models.model(request.param)


def adult_limit(name: str) -> tuple[float | None, float | None]:
    entry = knowledge.read().entry("models.adult_limits")
    value = next(value for value in entry.values if value.name == name)
    return value.low, value.high


def test_the_two_first_models_are_there() -> None:
    assert {"kamp_2020", "otto_2021"} <= set(models.model_ids())


def test_an_unknown_model_is_refused_with_those_that_exist() -> None:
    with pytest.raises(NotCoveredError, match="kamp_2020") as refused:
        models.model("domino")
    assert refused.value.code == "model_not_known"


def test_every_adult_weight_is_covered_and_none_beyond(model: models.Model) -> None:
    low, high = adult_limit("weight")
    assert low is not None
    assert high is not None
    for weight_kg in (low, high):
        model.check(Patient(weight_kg, 40, "male"), DOSE)
    for weight_kg in (low - 0.001, high + 0.001):
        with pytest.raises(NotCoveredError, match="weight") as refused:
            model.check(Patient(weight_kg, 40, "male"), DOSE)
        assert refused.value.code == "patient_not_covered"


def test_children_are_refused_by_name(model: models.Model) -> None:
    low, _ = adult_limit("age")
    assert low is not None
    model.check(Patient(70, low, "male"), DOSE)
    with pytest.raises(NotCoveredError, match=f"{model.id} covers ages from 18 years"):
        model.check(Patient(70, low - 0.001, "male"), DOSE)


def test_above_the_age_of_the_policy_the_curve_is_called_extrapolated(model: models.Model) -> None:
    _, high = adult_limit("extrapolated_age")
    assert high is not None
    assert not any("years" in text for text in model.warnings(Patient(70, high, "male"), DOSE))
    assert any("extrapolation" in text for text in model.warnings(Patient(70, high + 0.1, "male"), DOSE))


@pytest.mark.parametrize(
    ("dose", "figure"),
    [
        (Dose(1.0), "highest_dose_iv"),
        (Dose(2.0, duration_min=120.0), "highest_dose_iv"),
        (Dose(1.0, route="im"), "highest_dose_other"),
    ],
    ids=["push", "two hours", "muscle"],
)
def test_above_the_highest_dose_of_the_label_the_curve_is_called_extrapolated(dose: Dose, figure: str) -> None:
    limit = knowledge.read().figure("models.adult_limits", figure).value
    model = models.model("adult_venous")

    def said(factor: float) -> bool:
        given = replace(dose, amount_mg=dose.amount_mg * 70.0 * limit * factor)
        return any("on the label" in text for text in model.warnings(Patient(70, 40, "male"), (given,)))

    assert not said(0.999)
    assert said(1.001)


def test_days_of_a_slow_infusion_are_no_high_dose() -> None:
    (slow,) = [Dose(0.35 * 70 * 96, duration_min=96 * 60)]
    assert not any(
        "on the label" in text for text in models.model("otto_2021").warnings(Patient(70, 40, "male"), (slow,))
    )


@pytest.mark.parametrize("model", [models.model(one) for one in NOT_READ], ids=NOT_READ)
def test_an_extrapolation_in_age_names_the_policy_and_not_another_models_volunteers(model: models.Model) -> None:
    (said,) = [text for text in model.warnings(Patient(70, 90, "male"), DOSE) if "years" in text]
    assert "policy models.adult_limits" in said
    assert "the ages studied by this model were not read" in said
    assert "the models are" not in said


@pytest.mark.parametrize(("model_id", "route"), NOT_COVERED)
def test_a_route_that_is_not_covered_is_refused_by_name(model_id: str, route: Route) -> None:
    with pytest.raises(NotCoveredError, match=f"'{route}'") as refused:
        models.model(model_id).check(Patient(70, 40, "male"), (Dose(10.0, route=route),))
    assert refused.value.code == "route_not_covered"


def test_covariates_that_a_model_does_not_know_are_refused(model: models.Model) -> None:
    with pytest.raises(NotCoveredError, match="eye_colour") as refused:
        model.check(Patient(70, 40, "male", covariates={"eye_colour": "brown"}), DOSE)
    assert refused.value.code == "covariate_not_known"


@pytest.mark.parametrize("model", SHELF, ids=models.model_ids())
def test_the_typical_patient_has_the_published_parameters(model: models.Model) -> None:
    entry = knowledge.read().entry(f"models.{model.id}")
    published = {value.name: value for value in entry.values if value.name in model.card.parameters}
    assert set(published) == set(model.card.parameters)
    for name, value in published.items():
        assert value.value is not None
        assert model.typical[name] == pytest.approx(value.value / PER_ENGINE_UNIT.get(value.unit, 1.0), rel=1e-15)


def test_the_fast_dose_warning_has_its_limit_from_the_entry(model: models.Model) -> None:
    limit = knowledge.read().figure(f"models.{model.id}", "fast_input").value
    patient = Patient(70, 40, "male")
    slow, fast = (Dose(40.0, duration_min=limit),), (Dose(40.0, duration_min=limit - 0.1),)
    assert not any("5 minutes" in text for text in model.warnings(patient, slow))
    assert any("5 minutes" in text for text in model.warnings(patient, fast))
    assert any("5 minutes" in text for text in model.warnings(patient, (Dose(10.0),)))


def says_bolus(model: models.Model, *doses: Dose) -> bool:
    return any("5 minutes" in text for text in model.warnings(Patient(70, 40, "male"), doses))


@pytest.mark.parametrize("given_min", [0.5, 2.0, 20.0, 38.0, 39.9])
def test_a_running_infusion_is_no_bolus_however_it_is_cut(model: models.Model, given_min: float) -> None:
    given = Dose(35 * given_min / 40, duration_min=given_min)
    planned = Dose(35 - given.amount_mg, start_min=given_min + 1e-4, duration_min=40 - given_min)
    assert not says_bolus(model, given, planned)
    assert says_bolus(model, given, planned, Dose(5.0, start_min=10))


def test_a_pause_or_a_change_of_rate_soon_after_the_start_makes_no_bolus(model: models.Model) -> None:
    assert not says_bolus(model, Dose(1.75, duration_min=2))
    assert not says_bolus(model, Dose(1.75, duration_min=2), Dose(30.0, start_min=2, duration_min=50))


def test_a_push_is_a_bolus_alone_cut_or_beside_an_infusion(model: models.Model) -> None:
    infusion = Dose(35.0, start_min=1, duration_min=40)
    assert says_bolus(model, Dose(10.0, duration_min=1))
    assert says_bolus(model, Dose(5.0, duration_min=0.5), Dose(5.0, start_min=0.5, duration_min=0.5), infusion)


def test_the_rate_above_which_a_short_stretch_is_a_push_comes_from_the_policy(model: models.Model) -> None:
    limit = knowledge.read().figure("models.adult_limits", "fastest_infusion")
    assert limit.unit == "mg/kg/h"
    at = limit.value * 70 * 4 / 60
    assert not says_bolus(model, Dose(at, duration_min=4))
    assert says_bolus(model, Dose(at * 1.01, duration_min=4))
    for row in ("doses.d01", "doses.d19"):
        assert knowledge.read().figure(row, "ceiling_mg_kg_h").value < limit.value


def test_otto_says_when_the_weight_was_not_studied() -> None:
    otto = models.model("otto_2021")
    value = next(value for value in otto.entry.values if value.name == "studied_weight")
    assert value.low is not None
    assert value.high is not None
    for weight_kg, outside in (
        (value.low, False),
        (value.high, False),
        (value.low - 0.1, True),
        (value.high + 0.1, True),
    ):
        said = any("extrapolation" in text for text in otto.warnings(Patient(weight_kg, 40, "male"), DOSE))
        assert said is outside


def test_kamp_scales_everything_with_weight_and_otto_as_its_authors_did() -> None:
    heavy, light = Patient(140, 40, "male"), Patient(70, 40, "male")
    kamp, otto = models.model("kamp_2020"), models.model("otto_2021")
    none = np.zeros((1, 2))
    # Linear in all parameters: the rate constants stay, the concentrations halve.
    assert np.allclose(kamp.system(heavy, none).A[0][:3, :3], kamp.system(light, none).A[0][:3, :3], rtol=1e-13)
    halved = kamp.system(light, none).outputs["ketamine"][0] / 2
    assert kamp.system(heavy, none).outputs["ketamine"][0] == pytest.approx(halved)
    none = np.zeros((1, 4))
    small, large = otto.system(light, none).A[0], otto.system(heavy, none).A[0]
    assert large[3, 0] / small[3, 0] == pytest.approx(2**0.75 / 2)  # elimination into norketamine: CL / V1
    assert large[1, 0] / small[1, 0] == pytest.approx(1 / 2)  # distribution out of V1: Q as published
    assert large[0, 1] == pytest.approx(small[0, 1])  # and back: neither Q nor V scaled


def test_otto_passes_the_whole_clearance_on_in_equal_mass() -> None:
    rates = models.model("otto_2021").system(Patient(70, 40, "male"), np.zeros((1, 4))).A[0]
    loss_of_mass = -rates.sum(axis=0)
    assert loss_of_mass[:3] == pytest.approx(0.0, abs=1e-15)
    assert loss_of_mass[3] == pytest.approx(57.72 / 60 / 98.638)


def test_drawn_patients_have_the_published_variances_and_covariances() -> None:
    otto = models.model("otto_2021")
    effects = draw_effects(otto, 200_000, seed=1)
    assert np.cov(effects.T) == pytest.approx(otto.covariance, abs=0.0012)
    assert effects.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.003)
    assert otto.covariance[0, 1] == 0.02261
    assert otto.covariance[2, 3] == 0.04456
    assert (otto.covariance[:2, 2:] == 0).all()


def test_kamp_borrows_the_variability_of_otto_and_says_so() -> None:
    kamp, otto = models.model("kamp_2020"), models.model("otto_2021")
    assert (kamp.covariance == otto.covariance[:2, :2]).all()
    assert any("borrowed" in text for text in kamp.warnings(Patient(70, 40, "male"), DOSE))
    assert np.allclose(draw_effects(kamp, 50, 3), draw_effects(otto, 50, 3)[:, :2], rtol=0, atol=1e-15)


@pytest.mark.parametrize("drug", ["ketamine", "esketamine"])
def test_the_default_table_names_models_that_give_what_it_promises(drug: str) -> None:
    rows = models.defaults([Dose(10.0, drug=drug)])
    assert {row.analyte for row in rows} == {"ketamine", "norketamine", "effect_site"}
    for row in rows:
        assert row.analyte in models.model(row.model).card.analytes
        assert set(row.routes) <= set(models.model(row.model).card.routes)


def test_a_card_holds_structure_figures_population_validity_sources_and_limits(model: models.Model) -> None:
    card = model.describe()
    for part in ("structure", "population", "site", "limits", "sources", "figures", "certainty"):
        assert card[part], part
    assert all(figure["unit"] for figure in card["figures"])
    keys = {reference.key for reference in knowledge.read().references}
    assert {source["key"] for source in card["sources"]} <= keys


def test_a_card_shows_of_other_entries_only_the_figures_that_the_model_uses() -> None:
    shown = {
        (one["entry"], one["name"]): one["parameter"] for one in models.model("adult_arterial").describe()["figures"]
    }
    assert shown["routes.im", "F"] == "F_IM"
    assert shown["models.kamp_2020", "V1"] == "V1"
    assert shown["models.adult_venous", "variance.F_IM"] == ""
    assert ("models.adult_limits", "weight") in shown
    assert {name for entry, name in shown if entry == "models.simons_2022"} == {"F1", "D1", "KA1"}
    assert ("routes.im", "time_of_peak") not in shown
