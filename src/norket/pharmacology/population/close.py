"""The few patients whom modes do not answer for: their rates are nearly equal, or no closed form gives them."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.close import follow
from norket.pharmacology.kernels.exponential import doublings, exponentials, multiples
from norket.pharmacology.models.system import LinearSystem
from norket.pharmacology.population.course import Course
from norket.pharmacology.population.plan import timeline

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# So many are solved side by side: their matrices stay in the cache.
AT_ONCE = 64


def follow_close(
    system: LinearSystem, course: Course, amounts: Floats, who: Integers, out: Floats | None = None
) -> Iterator[tuple[Integers, Floats, Floats]]:
    """Some of `who` at a time: which, their curves (some, outputs, times) in ng/mL, their states (some, n) at the last
    time. `amounts` (rows, patients) of all patients.

    The curves are to be looked at before the next are asked for, which take their place. Where `out` (patients,
    outputs, times) is given, they are written there, and that is what comes as curves.
    """
    plan, _ = timeline(course, tuple(system.inputs))
    shape = (min(AT_ONCE, len(who)), len(system.outputs), len(course.times_min))
    curves = np.empty(shape) if out is None else out
    for some in np.array_split(who, -(-len(who) // AT_ONCE)):
        matrix = _with_inputs(system, some)
        transition, doubled = _exponentials(matrix, plan[1], plan[2], int(plan[5][:, 3].max()))
        entry, readout = (_padded(part, some, len(matrix)) for part in (system.inputs, system.outputs))
        last, own = np.empty(matrix.shape[1:]), np.ascontiguousarray(amounts[:, some])
        follow(
            plan, transition, doubled, entry, readout, own, last, np.arange(len(some)) if out is None else some, curves
        )
        yield some, curves[: len(some)] if out is None else out, last[: system.states].T


def _exponentials(matrix: Floats, lengths: Floats, steps: Floats, longest: int) -> tuple[Floats, Floats]:
    """Of each of `lengths`, and of 1, 2, 4 … of each of `steps`, for grids of up to `longest` times.

    A length of whole steps is put together from those of the first grid.
    """
    counts = np.rint(lengths / steps[0]).astype(np.int64)
    whole = (counts > 0) & (counts * steps[0] == lengths)
    doubles = max(1, (longest - 1).bit_length(), *(int(count).bit_length() for count in counts[whole]))
    transition, doubled = np.empty((len(lengths), *matrix.shape)), np.empty((len(steps), doubles, *matrix.shape))
    for number in range(len(steps)):
        exponentials(matrix, steps[number : number + 1], doubled[number, :1])
        doublings(doubled[number])
    for number, even in enumerate(whole):
        own = slice(number, number + 1)
        if even:
            multiples(doubled[0], counts[own], transition[own])
        else:
            exponentials(matrix, lengths[own], transition[own])
    return transition, doubled


def _padded(vectors: Mapping[str, Floats], who: Integers, size: int) -> Floats:
    """The vectors (names, size, who), zero where there are inputs."""
    found = np.zeros((len(vectors), size, len(who)))
    for number, vector in enumerate(vectors.values()):
        found[number, : vector.shape[1]] = vector[who].T
    return found


def _with_inputs(system: LinearSystem, who: Integers) -> Floats:
    """The systems with their inputs as further states that do not change, (n + ways, n + ways, who)."""
    states, size = system.states, system.states + len(system.inputs)
    matrix = np.zeros((size, size, len(who)))
    matrix[:states, :states] = system.A[who].transpose(1, 2, 0)
    for number, vector in enumerate(system.inputs.values(), start=states):
        matrix[:states, number] = vector[who].T
    return matrix
