"""The plan of a computer-driven pump: a new rate in each step, as high as the target and the limits allow.

The typical curve reaches the target as early as the limits allow (at the effect site, to within a step) and stays at
it. It never passes it: not at the end of a step, not between two, not after the stop.
"""

import numpy as np

from norket.pharmacology.doses import Dose
from norket.pharmacology.engine import solve
from norket.pharmacology.kernels.each_step import fill
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.target.search import AT_LIMIT, Candidate, Question, stepped
from norket.pharmacology.track import Floats
from norket.units.quantities import MINUTES_PER_HOUR

# How often a computer-driven pump is told a rate.
STEPS_PER_MINUTE = 6
# How often the curve is looked at within a step; its peaks lie on parabolas between the looks.
LOOKS = 8
# What a curve may pass the target by, as a share of it; and how much more than that is taken off the ceiling.
NOTHING, MORE = 1e-10, 1.001
ROUNDS = 10


def step_by_step(question: Question) -> Candidate:
    """The plan for `question` with a new rate in each step; its deviation counts between the steps too.

    The limits of what a nurse can follow (interval, earliest change, grid, number) do not bind it, and it gives no
    bolus. `check_steps` says which questions it is for.
    """
    aim, caps, steps = question.aim, question.caps, _steps(question)
    within = responses(question, steps)
    unit = np.ascontiguousarray(within[:, -1])
    judged = judged_by(unit)
    left = caps.total_mg * AT_LIMIT * MINUTES_PER_HOUR * STEPS_PER_MINUTE
    ceiling = 1.0
    for _ in range(ROUNDS):
        empty = np.zeros(steps + len(judged))
        rates = fill(unit, judged, ceiling, caps.rate_mg_h, caps.rate_resolution_mg_h, left, empty)
        curve = np.stack([np.convolve(rates, one)[: len(empty)] for one in within.T], axis=1)
        passed = _highest(curve) - 1.0
        if passed <= NOTHING:
            break
        ceiling /= 1.0 + MORE * passed
    times = np.arange(1, steps * LOOKS + 1) / (STEPS_PER_MINUTE * LOOKS)
    due = curve[:steps].ravel()[times >= aim.in_range_by_min]
    marks = tuple((np.arange(steps + 1) / STEPS_PER_MINUTE).tolist())
    said = tuple(stepped(rate, caps.rate_resolution_mg_h) for rate in rates.tolist())
    return Candidate(marks, said, 0.0, float(np.abs(due - 1.0).max()))


def check_steps(question: Question) -> None:
    """Refuses (`NotCoveredError`) what no plan step by step can be made for.

    That is an end that is not a whole number of steps, a limit on the change of the rate (a pump that follows a curve
    must be free to fall), and a model whose parameters change with time.
    """
    aim, caps, model = question.aim, question.caps, question.model
    if not np.isclose(_steps(question), aim.horizon_min * STEPS_PER_MINUTE, rtol=1e-9, atol=0.0):
        message = f"a plan step by step lasts a whole number of {60 // STEPS_PER_MINUTE} s, not {aim.horizon_min:g} min"
        raise NotCoveredError("target_not_valid", message)
    if caps.rate_step_mg_h < caps.rate_mg_h:
        message = (
            f"the limit max_rate_step_mg_h ({caps.rate_step_mg_h:g}) is below the highest rate ({caps.rate_mg_h:g} "
            "mg/h): a pump that follows a curve must be free to fall; plan few changes instead"
        )
        raise NotCoveredError("limit_not_valid", message)
    if model.card.stepped:
        message = f"{model.id} changes its parameters with time, which a plan step by step cannot follow"
        raise NotCoveredError("model_not_valid", message)


def _steps(question: Question) -> int:
    return round(question.aim.horizon_min * STEPS_PER_MINUTE)


def responses(question: Question, steps: int) -> Floats:
    """(steps, looks) in targets: the curve after 1 mg/h for one step, until all steps and the last rise are over."""
    aim, count = question.aim, steps
    dose = Dose(1.0 / (MINUTES_PER_HOUR * STEPS_PER_MINUTE), "iv", aim.drug, 0.0, 1.0 / STEPS_PER_MINUTE)
    segments = question.model.segments(question.patient, [dose], np.zeros((1, len(question.model.varying))))
    inputs = question.model.inputs([dose], [0], [aim.part])
    while True:
        count *= 2
        times = np.arange(1, count * LOOKS + 1) / (STEPS_PER_MINUTE * LOOKS)
        curve = solve(segments, inputs, times, 1)[aim.analyte][0, :, 0] / aim.target_ng_ml
        found: Floats = curve.reshape(count, LOOKS)
        if steps + len(judged_by(found[:, -1])) < count:
            return found


def judged_by(unit: Floats) -> Floats:
    """What a rate is judged by, until its last rise.

    Behind the blood the second step after a rate counts far more than the first: judged by one step alone, high and low
    rates would take turns for ever. There a rate is judged as if it lasted two.
    """
    rises = _rises(unit)
    if rises == 1:
        return unit[:1]
    twice: Floats = unit + np.append(0.0, unit[:-1])
    return twice[: max(rises, _rises(twice))]


def _rises(unit: Floats) -> int:
    """How many steps there are until the end of the last rise of a response."""
    rising = np.flatnonzero(np.diff(unit) > 0)
    return int(rising[-1]) + 2 if len(rising) else 1


def _highest(curve: Floats) -> float:
    """The highest value of a curve (steps, looks), at the looks and on the parabolas between those of one step."""
    start = np.append(0.0, curve[:-1, -1])
    within = np.column_stack([start, curve])
    before, here, after = within[:, :-2], within[:, 1:-1], within[:, 2:]
    bend, slope = before - 2.0 * here + after, 0.5 * (after - before)
    top = (bend < 0.0) & (np.abs(slope) <= -bend)
    peaks = here[top] - slope[top] ** 2 / (2.0 * bend[top])
    return float(max(curve.max(), peaks.max(initial=0.0)))
