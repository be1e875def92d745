"""The percentiles of a band are those that a plain sort finds, whatever the curves do from one time to the next."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket.pharmacology import kernels
from norket.pharmacology.uncertainty import bands

PARTS = np.array([0.0, 0.05, 0.5, 0.95, 1.0])


def found(curves: np.ndarray) -> np.ndarray:
    result = np.empty((len(PARTS), len(curves)))
    kernels.percentiles(curves, PARTS, result)
    return result


def assert_exact(curves: np.ndarray) -> None:
    assert found(curves) == pytest.approx(np.quantile(curves, PARTS, axis=1), rel=1e-14, abs=0.0)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 700), st.integers(1, 12), st.integers(0, 2**32), st.floats(0.0, 2.0))
def test_they_are_exact_for_curves_that_change_places_slowly_or_fast(
    draws: int, times: int, seed: int, restless: float
) -> None:
    chance = np.random.default_rng(seed)
    steps = chance.standard_normal((times, draws)) * restless
    assert_exact(np.exp(np.cumsum(steps, axis=0)))


@pytest.mark.parametrize("draws", [1, 2, 3, 20, 21, 160, 161, 1000])
def test_they_are_exact_for_few_draws_for_equal_ones_and_after_an_upheaval(draws: int) -> None:
    chance = np.random.default_rng(draws)
    rising = np.sort(chance.random(draws))
    assert_exact(np.stack([np.zeros(draws), rising, rising[::-1], np.round(rising, 1), chance.random(draws), rising]))


def test_a_band_is_the_5th_50th_and_95th() -> None:
    curves = np.random.default_rng(0).random((9, 400))
    assert bands(curves) == pytest.approx(np.percentile(curves, (5, 50, 95), axis=1), rel=1e-14)
