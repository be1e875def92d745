"""The most likely random effects: Levenberg-Marquardt on whitened effects, the Jacobian by central differences."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.individual.likelihood import Errors

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]
# A step of a whitened effect for the central difference: its error is of the order of its square.
DIFFERENCE = 1e-4
MOST_STEPS = 60
DAMPING, EASIER, HARDER, LEAST = 1e-4, 0.01, 10.0, 1e-12
# The search ends where the next step would gain less than this in the log of the posterior.
GAIN = 1e-8


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


def find_mode(predict: Predict, errors: Errors, size: int) -> Mode:
    """The mode of a posterior whose prior is standard normal in `size` whitened effects.

    `predict` takes whitened effects (draws, size) and gives predictions (observations, draws).
    """
    offsets = np.concatenate([np.zeros((1, size)), DIFFERENCE * np.eye(size), -DIFFERENCE * np.eye(size)])
    point = _look(predict, errors, np.zeros(size), offsets)
    gradient, precision = _bend(point, errors)
    damping, evaluations = DAMPING, 1
    converged = False
    while evaluations < MOST_STEPS and np.isfinite(gradient).all():
        step = np.linalg.solve(precision + damping * np.diag(precision.diagonal()), gradient)
        if 0.5 * gradient @ step < GAIN:
            converged = True
            break
        trial = _look(predict, errors, point.whitened + step, offsets)
        evaluations += 1
        if trial.log_posterior > point.log_posterior:
            point, damping = trial, max(LEAST, damping * EASIER)
            gradient, precision = _bend(point, errors)
        else:
            damping = max(DAMPING, damping) * HARDER
    _, information = errors.slope_and_information(point.predicted)
    found = (point.whitened, point.log_posterior, point.predicted, point.jacobian)
    return Mode(*found, precision, information, converged, evaluations)


def _bend(point: _Point, errors: Errors) -> tuple[Floats, Floats]:
    """The gradient of the log posterior, and minus its curvature."""
    slope, curved = errors.steepness(point.predicted)
    rows = point.jacobian / errors.coordinates(point.predicted)[:, None]
    precision = rows.T @ (curved[:, None] * rows)
    precision.flat[:: len(precision) + 1] += 1.0
    return rows.T @ slope - point.whitened, precision


def _look(predict: Predict, errors: Errors, whitened: Floats, offsets: Floats) -> _Point:
    """The predictions at and around a point, in one call."""
    size = len(whitened)
    found = predict(whitened + offsets)
    centre = found[:, 0].copy()
    jacobian = (found[:, 1 : size + 1] - found[:, size + 1 :]) / (2 * DIFFERENCE)
    likelihood = float(errors.likelihood(centre).sum())
    return _Point(whitened, likelihood - 0.5 * float(whitened @ whitened), centre, jacobian)
