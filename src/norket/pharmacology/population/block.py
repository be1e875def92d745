"""The curves of one block of 64 patients under every protocol: the same people, each protocol's own doses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.effects.model import EffectModel
from norket.pharmacology.interactions import factors
from norket.pharmacology.models import Model
from norket.pharmacology.models.model import S_FRACTION
from norket.pharmacology.models.system import Segment
from norket.pharmacology.population import people as persons
from norket.pharmacology.population.course import Course, Grid
from norket.pharmacology.population.curves import Site, Solver, exposure, with_sites
from norket.pharmacology.population.people import BLOCK, People
from norket.pharmacology.population.question import Output, Question, driver_of
from norket.pharmacology.population.schedule import Schedule, check_times
from norket.units.dose_text import Drug

Floats = NDArray[np.float64]
# The level (times, 64) of each output, by drug.
Levels = Mapping[Drug, Mapping[str, Floats]]
RACEMATE_S = S_FRACTION["ketamine"]
# Checks further apart than this belong to different sessions.
MOST_STEP_MIN = 240.0


@dataclass(frozen=True, eq=False)
class Treated:
    """A block under one protocol: curves (times, 64) and whole areas (64,) by output, and what was given."""

    curves: Mapping[str, Floats]
    exposures: Mapping[str, Floats]
    total_mg: Floats
    sessions: Floats
    stopped: Floats
    fallback: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Block:
    """One block: who they are, what differs between them (`factors`), and each protocol's course of events."""

    people: People
    model: Model
    factors: Mapping[str, Floats]
    treated: tuple[Treated, ...]
    fallback: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class _Bodies:
    """The block's own parameters: random effects, what interactions change, how each feels an effect."""

    asked: Question
    people: People
    model: Model
    effects: Floats
    changed: Mapping[str, Floats]
    felt: Mapping[str, Mapping[str, Floats]]
    _solvers: dict[tuple[str, ...], Solver] = field(default_factory=dict)

    def solver(self, plan: Schedule, effects: tuple[EffectModel, ...] = ()) -> Solver:
        """Solves these bodies with the places of `effects`; made once where no protocol changes a parameter."""
        key = tuple(one.id for one in effects)
        if key in self._solvers:
            return self._solvers[key]
        segments = self.model.segments_of(self.people.body(self.model), plan.doses, self.effects, self.changed)
        sites = self.sites(effects)
        found = Solver.of([Segment(one.start_min, with_sites(one.system, sites)) for one in segments])
        if not self.model.occasion_varying:
            self._solvers[key] = found
        return found

    def sites(self, effects: tuple[EffectModel, ...]) -> dict[str, Site]:
        """The delayed places of effects, by effect."""
        found = {}
        for effect in effects:
            driver = driver_of(effect, self.model)
            if driver.delay is not None:
                found[f"site of {effect.id}"] = Site("ketamine", self.felt[effect.id][driver.delay])
        return found

    def response(self, effect: EffectModel, levels: Levels) -> Floats:
        """The effect, from the level of each drug."""
        driver = driver_of(effect, self.model)
        name = "ketamine" if driver.delay is None else f"site of {effect.id}"
        s_form = sum((S_FRACTION[drug] * level[name] for drug, level in levels.items()), np.zeros(()))
        return effect.response(driver.of_s(np.asarray(s_form), RACEMATE_S), self.felt[effect.id])


def treat(asked: Question, block: int) -> Block:
    """Everything of one block. Pure: the same block gives the same bits wherever and whenever it is computed."""
    seed, model = asked.scenario.seed, asked.model_of(block)
    people = persons.draw_people(asked.scenario.population, seed, block)
    occasions = max(len(model.occasions(plan.doses)) for plan in asked.schedules)
    effects = persons.draw_effects(model, seed, block, occasions)
    _, changed = factors(asked.interactions, model, BLOCK, persons.seed_of(seed, block))
    felt = {one.id: one.draw(BLOCK, persons.seed_of(seed, block)) for one in asked.effects}
    bodies = _Bodies(asked, people, model, effects, changed, felt)
    treated = tuple(_treated(bodies, plan) for plan in asked.schedules)
    fallen = {reason: count for one in treated for reason, count in one.fallback.items()}
    return Block(people, model, _factors(bodies), treated, fallen)


