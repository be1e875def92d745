"""Curves, rows and summaries are three readings of one answer; amounts are each patient's own."""

from dataclasses import replace

import numpy as np
import pytest
import workload
from exact import curves

from norket.pharmacology.models import LinearSystem
from norket.pharmacology.population import courses
from norket.pharmacology.population.course import Course, Grid, Portion
from norket.pharmacology.population.modal import Modes, modes

COURSE = Course(
    (Portion("iv", 0.5, 0, 0.0, 40.0), Portion("iv", 10.0, 1, 90.25), Portion("iv", 0.3, 0, 3000.0, 20.5)),
    (Grid(0.0, 1.0, 181), Grid(200.0, 2.5, 30), Grid(3000.0, 1.0, 100)),
)
LIMITS = (("ketamine", 60.0), ("norketamine", 20.0), ("ketamine", 150.0))


def with_areas(system: LinearSystem) -> LinearSystem:
    """The area of each output as one more state that nothing leaves, and one more output."""
    states, size = system.states, system.states + len(system.outputs)
    matrix = np.zeros((system.draws, size, size))
    matrix[:, :states, :states] = system.A
    inputs = {way: np.pad(vector, ((0, 0), (0, size - states))) for way, vector in system.inputs.items()}
    outputs = {name: np.pad(vector, ((0, 0), (0, size - states))) for name, vector in system.outputs.items()}
    for number, (name, vector) in enumerate(system.outputs.items()):
        matrix[:, states + number, :states] = vector
        outputs[f"area of {name}"] = np.eye(size)[[states + number] * system.draws]
    return LinearSystem(matrix, inputs, outputs)


@pytest.fixture(scope="module")
def people() -> tuple[LinearSystem, np.ndarray]:
    system, weight = workload.population(130, seed=5)
    return system, np.concatenate([weight, np.arange(130)[None, :] % 3.0])


@pytest.fixture(scope="module")
def found(people: tuple[LinearSystem, np.ndarray]) -> Modes:
    return modes(people[0])


def test_each_patient_gets_the_amounts_of_their_own(people: tuple[LinearSystem, np.ndarray], found: Modes) -> None:
    system, amounts = people
    fast = courses.trajectories(found, COURSE, amounts)
    for who in (0, 1, 65, 129):
        exact = curves(system, COURSE, amounts, who)
        assert np.abs(fast[who] - exact).max() <= 1e-11 * exact.max()


def test_a_buffer_that_is_given_is_filled_whatever_it_held(
    people: tuple[LinearSystem, np.ndarray], found: Modes
) -> None:
    fresh = courses.trajectories(found, COURSE, people[1])
    buffer = np.full(fresh.shape, np.nan)
    assert courses.trajectories(found, COURSE, people[1], buffer) is buffer
    assert (buffer == fresh).all()


@pytest.mark.parametrize("at_once", [1, 7, 64, 311])
def test_rows_are_the_same_bits_however_many_are_read_at_once(
    people: tuple[LinearSystem, np.ndarray], found: Modes, at_once: int
) -> None:
    count = len(COURSE.times_min)
    whole = courses.rows(courses.begin(found, COURSE, people[1]), np.empty((count, 3, 130)))
    state, parts = courses.begin(found, COURSE, people[1]), np.empty((count, 3, 130))
    for start in range(0, count, at_once):
        courses.rows(state, parts[start : start + at_once])
    exact = ~found.close
    assert (parts[:, :, exact] == whole[:, :, exact]).all()
    assert parts == pytest.approx(whole, rel=1e-9, abs=1e-9)
    fast = courses.trajectories(found, COURSE, people[1])
    assert np.abs(whole.transpose(2, 1, 0) - fast).max() <= 1e-11 * fast.max()


def test_rows_end_with_the_course(people: tuple[LinearSystem, np.ndarray], found: Modes) -> None:
    state = courses.begin(found, COURSE, people[1])
    courses.rows(state, np.empty((300, 3, 130)))
    with pytest.raises(ValueError, match="12 rows are asked for and 11 are left"):
        courses.rows(state, np.empty((12, 3, 130)))


def test_peaks_and_times_over_thresholds_are_those_of_the_curves(
    people: tuple[LinearSystem, np.ndarray], found: Modes
) -> None:
    fast = courses.trajectories(found, COURSE, people[1])
    said = courses.summaries(found, COURSE, people[1], LIMITS)
    assert said.peak_ng_ml == pytest.approx(fast.max(axis=2), rel=1e-12)
    assert (said.peak_min == COURSE.times_min[fast.argmax(axis=2)]).all()
    for number, (output, level) in enumerate(LIMITS):
        curve = fast[:, found.outputs.index(output)]
        finest = np.zeros(130)
        for first, last, step in ((0, 181, 1.0), (181, 211, 2.5), (211, 311, 1.0)):
            fine = np.linspace(0, last - first - 1, 20_000 + 1)
            for who in range(130):
                line = np.interp(fine, np.arange(last - first), curve[who, first:last])
                finest[who] += step * (last - first - 1) * (line > level).mean()
        assert said.over_min[:, number] == pytest.approx(finest, abs=0.05)


def test_peaks_are_the_same_bits_whether_a_threshold_is_watched_or_not(
    people: tuple[LinearSystem, np.ndarray], found: Modes
) -> None:
    fast = courses.trajectories(found, COURSE, people[1])
    every = tuple((name, 1.0) for name in found.outputs)
    for said in (courses.summaries(found, COURSE, people[1], limits) for limits in ((), every)):
        assert (said.peak_ng_ml == fast.max(axis=2)).all()
        assert (said.peak_min == COURSE.times_min[fast.argmax(axis=2)]).all()


def test_areas_are_exact_between_the_grids_too(people: tuple[LinearSystem, np.ndarray], found: Modes) -> None:
    system, amounts = people
    said = courses.summaries(found, COURSE, amounts)
    for who in (0, 2, 64, 128):
        exact = curves(with_areas(system), COURSE, amounts, who)[3:, -1] / 60
        assert said.area_ng_h_ml[who] == pytest.approx(exact.astype(float), rel=1e-11)


def test_the_engine_gives_the_same_summaries(people: tuple[LinearSystem, np.ndarray], found: Modes) -> None:
    fast = courses.summaries(found, COURSE, people[1], LIMITS)
    slow = courses.summaries(replace(found, close=np.ones(130, dtype=np.bool_)), COURSE, people[1], LIMITS)
    for name in ("peak_ng_ml", "peak_min", "area_ng_h_ml", "over_min"):
        assert getattr(fast, name) == pytest.approx(getattr(slow, name), rel=1e-9, abs=1e-9), name


def test_close_patients_are_counted(people: tuple[LinearSystem, np.ndarray], found: Modes) -> None:
    some = replace(found, close=np.arange(130) % 13 == 0)
    assert courses.fallback(some, COURSE) == {"rates that are nearly equal": 10}
    assert courses.fallback(replace(found, close=np.zeros(130, dtype=np.bool_)), COURSE) == {}


def test_grids_follow_each_other() -> None:
    with pytest.raises(ValueError, match="before the last ends"):
        Course((), (Grid(0.0, 1.0, 10), Grid(9.0, 1.0, 3)))
    with pytest.raises(ValueError, match="needs a time"):
        Course((), ())
    with pytest.raises(ValueError, match="above zero"):
        Grid(0.0, 0.0, 3)
