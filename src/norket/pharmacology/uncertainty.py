"""Variability between patients: seeded draws of log-normal random effects, and the band they span."""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.models.model import Model

Floats = NDArray[np.float64]
PERCENTILES = (5, 50, 95)


def draw_effects(model: Model, draws: int, seed: int) -> Floats:
    """Random effects (draws, parameters that vary), multivariate normal with the model's covariance.

    The same seed gives the same patients. Standard normals are drawn parameter by parameter, so that models whose
    first parameters are alike (volume, clearance) meet the same patients.
    """
    standard = np.random.Generator(np.random.PCG64(seed)).standard_normal((len(model.varying), draws)).T
    return np.ascontiguousarray(standard @ np.linalg.cholesky(model.covariance).T) if model.varying else standard


def bands(curves: Floats) -> Floats:
    """The 5th, 50th and 95th percentile over the last axis (draws), linear between order statistics."""
    ordered = np.sort(curves, axis=-1)
    last = ordered.shape[-1] - 1
    rows = []
    for percentile in PERCENTILES:
        place = percentile / 100 * last
        below = int(place)
        above = min(below + 1, last)
        rows.append(ordered[..., below] + (place - below) * (ordered[..., above] - ordered[..., below]))
    return np.stack(rows)
