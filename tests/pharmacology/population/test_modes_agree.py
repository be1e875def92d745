"""The sums of exponentials give the exact answer for every patient, those with nearly equal rates included."""

from collections.abc import Mapping

import numpy as np
import pytest
import workload
from exact import curves, error_of_peak
from generated import systems
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from norket import Patient
from norket.pharmacology.engine import Input, solve
from norket.pharmacology.models import Compartments, LinearSystem, model
from norket.pharmacology.population.course import Course, Grid, Portion
from norket.pharmacology.population.courses import fallback, trajectories
from norket.pharmacology.population.modal import modes
from norket.pharmacology.uncertainty import draw_effects

RANDOM, ALL = 1e-12, 1e-9
GAPS = [0.0, 1e-12, 1e-9, 1e-6, 1e-4, 4.5e-4, 5.5e-4, 3e-3, 1e-2, 1.65e-2, 1.8e-2]
SHORT = Course(
    (Portion("iv", 0.05, 0, 0.0), Portion("iv", 0.30, 0, 0.0, 20.0), Portion("iv", 0.20, 0, 20.0, 20.0)),
    (Grid(0.0, 5.0, 49), Grid(4320.0, 30.0, 9)),
)


def one(**changed: float) -> dict[str, np.ndarray]:
    return {name: np.array([changed.get(name, value)]) for name, value in workload.TYPICAL.items()}


def ketamine_rates(p: Mapping[str, np.ndarray]) -> np.ndarray:
    v1, k12, k13 = p["V1"][0], p["Q2"][0] / p["V1"][0], p["Q3"][0] / p["V1"][0]
    k21, k31 = p["Q2"][0] / p["V2"][0], p["Q3"][0] / p["V3"][0]
    matrix = [[-(p["CL"][0] / v1 + k12 + k13), k21, k31], [k12, -k21, 0.0], [k13, 0.0, -k31]]
    return np.sort(-np.linalg.eigvals(np.array(matrix)))


def error(system: LinearSystem, course: Course, amounts: np.ndarray, patient: int = 0) -> float:
    found = trajectories(modes(system), course, amounts)
    return error_of_peak(found[patient], curves(system, course, amounts, patient))


def test_random_patients_of_the_workload_have_the_modes_of_their_own_system() -> None:
    system, amounts = workload.population(400, seed=7)
    found = modes(system)
    fast = trajectories(found, SHORT, amounts)
    judged = np.flatnonzero(~found.close)[:40]
    assert len(judged) == 40
    worst = max(error_of_peak(fast[who], curves(system, SHORT, amounts, who)) for who in judged)
    assert worst <= RANDOM


def test_the_whole_workload_of_three_weeks_agrees() -> None:
    system, amounts = workload.population(3, seed=11)
    course = workload.course()
    fast = trajectories(modes(system), course, amounts)
    assert max(error_of_peak(fast[who], curves(system, course, amounts, who)) for who in range(3)) <= RANDOM


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_transit_rate_that_meets_a_ketamine_rate(which: int, gap: float) -> None:
    p = one()
    rate = ketamine_rates(p)[which] * (1 + gap)
    system = workload.system(one(TRANSIT=2.0 / rate))
    assert modes(system).close[0] or gap > 1.7e-2
    assert error(system, SHORT, np.array([[80.0]])) <= ALL


def test_modes_that_nearly_cancel_each_other_are_not_trusted() -> None:
    rate = ketamine_rates(one())[1]
    near, far = (workload.system(one(TRANSIT=2.0 / (rate * (1 + gap)))) for gap in (0.02, 0.06))
    assert modes(near).close[0]
    assert not modes(far).close[0]
    assert error(near, SHORT, np.array([[80.0]])) <= RANDOM
    assert error(far, SHORT, np.array([[80.0]])) <= RANDOM


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_an_effect_site_that_meets_a_ketamine_rate(which: int, gap: float) -> None:
    rate = ketamine_rates(one())[which] * (1 + gap)
    system = workload.system(one(EFFECT=np.log(2) / rate))
    assert modes(system).close[0] or gap > 5e-4
    assert error(system, SHORT, np.array([[80.0]])) <= ALL


@pytest.mark.parametrize("gap", GAPS)
def test_a_norketamine_rate_that_meets_a_ketamine_rate(gap: float) -> None:
    """Without a tissue norketamine has one rate, and nothing flows back."""
    rate = ketamine_rates(one())[1] * (1 + gap)
    system = workload.system(one(QN=1e-9, CLN=rate * workload.TYPICAL["VN1"]))
    assert error(system, SHORT, np.array([[80.0]])) <= ALL


