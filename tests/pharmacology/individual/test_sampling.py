"""The samplers on targets whose answer is known, and what happens when they cannot reach one."""

import numpy as np
import pytest

import norket
from norket import Observation
from norket.pharmacology.individual.sampling import Sample, adapted, importance, resample, smoothed
from norket.pharmacology.individual.tempered import tempered
from norket.pharmacology.models import model
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.update import Problem, joint_of

CENTRE, SPREAD = np.array([0.4, -1.0, 0.2]), np.array([0.3, 0.8, 1.0])


def normal(points: np.ndarray) -> np.ndarray:
    """A normal target, up to a constant."""
    found: np.ndarray = -0.5 * (((points - CENTRE) / SPREAD) ** 2).sum(axis=1)
    return found


def ring(points: np.ndarray) -> np.ndarray:
    """A likelihood that keeps to a thin ring in two of three directions."""
    found: np.ndarray = -0.5 * ((np.hypot(points[:, 0], points[:, 1]) - 1.5) / 0.02) ** 2
    return found


def test_importance_sampling_finds_a_normal_target() -> None:
    found = importance(normal, CENTRE, np.diag(1 / SPREAD**2), 20_000, seed=1)
    assert found.reliable
    assert found.effective > 0.85 * 20_000
    assert found.tail_shape < 0.5
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights @ found.whitened == pytest.approx(CENTRE, abs=0.03)
    assert np.sqrt(found.weights @ (found.whitened - CENTRE) ** 2) == pytest.approx(SPREAD, rel=0.03)


def test_a_bad_proposal_is_seen_and_made_anew() -> None:
    first = importance(normal, CENTRE + 0.6, np.diag([20.0, 4.0, 4.0]), 10_000, seed=1)
    assert not first.reliable
    second = adapted(normal, first, 10_000, seed=1)
    assert second.reliable
    assert second.weights @ second.whitened == pytest.approx(CENTRE, abs=0.05)


def test_a_reliable_sample_is_left_alone() -> None:
    first = importance(normal, CENTRE, np.diag(1 / SPREAD**2), 1000, seed=1)
    assert adapted(normal, first, 1000, seed=1) is first


@pytest.mark.parametrize(("effective", "shape", "reliable"), [(100, 0.7, True), (99, 0.7, False), (100, 0.71, False)])
def test_reliable_is_a_tenth_of_the_draws_and_a_light_tail(effective: float, shape: float, reliable: bool) -> None:
    weights = np.full(1000, 0.001)
    assert Sample(np.zeros((1000, 1)), weights, effective, shape, "importance").reliable is reliable


def test_tempering_finds_a_ring_that_no_mode_describes() -> None:
    found = tempered(ring, 3, 8000, seed=3)
    assert found.effective > 800
    radius = np.hypot(found.whitened[:, 0], found.whitened[:, 1])
    assert radius.mean() == pytest.approx(1.5, abs=0.01)
    angle = np.arctan2(found.whitened[:, 1], found.whitened[:, 0])
    assert np.abs([np.cos(angle).mean(), np.sin(angle).mean()]).max() < 0.12
    assert found.whitened[:, 2].std() == pytest.approx(1, rel=0.05)


def test_tempering_agrees_with_importance_sampling() -> None:
    prior = 0.5
    two = tempered(lambda points: normal(points) + prior * (points**2).sum(axis=1), 3, 20_000, seed=5)
    assert two.whitened.mean(axis=0) == pytest.approx(CENTRE, abs=0.05)
    assert two.whitened.std(axis=0) == pytest.approx(SPREAD, rel=0.05)


def test_tempering_admits_that_it_did_not_arrive() -> None:
    assert tempered(lambda points: np.full(len(points), -np.inf), 2, 500, seed=1).effective == 0
    needle = tempered(lambda points: -0.5 * (((points - 2.0) / 1e-30) ** 2).sum(axis=1), 2, 500, seed=1)
    assert needle.effective == 0
    crossed = tempered(lambda points: -0.5 * ((points - 2.0) / 1e-6).prod(axis=1) ** 2, 2, 500, seed=1)
    assert crossed.effective < 0.1 * 500


def test_the_tail_of_weights_is_that_of_a_pareto_distribution() -> None:
    chance = np.random.default_rng(11)
    for shape in (0.3, 0.6, 0.9):
        logs = -shape * np.log(chance.random(200_000))
        weights, found = smoothed(logs)
        assert found == pytest.approx(shape, abs=0.1)
        assert weights.sum() == pytest.approx(1)
        assert (np.argsort(weights)[:1000] == np.argsort(np.exp(logs))[:1000]).mean() > 0.9


def test_equal_weights_need_no_tail() -> None:
    weights, shape = smoothed(np.zeros(1000))
    assert np.isnan(shape)
    assert set(weights) == {0.001}


def test_resampling_takes_each_draw_as_often_as_its_weight_says() -> None:
    weights = np.array([0.1, 0.0, 0.6, 0.3])
    taken = np.bincount(resample(weights, 1000, seed=1), minlength=4)
    assert taken == pytest.approx([100, 0, 600, 300], abs=1)
    assert np.array_equal(resample(weights, 9, seed=4), resample(weights, 9, seed=4))


def test_a_posterior_that_leans_far_from_its_mode_is_found_by_tempering(
    patient: norket.Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    joint = joint_of(
        patient,
        (norket.Dose.parse("0.5 mg/kg iv over 40 min", patient),),
        [Observation.parse_level("ketamine 120 ng/mL venous at 45 min")],
        model("otto_2021"),
    )
    problem = Problem(joint)
    mode = problem.mode()
    usual = problem.sample(mode, 4000, seed=0)
    assert usual.method == "importance"
    monkeypatch.setattr("norket.pharmacology.individual.sampling.ENOUGH_EFFECTIVE", 1.1)
    other = problem.sample(mode, 4000, seed=0)
    assert other.method == "tempered"
    assert other.effective > 400
    mean = other.whitened.mean(axis=0)
    assert mean == pytest.approx(usual.weights @ usual.whitened, abs=0.1)


def test_when_every_sampler_collapses_the_answer_is_a_refusal(patient: norket.Patient) -> None:
    impossible = [
        Observation.score("systolic_pressure", 30.0, "mmHg", 40.0),
        Observation.score("dissociation_olofsen_2022", 0.97, "1", 40.0, error_sd=1e-9),
        Observation.score("dissociation_olofsen_2022", 0.02, "1", 41.0, error_sd=1e-9),
        Observation.score("dissociation_olofsen_2022", 0.6, "1", 90.0, error_sd=1e-9),
    ]
    with pytest.raises(NotCoveredError) as caught:
        norket.update(patient, ["0.5 mg/kg iv over 40 min"], impossible, draws=500)
    assert caught.value.code == "posterior_not_reliable"
    assert "leave one out" in str(caught.value)
