"""What came of it, patient by patient: peaks, areas, times over a level; then for all: spreads and chances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from norket.pharmacology.population.course import Grid
from norket.pharmacology.population.scenario import Target, Threshold

Floats = NDArray[np.float64]
MINUTES_PER_HOUR = 60.0
# Two-sided 95 %.
Z = 1.959963984540054
# How many patients the sensitivity is computed on; more change no digit that is shown.
MOST_RANKED = 100_000


def watched(curve: Floats, grids: Sequence[Grid]) -> dict[str, Floats]:
    """Peak, its time (min) and the area (unit x h, straight between times) of curves (times, patients) as watched."""
    times = np.concatenate([grid.times_min for grid in grids])
    top = curve.argmax(axis=0)
    area = np.zeros(curve.shape[1])
    for grid, part in _parts(curve, grids):
        inner = part.sum(axis=0) - (part[0] + part[-1]) / 2
        area += inner * (grid.step_min / MINUTES_PER_HOUR)
    return {"peak": curve.max(axis=0), "tmax": times[top], "area": area}


def hours_over(curve: Floats, grids: Sequence[Grid], level: float) -> Floats:
    """For how many of the watched hours each curve (times, patients) is at or above `level`; straight between times."""
    found = np.zeros(curve.shape[1])
    for grid, part in _parts(curve, grids):
        first, last = part[:-1] - level, part[1:] - level
        high, low = np.maximum(first, last), np.minimum(first, last)
        width = np.where(high > low, high - low, 1.0)
        over = np.where(low >= 0, 1.0, np.maximum(high, 0.0) / width)
        found += over.sum(axis=0) * (grid.step_min / MINUTES_PER_HOUR)
    return found


def _parts(curve: Floats, grids: Sequence[Grid]) -> list[tuple[Grid, Floats]]:
    edges = np.cumsum([0, *(grid.count for grid in grids)])
    return [(grid, curve[start:end]) for grid, start, end in zip(grids, edges[:-1], edges[1:], strict=True)]


def watched_hours(grids: Sequence[Grid]) -> float:
    """How long everybody is watched in all, in hours."""
    return sum(grid.end_min - grid.start_min for grid in grids) / MINUTES_PER_HOUR


def timed(curve: Floats, grids: Sequence[Grid], threshold: Threshold) -> dict[str, Floats]:
    """The watched hours over and under a threshold."""
    over = hours_over(curve, grids, threshold.level)
    return {"hours_over": over, "hours_under": watched_hours(grids) - over}


def spread_of(values: Floats, percentiles: Sequence[float]) -> dict[str, float]:
    """Mean, standard deviation and percentiles of all patients; summed in one order, so the same for any chunks."""
    mean = float(values.sum() / len(values))
    sd = float(np.sqrt(((values - mean) ** 2).sum() / max(len(values) - 1, 1)))
    named = {
        f"p{one:g}": float(value) for one, value in zip(percentiles, np.percentile(values, percentiles), strict=True)
    }
    return {"mean": mean, "sd": sd, **named}


def wilson(attained: int, patients: int) -> tuple[float, float, float]:
    """The part that attained it, with the 95 % interval of Wilson 1927: of the draw of patients, nothing else."""
    part = attained / patients
    widened = 1 + Z**2 / patients
    middle = (part + Z**2 / (2 * patients)) / widened
    half = Z * float(np.sqrt(part * (1 - part) / patients + Z**2 / (4 * patients**2))) / widened
    low, high = middle - half, middle + half
    return part, 0.0 if attained == 0 else low, 1.0 if attained == patients else high


def attains(values: Floats, target: Target) -> NDArray[np.bool_]:
    """Who attains the target."""
    met = np.ones(len(values), dtype=bool)
    if target.at_least is not None:
        met &= values >= target.at_least
    if target.at_most is not None:
        met &= values <= target.at_most
    return met


@dataclass(frozen=True)
class Sensitivity:
    """How a factor goes with an outcome: rank correlation, and its share of the variance of the ranks."""

    factor: str
    correlation: float
    share: float


def ranked(factors: Mapping[str, Floats]) -> dict[str, Floats]:
    """The ranks of each factor that varies, centred and of unit length."""
    return {name: _standard(values) for name, values in factors.items() if np.ptp(values) > 0}


def sensitivities(outcome: Floats, factors: Mapping[str, Floats]) -> tuple[list[Sensitivity], float]:
    """Which of the `ranked` factors drives the spread of an outcome, the strongest first, and what all explain.

    The share of a factor is its standardised coefficient in the regression of ranks, times its rank correlation
    (Pratt 1987): shares sum to the explained part. Small negative shares happen where factors go together.
    """
    if not factors or np.ptp(outcome) == 0 or len(outcome) <= len(factors) + 1:
        return [], 0.0
    ranks = np.array(list(factors.values()))
    among, with_outcome = _products(ranks, ranks), _products(ranks, _standard(outcome)[None])[:, 0]
    coefficients = np.linalg.lstsq(among, with_outcome, rcond=None)[0]
    found = [
        Sensitivity(name, float(r), float(r * b))
        for name, r, b in zip(factors, with_outcome, coefficients, strict=True)
    ]
    return sorted(found, key=lambda one: -abs(one.share)), float((coefficients * with_outcome).sum())


def _standard(values: Floats) -> Floats:
    ranks = rankdata(values)
    centred: Floats = ranks - ranks.sum() / len(ranks)
    found: Floats = centred / np.sqrt((centred**2).sum())
    return found


def _products(one: Floats, other: Floats) -> Floats:
    """Every row of one with every row of the other, each summed in the same order always."""
    return np.array([[(first * second).sum() for second in other] for first in one])
