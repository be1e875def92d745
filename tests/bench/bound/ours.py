"""Norket's kernels on the workload: from each patient's system to its trajectories, summaries and percentiles."""

import numpy as np
from bound.compiled import Floats, aligned, in_threads
from bound.workload import DOSES, LEVEL_NG_ML, OUTPUTS, POINTS, STARTS, VALUES, WAY, People, system

from norket.pharmacology.models.system import LinearSystem
from norket.pharmacology.population import courses
from norket.pharmacology.population.course import Course, Grid, Portion
from norket.pharmacology.population.modal import modes
from norket.units.quantities import MINUTES_PER_HOUR

AT_ONCE = 2048
THRESHOLD = [(OUTPUTS[2], LEVEL_NG_ML)]
COURSE = Course(
    tuple(Portion(WAY, mg, 0, start + at, lasting) for start in STARTS for mg, at, lasting in DOSES),
    tuple(Grid(start, 1.0, POINTS) for start in STARTS),
)


class Ours:
    """The workloads over `who`, in parts; the trajectories go round in a warm buffer of `ring` patients."""

    def __init__(self, who: People, ring: int) -> None:
        if who.count % AT_ONCE or ring % AT_ONCE:
            raise ValueError(f"patients come in parts of {AT_ONCE}")
        parts = [who.part(slice(first, first + AT_ONCE)) for first in range(0, who.count, AT_ONCE)]
        self._parts: list[tuple[LinearSystem, Floats]] = [(system(part), part.weight_kg[None, :]) for part in parts]
        self._ring = min(ring, who.count) // AT_ONCE
        self._buffer = aligned(self._ring * AT_ONCE * VALUES).reshape(self._ring, AT_ONCE, len(OUTPUTS), -1)

    def set_up(self, threads: int) -> None:
        """The modes alone."""
        in_threads(threads, len(self._parts), lambda part: modes(self._parts[part][0]))

    def trajectories(self, threads: int, patients: int = 0) -> None:
        """All trajectories; or those of so many patients, the same people again and again."""
        in_threads(threads, patients // AT_ONCE or len(self._parts), self._trajectories)

    def summaries(self, threads: int, patients: int = 0) -> None:
        """Seven figures of each patient, nothing else kept."""
        in_threads(threads, patients // AT_ONCE or len(self._parts), self._summaries)

    def _summaries(self, turn: int) -> None:
        solved, weight = self._parts[turn % len(self._parts)]
        courses.summaries(modes(solved), COURSE, weight, THRESHOLD)

    def _trajectories(self, turn: int) -> None:
        solved, weight = self._parts[turn % len(self._parts)]
        courses.trajectories(modes(solved), COURSE, weight, self._buffer[turn % self._ring])


def curves(who: People) -> Floats:
    """(patients, outputs, times) in ng/mL."""
    return courses.trajectories(modes(system(who)), COURSE, who.weight_kg[None, :])


def summed(who: People) -> Floats:
    """(patients, 7), as in the workload: peaks, areas in ng/mL·min, minutes over the threshold."""
    found = courses.summaries(modes(system(who)), COURSE, who.weight_kg[None, :], THRESHOLD)
    return np.concatenate([found.peak_ng_ml, MINUTES_PER_HOUR * found.area_ng_h_ml, found.over_min], axis=1)


def with_modes(who: People, count: int) -> People:
    """`count` patients in all, those whose curves come from modes, again and again; the engine solves the others."""
    own = np.flatnonzero(~modes(system(who)).close)
    return who.part(np.resize(own, count))


def close(who: People) -> float:
    """The share of them that the engine solves."""
    return sum(courses.fallback(modes(system(who)), COURSE).values()) / who.count