@pytest.mark.parametrize("gap", GAPS)
def test_flip_flop_where_absorption_is_as_fast_as_elimination(gap: float) -> None:
    body = Compartments(("depot", "body", "tissue"), 1)
    body.exchange("body", "tissue", np.array([1.0]), np.array([20.0]), np.array([60.0]))
    body.loss("body", np.array([0.05]))
    a, d, bc = 0.1, 1 / 60, 0.05 / 60
    rate = 0.5 * (a + d - np.sqrt((a - d) ** 2 + 4 * bc))
    body.flow("depot", "body", np.array([rate * (1 + gap)]))
    system = body.system({"im": body.at("depot", 0.93)}, {"ketamine": body.concentration("body", 20.0)})
    course = Course((Portion("im", 0.5, 0, 3.0),), (Grid(0.0, 7.0, 100),))
    assert error(system, course, np.array([[70.0]])) <= ALL


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(systems(), st.integers(0, 200), st.integers(0, 200), st.sampled_from([0.0, 11.0, 60.5]))
def test_any_compartments_agree_with_the_engine(system: LinearSystem, first: int, second: int, lasting: float) -> None:
    course = Course(
        (Portion("iv", 1.0, 0, first / 7, lasting), Portion("im", 2.0, 1, float(second))),
        (Grid(0.0, 3.7, 40), Grid(200.0, 1.0, 7)),
    )
    amounts = np.array([[50.0], [3.0]])
    given_ = [Input("iv", 50.0, first / 7, lasting, 0), Input("im", 6.0, float(second), 0.0, 0)]
    fast = trajectories(modes(system), course, amounts)[0]
    for number, (name, slow) in enumerate(solve(system, given_, course.times_min, 1).items()):
        peak = max(slow.max(), 1e-12 * 56.0 * system.outputs[name].max())
        assert np.abs(fast[number] - slow[0, :, 0]).max() <= ALL * peak


@pytest.mark.parametrize("model_id", ["kamp_2020", "otto_2021", "simons_2022"])
def test_published_models_agree_with_the_engine(model_id: str) -> None:
    found = model(model_id)
    patient = Patient(70.0, 40.0, "male")
    system = found.system(patient, draw_effects(found, 200, seed=3))
    course = Course((Portion("iv", 0.5, 0, 0.0, 40.0), Portion("iv", 0.1, 0, 1440.0)), (Grid(0.0, 2.0, 800),))
    assert modes(system).unsolved == ""
    fast = trajectories(modes(system), course, np.full((1, 200), 70.0))
    given_ = [Input("iv", 35.0, 0.0, 40.0, 0), Input("iv", 7.0, 1440.0, 0.0, 0)]
    for number, slow in enumerate(solve(system, given_, course.times_min, 1).values()):
        assert np.abs(fast[:, number].T - slow[0]).max() <= ALL * slow.max()


def test_a_release_of_its_own_time_goes_to_the_engine_and_is_said() -> None:
    found = model("simons_2022")
    system = found.system(Patient(70.0, 40.0, "male"), draw_effects(found, 5, seed=3))
    course = Course((Portion("sublingual", 1.0, 0, 0.0), Portion("iv", 0.5, 0, 30.0)), (Grid(0.0, 2.0, 50),))
    assert list(fallback(modes(system), course).values()) == [5]
    amounts = np.array([[50.0, 60.0, 70.0, 80.0, 90.0]])
    fast = trajectories(modes(system), course, amounts)
    given_ = [Input("sublingual", 90.0, 0.0, 0.0, 0), Input("iv", 45.0, 30.0, 0.0, 0)]
    for number, slow in enumerate(solve(system, given_, course.times_min, 1).values()):
        assert fast[4, number] == pytest.approx(slow[0, :, 4], rel=1e-9, abs=1e-12 * slow.max())


def test_four_compartments_that_exchange_and_three_equal_rates_in_a_row_go_to_the_engine() -> None:
    rate = np.full(2, 0.1)
    ring = Compartments(("a", "b", "c", "d"), 2)
    row = Compartments(("a", "b", "c", "d"), 2)
    for before, after in (("a", "b"), ("b", "c"), ("c", "d")):
        ring.exchange(before, after, rate, np.ones(2), np.ones(2))
        row.flow(before, after, rate)
    ring.loss("a", rate)
    for body in (ring, row):
        system = body.system({"iv": body.at("a")}, {"last": body.concentration("d")})
        assert modes(system).unsolved
        assert modes(system).close.all()
        assert error(system, Course((Portion("iv", 1.0, 0, 0.0),), (Grid(0.0, 1.0, 30),)), np.ones((1, 2))) <= ALL
