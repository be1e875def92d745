"""The slow, plain, right solver, used only to judge the fast one: it integrates the equations as they are written.

It shares nothing with the propagator: an adaptive Runge-Kutta method of order 8 restarts at every event, at the
tightest tolerance that double precision allows.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from norket.pharmacology.models.system import Input, LinearSystem, Segment

Floats = NDArray[np.float64]
RELATIVE_TOLERANCE = 3e-14
# Amounts below this part of all that was given may be wrong; what is traced is not.
NOTHING = 1e-26


def solve_plainly(
    system: LinearSystem | Sequence[Segment], inputs: Sequence[Input], times_min: Floats, draw: int = 0
) -> dict[str, Floats]:
    """Each output of individual `draw` at `times_min` (increasing), all inputs together, as an array (times,)."""
    segments = [Segment(-np.inf, system)] if isinstance(system, LinearSystem) else list(system)
    inputs = [_lasting(one, _at(segments, one.start_min), draw) for one in inputs]
    moments = [moment for one in inputs for moment in (one.start_min, one.start_min + one.duration_min)]
    boundaries = [segment.start_min for segment in segments[1:]]
    nodes = sorted({*times_min.tolist(), *moments, *boundaries})
    state = np.zeros(segments[0].system.states)
    found: dict[float, dict[str, float]] = {}
    for number, now in enumerate(nodes):
        body = _at(segments, now)
        for one in inputs:
            if one.duration_min == 0 and one.start_min == now:
                state = state + one.amount_mg * body.inputs[one.way][draw]
        found[now] = {name: float(weights[draw] @ state) for name, weights in body.outputs.items()}
        if number + 1 < len(nodes):
            state = _advance(body, inputs, state, (now, nodes[number + 1]), draw)
    return {name: np.array([found[time][name] for time in times_min.tolist()]) for name in segments[0].system.outputs}


def _lasting(one: Input, body: LinearSystem, draw: int) -> Input:
    """A release is an input that lasts as long as this individual's release."""
    return replace(one, duration_min=float(body.release_min[one.way][draw])) if one.way in body.release_min else one


def _at(segments: Sequence[Segment], now: float) -> LinearSystem:
    return [segment.system for segment in segments if segment.start_min <= now][-1]


def _advance(
    body: LinearSystem, inputs: Sequence[Input], state: Floats, span: tuple[float, float], draw: int
) -> Floats:
    running = [one for one in inputs if one.start_min <= span[0] and span[1] <= one.start_min + one.duration_min]
    inflow = np.zeros_like(state)
    for one in running:
        inflow = inflow + body.inputs[one.way][draw] * one.amount_mg / one.duration_min
    matrix = body.A[draw]
    scale = sum(one.amount_mg for one in inputs)
    if not state.any() and not inflow.any():
        return state
    answer = solve_ivp(
        lambda _, x: matrix @ x + inflow,
        span,
        state,
        method="DOP853",
        t_eval=[span[1]],
        rtol=RELATIVE_TOLERANCE,
        atol=NOTHING * scale,
    )
    if not answer.success:
        raise ArithmeticError(f"the reference solver stopped at {span}: {answer.message}")
    last: Floats = answer.y[:, -1]
    return last
