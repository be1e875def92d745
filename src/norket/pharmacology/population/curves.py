"""The curves of a block of patients: by the modes where they apply, by the general engine where they do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.engine import solve
from norket.pharmacology.models.system import Input, LinearSystem, Segment
from norket.pharmacology.population import card
from norket.pharmacology.population.course import Course
from norket.pharmacology.population.courses import begin, fallback, rows
from norket.pharmacology.population.modal import Modes, modes

Floats = NDArray[np.float64]
CHANGING = "parameters that change between occasions"


@dataclass(frozen=True, eq=False)
class Site:
    """A place that follows an output with a half-time (draws,) in minutes, and is read as one more output."""

    output: str
    half_time_min: Floats


def with_sites(system: LinearSystem, sites: Mapping[str, Site]) -> LinearSystem:
    """`system` with these places as further states and outputs, in ng/mL; they take no mass."""
    if not sites:
        return system
    size, more = system.states, len(sites)
    matrix = np.zeros((system.draws, size + more, size + more))
    matrix[:, :size, :size] = system.A
    outputs = {name: _wider(vector, more) for name, vector in system.outputs.items()}
    for number, (name, site) in enumerate(sites.items(), start=size):
        rate = np.log(2) / site.half_time_min
        matrix[:, number, :size] = rate[:, None] * system.outputs[site.output]
        matrix[:, number, number] = -rate
        outputs[name] = np.zeros((system.draws, size + more))
        outputs[name][:, number] = 1.0
    inputs = {way: _wider(vector, more) for way, vector in system.inputs.items()}
    return LinearSystem(matrix, inputs, outputs, system.release_min)


def _wider(vector: Floats, more: int) -> Floats:
    return np.pad(vector, ((0, 0), (0, more)))


@dataclass(frozen=True, eq=False)
class Solver:
    """Solves one block under any course: its modes where the parameters stay what they are, else the general engine."""

    segments: Sequence[Segment]
    modes: Modes | None

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> "Solver":
        """The solver of some individuals over time."""
        return cls(segments, modes(segments[0].system) if len(segments) == 1 else None)

    def curves(self, course: Course, amounts: Floats) -> dict[str, Floats]:
        """Each output (times, draws); `amounts` (rows, draws) are what the portions multiply."""
        course = _seen(course)
        if not course.portions:
            empty = np.zeros((len(course.times_min), amounts.shape[1]))
            return dict.fromkeys(self.segments[0].system.outputs, empty)
        if self.modes is None or sum(fallback(self.modes, course).values()) == self.modes.patients:
            return by_engine(self.segments, course, amounts)
        if card.engine().on_card:
            return dict(zip(self.modes.outputs, card.curves(self.modes, course, amounts), strict=True))
        found = np.empty((len(course.times_min), len(self.modes.outputs), self.modes.patients))
        rows(begin(self.modes, course, amounts), found)
        return {name: found[:, number] for number, name in enumerate(self.modes.outputs)}

    def fallback(self, course: Course) -> dict[str, int]:
        """How many individuals the general engine solves, by reason."""
        if self.modes is None:
            return {CHANGING: self.segments[0].system.draws}
        return fallback(self.modes, course)


@lru_cache(maxsize=256)
def _seen(course: Course) -> Course:
    """The course without what is given after the last time at which anybody looks."""
    last = course.grids[-1].end_min
    return Course(tuple(one for one in course.portions if one.start_min <= last), course.grids)


def by_engine(segments: Sequence[Segment], course: Course, amounts: Floats) -> dict[str, Floats]:
    """Each output (times, draws) of the general engine; `amounts` (rows, draws) are what the portions multiply."""
    pairs = dict.fromkeys((portion.way, portion.row) for portion in course.portions)
    own = [Segment(one.start_min, _own_inputs(one.system, list(pairs), amounts)) for one in segments]
    inputs = [Input(_named(one.way, one.row), one.share, one.start_min, one.duration_min, 0) for one in course.portions]
    return {name: curve[0] for name, curve in solve(own, inputs, course.times_min, 1).items()}


def _own_inputs(system: LinearSystem, pairs: Sequence[tuple[str, int]], amounts: Floats) -> LinearSystem:
    """The system with a way for each way and row, by which each patient's own amount goes in."""
    inputs = {_named(way, row): system.inputs[way] * amounts[row][:, None] for way, row in pairs}
    release = {_named(way, row): system.release_min[way] for way, row in pairs if way in system.release_min}
    return LinearSystem(system.A, inputs, system.outputs, release)


def _named(way: str, row: int) -> str:
    return f"{way} #{row}"


def exposure(segments: Sequence[Segment], course: Course, amounts: Floats) -> dict[str, Floats]:
    """The whole area (ng·h/mL) under each output after all doses, to the end, of each individual.

    Exact for one segment. What a dose adds is counted with the parameters of the occasion in which it is given.
    """
    starts = np.array([one.start_min for one in segments])
    found: dict[str, Floats] = {}
    for number, segment in enumerate(segments):
        system = segment.system
        entered = np.zeros((system.draws, system.states))
        for one in course.portions:
            if np.searchsorted(starts, one.start_min, side="right") - 1 == number:
                entered += system.inputs[one.way] * (one.share * amounts[one.row])[:, None]
        dwelt = np.linalg.solve(system.A, -entered[:, :, None])[:, :, 0]
        for name, vector in system.outputs.items():
            area = np.einsum("ij,ij->i", vector, dwelt) / 60.0
            found[name] = found.get(name, 0.0) + area
    return found
