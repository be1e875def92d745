"""From a protocol to a course: doses on the clock, each patient's own amounts, what becomes of doses on their way."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from math import gcd

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.doses import Dose
from norket.pharmacology.models import Model
from norket.pharmacology.patient import Patient
from norket.pharmacology.population.course import Course, Grid, Portion
from norket.pharmacology.population.people import People, Purpose, uniforms
from norket.pharmacology.population.reading import ScenarioError
from norket.pharmacology.population.scenario import Protocol, Watch
from norket.units import DoseText, DoseTextError
from norket.units.dose_text import Drug
from norket.units.quantities import AmountPerWeight, AmountRatePerWeight

Floats = NDArray[np.float64]
MINUTES_PER_DAY = 24 * 60.0
# In this patient a dose per kg is as many milligrams as its number, which then multiplies each patient's own weight.
ONE_KG = Patient(weight_kg=1.0, age_y=40.0, sex="female")
MOST_TIMES = 20_000
# Times that are nearer than this are one.
SAME_MIN = 1e-6


@dataclass(frozen=True)
class Piece:
    """A dose, or the part of an infusion between two checks. `dose.amount_mg` is per kg of weight if `per_kg`."""

    dose: Dose
    per_kg: bool
    session: int
    number: int


@dataclass(frozen=True, eq=False)
class Schedule:
    """A protocol on the clock: `pieces` in order, the `starts_min` of sessions, the `grids` that people are seen on."""

    protocol: Protocol
    pieces: tuple[Piece, ...]
    starts_min: tuple[float, ...]
    grids: tuple[Grid, ...]
    _courses: dict[tuple[str, Drug], Course] = field(default_factory=dict)

    @property
    def doses(self) -> tuple[Dose, ...]:
        """The doses as written, each per kg or in milligrams; an infusion in the pieces in which it may be stopped."""
        return tuple(piece.dose for piece in self.pieces)

    @property
    def drugs(self) -> tuple[Drug, ...]:
        """The drugs that are given."""
        return tuple(dict.fromkeys(piece.dose.drug for piece in self.pieces))

    @cached_property
    def _rows(self) -> list[tuple[bool, int, int]]:
        """What makes an amount of its own: per kg or not, and the dose (and piece) where rules can change it alone."""
        rules = self.protocol.rules
        alone = rules.skip is not None or rules.partial is not None
        return [
            (one.per_kg, one.number if alone else -1, place if rules.stop is not None else -1)
            for place, one in enumerate(self.pieces)
        ]

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """For each piece the row of the amounts."""
        order = list(dict.fromkeys(self._rows))
        return tuple(order.index(row) for row in self._rows)

    def course(self, model: Model, drug: Drug) -> Course:
        """The portions of one drug as `model` takes them in, and when they are watched."""
        key = (model.id, drug)
        if key not in self._courses:
            self._courses[key] = self._course(model, drug)
        return self._courses[key]

    def _course(self, model: Model, drug: Drug) -> Course:
        inputs = model.inputs(self.doses, range(len(self.pieces)))
        portions = [
            Portion(one.way, one.amount_mg, self.rows[one.column], one.start_min, one.duration_min)
            for one in inputs
            if self.pieces[one.column].dose.drug == drug
        ]
        return Course(tuple(portions), self.grids)

    def given(self, people: People, seed: int) -> Floats:
        """Which part of each piece (pieces, people) gets there: less than all where one is missed or fails."""
        rules, parts = self.protocol.rules, np.ones((len(self.pieces), people.size))
        if rules.skip is not None:
            units = [one.session if rules.skip.each == "session" else one.number for one in self.pieces]
            missed = uniforms(seed, people.blocks, Purpose.SKIPS, max(units) + 1) < rules.skip.probability
            parts[missed[units]] = 0.0
        if rules.partial is not None:
            numbers = [one.number for one in self.pieces]
            chance = uniforms(seed, people.blocks, Purpose.PARTIALS, max(numbers) + 1)
            failed = (chance < rules.partial.probability)[numbers]
            failed[[one.dose.route != (rules.partial.route or one.dose.route) for one in self.pieces]] = False
            parts[failed] *= rules.partial.part
        return parts

    @property
    def heaviest_kg(self) -> float:
        """The most that doses per kg count."""
        return np.inf if self.protocol.weight_cap is None else self.protocol.weight_cap.kg

    def amounts(self, people: People, given: Floats) -> Floats:
        """What each row of the course multiplies (rows, people): dosing weights in kg or ones, times the `given`."""
        weight = np.minimum(people.weight_kg, self.heaviest_kg)
        found = np.zeros((max(self.rows) + 1, people.size))
        for piece, row, part in zip(self.pieces, self.rows, given, strict=True):
            found[row] = part * weight if piece.per_kg else part
        return found

    def total_mg(self, amounts: Floats) -> Floats:
        """All milligrams that each patient gets."""
        total = np.zeros(amounts.shape[1])
        for piece, row in zip(self.pieces, self.rows, strict=True):
            total += piece.dose.amount_mg * amounts[row]
        return total


def schedule(protocol: Protocol, watch: Watch) -> Schedule:
    """The protocol on the clock; a dose text that does not read is refused (`ScenarioError`) with its protocol."""
    numbered = sorted((day, order, text) for order, (day, text) in enumerate(_written(protocol)))
    days = sorted({day for day, _, _ in numbered})
    starts = tuple(day * MINUTES_PER_DAY for day in days)
    pieces: list[Piece] = []
    for number, (day, _, text) in enumerate(numbered):
        dose, per_kg = _read(text, protocol.name)
        dose = replace(dose, start_min=dose.start_min + day * MINUTES_PER_DAY)
        session = days.index(day)
        pieces += [Piece(part, per_kg, session, number) for part in _parts(dose, starts[session], protocol)]
    pieces.sort(key=lambda one: (one.dose.start_min, one.number))
    _check_rules(protocol, pieces)
    grids = _grids(starts, watch)
    _check_turns(protocol, pieces, grids)
    return Schedule(protocol, tuple(pieces), starts, grids)


def _written(protocol: Protocol) -> list[tuple[float, str]]:
    return [(day, text) for one in protocol.sessions for day in one.all_days for text in one.doses]


def _read(text: str, name: str) -> tuple[Dose, bool]:
    try:
        per_kg = isinstance(DoseText.parse(text).quantity, AmountPerWeight | AmountRatePerWeight)
    except DoseTextError as error:
        raise ScenarioError(f"protocol '{name}': {error}") from error
    return Dose.parse(text, ONE_KG), per_kg


def _parts(dose: Dose, start_min: float, protocol: Protocol) -> Sequence[Dose]:
    """An infusion between the checks at which it may be stopped; other doses are whole."""
    stop = protocol.rules.stop
    if stop is None or not dose.duration_min:
        return [dose]
    checks = check_times(start_min, dose.end_min, stop.check_every_min)
    inside = [float(time) for time in checks if dose.start_min < time < dose.end_min]
    edges = [dose.start_min, *inside, dose.end_min]
    return [
        replace(dose, amount_mg=dose.rate_mg_min * (end - start), start_min=start, duration_min=end - start)
        for start, end in pairwise(edges)
    ]


def _check_rules(protocol: Protocol, pieces: Sequence[Piece]) -> None:
    """A rule that would never apply is refused: the answer would be that of the protocol without it."""
    partial, cap = protocol.rules.partial, protocol.weight_cap
    routes = list(dict.fromkeys(one.dose.route for one in pieces))
    if partial is not None and partial.route is not None and partial.route not in routes:
        message = f"rules.partial: no dose is given by the route '{partial.route}'; the routes are: {', '.join(routes)}"
        raise ScenarioError(f"protocol '{protocol.name}': {message}")
    if cap is not None and not any(one.per_kg for one in pieces):
        raise ScenarioError(
            f"protocol '{protocol.name}': weight_cap changes nothing, as no dose is per kg; leave it out"
        )


def _check_turns(protocol: Protocol, pieces: Sequence[Piece], grids: Sequence[Grid]) -> None:
    """Levels turn where a bolus is given or an infusion ends; a peak between two watched times would be missed."""
    turns = {
        (one.session, round(one.dose.end_min - grids[one.session].start_min, 6))
        for one in pieces
        if one.dose.route == "iv"
    }
    seen = [(number, after) for number, after in turns if after <= grids[number].end_min - grids[number].start_min]
    missed = sorted(after for number, after in seen if abs(after - _nearest(after, grids[number].step_min)) > SAME_MIN)
    if missed:
        fits = gcd(*(round(after * 1000) for _, after in seen)) / 1000
        raise ScenarioError(
            f"watch: protocol '{protocol.name}' peaks at {missed[0]:g} min, where an intravenous dose ends, between "
            f"two watched times ({grids[0].step_min:g} min apart); every_min: {fits:g}, or a whole part of it, sees it"
        )


def _nearest(after: float, step: float) -> float:
    return round(after / step) * step


def unseen(plan: Schedule) -> tuple[float, ...]:
    """The starts (min) of doses that are given when nobody watches any more, before the next day with doses."""
    ends = [plan.grids[one.session].end_min for one in plan.pieces]
    return tuple(one.dose.start_min for one, end in zip(plan.pieces, ends, strict=True) if one.dose.start_min >= end)


def check_times(start_min: float, end_min: float, every_min: float) -> Floats:
    """The checks of a session, from the first one after its start until before `end_min`."""
    count = int(np.ceil((end_min - start_min) / every_min - 1e-9))
    numbers = np.arange(1, max(count, 1), dtype=np.float64)
    return start_min + every_min * numbers


def _grids(starts: Sequence[float], watch: Watch) -> tuple[Grid, ...]:
    """From each start for the watched hours, but not into the next."""
    grids = []
    for start, after in zip(starts, [*starts[1:], np.inf], strict=True):
        until = min(watch.hours * 60.0, after - start - watch.every_min)
        grids.append(Grid(start, watch.every_min, int(until / watch.every_min + 1e-9) + 1))
    if sum(grid.count for grid in grids) > MOST_TIMES:
        raise ScenarioError(
            f"watch: at most {MOST_TIMES:,} times are watched in all; watch less often or for less long"
        )
    return tuple(grids)
