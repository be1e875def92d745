"""What came of it: peaks, areas and times of known curves, chances with their interval, and what drives a spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.pharmacology.population.compare import difference_of_chances, paired
from norket.pharmacology.population.course import Grid
from norket.pharmacology.population.outcomes import hours_over, ranked, sensitivities, spread_of, timed, watched, wilson
from norket.pharmacology.population.scenario import Threshold

GRIDS = (Grid(0.0, 30.0, 3), Grid(1440.0, 30.0, 3))
# A triangle on each of two days, for one patient; the second patient has nothing.
CURVES = np.array([[0.0, 0], [10, 0], [0, 0], [0, 0], [20, 0], [0, 0]])


def test_peak_its_time_and_area_of_triangles() -> None:
    found = watched(CURVES, GRIDS)
    assert found["peak"].tolist() == [20, 0]
    assert found["tmax"].tolist() == [1470, 0]
    assert found["area"].tolist() == [10 / 2 + 20 / 2, 0]


@pytest.mark.parametrize(("level", "hours"), [(0.0, 2.0), (5.0, 1.25), (10.0, 0.5), (20.0, 0.0), (21.0, 0.0)])
def test_time_over_a_level_is_cut_where_the_straight_line_crosses_it(level: float, hours: float) -> None:
    assert hours_over(CURVES, GRIDS, level)[0] == pytest.approx(hours)


def test_over_and_under_are_the_watched_time() -> None:
    found = timed(CURVES, GRIDS, Threshold(name="five", output="x", level=5, source="assumed"))
    assert (found["hours_over"] + found["hours_under"]).tolist() == [2.0, 2.0]


# Newcombe 1998, Table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
@pytest.mark.parametrize(
    ("attained", "patients", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_that_of_wilson(attained: int, patients: int, low: float, high: float) -> None:
    part, below, above = wilson(attained, patients)
    assert part == attained / patients
    assert (round(below, 4), round(above, 4)) == (low, high)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_part_and_stays_between_0_and_1(counts: tuple[int, int]) -> None:
    part, low, high = wilson(*counts)
    assert 0 <= low <= part <= high <= 1


def test_the_shares_are_those_of_the_causes() -> None:
    chance = np.random.default_rng(1)
    strong, weak, idle = chance.normal(size=(3, 20_000))
    shares, explained = sensitivities(2 * strong + weak, ranked({"strong": strong, "weak": weak, "idle": idle}))
    found = {one.factor: one for one in shares}
    assert shares[0].factor == "strong"
    assert found["strong"].share == pytest.approx(0.8, abs=0.02)
    assert found["weak"].share == pytest.approx(0.2, abs=0.02)
    assert abs(found["idle"].share) < 0.01
    assert explained == pytest.approx(sum(one.share for one in shares))


def test_what_does_not_vary_drives_nothing() -> None:
    assert ranked({"same": np.ones(10)}) == {}
    assert sensitivities(np.ones(10), ranked({"x": np.arange(10.0)})) == ([], 0.0)


def test_a_spread_is_mean_sd_and_percentiles() -> None:
    found = spread_of(np.array([1.0, 2, 3, 4]), (0, 50, 100))
    assert found == pytest.approx({"mean": 2.5, "sd": 1.2909944487358056, "p0": 1, "p50": 2.5, "p100": 4})


def test_pairs_are_compared_patient_by_patient() -> None:
    found = paired(np.array([1.0, 2, 4, 0]), np.array([2.0, 1, 4 * (1 + 1e-12), 0]), (50,))
    assert (found["more"], found["less"], found["mean"], found["ratio"]) == pytest.approx((0.25, 0.25, 0.0, 1.0))


# Bonett and Price 2012 add one to each of the two counts of those who changed, and two to all.
def test_the_difference_of_two_chances_in_the_same_people_has_an_interval() -> None:
    more, low, high = difference_of_chances(43, 54, 199)
    less, gained, people = 44 / 201, 55 / 201, 201
    half = 1.959963984540054 * ((less + gained - (gained - less) ** 2) / people) ** 0.5
    assert (more, low, high) == pytest.approx((11 / 199, gained - less - half, gained - less + half))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(100, 200))
def test_the_interval_of_a_difference_holds_it_and_turns_round_with_it(first: int, second: int, people: int) -> None:
    more, low, high = difference_of_chances(first, second, people)
    assert -1 <= low <= more <= high <= 1
    assert difference_of_chances(second, first, people) == pytest.approx((-more, -high, -low))
