"""The batched matrix exponential against SciPy's, and where SciPy itself loses digits, against exact answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from norket.pharmacology.kernels.exponential import doublings, exponentials, multiples


def batched(matrix: np.ndarray, lengths: list[float]) -> np.ndarray:
    size, _, draws = matrix.shape
    result = np.empty((len(lengths), size, size, draws))
    exponentials(np.ascontiguousarray(matrix), np.array(lengths), result)
    return result


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 7), st.integers(0, 2**32 - 1), st.floats(-4, 3))
def test_it_is_the_exponential_of_any_matrix(size: int, seed: int, exponent: float) -> None:
    random = np.random.default_rng(seed)
    matrix = random.uniform(-1, 1, (size, size, 3))
    lengths = [10.0 ** (exponent - 2), 0.7]
    found = batched(matrix, lengths)
    for number, length in enumerate(lengths):
        for draw in range(3):
            wanted = expm(matrix[:, :, draw] * length)
            assert np.abs(found[number, :, :, draw] - wanted).max() <= 1e-12 * np.abs(wanted).max() * (1 + length)


@pytest.mark.parametrize("length", [1e-9, 1.0, 60.0, 1e4, 1e6])
def test_small_elements_are_as_exact_as_large_ones(length: float) -> None:
    matrix = np.array([[-0.3, 0.0], [0.3, -0.001]])[:, :, None]
    found = batched(matrix, [length])[0, :, :, 0]
    passed_on = 0.3 / (0.3 - 0.001) * (np.exp(-0.001 * length) - np.exp(-0.3 * length))
    assert found[0, 0] == pytest.approx(np.exp(-0.3 * length), rel=1e-9 if length < 1e4 else None, abs=1e-300)
    assert found[1, 1] == pytest.approx(np.exp(-0.001 * length), rel=1e-9, abs=1e-300)
    assert found[1, 0] == pytest.approx(passed_on, rel=1e-6 if length < 1 else 1e-9, abs=1e-300)
    assert found[0, 1] == 0.0


def test_no_time_is_no_change() -> None:
    matrix = np.random.default_rng(1).uniform(-1, 1, (4, 4, 2))
    assert (batched(matrix, [0.0])[0] == np.eye(4)[:, :, None]).all()


def test_many_steps_are_put_together_from_doubled_ones() -> None:
    matrix = np.array([[-0.3, 0.02], [0.3, -0.05]])[:, :, None] * np.array([1.0, 0.4, 0.01])
    counts = [1, 20, 201, 4280]
    ladder = np.empty((13, 2, 2, 3))
    exponentials(np.ascontiguousarray(matrix), np.array([0.5]), ladder[:1])
    doublings(ladder)
    found = np.empty((len(counts), 2, 2, 3))
    multiples(ladder, np.array(counts), found)
    assert found == pytest.approx(batched(matrix, [0.5 * count for count in counts]), rel=1e-11, abs=1e-300)
