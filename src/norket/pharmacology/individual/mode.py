"""The most likely random effects, by Newton's method on whitened effects, from predictions at and around a point.

All points that the differences need go to the model in one call, so a step with the exact curvature costs little more
than one without. Where that curvature leads nowhere (far from the mode), the Gauss-Newton one is taken, and
Levenberg's damping keeps every step uphill.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.individual.likelihood import Errors

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]
# A step of a whitened effect for the differences: their error is of the order of its square.
DIFFERENCE = 1e-3
MOST_EVALUATIONS = 60
LEAST, EASIER, FIRM, HARDER = 1e-12, 0.01, 0.03, 10.0
# The exact curvature is taken where it is at least this in every direction; the prior alone makes one.
CURVED = 0.3
# No step is longer, and no effect is looked at farther out, in standard deviations of the prior.
LONGEST_STEP, FARTHEST = 3.0, 25.0
# The search ends where the next step would gain less than this in the log of the posterior.
GAIN = 1e-9


@dataclass(frozen=True, eq=False)
class Mode:
    """The mode in whitened effects: where, the log posterior there (up to a constant), the predictions and their
    Jacobian, minus the curvature of the log posterior (`precision`), and the information that is expected of each
    observation, per unit of it. `converged` is False where the search ran out of steps.
    """

    whitened: Floats
    log_posterior: float
    predicted: Floats
    jacobian: Floats
    precision: Floats
    information: Floats
    converged: bool
    evaluations: int


@dataclass(frozen=True, eq=False)
class _Point:
    whitened: Floats
    log_posterior: float
    predicted: Floats
    jacobian: Floats
    gradient: Floats
    curvature: Floats


def find_mode(predict: Predict, errors: Errors, size: int) -> Mode:
    """The mode of a posterior whose prior is standard normal in `size` whitened effects.

    `predict` takes whitened effects (draws, size) and gives predictions (observations, draws).
    """
    point = _look(predict, errors, np.zeros(size))
    if not np.isfinite(point.gradient).all():
        return _stopped(point)
    precision = _precision(point, errors)
    damping, evaluations, converged = LEAST, 1, False
    while evaluations < MOST_EVALUATIONS and np.isfinite(point.gradient).all():
        step = np.linalg.solve(precision + damping * np.diag(precision.diagonal()), point.gradient)
        if 0.5 * point.gradient @ step < GAIN:
            converged = True
            break
        step *= min(1.0, LONGEST_STEP / float(np.linalg.norm(step)))
        evaluations += 1
        if np.abs(point.whitened + step).max() > FARTHEST:
            damping = max(FIRM, damping) * HARDER
            continue
        trial = _look(predict, errors, point.whitened + step)
        if trial.log_posterior > point.log_posterior:
            point, damping = trial, max(LEAST, damping * EASIER)
            precision = _precision(point, errors)
        else:
            damping = max(FIRM, damping) * HARDER
    _, information = errors.slope_and_information(point.predicted)
    found = (point.whitened, point.log_posterior, point.predicted, point.jacobian)
    return Mode(*found, precision, information, converged, evaluations)


def _stopped(point: _Point) -> Mode:
    """A start from which nothing leads anywhere: something is predicted to be impossible."""
    nothing, size = np.zeros(len(point.predicted)), len(point.whitened)
    found = (point.whitened, point.log_posterior, point.predicted, point.jacobian)
    return Mode(*found, np.eye(size), nothing, converged=False, evaluations=1)


@lru_cache(maxsize=32)
def _offsets(size: int) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    """A point; one step to either side in each direction; and in each two directions at once, which are named."""
    one = DIFFERENCE * np.eye(size)
    first, second = np.triu_indices(size, 1)
    both = one[first] + one[second]
    return np.concatenate([np.zeros((1, size)), one, -one, both, -both]), first, second


def _look(predict: Predict, errors: Errors, whitened: Floats) -> _Point:
    """The predictions at and around a point, and what they say of the log posterior there."""
    size = len(whitened)
    offsets, first, second = _offsets(size)
    around = whitened + offsets
    predicted = predict(around)
    heights = errors.likelihood(predicted).sum(axis=0) - 0.5 * (around**2).sum(axis=1)
    here, up, down = heights[0], heights[1 : size + 1], heights[size + 1 : 2 * size + 1]
    curvature = np.zeros((size, size))
    with np.errstate(invalid="ignore"):
        sides = up + down - here
        both, neither = heights[2 * size + 1 :].reshape(2, -1)
        mixed = both + neither - sides[first] - sides[second]
        curvature[first, second] = curvature[second, first] = mixed / (2 * DIFFERENCE**2)
        np.fill_diagonal(curvature, (sides - here) / DIFFERENCE**2)
        gradient = (up - down) / (2 * DIFFERENCE)
    jacobian = (predicted[:, 1 : size + 1] - predicted[:, size + 1 : 2 * size + 1]) / (2 * DIFFERENCE)
    return _Point(whitened, float(here), predicted[:, 0].copy(), jacobian, gradient, curvature)


def _is_hill(curvature: Floats) -> bool:
    """Whether it bends down by more than `CURVED` in every direction."""
    if not np.isfinite(curvature).all():
        return False
    try:
        np.linalg.cholesky(-curvature - CURVED * np.eye(len(curvature)))
    except np.linalg.LinAlgError:
        return False
    return True


def _precision(point: _Point, errors: Errors) -> Floats:
    """Minus the curvature of the log posterior; where that is not that of a hill, the Gauss-Newton form of it."""
    if _is_hill(point.curvature):
        return -point.curvature
    _, curved = errors.steepness(point.predicted)
    rows = point.jacobian / errors.coordinates(point.predicted)[:, None]
    precision: Floats = np.eye(len(point.whitened)) + rows.T @ (curved[:, None] * rows)
    return precision
