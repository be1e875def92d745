"""The curves of some blocks of 64 patients under every protocol: the same people, each protocol's own doses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.interactions import factors
from norket.pharmacology.models import Model
from norket.pharmacology.models.model import S_FRACTION
from norket.pharmacology.population import people as persons
from norket.pharmacology.population.bodies import Bodies, Levels
from norket.pharmacology.population.course import Course
from norket.pharmacology.population.curves import Solver, exposure
from norket.pharmacology.population.people import BLOCK, People
from norket.pharmacology.population.question import Output, Question
from norket.pharmacology.population.schedule import Schedule
from norket.pharmacology.population.stops import stopped

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Treated:
    """People under one protocol: curves (times, people) and whole areas (people,) by output, and what was given.

    `part_given`: of the milligrams that were planned. `fallback`: who (people,) took the general engine, by reason.
    """

    curves: Mapping[str, Floats]
    exposures: Mapping[str, Floats]
    total_mg: Floats
    part_given: Floats
    sessions: Floats
    stopped: Floats
    fallback: Mapping[str, Flags]


@dataclass(frozen=True, eq=False)
class Block:
    """Some blocks: who they are, what differs between them (`factors`), and each protocol's course of events."""

    people: People
    model: Model
    factors: Mapping[str, Floats]
    treated: tuple[Treated, ...]


def treat(asked: Question, blocks: Sequence[int]) -> Block:
    """Everything of some blocks, all of one model. Pure: the same blocks give the same bits wherever they are done."""
    seed, model = asked.scenario.seed, asked.model_of(blocks[0])
    people = persons.draw_people(asked.scenario.population, seed, blocks)
    occasions = max(len(model.occasions(plan.doses)) for plan in asked.schedules)
    effects = persons.draw_effects(model, seed, blocks, occasions)
    seeds = [persons.seed_of(seed, block) for block in blocks]
    felt = {one.id: _joined([one.draw(BLOCK, own) for own in seeds]) for one in asked.effects}
    bodies: dict[tuple[str, ...], Bodies] = {}
    treated = []
    for plan, taken in zip(asked.schedules, asked.taken, strict=True):
        drugs = tuple(one.drug for one in taken)
        if drugs not in bodies:
            changed = _joined([factors(taken, model, BLOCK, own)[1] for own in seeds])
            bodies[drugs] = Bodies(asked, people, model, effects, changed, felt)
        treated.append(_treated(bodies[drugs], plan))
    return Block(people, model, _factors(bodies), tuple(treated))


def _joined(parts: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    return {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}


def _treated(bodies: Bodies, plan: Schedule) -> Treated:
    asked = bodies.asked
    given, ended = stopped(bodies, plan)
    amounts = plan.amounts(bodies.people, given)
    watched = tuple(one.effect for one in asked.outputs if one.effect is not None)
    courses = {drug: plan.course(bodies.model, drug) for drug in plan.drugs}
    solver = bodies.solver(plan, watched)
    levels = {drug: solver.curves(course, amounts) for drug, course in courses.items()}
    areas = {drug: exposure(bodies.solver(plan).segments, course, amounts) for drug, course in courses.items()}
    sessions = np.array([piece.session for piece in plan.pieces])
    had = [given[sessions == number].max(axis=0) > 0 for number in range(len(plan.starts_min))]
    total = plan.total_mg(amounts)
    return Treated(
        {one.name: _curve(bodies, one, levels) for one in asked.outputs},
        {one.name: _summed(areas, one) for one in asked.outputs if one.effect is None},
        total,
        total / plan.total_mg(plan.amounts(bodies.people, np.ones_like(given))),
        np.sum(had, axis=0, dtype=np.float64),
        ended,
        dict(slow for course in courses.values() for slow in _slow(solver, course, bodies.people.size)),
    )


def _slow(solver: Solver, course: Course, people: int) -> Iterator[tuple[str, Flags]]:
    """Who (people,) is solved by the general engine, with the reason."""
    for reason, count in solver.fallback(course).items():
        some = solver.modes is not None and count < people
        yield reason, solver.modes.close if some and solver.modes is not None else np.ones(people, dtype=bool)


def _curve(bodies: Bodies, output: Output, levels: Levels) -> Floats:
    return _summed(levels, output) if output.effect is None else bodies.response(output.effect, levels)


def _summed(levels: Levels, output: Output) -> Floats:
    parts = {drug: S_FRACTION[drug] if output.kind == "S" else 1.0 for drug in levels}
    first, *others = (level[output.analyte] * parts[drug] for drug, level in levels.items())
    return sum(others, first)


def _factors(by_drugs: Mapping[tuple[str, ...], Bodies]) -> dict[str, Floats]:
    """What differs between the patients, by a name for people."""
    bodies = next(iter(by_drugs.values()))
    people, model = bodies.people, bodies.model
    found = {"weight_kg": people.weight_kg, "age_y": people.age_y, "female": people.female}
    if people.height_cm is not None:
        found["height_cm"] = people.height_cm
    found |= people.facts
    found |= {f"resting {name}": value for name, value in people.resting.items()}
    found |= {f"random {name}": bodies.effects[:, n] for n, name in enumerate(model.varying)}
    own = len(model.varying)
    found |= {f"occasion 1 {name}": bodies.effects[:, own + n] for n, name in enumerate(model.occasion_varying)}
    for drugs, one in by_drugs.items():
        found |= {f"{' and '.join(drugs)} {name}": value for name, value in one.changed.items()}
    for effect in bodies.asked.effects:
        drawn = bodies.felt[effect.id]
        found |= {f"{effect.id} {name}": drawn[name] for name in (*effect.varying, *effect.card.chance)}
    return found
