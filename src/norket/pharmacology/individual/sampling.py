"""Draws from a posterior whose mode is known: importance sampling with a proposal around it, its quality measured.

A weight is the posterior's density over the proposal's. The largest weights are smoothed by a generalised Pareto tail
(Vehtari and others, "Pareto smoothed importance sampling"); its shape and the effective sample size say whether the
draws can be trusted. Where they cannot, `tempered.py` takes over.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LogPosterior = Callable[[Floats], Floats]
DEGREES = 7.0
# The proposal is a little wider than the curvature at the mode says, so that its tails cover the posterior's.
WIDER = 1.05
# A direction whose curvature is above the prior's by less than this part was not learned about.
INFORMED = 0.02
# Below these the answer is not taken from importance sampling: the share of effective draws, the shape of the tail.
ENOUGH_EFFECTIVE = 0.1
TAIL_SHAPE = 0.7
# How often the proposal is made anew from the draws before it; and what keeps their chance apart.
MOST_STAGES, STAGE = 4, 1_000_003
# Streams of chance of their own for each use of one seed.
PROPOSAL, RESAMPLE = 11, 12


@dataclass(frozen=True, eq=False)
class Sample:
    """Weighted draws of whitened effects: `weights` add up to one. `effective` is the effective sample size.

    `tail_shape` is the shape of the Pareto tail of the weights (above 0.7 they cannot be trusted; nan if not fitted).
    """

    whitened: Floats
    weights: Floats
    effective: float
    tail_shape: float
    method: str

    @property
    def reliable(self) -> bool:
        """Whether importance sampling may answer."""
        shape = self.tail_shape
        return self.effective >= ENOUGH_EFFECTIVE * len(self.weights) and (np.isnan(shape) or shape <= TAIL_SHAPE)


def importance(log_posterior: LogPosterior, mode: Floats, precision: Floats, draws: int, seed: int) -> Sample:
    """`draws` around the mode, weighted to the posterior.

    In the directions of which the observations say something the proposal is a t with the posterior's curvature, heavy
    in its tails; in all others it is the prior. Few observations of many parameters then cost no efficiency.
    """
    curved, directions = np.linalg.eigh(precision)
    learned = curved > 1.0 + INFORMED
    scale = np.where(learned, WIDER / np.sqrt(np.maximum(curved, 1.0)), 1.0)
    chance = np.random.Generator(np.random.PCG64([seed, PROPOSAL]))
    standard = chance.standard_normal((draws, len(mode)))
    chi = chance.chisquare(DEGREES, draws) / DEGREES
    rest = standard[:, ~learned]
    tailed = standard[:, learned] / np.sqrt(chi)[:, None]
    proposal = _log_t(tailed) - 0.5 * (rest**2).sum(axis=1) - np.log(scale).sum()
    standard[:, learned] = tailed
    whitened = mode + (standard * scale) @ directions.T
    weights, shape = smoothed(log_posterior(whitened) - proposal)
    return Sample(whitened, weights, float(1 / (weights**2).sum()), shape, "importance")


def adapted(log_posterior: LogPosterior, first: Sample, draws: int, seed: int) -> Sample:
    """Importance sampling again, around the mean and covariance that the draws so far found, until it is reliable.

    For a posterior that leans away from its mode: its own moments make the better proposal.
    """
    sample = first
    for number in range(1, MOST_STAGES + 1):
        if sample.reliable or sample.effective < 2 * sample.whitened.shape[1]:
            break
        mean = sample.weights @ sample.whitened
        away = sample.whitened - mean
        spread = away.T @ (sample.weights[:, None] * away)
        precision = np.asarray(np.linalg.inv(spread), dtype=np.float64)
        sample = importance(log_posterior, mean, precision, draws, seed + number * STAGE)
    return sample


def _log_t(standard: Floats) -> Floats:
    """The log density, up to a constant, of a multivariate t in standard units."""
    found: Floats = -(DEGREES + standard.shape[1]) / 2 * np.log1p((standard**2).sum(axis=1) / DEGREES)
    return found


def smoothed(logs: Floats) -> tuple[Floats, float]:
    """Weights that add up to one from log weights, the largest smoothed by a Pareto tail; and the tail's shape."""
    count = len(logs)
    logs = logs - logs.max()
    tail = int(np.ceil(min(0.2 * count, 3 * np.sqrt(count))))
    if tail < 5:  # noqa: PLR2004 -- fewer points fit no tail
        return np.exp(logs) / np.exp(logs).sum(), float("nan")
    order = np.argpartition(logs, count - tail - 1)
    cut = logs[order[count - tail - 1]]
    largest = order[count - tail :]
    largest = largest[np.argsort(logs[largest], kind="stable")]
    excess = np.exp(logs[largest]) - np.exp(cut)
    if not excess[0] > 0:
        return np.exp(logs) / np.exp(logs).sum(), float("nan")
    shape, scale = _pareto(excess)
    places = (np.arange(tail) + 0.5) / tail
    quantiles = scale * np.expm1(-shape * np.log1p(-places)) / shape if shape else -scale * np.log1p(-places)
    logs = logs.copy()
    logs[largest] = np.minimum(np.log(quantiles + np.exp(cut)), 0.0)
    weights = np.exp(logs)
    return weights / weights.sum(), shape


def _pareto(excess: Floats) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution, by the empirical Bayes fit of Zhang and Stephens."""
    count = len(excess)
    grid = 30 + int(np.sqrt(count))
    quartile = excess[int(count / 4 + 0.5) - 1]
    theta = 1 / excess[-1] + (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3 * quartile)
    shapes = np.log1p(-theta[:, None] * excess).mean(axis=1)
    profile = count * (np.log(-theta / shapes) - shapes - 1)
    chances = np.exp(profile - profile.max())
    best = float((theta * chances).sum() / chances.sum())
    shape = float(np.log1p(-best * excess).mean())
    scale = -shape / best
    # Drawn a little towards 1/2, as ten more points there would.
    return (count * shape + 10 * 0.5) / (count + 10), scale


def resample(weights: Floats, count: int, seed: int) -> NDArray[np.int64]:
    """Which draws to take so that `count` of them are equally likely (systematic resampling)."""
    chance = np.random.Generator(np.random.PCG64([seed, RESAMPLE]))
    places = (np.arange(count) + chance.random()) / count
    found = np.searchsorted(np.cumsum(weights), places)
    return np.minimum(found, len(weights) - 1).astype(np.int64)
