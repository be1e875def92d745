"""The models for children: whom each covers, what it adds to the figures that were read, and how its steps err."""

from dataclasses import replace

import numpy as np
import pytest

from norket import Dose, Patient, knowledge, predict
from norket.pharmacology import models
from norket.pharmacology.engine import solve
from norket.pharmacology.refusals import NotCoveredError

CHILDREN = ("herd_2007", "brunette_2011", "flint_2017")
SMALL = 1e-3


@pytest.fixture(params=CHILDREN)
def model(request: pytest.FixtureRequest) -> models.Model:
    return models.model(request.param)


def limit(model: models.Model, name: str) -> tuple[float, float]:
    value = next(value for value in model.entry.values if value.name == name)
    assert value.low is not None
    assert value.high is not None
    return value.low, value.high


def middle(model: models.Model) -> tuple[float, float]:
    return sum(limit(model, "weight")) / 2, sum(limit(model, "age")) / 2


@pytest.mark.parametrize(("field", "name"), [("age_y", "age"), ("weight_kg", "weight")])
def test_each_covers_whom_it_studied_and_nobody_beyond(model: models.Model, field: str, name: str) -> None:
    weight_kg, age_y = middle(model)
    child = Patient(weight_kg, age_y, "female")
    for edge, beyond in zip(limit(model, name), (-SMALL, SMALL), strict=True):
        model.check(replace(child, **{field: edge}), [Dose(5.0)])
        with pytest.raises(NotCoveredError, match=name) as refused:
            model.check(replace(child, **{field: edge + beyond}), [Dose(5.0)])
        assert refused.value.code == "patient_not_covered"


def test_nobody_below_six_months_is_covered_by_any_model() -> None:
    infant = Patient(6.5, 0.499, "male")
    for model_id in models.model_ids():
        with pytest.raises(NotCoveredError):
            models.model(model_id).check(infant, [Dose(5.0)])
    models.model("flint_2017").check(Patient(6.5, 0.5, "male"), [Dose(5.0)])


def test_children_are_not_chosen_unasked() -> None:
    with pytest.raises(NotCoveredError, match=r"models that cover it: flint_2017, herd_2007$") as refused:
        predict(Patient(30, 8, "female"), ["30 mg iv over 5 min"])
    assert refused.value.code == "patient_not_covered"
    with pytest.raises(NotCoveredError, match=r"models that cover it: brunette_2011$"):
        predict(Patient(20, 5, "female"), ["100 mg oral"])
    asked = predict(Patient(30, 8, "female"), ["30 mg iv over 5 min"], model="herd_2007", draws=10)
    assert asked.ketamine.model == "herd_2007"


def test_variances_are_those_of_the_published_coefficients_of_variation() -> None:
    base = knowledge.read()
    for name, cv in (("V1", 0.64), ("V2", 0.517), ("CL", 0.381), ("Q", 0.19)):
        expected = pytest.approx(np.log1p(cv**2), abs=1e-5)
        assert base.figure("models.herd_2007", f"variance.{name}").value == expected
        assert base.figure("models.brunette_2011", f"variance.{name}").value == expected
    assert base.figure("models.brunette_2011", "variance.absorption_half_time").value == pytest.approx(
        np.log1p(1.48**2), abs=1e-5
    )
    cl, clm = (base.figure("models.flint_2017", f"variance.{name}").value for name in ("CL", "CLM"))
    assert (cl, clm) == pytest.approx((np.log1p(0.402**2), np.log1p(1.04**2)), abs=1e-5)
    assert base.figure("models.flint_2017", "covariance.CL.CLM").value == pytest.approx(
        0.506 * np.sqrt(cl * clm), abs=1e-5
    )


def test_what_herd_and_brunette_could_not_read_is_said() -> None:
    for model_id in ("herd_2007", "brunette_2011"):
        model = models.model(model_id)
        assert any("ovariances" in text and "residual error" in text for text in model.card.limits)
        with pytest.raises(NotCoveredError, match="residual error"):
            model.residual("ketamine")
    assert "composite" in models.model("brunette_2011").card.title


