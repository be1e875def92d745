"""A graphics card in place of the processor for what modes answer, where there is one and `norket[gpu]` is installed.

The answers differ from the processor's in the last digits, so a population is computed by one of the two throughout.
Patients whom the modes do not answer for are solved by the engine on the processor, as always.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.models.system import LinearSystem
from norket.pharmacology.population import courses
from norket.pharmacology.population.course import Course
from norket.pharmacology.population.courses import Summaries
from norket.pharmacology.population.modal import Modes
from norket.pharmacology.population.plan import plan
from norket.units.quantities import MINUTES_PER_HOUR

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
PROCESSOR = "processor"


@dataclass(frozen=True)
class Engine:
    """`name`: "processor", or the card with the version of its compiler. `why` it is no card."""

    name: str
    why: str = ""

    @property
    def on_card(self) -> bool:
        """Whether a card computes."""
        return self.name != PROCESSOR


@cache
def engine() -> Engine:
    """What computes the curves of populations on this machine. Asked once in each process."""
    simulated = import_module("numba.core.config").ENABLE_CUDASIM
    if find_spec("numba_cuda") is None and not simulated:
        return Engine(PROCESSOR, "numba-cuda is not installed: pip install 'norket[gpu]'")
    name = _cuda().card()
    if not name:
        return Engine(PROCESSOR, "no CUDA card answers here")
    return Engine(f"card {name}" if simulated else f"card {name}, numba-cuda {version('numba-cuda')}")


def _cuda() -> Any:
    """The compiler for cards takes a while to load, so only who has one loads it."""
    return import_module("norket.pharmacology.kernels.cuda")


def curves(modes: Modes, course: Course, amounts: Floats) -> Floats:
    """Every curve (outputs, times, patients) in ng/mL, as `courses.trajectories`."""
    found = np.empty((len(modes.outputs), len(course.times_min), modes.patients))
    by_engine = _others(modes, course)
    if not by_engine.all():
        cuda, kind, there = held(modes, course, amounts)
        out = cuda.room(found.shape)
        cuda.trajectories(kind, there, out)
        out.copy_to_host(found)
    who = np.flatnonzero(by_engine)
    if len(who):
        found[:, :, who] = courses.trajectories(_only(modes, who), course, amounts[:, who]).transpose(1, 2, 0)
    return found


def summaries(modes: Modes, course: Course, amounts: Floats, thresholds: Sequence[tuple[str, float]] = ()) -> Summaries:
    """Peaks, areas and times over thresholds, as `courses.summaries`."""
    peak, area = np.empty((2, len(modes.outputs), modes.patients))
    place, over = np.zeros(peak.shape, dtype=np.int64), np.empty((max(1, len(thresholds)), modes.patients))
    by_engine = _others(modes, course)
    if not by_engine.all():
        cuda, kind, there = held(modes, course, amounts)
        levels = np.array([level for _, level in thresholds] or [0.0])
        watched = tuple(modes.outputs.index(name) for name, _ in thresholds)
        here = (peak, place, area, over)
        found_there = tuple(cuda.room(one.shape, one.dtype) for one in here)
        cuda.summaries(kind, there, cuda.there(plan(modes, course).whole), (watched, cuda.there(levels)), found_there)
        for mine, its in zip(here, found_there, strict=True):
            its.copy_to_host(mine)
    found = Summaries(peak.T, course.times_min[place.T], area.T / MINUTES_PER_HOUR, over.T[:, : len(thresholds)])
    who = np.flatnonzero(by_engine)
    if len(who):
        solved = courses.summaries(_only(modes, who), course, amounts[:, who], thresholds)
        found.peak_ng_ml[who], found.peak_min[who] = solved.peak_ng_ml, solved.peak_min
        found.area_ng_h_ml[who], found.over_min[who] = solved.area_ng_h_ml, solved.over_min
    return found


def _others(modes: Modes, course: Course) -> NDArray[np.bool_]:
    """Whom the modes do not answer for."""
    return modes.close | (sum(courses.fallback(modes, course).values()) == modes.patients)


def _only(modes: Modes, who: Integers) -> Modes:
    """Some of the patients, all of them for the engine."""
    system = modes.system
    inputs, outputs, release = (
        {name: vector[who] for name, vector in part.items()}
        for part in (system.inputs, system.outputs, system.release_min)
    )
    part = LinearSystem(system.A[who], inputs, outputs, release)
    return replace(modes, system=part, close=np.ones(len(who), dtype=np.bool_))


def held(modes: Modes, course: Course, amounts: Floats) -> tuple[Any, Any, tuple[Any, ...]]:
    """The kernels of the card, the structure of these modes, and the modes and the course as copied there."""
    cuda = _cuda()
    rates, link, source, entry, readout = modes.arrays
    begins = np.cumsum([0, *(grid.count for grid in course.grids)]).astype(np.int64)
    there = cuda.there((plan(modes, course).arrays, begins, rates, link, entry, readout, amounts))
    return cuda, cuda.structure(source, readout), there
