"""Percentiles of everybody are exact, in one round or two, however the people and the times are cut into parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket.pharmacology.kernels.selection import ROUND
from norket.pharmacology.population import quantiles

PERCENTILES = (0, 5, 50, 95, 100)


def in_two_rounds(rows: np.ndarray, pilot: np.ndarray, parts: int) -> np.ndarray:
    around = quantiles.brackets(pilot, PERCENTILES)
    cut = np.array_split(np.arange(rows.shape[1]), parts)
    counts = None
    for who in cut:
        counts = quantiles.counted(rows[:, who], around, counts)
    assert counts is not None
    at = quantiles.places(counts, PERCENTILES, rows.shape[1])
    found = [quantiles.gathered(rows[:, who], around, at) for who in cut]
    return quantiles.of_gathered(found, around, at, PERCENTILES, rows.shape[1])


def people(seed: int, count: int, tied: float) -> np.ndarray:
    chance = np.random.default_rng(seed)
    rows = np.exp(chance.normal(size=(6, count)))
    rows[chance.random(rows.shape) < tied] = 0.0
    rows[0] = 0.0
    rows[1] = 3.25
    return rows


def by_sorting(rows: np.ndarray) -> np.ndarray:
    place = np.array(PERCENTILES)[:, None] / 100 * (rows.shape[1] - 1)
    below = place.astype(int)
    low, high = (np.take_along_axis(np.sort(rows, axis=1).T, at, axis=0) for at in (below, np.ceil(place).astype(int)))
    return np.asarray(low + (place - below) * (high - low))


def moments(seed: int, count: int, kind: str) -> np.ndarray:
    """Thirty moments of `count` people."""
    chance = np.random.default_rng(seed)
    size, rate = np.exp(chance.normal(size=(2, count)))
    time = np.linspace(0, 3, 30)[:, None]
    rows = {
        "smooth": size * np.exp(-rate * time),
        "after an infusion": size * np.exp(-rate * np.abs(time - 1.51)),
        "anything": chance.normal(size=(30, count)) * 10.0 ** chance.integers(-300, 300, size=(30, 1)),
        "ever the same": np.repeat(size[None], 30, axis=0),
        "few levels": np.floor(4 * np.exp(-rate * time)),
        "one level": np.repeat(np.floor(time), count, axis=1),
        "in order": np.sort(size) * (1 + time),
        "below nought": np.where(size < 1, -rate, 0.0) * time,
        "largest": np.sign(time - 1) * np.finfo(float).max / 2 / (1 + size),
    }
    return rows[kind]


KINDS = (
    "smooth", "after an infusion", "anything", "ever the same", "few levels", "one level", "in order", "below nought",
    "largest",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6000), kind=st.sampled_from(KINDS))
def test_selecting_gives_what_sorting_gives_to_the_last_bit(seed: int, count: int, kind: str) -> None:
    rows = moments(seed, count, kind)
    assert np.array_equal(quantiles.of_all(rows, PERCENTILES), by_sorting(rows))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 3, 2047, 2048, 2049, 9001])
def test_the_times_before_change_nothing(kind: str, count: int) -> None:
    rows = moments(4, count, kind)
    whole = quantiles.of_all(rows, PERCENTILES)
    for cuts in (2, 7, 30):
        parts = [quantiles.of_all(part, PERCENTILES) for part in np.array_split(rows, cuts)]
        assert np.concatenate(parts, axis=1).tobytes() == whole.tobytes()


def test_the_order_of_the_people_changes_nothing() -> None:
    rows = np.concatenate([moments(5, 5000, "smooth"), moments(5, 5000, "few levels")])
    order = np.random.default_rng(6).permutation(5000)
    assert quantiles.of_all(rows[:, order], PERCENTILES).tobytes() == quantiles.of_all(rows, PERCENTILES).tobytes()


def test_a_sample_that_says_nothing_of_the_rest_costs_time_and_not_truth() -> None:
    rows = moments(7, 5000, "smooth")
    at = (np.arange(1, 2049) * ROUND % 1.0 * 5000).astype(int)
    rows[:, at] += 1000.0
    assert np.array_equal(quantiles.of_all(rows, PERCENTILES), by_sorting(rows))


def test_noughts_of_either_sign_are_nought() -> None:
    rows = np.where(np.arange(5000) % 2, -0.0, 0.0)[None]
    assert not np.signbit(quantiles.of_all(rows, PERCENTILES)).any()


@pytest.mark.parametrize("count", [1, 100, 5000])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_refused(bad: float, count: int) -> None:
    rows = moments(8, count, "smooth")
    rows[-1, -1] = bad
    with pytest.raises(ValueError, match="infinite or not a number"):
        quantiles.of_all(rows, PERCENTILES)
    around = quantiles.brackets(moments(8, count, "smooth"), PERCENTILES)
    with pytest.raises(ValueError, match="infinite or not a number"):
        quantiles.counted(rows, around)


def test_nobody_has_no_percentiles() -> None:
    with pytest.raises(ValueError, match="nobody"):
        quantiles.of_all(np.empty((3, 0)), PERCENTILES)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(3, 3000), tied=st.sampled_from([0.0, 0.06, 0.5, 0.97]))
def test_two_rounds_give_what_sorting_gives(seed: int, count: int, tied: float) -> None:
    rows = people(seed, count, tied)
    sorted_all = quantiles.of_all(rows, PERCENTILES)
    for parts in (1, 2, 7):
        assert (in_two_rounds(rows, rows[:, : max(count // 4, 1)], parts) == sorted_all).all()


def test_selecting_gives_what_numpy_gives() -> None:
    rows = people(1, 501, 0.1)
    assert np.allclose(quantiles.of_all(rows, PERCENTILES), np.percentile(rows, PERCENTILES, axis=1), rtol=1e-13)


@pytest.mark.parametrize("factor", [1e-6, 0.5, 2.0, 1e6])
def test_a_pilot_that_looked_in_the_wrong_place_costs_memory_and_not_truth(factor: float) -> None:
    rows = people(2, 700, 0.05)
    assert (in_two_rounds(rows, rows[:, :64] * factor, 3) == quantiles.of_all(rows, PERCENTILES)).all()


def test_little_is_gathered_when_the_pilot_is_good() -> None:
    rows = np.exp(np.random.default_rng(3).normal(size=(2, 40_000)))
    around = quantiles.brackets(rows[:, :4096], (5, 50, 95))
    at = quantiles.places(quantiles.counted(rows, around), (5, 50, 95), rows.shape[1])
    assert 0 < len(quantiles.gathered(rows, around, at).values) < rows.size * 0.01
