"""Chance that can be asked for any moment: the same seed, name and time give the same number, in any order of asking.

Numbers come from a hash and not from a generator with a state, so that a monitor that reconnects in the middle of a
session goes on with the same patient.
"""

import math
from functools import lru_cache
from hashlib import blake2b
from statistics import NormalDist

_NORMAL = NormalDist()
_STEPS = 2**64


def uniform(seed: int, name: str, number: int = 0) -> float:
    """A number strictly between 0 and 1."""
    digest = blake2b(f"{seed}|{name}|{number}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 1) / (_STEPS + 2)


@lru_cache(maxsize=65_536)
def normal(seed: int, name: str, number: int = 0) -> float:
    """A standard normal number."""
    return _NORMAL.inv_cdf(uniform(seed, name, number))


def within_two_sd(seed: int, name: str) -> float:
    """A standard normal number, at most 2 to either side: what a stated range of two SD each way allows."""
    return min(2.0, max(-2.0, normal(seed, name)))


def lognormal(seed: int, name: str, variability: float) -> float:
    """A factor with mean 1 whose SD is `variability` (0.7: 70 %)."""
    variance = math.log1p(variability**2)
    return math.exp(math.sqrt(variance) * normal(seed, name) - variance / 2)


def wander(seed: int, name: str, time_s: float, swing_s: float) -> float:
    """A standard normal number that changes smoothly, with a new value each `swing_s`."""
    place = time_s / swing_s
    number = math.floor(place)
    turn = (place - number) * math.pi / 2
    return math.cos(turn) * normal(seed, name, number) + math.sin(turn) * normal(seed, name, number + 1)
