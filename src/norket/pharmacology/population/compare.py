"""Two protocols on the same people: each patient is their own control, so the difference is that of the protocols."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.population.outcomes import Z, spread_of

Floats = NDArray[np.float64]
# A part of the larger one: less than this differs for no clinic.
SAME_WITHIN = 1e-6


def difference_of_chances(first_only: int, second_only: int, patients: int) -> tuple[float, float, float]:
    """Second minus first: how much larger its chance is in the same people, with the 95 % interval of Bonett and Price
    2012 (of the draw of patients, nothing else). `first_only` attain it under the first protocol alone.
    """
    widened = patients + 2
    less, more = (first_only + 1) / widened, (second_only + 1) / widened
    half = Z * float(np.sqrt((less + more - (more - less) ** 2) / widened))
    low, high = max(more - less - half, -1.0), min(more - less + half, 1.0)
    return (second_only - first_only) / patients, low, high


def paired(first: Floats, second: Floats, percentiles: Sequence[float]) -> dict[str, float]:
    """The differences second minus first, patient by patient: their spread, and the part who get more and less.

    `ratio`: the median of second over first in those who have any. What differs by a millionth is the same.
    """
    difference = second - first
    difference[np.abs(difference) <= SAME_WITHIN * np.maximum(np.abs(first), np.abs(second))] = 0.0
    has = first > 0
    ratio = {"ratio": float(np.median(second[has] / first[has]))} if has.any() else {}
    more, less = (float((part).sum() / len(difference)) for part in (difference > 0, difference < 0))
    return {**spread_of(difference, percentiles), "more": more, "less": less, **ratio}
