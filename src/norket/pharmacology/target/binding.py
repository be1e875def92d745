"""Which limit keeps a plan from its target: each is lifted in turn, and the answer looked at again."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from norket.pharmacology.target.parts import Binding
from norket.pharmacology.target.search import Candidate, Caps, Question

# A limit whose lifting gains less than this share of the target does not bind.
GAIN = 0.01


@dataclass(frozen=True)
class _Lift:
    """How a limit is lifted, its value now, and how much of it the plan without it uses."""

    unit: str
    lifted: Callable[[Caps], Caps]
    allowed: Callable[[Caps], float]
    used: Callable[[Candidate], float]


def _largest_step(plan: Candidate) -> float:
    return float(np.abs(np.diff(plan.rates_mg_h)).max(initial=0.0))


def _shortest_interval(plan: Candidate) -> float:
    return float(np.diff(plan.marks_min).min())


_LIFTS: dict[str, _Lift] = {
    "rate": _Lift("mg/h", lambda c: replace(c, rate_mg_h=np.inf), lambda c: c.rate_mg_h, lambda p: max(p.rates_mg_h)),
    "total": _Lift("mg", lambda c: replace(c, total_mg=np.inf), lambda c: c.total_mg, lambda p: p.total_mg),
    "bolus": _Lift("mg", lambda c: replace(c, bolus_mg=np.inf), lambda c: c.bolus_mg, lambda p: p.bolus_mg),
    "rate step": _Lift("mg/h", lambda c: replace(c, rate_step_mg_h=np.inf), lambda c: c.rate_step_mg_h, _largest_step),
    "interval": _Lift(
        "min", lambda c: replace(c, interval_min=c.grid_min), lambda c: c.interval_min, _shortest_interval
    ),
    "earliest change": _Lift(
        "min", lambda c: replace(c, earliest_min=0.0), lambda c: c.earliest_min, lambda p: p.marks_min[1]
    ),
    "changes": _Lift(
        "1", lambda c: replace(c, changes=c.changes + 1), lambda c: c.changes, lambda p: len(p.rates_mg_h) - 1
    ),
    "rate resolution": _Lift(
        "mg/h", lambda c: replace(c, rate_resolution_mg_h=0.0), lambda c: c.rate_resolution_mg_h, lambda p: 0.0
    ),
}


def binding_limits(question: Question, best: Candidate, again: Callable[[Question], Candidate]) -> tuple[Binding, ...]:
    """The limits that keep `best` outside the tolerance: those that alone would let it in, or else all that help.

    `again` plans once more, for a question with one of its limits lifted.
    """
    tolerance = question.aim.tolerance
    found = []
    for name, lift in _LIFTS.items():
        caps = lift.lifted(question.caps)
        lifted = replace(question, caps=caps)
        if caps == question.caps:
            continue
        without = again(lifted)
        if without.deviation < best.deviation - GAIN:
            alone = without.deviation <= tolerance
            allowed = float(lift.allowed(question.caps))
            found.append(Binding(name, allowed, float(lift.used(without)), lift.unit, without.deviation, alone))
    return tuple(one for one in found if one.alone) or tuple(found)