def test_clearances_scale_with_weight_to_three_quarters_and_volumes_with_weight() -> None:
    herd = models.model("herd_2007")
    none = np.zeros((1, 4))
    small, large = (herd.system(Patient(weight, 8, "male"), none) for weight in (16.0, 32.0))
    assert large.outputs["ketamine"][0, 0] / small.outputs["ketamine"][0, 0] == pytest.approx(1 / 2)
    assert np.allclose(large.A / small.A, 2**0.75 / 2)


def test_an_oral_dose_reaches_a_child_with_the_published_share_and_half_time() -> None:
    child = Patient(15, 3.5, "female")
    found = predict(child, ["100 mg oral"], model="brunette_2011", draws=10).summaries["ketamine"]
    beside = predict(child, ["100 mg iv"], model="brunette_2011", draws=10).summaries["ketamine"]
    assert found.auc_ng_h_ml / beside.auc_ng_h_ml == pytest.approx(0.45)
    system = models.model("brunette_2011").system(child, np.zeros((1, 5)))
    assert -np.log(2) / system.A[0, 2, 2] == pytest.approx(59.0)


def flint_curve(step_min: float, hours: float = 100.0) -> dict[str, np.ndarray]:
    flint = models.model("flint_2017")
    values = tuple(replaced(value, step_min) for value in flint.entry.values)
    model = replace(flint, entry=flint.entry.model_copy(update={"values": values}))
    dose = [Dose(7.0 * hours, drug="esketamine", duration_min=hours * 60)]
    segments = model.segments(Patient(7, 0.6, "male"), dose, np.zeros((1, 2)))
    times = np.arange(7.0, 140.0 * 60, 7.0)
    return {name: curves[0, :, 0] for name, curves in solve(segments, model.inputs(dose, [0], [1.0]), times, 1).items()}


def replaced(value: knowledge.Value, step_min: float) -> knowledge.Value:
    return value.model_copy(update={"value": step_min}) if value.name == "step" else value


def test_the_steps_of_flint_err_by_less_than_a_quarter_percent() -> None:
    step = knowledge.read().figure("models.flint_2017", "step").value
    coarse, fine = flint_curve(step), flint_curve(step / 10)
    assert np.allclose(coarse["ketamine"], fine["ketamine"], rtol=1e-9)
    error = np.abs(coarse["norketamine"] / fine["norketamine"] - 1)
    assert 1e-4 < error.max() < 2.5e-3
    assert error.mean() < 1.2e-3


def test_norketamine_falls_with_the_hours_as_its_clearance_rises() -> None:
    # At steady infusion NK / K follows CL / CLM, and CLM rises by 0.87 % of its first value per hour.
    curves = flint_curve(30.0)
    ratio = curves["norketamine"] / curves["ketamine"]
    hours = np.arange(7.0, 140.0 * 60, 7.0) / 60
    late = (hours > 80) & (hours < 99)
    assert ratio[late] == pytest.approx(112 / 53.2 / (1 + 0.0087 * hours[late]), rel=5e-3)


def test_flint_is_followed_to_the_end_of_its_longest_course_and_no_further() -> None:
    infant, dose = Patient(7, 0.6, "female"), ["esketamine 1 mg/kg/h iv for 48 h"]
    longest = knowledge.read().figure("models.flint_2017", "longest_course").value * 60
    predict(infant, dose, model="flint_2017", times_min=[longest], draws=5)
    with pytest.raises(NotCoveredError, match="144 h") as refused:
        predict(infant, dose, model="flint_2017", times_min=[longest + 1], draws=5)
    assert refused.value.code == "times_not_covered"


def test_the_course_counts_from_the_first_dose_not_from_zero() -> None:
    flint, infant = models.model("flint_2017"), Patient(7, 0.6, "female")
    times = np.array([600.0, 3000.0])
    doses = [Dose(50.0, drug="esketamine", duration_min=3000.0)]
    later = [replace(doses[0], start_min=500.0)]

    def norketamine(history: list[Dose], shift: float) -> np.ndarray:
        segments = flint.segments(infant, history, np.zeros((1, 2)))
        return solve(segments, flint.inputs(history, [0], [1.0]), times + shift, 1)["norketamine"][0, :, 0]

    assert norketamine(later, 500.0) == pytest.approx(norketamine(doses, 0.0), rel=1e-12)
