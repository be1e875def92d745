"""The workload as a user of SciPy would write it: the exponential of the matrix, or a general solver. One patient."""

from itertools import pairwise

import numpy as np
from bound.workload import DOSES, OUTPUTS, POINTS, STARTS, TIMES_MIN, WAY, Floats, People, system
from scipy.integrate import solve_ivp
from scipy.linalg import expm

TOLERANCE, FLOOR = 1e-8, 1e-10


def by_exponential(who: People, patient: int) -> Floats:
    """(outputs, times): one exponential of a minute, one of each night."""
    matrix, entry, readout = _of(who, patient)
    size = len(matrix)
    whole = np.zeros((size + 1, size + 1))
    whole[:size, :size], whole[:size, size] = matrix, entry
    minute = expm(whole)
    nights = {gap: expm(matrix * (gap - POINTS + 1)) for gap in set(np.diff(STARTS))}
    transition = minute[:size, :size].copy()
    forced = [_rate(k) * minute[:size, size] for k in range(POINTS)]
    bolus = entry * sum(mg for mg, _, lasting in DOSES if not lasting)
    state, states = np.zeros(size), np.empty((len(TIMES_MIN), size))
    for session, start in enumerate(STARTS):
        if session:
            state = nights[start - STARTS[session - 1]] @ state
        state = state + bolus
        for k in range(POINTS):
            states[session * POINTS + k] = state
            if k < POINTS - 1:
                state = transition @ state + forced[k]
    return readout @ states.T


def by_solver(who: People, patient: int) -> Floats:
    """(outputs, times): `solve_ivp` with LSODA, started again at each change of the rate."""
    matrix, entry, readout = _of(who, patient)
    changes = sorted({start + at + over for start in STARTS for _, at, over in DOSES} | {*STARTS, TIMES_MIN[-1]})
    state, curves = np.zeros(len(matrix)), np.empty((len(OUTPUTS), len(TIMES_MIN)))
    for begin, end in pairwise(changes):
        into = next(begin - start for start in reversed(STARTS) if start <= begin)
        if into == 0:
            state = state + entry * sum(mg for mg, _, lasting in DOSES if not lasting)
        rate = entry * _rate(into)
        asked = np.logical_and(begin <= TIMES_MIN, end >= TIMES_MIN)
        solved = solve_ivp(
            lambda _, y, rate=rate: matrix @ y + rate,
            (begin, end),
            state,
            method="LSODA",
            t_eval=np.union1d(TIMES_MIN[asked], [end]),
            rtol=TOLERANCE,
            atol=FLOOR,
        )
        curves[:, asked] = readout @ solved.y[:, np.isin(solved.t, TIMES_MIN[asked])]
        state = solved.y[:, -1]
    return curves


def _of(who: People, patient: int) -> tuple[Floats, Floats, Floats]:
    one = system(who.part(np.array([patient])), per_kg=True)
    return one.A[0], one.inputs[WAY][0], np.stack([one.outputs[name][0] for name in OUTPUTS])


def _rate(minute: float) -> float:
    return sum(mg / lasting for mg, at, lasting in DOSES if lasting and at <= minute < at + lasting)
