"""How patients, occasions and measurements differ from the typical curve of a model: its variances by name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.knowledge import Entry
from norket.pharmacology.models.figures import figure, value_named

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Residual:
    """The error between a curve and a measured sample: a share of the value (standard deviation), ng/mL, and a standard
    deviation on the log scale."""

    proportional: float
    additive_ng_ml: float
    log: float

    @property
    def share(self) -> float:
        """The proportional and the log part as one standard deviation of the log of the value (small-error limit)."""
        return float(np.hypot(self.proportional, self.log))

    def sd_ng_ml(self, value_ng_ml: Floats) -> Floats:
        """The standard deviation of a sample where the curve is at `value_ng_ml`."""
        spread: Floats = np.hypot(self.share * value_ng_ml, self.additive_ng_ml)
        return spread


def residual(entry: Entry, analyte: str) -> Residual | None:
    """The residual error of `analyte` as its source gives it; None where the entry has none."""
    parts = [value_named(entry, f"{kind}.{analyte}") for kind in ("residual", "residual_additive", "residual_log")]
    if not any(parts):
        return None
    return Residual(*(0.0 if part is None else figure(entry, part.name).value for part in parts))


def covariance(entry: Entry, blocks: Sequence[Sequence[str]], prefix: str = "") -> Floats:
    """The covariance of the random effects of all parameters in `blocks`, zero between blocks."""
    names = [name for block in blocks for name in block]
    matrix = np.zeros((len(names), len(names)))
    for block in blocks:
        for i, one in enumerate(block):
            at = names.index(one)
            matrix[at, at] = figure(entry, f"{prefix}variance.{one}").value
            for other in block[i + 1 :]:
                beside = names.index(other)
                matrix[at, beside] = matrix[beside, at] = figure(entry, f"{prefix}covariance.{one}.{other}").value
    return matrix


def individual(typical: float, effect: Floats, *, logit: bool) -> Floats:
    """The parameter of individuals: `typical` times exp(`effect`), or moved by it on the logit."""
    if not logit:
        moved: Floats = typical * np.exp(effect)
        return moved
    odds = typical / (1 - typical) * np.exp(effect)
    share: Floats = odds / (1 + odds)
    return share
