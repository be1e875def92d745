"""A session that ends where the blood pressure (or another effect) is at its limit: who loses which doses by it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.effects.model import EffectModel
from norket.pharmacology.population.bodies import Bodies
from norket.pharmacology.population.course import Course, Grid, Portion
from norket.pharmacology.population.schedule import SAME_MIN, Schedule, check_times
from norket.units.dose_text import Drug

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Checks further apart than this belong to different sessions.
MOST_STEP_MIN = 240.0
DIGITS = 6


def stopped(bodies: Bodies, plan: Schedule) -> tuple[Floats, Floats]:
    """Which part of each piece (pieces, people) is given, sessions ending at the first check at the limit, and how many
    sessions (people,) end so. A dose at the very time of a check is not in what the check sees, and may be lost by it.
    """
    people, stop = bodies.people, plan.protocol.rules.stop
    given = plan.given(people, bodies.asked.scenario.seed)
    if stop is None:
        return given, np.zeros(people.size)
    effect = next(one for one in bodies.asked.effects if one.id == stop.effect)
    sessions = np.array([one.session for one in plan.pieces])
    starts = np.array([one.dose.start_min for one in plan.pieces])
    checks = [(number, time) for number in range(len(plan.starts_min)) for time in _checks(plan, number).tolist()]
    replies = _replies(bodies, plan, effect, [time for _, time in checks])
    ended = np.zeros((len(plan.starts_min), people.size), dtype=bool)
    for session, time in checks:
        later = np.flatnonzero((sessions == session) & (starts >= time))
        if len(later):
            levels = {drug: {bodies.driving(effect): one.level(time, given)} for drug, one in replies.items()}
            reached = people.resting[effect.id] + bodies.response(effect, levels) >= stop.limit
            ended[session] |= reached & (given[later].max(axis=0) > 0)
            given[np.ix_(later, np.flatnonzero(reached))] = 0.0
    return given, np.asarray(ended.sum(axis=0), dtype=np.float64)


def _checks(plan: Schedule, session: int) -> Floats:
    ends = [one.dose.end_min for one in plan.pieces if one.session == session]
    stop = plan.protocol.rules.stop
    return check_times(plan.starts_min[session], max(ends), stop.check_every_min) if stop else np.empty(0)


@dataclass(frozen=True, eq=False)
class _Replies:
    """What each piece of one drug makes of a level when all of it is given: doses add up, so nothing is solved twice.

    `curves` (replies, people); `row` says which of them a piece has at a time, unless it starts then or later.
    """

    curves: Floats
    row: Mapping[tuple[int, float], int]
    pieces: tuple[int, ...]

    def level(self, time: float, given: Floats) -> Floats:
        """The level (people,) at a time, of the part of each piece that is `given`."""
        begun = [number for number in self.pieces if (number, time) in self.row]
        rows = [self.row[number, time] for number in begun]
        found: Floats = (self.curves[rows] * given[begun]).sum(axis=0)
        return found


def _replies(bodies: Bodies, plan: Schedule, effect: EffectModel, times: list[float]) -> dict[Drug, _Replies]:
    whole = plan.amounts(bodies.people, np.ones((len(plan.pieces), bodies.people.size)))
    found = {}
    for drug in plan.drugs:
        own = tuple(number for number, one in enumerate(plan.pieces) if one.dose.drug == drug)
        found[drug] = _of_drug(bodies, plan, effect, times, whole, plan.course(bodies.model, drug), own)
    return found


def _of_drug(
    bodies: Bodies,
    plan: Schedule,
    effect: EffectModel,
    times: list[float],
    whole: Floats,
    course: Course,
    pieces: tuple[int, ...],
) -> _Replies:
    """Pieces that are alike make the same of a level the same time after their start; they are solved once.

    Where parameters change between occasions no two are alike.
    """
    alike: dict[tuple[object, ...], list[int]] = {}
    for number in pieces:
        portions = _alone(plan, course, number)
        key = (number,) if bodies.model.occasion_varying else (plan.pieces[number].per_kg, *portions)
        alike.setdefault(key, []).append(number)
    solver = bodies.solver(plan, (effect,))
    curves: list[Floats] = []
    row: dict[tuple[int, float], int] = {}
    count = 0
    for numbers in alike.values():
        first = plan.pieces[numbers[0]].dose.start_min
        after = {
            (number, time): round(time - plan.pieces[number].dose.start_min, DIGITS)
            for number in numbers
            for time in times
            if time > plan.pieces[number].dose.start_min + SAME_MIN
        }
        if not after:
            continue
        delays = sorted(set(after.values()))
        portions = tuple(one for one in course.portions if one.row == plan.rows[numbers[0]])
        grids = _grids(first + np.array(delays))
        curves.append(solver.curves(Course(portions, grids), whole)[bodies.driving(effect)])
        row |= {who: count + delays.index(delay) for who, delay in after.items()}
        count += len(delays)
    return _Replies(np.concatenate(curves) if curves else np.empty((0, whole.shape[1])), row, pieces)


def _alone(plan: Schedule, course: Course, number: int) -> tuple[Portion, ...]:
    """The portions of one piece, counted from its start."""
    start = plan.pieces[number].dose.start_min
    own = [one for one in course.portions if one.row == plan.rows[number]]
    return tuple(replace(one, row=0, start_min=round(one.start_min - start, DIGITS)) for one in own)


def _grids(times: Floats) -> tuple[Grid, ...]:
    """The times as grids: as few as there are runs of equal steps."""
    grids: list[Grid] = []
    for time in times.tolist():
        last = grids[-1] if grids else None
        if last is not None and last.count == 1 and time - last.start_min < MOST_STEP_MIN:
            grids[-1] = Grid(last.start_min, time - last.start_min, 2)
        elif last is not None and last.count > 1 and time == last.start_min + last.count * last.step_min:
            grids[-1] = Grid(last.start_min, last.step_min, last.count + 1)
        else:
            grids.append(Grid(time, 1.0, 1))
    return tuple(grids)
