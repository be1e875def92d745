"""The few curves from concentration to effect: sigmoid, bent line, threshold. Nothing at zero, never falling, bounded.

Concentrations are ng/mL with the virtual patients on the last axis; a parameter is one number or one for each of them.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
Parameters = Mapping[str, Floats | float]


def sigmoid(concentration: Floats, p: Parameters) -> Floats:
    """`maximum` · C^hill / (C50^hill + C^hill), at most `most` where that is given."""
    with np.errstate(divide="ignore", over="ignore"):
        steps = p["hill"] * (np.log(np.maximum(concentration, 0.0)) - np.log(p["C50"]))
        risen: Floats = p["maximum"] / (1.0 + np.exp(-steps))
    return np.minimum(risen, p["most"]) if "most" in p else risen


def line(concentration: Floats, p: Parameters) -> Floats:
    """A straight line up to `limit`; above it bends, without a corner, and gains no more than `room`.

    The slope is `slope` (per ng/mL), or `rise` at the concentration `reference`. No room holds the line at its limit.
    The room is the same for everybody: a steep line in a sensitive patient tells nothing of what lies beyond it.
    """
    slope = p["slope"] if "slope" in p else p["rise"] / p["reference"]
    level, limit, room = np.maximum(concentration, 0.0), p["limit"], np.asarray(p["room"])
    risen: Floats = slope * np.minimum(level, limit)
    if not room.any() or (level <= limit).all():
        return risen
    with np.errstate(divide="ignore", invalid="ignore"):
        gained = room * -np.expm1(-slope * np.maximum(level - limit, 0.0) / room)
    return np.asarray(risen + np.where(room > 0, gained, 0.0))


def threshold(concentration: Floats, p: Parameters) -> Floats:
    """The part of people whose threshold lies below the concentration: log-normal with `mean` and `sd` (ng/mL)."""
    variance = np.log1p((np.asarray(p["sd"]) / p["mean"]) ** 2)
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(concentration, 0.0))
    passed: Floats = ndtr((logs - np.log(p["mean"]) + variance / 2) / np.sqrt(variance))
    return passed


SHAPES = {"sigmoid": sigmoid, "line": line, "threshold": threshold}