def _treated(bodies: _Bodies, plan: Schedule) -> Treated:
    asked = bodies.asked
    given = plan.given(bodies.people, asked.scenario.seed)
    given, stopped = _stopped(bodies, plan, given)
    amounts = plan.amounts(bodies.people, given)
    watched = tuple(one.effect for one in asked.outputs if one.effect is not None)
    courses = {drug: plan.course(bodies.model, drug) for drug in plan.drugs}
    solver = bodies.solver(plan, watched)
    levels = {drug: solver.curves(course, amounts) for drug, course in courses.items()}
    areas = {drug: exposure(bodies.solver(plan).segments, course, amounts) for drug, course in courses.items()}
    sessions = np.array([piece.session for piece in plan.pieces])
    had = sum((given[sessions == number].max(axis=0) > 0 for number in range(len(plan.starts_min))), np.zeros(BLOCK))
    return Treated(
        {one.name: _curve(bodies, one, levels) for one in asked.outputs},
        {one.name: _summed(areas, one) for one in asked.outputs if one.effect is None},
        plan.total_mg(amounts),
        np.asarray(had, dtype=np.float64),
        stopped,
        {reason: count for course in courses.values() for reason, count in solver.fallback(course).items()},
    )


def _curve(bodies: _Bodies, output: Output, levels: Levels) -> Floats:
    return _summed(levels, output) if output.effect is None else bodies.response(output.effect, levels)


def _summed(levels: Levels, output: Output) -> Floats:
    parts = {drug: S_FRACTION[drug] if output.kind == "S" else 1.0 for drug in levels}
    total = np.zeros(())
    for drug, level in levels.items():
        total = total + parts[drug] * level[output.analyte]
    return total


def _stopped(bodies: _Bodies, plan: Schedule, given: Floats) -> tuple[Floats, Floats]:
    """What is given when sessions end at the first check at the limit, and how many sessions (64,) ended so.

    Doses add up, so the curve at a check is the sum of what each piece so far makes of itself: nothing is solved twice.
    """
    stop = plan.protocol.rules.stop
    if stop is None:
        return given, np.zeros(BLOCK)
    effect = next(one for one in bodies.asked.effects if one.id == stop.effect)
    checks = [
        (number, time) for number in range(len(plan.starts_min)) for time in _checks(plan, number, stop.check_every_min)
    ]
    if not checks:
        return given, np.zeros(BLOCK)
    times = np.unique([time for _, time in checks])
    alone = _piece_by_piece(bodies, plan, effect, times)
    given = given.copy()
    ended = np.zeros((len(plan.starts_min), BLOCK), dtype=bool)
    for session, time in checks:
        at = int(np.searchsorted(times, time))
        levels = {
            drug: {name: (curve[:, at] * given).sum(axis=0) for name, curve in level.items()}
            for drug, level in alone.items()
        }
        reached = bodies.people.resting[effect.id] + bodies.response(effect, levels) >= stop.limit
        later = [n for n, one in enumerate(plan.pieces) if one.session == session and one.dose.start_min >= time]
        lost = reached & (given[later].max(axis=0) > 0) if later else np.zeros(BLOCK, dtype=bool)
        ended[session] |= lost
        given[np.ix_(np.array(later, dtype=np.int64), np.flatnonzero(reached))] = 0.0
    return given, np.asarray(ended.sum(axis=0), dtype=np.float64)


def _checks(plan: Schedule, session: int, every_min: float) -> Floats:
    ends = [one.dose.end_min for one in plan.pieces if one.session == session]
    return check_times(plan.starts_min[session], max(ends), every_min)


def _piece_by_piece(
    bodies: _Bodies, plan: Schedule, effect: EffectModel, times: Floats
) -> dict[Drug, dict[str, Floats]]:
    """For each drug and name the level (pieces, times, 64) that each piece alone makes when all of it is given."""
    whole = plan.amounts(bodies.people, np.ones((len(plan.pieces), BLOCK)))
    found: dict[Drug, dict[str, Floats]] = {}
    grids = _grids(times)
    solver = bodies.solver(plan, (effect,))
    for drug in plan.drugs:
        course = plan.course(bodies.model, drug)
        for number, row in enumerate(plan.rows):
            own = tuple(one for one in course.portions if one.row == row)
            if not own:
                continue
            for name, curve in solver.curves(Course(own, grids), whole).items():
                at = found.setdefault(drug, {})
                at.setdefault(name, np.zeros((len(plan.pieces), len(times), BLOCK)))[number] = curve
    return found


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


def _factors(bodies: _Bodies) -> dict[str, Floats]:
    """What differs between the patients, by a name for people."""
    people, model = bodies.people, bodies.model
    found = {"weight_kg": people.weight_kg, "age_y": people.age_y, "female": people.female}
    if people.height_cm is not None:
        found["height_cm"] = people.height_cm
    found |= people.facts
    found |= {f"resting {name}": value for name, value in people.resting.items()}
    found |= {f"random {name}": bodies.effects[:, n] for n, name in enumerate(model.varying)}
    own = len(model.varying)
    found |= {f"occasion 1 {name}": bodies.effects[:, own + n] for n, name in enumerate(model.occasion_varying)}
    found |= {f"interaction {name}": value for name, value in bodies.changed.items()}
    for effect in bodies.asked.effects:
        drawn = bodies.felt[effect.id]
        found |= {f"{effect.id} {name}": drawn[name] for name in (*effect.varying, *effect.card.chance)}
    return found
