"""Two protocols on the same people: each patient is their own control, so the difference is that of the protocols."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.population.outcomes import spread_of

Floats = NDArray[np.float64]
SAME_WITHIN = 1e-9


def paired(first: Floats, second: Floats, percentiles: Sequence[float]) -> dict[str, float]:
    """The differences second minus first, patient by patient: their spread, and the part who get more and less.

    `ratio`: the median of second over first in those who have any. What differs in the last digits only is the same.
    """
    difference = second - first
    difference[np.abs(difference) <= SAME_WITHIN * np.maximum(np.abs(first), np.abs(second))] = 0.0
    has = first > 0
    ratio = {"ratio": float(np.median(second[has] / first[has]))} if has.any() else {}
    more, less = (float((part).sum() / len(difference)) for part in (difference > 0, difference < 0))
    return {**spread_of(difference, percentiles), "more": more, "less": less, **ratio}
