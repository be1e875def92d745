"""Percentiles of everybody are exact, in one round or two, however the people are cut into parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket.pharmacology.population import quantiles

PERCENTILES = (0, 5, 50, 95, 100)


def in_two_rounds(rows: np.ndarray, pilot: np.ndarray, parts: int) -> np.ndarray:
    around = quantiles.brackets(pilot.copy(), PERCENTILES)
    cut = np.array_split(np.arange(rows.shape[1]), parts)
    counts = sum(quantiles.counted(np.ascontiguousarray(rows[:, who]), around) for who in cut)
    at = quantiles.places(np.asarray(counts), PERCENTILES, rows.shape[1])
    found = [quantiles.gathered(np.ascontiguousarray(rows[:, who]), around, at) for who in cut]
    return quantiles.of_gathered(found, around, at, PERCENTILES, rows.shape[1])


def people(seed: int, count: int, tied: float) -> np.ndarray:
    chance = np.random.default_rng(seed)
    rows = np.exp(chance.normal(size=(6, count)))
    rows[chance.random(rows.shape) < tied] = 0.0
    rows[0] = 0.0
    rows[1] = 3.25
    return rows


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(3, 900), tied=st.sampled_from([0.0, 0.06, 0.5, 0.97]))
def test_two_rounds_give_what_sorting_gives(seed: int, count: int, tied: float) -> None:
    rows = people(seed, count, tied)
    sorted_all = quantiles.of_all(rows.copy(), PERCENTILES)
    for parts in (1, 2, 7):
        assert (in_two_rounds(rows, rows[:, : max(count // 4, 1)], parts) == sorted_all).all()


def test_sorting_gives_what_numpy_gives() -> None:
    rows = people(1, 501, 0.1)
    assert np.allclose(quantiles.of_all(rows.copy(), PERCENTILES), np.percentile(rows, PERCENTILES, axis=1), rtol=1e-13)


@pytest.mark.parametrize("factor", [1e-6, 0.5, 2.0, 1e6])
def test_a_pilot_that_looked_in_the_wrong_place_costs_memory_and_not_truth(factor: float) -> None:
    rows = people(2, 700, 0.05)
    assert (in_two_rounds(rows, rows[:, :64] * factor, 3) == quantiles.of_all(rows.copy(), PERCENTILES)).all()


def test_little_is_gathered_when_the_pilot_is_good() -> None:
    rows = np.exp(np.random.default_rng(3).normal(size=(2, 40_000)))
    around = quantiles.brackets(rows[:, :4096].copy(), (5, 50, 95))
    at = quantiles.places(quantiles.counted(rows, around), (5, 50, 95), rows.shape[1])
    assert 0 < len(quantiles.gathered(rows, around, at).values) < rows.size * 0.01
