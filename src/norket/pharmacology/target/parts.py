"""The parts of a suggested plan, as plain values."""

from dataclasses import dataclass

from norket.pharmacology.track import Floats

NEVER_AN_ORDER = (
    "A plan is never an order: a prescriber orders, two people check the pump, and nothing starts by itself."
)


@dataclass(frozen=True)
class Step:
    """From `at_min` on the pump runs at `rate_mg_h` (`rate_ml_h` if the concentration is named) for `for_min`."""

    at_min: float
    rate_mg_h: float
    rate_ml_h: float | None
    for_min: float


@dataclass(frozen=True)
class TradeOff:
    """The best that at most `changes` rate changes can do: the worst deviation (share of the target) and the total."""

    changes: int
    worst_deviation: float
    total_mg: float


@dataclass(frozen=True)
class Binding:
    """A limit that keeps the plan from its target.

    `allowed` is its value in `unit`; `needed` is what the plan without this one limit would use, which then deviates
    by `worst_deviation_without`. `alone`: lifting it alone would bring the curve within the tolerance.
    """

    limit: str
    allowed: float
    needed: float
    unit: str
    worst_deviation_without: float
    alone: bool


@dataclass(frozen=True)
class WakeUp:
    """Minutes from the stop until the level is below `below_ng_ml` and stays there, over `looked_min` minutes.

    None: not within that time. `share_below` is the part of the virtual patients who got there.
    """

    below_ng_ml: float
    stop_min: float
    looked_min: float
    typical_min: float | None
    p5_min: float | None
    p50_min: float | None
    p95_min: float | None
    share_below: float


@dataclass(frozen=True, eq=False)
class Chances:
    """How the virtual patients fare under the plan (shares, 0 to 1); read-only arrays over `times_min`.

    `inside_by_time`: who is inside the tolerance at each time. `inside_mean`: the same averaged over the time from the
    moment to be in range until the end, which is the chance to find a patient like this one inside at a random moment.
    `inside_throughout`: who stays inside all that time. `above_ever`: who is above the upper edge at some time.
    """

    times_min: Floats
    inside_by_time: Floats
    inside_mean: float
    inside_throughout: float
    above_ever: float
