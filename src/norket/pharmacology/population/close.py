"""The few patients whom modes do not answer for: their rates are nearly equal, or no closed form gives them."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.close import follow
from norket.pharmacology.kernels.exponential import doublings, exponentials
from norket.pharmacology.models.system import LinearSystem
from norket.pharmacology.population.course import Course
from norket.pharmacology.population.plan import timeline

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# So many are solved side by side: their matrices stay in the cache.
AT_ONCE = 64


def follow_close(
    system: LinearSystem, course: Course, amounts: Floats, who: Integers
) -> Iterator[tuple[Integers, Floats, Floats]]:
    """Some of `who` at a time: which, their curves (some, outputs, times) in ng/mL, their states (some, n) at the last
    time. `amounts` (rows, patients) of all patients.
    """
    plan, _ = timeline(course, tuple(system.inputs))
    longest = int(plan[5][:, 3].max())
    for some in np.array_split(who, -(-len(who) // AT_ONCE)):
        matrix = _with_inputs(system, some)
        transition = np.empty((len(plan[1]), *matrix.shape))
        doubled = np.empty((len(plan[2]), max(1, (longest - 1).bit_length()), *matrix.shape))
        exponentials(matrix, plan[1], transition)
        for number in range(len(plan[2])):
            exponentials(matrix, plan[2][number : number + 1], doubled[number, :1])
            doublings(doubled[number])
        entry, readout = (_padded(part, some, len(matrix)) for part in (system.inputs, system.outputs))
        curves = np.empty((len(some), len(system.outputs), len(course.times_min)))
        last, own = np.empty(matrix.shape[1:]), np.ascontiguousarray(amounts[:, some])
        follow(plan, transition, doubled, entry, readout, own, last, curves)
        yield some, curves, last[: system.states].T


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
