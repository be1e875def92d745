"""How likely a measured value is where a model says another one; with the slope and the information of that.

The error of a sample is the model's residual error and the assay's, independent of each other: normal with a standard
deviation that grows with the prediction, or normal on the log scale where the model was fitted there. A level below the
limit of quantification counts with the probability of lying below it, not as half the limit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LOG_2PI = float(np.log(2 * np.pi))
# The step, in the log of a level or in standard deviations of a score, over which a curvature is measured.
BESIDE = 1e-4
# A curvature below this part of its expectation is not trusted to lead anywhere.
CURVED = 0.2


@dataclass(frozen=True, eq=False)
class Errors:
    """The observed values and their errors, one element each: variance = share² · prediction² + added².

    `log`: the error is normal on the log scale, with the standard deviation √(share² + added²/prediction²).
    `below`: the value is a limit and the sample was below it. `level`: it is a concentration, never below zero.
    """

    value: Floats
    share: Floats
    added: Floats
    log: Flags
    below: Flags
    level: Flags

    def likelihood(self, predicted: Floats) -> Floats:
        """The log-likelihood of predictions (observations, draws) or (observations,), of the same shape."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            standard, spread, _ = self._standard(predicted)
            found = -0.5 * standard * standard - np.log(spread) - 0.5 * LOG_2PI
            if self.log.any():
                found = found - self._across(
                    np.where(self.log, np.log(np.where(self.log, self.value, 1.0)), 0.0), found
                )
            if self.below.any():
                found = np.where(self._across(self.below, found), log_ndtr(standard), found)
        return np.where(np.isnan(found), -np.inf, found)

    def below_chance(self, predicted: Floats) -> Floats:
        """The chance that a sample would come out below the observed value, in the shape of `predicted`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = ndtr(self._standard(predicted)[0])
        return found

    def _standard(self, predicted: Floats) -> tuple[Floats, Floats, Floats]:
        """(value - prediction) / spread, the spread, and the slope of the prediction, on the scale of each error."""
        value, share, added = (self._across(one, predicted) for one in (self.value, self.share, self.added))
        if not self.log.any():
            spread = np.sqrt((share * predicted) ** 2 + added**2)
            return (value - predicted) / spread, spread, np.ones_like(predicted)
        log = self._across(self.log, predicted)
        one = np.where(log, predicted, 1.0)
        spread = np.where(log, np.hypot(share, added / one), np.hypot(share * predicted, added))
        off = np.where(log, np.log(np.where(log, value, 1.0)) - np.log(one), value - predicted)
        return off / spread, spread, np.where(log, 1.0 / one, 1.0)

    @staticmethod
    def _across(values: NDArray[np.generic], predicted: Floats) -> Floats:
        return values.reshape(values.shape + (1,) * (predicted.ndim - 1))  # type: ignore[return-value]

    def slope_and_information(self, predicted: Floats) -> tuple[Floats, Floats]:
        """d log-likelihood / d prediction, and what is expected of its curvature; in the shape of `predicted`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            standard, spread, ahead = self._standard(predicted)
            ahead = ahead / spread
            share, added = self._across(self.share, predicted), self._across(self.added, predicted)
            growth = share**2 * predicted / spread**2
            if self.log.any():
                on_log = -(added**2) / (predicted**3 * spread**2)
                growth = np.where(self._across(self.log, predicted), on_log, growth)
            slope = standard * ahead + (standard**2 - 1.0) * growth
            information = ahead**2 + 2.0 * growth**2
            if self.below.any():
                below = self._across(self.below, predicted)
                hazard = np.exp(-0.5 * standard**2 - 0.5 * LOG_2PI - log_ndtr(standard))
                turn = -ahead - standard * growth
                slope = np.where(below, hazard * turn, slope)
                information = np.where(below, hazard * (hazard + standard) * turn**2, information)
        return slope, information

    def coordinates(self, predicted: Floats) -> Floats:
        """d prediction / d coordinate (observations,): a level moves by its log, a score by its standard deviation."""
        return np.where(self.level, predicted, self.added)

    def steepness(self, predicted: Floats) -> tuple[Floats, Floats]:
        """Slope and curvature at predictions (observations,), in the coordinates: what a Newton step goes by.

        A level is nearly a straight line of the random effects in its log, so this curvature is that of the posterior.
        """
        scale = self.coordinates(predicted)
        moved = np.array([-BESIDE, 0.0, BESIDE])
        around = np.where(
            self.level[:, None], predicted[:, None] * np.exp(moved), predicted[:, None] + scale[:, None] * moved
        )
        slope, information = self.slope_and_information(around)
        slope = slope * np.where(self.level[:, None], around, scale[:, None])
        expected = information[:, 1] * scale**2
        curved = (slope[:, 0] - slope[:, 2]) / (2 * BESIDE)
        return slope[:, 1], np.where(curved > CURVED * expected, curved, expected)
