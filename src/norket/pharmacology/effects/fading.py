"""How long until the effect has faded to a part of what it is now: the words for somebody who is frightened."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.effects.curves import Predicted
from norket.pharmacology.effects.readiness import EFFECT_SITE, site_forms, site_run, stays_below
from norket.pharmacology.refusals import NotCoveredError

Floats = NDArray[np.float64]
# Longer than any half-life of a single dose; what has not fallen by then is told as unknown.
LOOKED_MIN = 8 * 60


@dataclass(frozen=True)
class Fading:
    """Minutes from `from_min` until the level at the effect site stays below `part` of what it was at `from_min`.

    The typical patient, and the 5th, 50th and 95th percentile of the virtual ones; None is longer than was looked.
    """

    part: float
    from_min: float
    site: str
    model: str
    typical_min: float | None
    p5_min: float | None
    p50_min: float | None
    p95_min: float | None


def fading(prediction: Predicted, from_min: float, *, part: float = 0.5) -> Fading:
    """When ketamine at the effect site has fallen to `part` (0 to 1) of its level at `from_min`, by `prediction`.

    The prediction holds what is given: ask one whose pump stops to learn what stopping does. Raises `NotCoveredError`
    where there is no level at `from_min` to fall from, and without a curve that drives the effect site.
    """
    if not 0 < part < 1:
        raise NotCoveredError("level_not_valid", f"a part lies between 0 and 1, not {part!r}")
    run, site = site_run(prediction, EFFECT_SITE, None)
    grid = from_min + np.arange(0.0, LOOKED_MIN + 1.0)
    forms = site_forms(prediction, run, EFFECT_SITE, site, grid)
    if not (forms.typical[0] > 0 and np.all(forms.drawn[0] > 0)):
        raise NotCoveredError("level_not_valid", "there is no drug at the effect site yet, so nothing can fade")
    each = stays_below(forms.drawn / forms.drawn[0], grid, part) - from_min
    typical = float(stays_below((forms.typical / forms.typical[0])[:, None], grid, part)[0]) - from_min
    p5, p50, p95 = (_known(float(np.quantile(each, at, method="higher"))) for at in (0.05, 0.5, 0.95))
    return Fading(part, from_min, site, run.model.id, _known(typical), p5, p50, p95)


def _known(minutes: float) -> float | None:
    return minutes if np.isfinite(minutes) else None
