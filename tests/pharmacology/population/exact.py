"""The answer of a linear system in extended precision, by the plainest means: a power series and squaring.

It shares nothing with the kernels or the engine, and carries some three digits more than they do.
"""

import numpy as np

from norket.pharmacology.models import LinearSystem
from norket.pharmacology.population.course import Course

TERMS = 30
SHORT = 0.5


def exponential(matrix: np.ndarray) -> np.ndarray:
    """exp(matrix), of numbers of any precision."""
    halvings = max(0, int(np.ceil(np.log2(max(float(np.abs(matrix).sum(axis=0).max()) / SHORT, 1.0)))))
    part = matrix / np.longdouble(2) ** halvings
    total = term = np.eye(len(matrix), dtype=np.longdouble)
    for power in range(1, TERMS):
        term = term @ part / power
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total


def curves(system: LinearSystem, course: Course, amounts: np.ndarray, patient: int) -> np.ndarray:
    """Each output (outputs, times) of one patient."""
    size = system.states
    steps: dict[tuple[float, tuple[float, ...]], np.ndarray] = {}
    times = course.times_min.tolist()
    events = [moment for one in course.portions for moment in (one.start_min, one.start_min + one.duration_min)]
    nodes = sorted({*times, *events})
    readers = np.stack([vector[patient] for vector in system.outputs.values()]).astype(np.longdouble)
    state = np.zeros(size + 1, dtype=np.longdouble)
    state[size] = 1
    found = {}
    for number, now in enumerate(nodes):
        inflow = np.zeros(size, dtype=np.longdouble)
        for one in course.portions:
            entering = np.longdouble(one.share) * amounts[one.row, patient] * system.inputs[one.way][patient]
            if not one.duration_min and one.start_min == now:
                state[:size] += entering
            elif one.start_min <= now < one.start_min + one.duration_min:
                inflow += entering / np.longdouble(one.duration_min)
        found[now] = readers @ state[:size]
        if number + 1 < len(nodes):
            key = (nodes[number + 1] - now, tuple(inflow.astype(float)))
            if key not in steps:
                matrix = np.zeros((size + 1, size + 1), dtype=np.longdouble)
                matrix[:size, :size], matrix[:size, size] = system.A[patient], inflow
                steps[key] = exponential(matrix * np.longdouble(key[0]))
            state = steps[key] @ state
    return np.array([found[time] for time in times]).T


def error_of_peak(fast: np.ndarray, slow: np.ndarray) -> float:
    """The worst error (outputs, times) against the highest value of its own output."""
    return float((np.abs(fast - slow).max(axis=1) / np.abs(slow).max(axis=1)).max())
