"""What a measured value says of a prediction, against SciPy's distributions and against differences."""

import numpy as np
import pytest
from scipy import stats

from norket.pharmacology.individual.likelihood import Errors

PREDICTED = np.array([20.0, 55.0, 140.0])


def errors(value: float, share: float, added: float, *, log: bool = False, below: bool = False) -> Errors:
    flags = [np.array([flag]) for flag in (log, below, True)]
    return Errors(np.array([value]), np.array([share]), np.array([added]), *flags)


def test_a_normal_error_grows_with_the_prediction() -> None:
    found = errors(60.0, 0.2, 3.0).likelihood(PREDICTED[None])[0]
    assert found == pytest.approx(stats.norm.logpdf(60.0, PREDICTED, np.hypot(0.2 * PREDICTED, 3.0)))


def test_an_error_on_the_log_scale_is_log_normal() -> None:
    found = errors(60.0, 0.3, 0.0, log=True).likelihood(PREDICTED[None])[0]
    assert found == pytest.approx(stats.lognorm.logpdf(60.0, 0.3, scale=PREDICTED))


@pytest.mark.parametrize("log", [False, True])
def test_a_level_below_the_limit_counts_with_the_chance_of_being_there(log: bool) -> None:
    found = errors(60.0, 0.3, 0.0, log=log, below=True).likelihood(PREDICTED[None])[0]
    law = stats.lognorm(0.3, scale=PREDICTED) if log else stats.norm(PREDICTED, 0.3 * PREDICTED)
    assert found == pytest.approx(law.logcdf(60.0))
    assert errors(60.0, 0.3, 0.0, log=log).below_chance(PREDICTED[None])[0] == pytest.approx(law.cdf(60.0))


def test_kinds_of_error_stand_side_by_side() -> None:
    both = Errors(
        np.array([60.0, 60.0]),
        np.array([0.2, 0.3]),
        np.array([3.0, 0.0]),
        np.array([False, True]),
        np.array([False, True]),
        np.array([True, True]),
    )
    found = both.likelihood(np.stack([PREDICTED, PREDICTED]))
    assert found[0] == pytest.approx(errors(60.0, 0.2, 3.0).likelihood(PREDICTED[None])[0])
    assert found[1] == pytest.approx(errors(60.0, 0.3, 0.0, log=True, below=True).likelihood(PREDICTED[None])[0])


def test_a_prediction_of_nothing_is_impossible_and_not_an_error() -> None:
    assert errors(60.0, 0.2, 0.0).likelihood(np.array([[0.0]]))[0, 0] == -np.inf
    assert errors(60.0, 0.2, 0.0, log=True).likelihood(np.array([[0.0]]))[0, 0] == -np.inf


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("added", [0.0, 4.0])
def test_slope_and_curvature_are_those_of_the_likelihood(log: bool, below: bool, added: float) -> None:
    one, step = errors(60.0, 0.25, added, log=log, below=below), 1e-3
    for predicted in PREDICTED:
        around = np.array([[predicted - step, predicted, predicted + step]])
        low, _, high = one.likelihood(around)[0]
        slope, information = one.slope_and_information(np.array([predicted]))
        assert slope[0] == pytest.approx((high - low) / (2 * step), rel=1e-5, abs=1e-9)
        assert information[0] >= 0
        steep, curved = one.steepness(np.array([predicted]))
        moved = np.exp(np.array([-1e-3, 0.0, 1e-3]))
        low, middle, high = one.likelihood(predicted * moved[None])[0]
        assert steep[0] == pytest.approx((high - low) / 2e-3, rel=1e-4, abs=1e-8)
        exact = -(high - 2 * middle + low) / 1e-6
        expected = information[0] * predicted**2
        assert curved[0] == pytest.approx(exact if exact > 0.2 * expected else expected, rel=1e-3, abs=1e-7)


def test_information_is_what_is_expected_of_the_squared_slope() -> None:
    chance = np.random.default_rng(3)
    for log in (False, True):
        drawn = chance.standard_normal(200_000)
        values = 55.0 * np.exp(0.25 * drawn) if log else 55.0 * (1 + 0.25 * drawn)
        values = values[values > 0]
        many = Errors(
            values,
            *(np.full(len(values), x) for x in (0.25, 0.0)),
            *(np.full(len(values), x) for x in (log, False, True)),
        )  # type: ignore[arg-type]
        slope, information = many.slope_and_information(np.full(len(values), 55.0))
        assert (slope**2).mean() == pytest.approx(information[0], rel=0.03)
