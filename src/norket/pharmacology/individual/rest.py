"""The error of the resting value: a rise is told over a rest that was itself only read, and all rises share that error.

Without it many rises over one reading would seem to know the effect far better than they do.
"""

from collections.abc import Iterable

from norket.pharmacology.effects import EffectModel
from norket.pharmacology.individual.observation import Observation

REST = "rest"
# The entry of the effect, the name of this random effect, and no occasion.
Key = tuple[str, str, float | None]


def rest_key(effect: EffectModel) -> Key:
    """The random effect of the resting value of an effect, in the unit of its response."""
    return (effect.entry.id, REST, None)


def rest_variance(effect: EffectModel, observations: Iterable[Observation]) -> float:
    """Of the mean of the resting readings: each has the residual error of the effect; zero where the rest is exact.

    Where the observations name different numbers of readings, the fewest count: they share one rest.
    """
    readings = [one.rest_readings for one in observations if one.rest_readings]
    return (effect.residual_sd or 0.0) ** 2 / min(readings) if readings else 0.0
