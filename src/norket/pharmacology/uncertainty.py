"""Variability between patients: seeded draws of log-normal random effects, and the band they span."""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology import kernels
from norket.pharmacology.models.model import Model

Floats = NDArray[np.float64]
PERCENTILES = (5, 50, 95)
# Streams of chance of their own, so that asking for one more part of the uncertainty leaves the patients the same.
TYPICALS, RESIDUALS = 1, 2


def draw_effects(model: Model, draws: int, seed: int, occasions: int = 1) -> Floats:
    """Random effects (draws, between patients + occasions x between occasions), normal with the model's covariances.

    The same seed gives the same patients, whatever the number of occasions. Standard normals are drawn parameter by
    parameter, so that models whose first parameters are alike (volume, clearance) meet the same patients.
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    between = _normal(chance, model.covariance, draws)
    within = [
        _normal(chance, model.occasion_covariance, draws) for _ in range(occasions if model.occasion_varying else 0)
    ]
    return np.ascontiguousarray(np.hstack([between, *within]))


def draw_typicals(model: Model, draws: int, seed: int) -> dict[str, Floats]:
    """Factors (draws,) on the typical values, log-normal with their relative standard errors: what a fit left open."""
    chance = np.random.Generator(np.random.PCG64([seed, TYPICALS]))
    errors = model.relative_errors.items()
    return {name: np.exp(np.sqrt(np.log1p(rse**2)) * chance.standard_normal(draws)) for name, rse in errors}


def sampled(model: Model, analyte: str, curves: Floats, seed: int) -> Floats:
    """The `curves` (..., draws) in ng/mL as a laboratory would find them: with the residual error of the model."""
    error = model.residual(analyte)
    chance = np.random.Generator(np.random.PCG64([seed, RESIDUALS, *analyte.encode()]))
    share, added = chance.standard_normal((2, *curves.shape))
    log = chance.standard_normal(curves.shape) * error.log
    found: Floats = curves * np.exp(log) * (1 + error.proportional * share) + error.additive_ng_ml * added
    return found


def _normal(chance: np.random.Generator, covariance: Floats, draws: int) -> Floats:
    standard = chance.standard_normal((len(covariance), draws)).T
    return standard @ np.linalg.cholesky(covariance).T if covariance.size else standard


def bands(curves: Floats) -> Floats:
    """The 5th, 50th and 95th percentile of curves (times, draws) over the draws, linear between order statistics."""
    result = np.empty((len(PERCENTILES), len(curves)))
    kernels.percentiles(np.ascontiguousarray(curves), np.array(PERCENTILES) / 100, result)
    return result
