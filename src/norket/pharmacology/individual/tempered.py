"""Draws where the mode's neighbourhood is not the posterior: tempered sequential Monte Carlo from the prior.

Particles start as draws of the prior and the likelihood is switched on in steps that keep half of them effective; after
each step they are resampled and moved by random walks. They live on islands that never exchange a particle, so that
the spread between the islands' means says honestly how many independent draws the answer is worth.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.individual.sampling import Sample

Floats = NDArray[np.float64]
LogLikelihood = Callable[[Floats], Floats]
TEMPERED = 13
ISLANDS = 16
KEPT_EFFECTIVE = 0.5
MOST_STEPS = 60
# Random-walk moves at each temperature, and more at the last one.
MOVES, LAST_MOVES = 6, 24
# The scale of a random walk that suits a normal target in many dimensions, and the acceptance that it aims at.
WALK, ACCEPTANCE = 2.38, 0.25


def tempered(log_likelihood: LogLikelihood, size: int, draws: int, seed: int) -> Sample:
    """`draws` equally weighted draws of whitened effects; `effective` is 0 where the likelihood was not reached."""
    chance = np.random.Generator(np.random.PCG64([seed, TEMPERED]))
    each = -(-draws // ISLANDS)
    count = each * ISLANDS
    points = chance.standard_normal((count, size))
    likelihood = log_likelihood(points)
    power, scale = 0.0, WALK / np.sqrt(size)
    for _ in range(MOST_STEPS):
        if not np.isfinite(likelihood).any():
            break
        rise = _next_power(likelihood, power) - power
        power += rise
        taken = _resampled(likelihood * rise, each, chance)
        points, likelihood = points[taken], likelihood[taken]
        for _ in range(LAST_MOVES if power == 1.0 else MOVES):
            points, likelihood, accepted = _moved(log_likelihood, points, likelihood, power, scale, chance)
            scale *= np.exp(accepted - ACCEPTANCE)
        if power == 1.0:
            kept = points.reshape(ISLANDS, each, size)
            equal = np.full(count, 1.0 / count)
            return Sample(points, equal, _effective(kept), float("nan"), "tempered")
    return Sample(points, np.full(count, 1.0 / count), 0.0, float("nan"), "tempered")


def _next_power(likelihood: Floats, power: float) -> float:
    """The highest power of the likelihood, up to 1, that leaves half of the particles effective."""
    if _share(likelihood * (1.0 - power)) >= KEPT_EFFECTIVE:
        return 1.0
    low, high = power, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _share(likelihood * (middle - power)) >= KEPT_EFFECTIVE else (low, middle)
    return high


def _share(logs: Floats) -> float:
    weights = np.exp(logs - logs.max())
    return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))


def _resampled(logs: Floats, each: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """Systematic resampling on each island."""
    islands = logs.reshape(ISLANDS, each)
    best = islands.max(axis=1, keepdims=True)
    weights = np.exp(islands - np.where(np.isfinite(best), best, 0.0))
    weights = np.where(np.isfinite(best), weights, 1.0)
    ladder = np.cumsum(weights, axis=1)
    ladder /= ladder[:, -1:]
    places = (np.arange(each) + chance.random((ISLANDS, 1))) / each
    found = [np.searchsorted(steps, place) for steps, place in zip(ladder, places, strict=True)]
    taken = np.minimum(np.array(found), each - 1) + each * np.arange(ISLANDS)[:, None]
    numbers: NDArray[np.int64] = taken.ravel().astype(np.int64)
    return numbers


def _moved(
    log_likelihood: LogLikelihood,
    points: Floats,
    likelihood: Floats,
    power: float,
    scale: float,
    chance: np.random.Generator,
) -> tuple[Floats, Floats, float]:
    """One Metropolis step of every particle, along the spread of all of them; and the share that moved."""
    size = points.shape[1]
    spread = np.atleast_2d(np.cov(points, rowvar=False)) + 1e-12 * np.eye(size)
    step = chance.standard_normal(points.shape) @ np.linalg.cholesky(spread).T * scale
    trial = points + step
    found = log_likelihood(trial)
    gain = power * (found - likelihood) - 0.5 * ((trial**2).sum(axis=1) - (points**2).sum(axis=1))
    accepted = np.log(chance.random(len(points))) < gain
    points = np.where(accepted[:, None], trial, points)
    return points, np.where(accepted, found, likelihood), float(accepted.mean())


def _effective(islands: Floats) -> float:
    """The draws that the islands are worth together: their variance over the variance of their means."""
    count, each, size = islands.shape
    within = islands.reshape(count * each, size).var(axis=0, ddof=1)
    between = islands.mean(axis=1).var(axis=0, ddof=1)
    if not (within > 0).all():
        return 0.0
    return float(min(count * each, count / (between / within).mean()))
