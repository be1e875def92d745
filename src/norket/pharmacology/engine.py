"""Solves linear systems under piecewise-constant input, exactly: one matrix exponential per distinct step.

Between two events the input is constant, so the state after any time is a matrix times the state before plus
a matrix times the input; both come from the exponential of the system augmented with its inputs (Van Loan). There is
no step size and so no step-size error. Steps of equal length share their exponential.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.doses import Dose
from norket.pharmacology.kernels.exponential import exponentials
from norket.pharmacology.kernels.propagate import propagate
from norket.pharmacology.models.system import LinearSystem

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Times sit on a grid of 2^-36 min (less than a nanosecond), so that equal steps are equal to the last bit.
TICKS_PER_MINUTE = 2.0**36
DRAWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Segment:
    """From `start_min` on the parameters are those of `system`, until the next segment starts."""

    start_min: float
    system: LinearSystem


@dataclass(frozen=True, eq=False)
class Input:
    """One dose as the engine sees it: `amount_mg` into the input `way` of the system, counted in `column`."""

    way: str
    amount_mg: float
    start_min: float
    duration_min: float
    column: int

    @classmethod
    def of(cls, dose: Dose, column: int, fraction: float = 1.0) -> "Input":
        """The part `fraction` of `dose`, counted in `column`."""
        return cls(dose.route, dose.amount_mg * fraction, dose.start_min, dose.duration_min, column)


def solve(
    system: LinearSystem | Sequence[Segment], inputs: Sequence[Input], times_min: Floats, columns: int
) -> dict[str, Floats]:
    """Each output of the system at `times_min` (increasing), as an array (columns, times, draws) in its unit.

    The body is empty before the first input. A bolus counts from its own minute on. With several segments (all of the
    same inputs and outputs, the first starting before everything) the state carries over from one to the next.
    """
    segments = [Segment(-np.inf, system)] if isinstance(system, LinearSystem) else list(system)
    ways, outputs = list(segments[0].system.inputs), list(segments[0].system.outputs)
    times, asked = np.unique(_on_grid(times_min), return_inverse=True)
    plan = _plan(segments, inputs, times, columns, ways)
    draws = segments[0].system.draws
    curves = np.empty((len(outputs), columns, len(times), draws))
    for start in range(0, draws, DRAWS_AT_ONCE):
        block = slice(start, min(start + DRAWS_AT_ONCE, draws))
        transition, forcing = _propagators(segments, plan, ways, block)
        entry = np.stack([_stack(segment.system.inputs, ways, block) for segment in segments])
        readout = np.stack([_stack(segment.system.outputs, outputs, block) for segment in segments])
        part = np.empty((len(outputs), columns, len(times), block.stop - block.start))
        propagate(
            transition,
            forcing,
            np.ascontiguousarray(entry.transpose(0, 2, 1, 3)),
            readout,
            plan.step_of,
            plan.segment_of,
            plan.slot_of,
            plan.jumps,
            plan.rates,
            part,
        )
        curves[..., block] = part
    if len(times) < len(times_min):
        curves = curves[:, :, asked]
    return dict(zip(outputs, curves, strict=True))


@dataclass(frozen=True, eq=False)
class _Plan:
    """The nodes in time and what happens at each; `steps` are the distinct (segment, length in min)."""

    step_of: Integers
    segment_of: Integers
    slot_of: Integers
    jumps: Floats
    rates: Floats
    steps: list[tuple[int, float]]


def _plan(segments: Sequence[Segment], inputs: Sequence[Input], times: Floats, columns: int, ways: list[str]) -> _Plan:
    starts = _on_grid(np.array([one.start_min for one in inputs]))
    ends = _on_grid(np.array([one.start_min + one.duration_min for one in inputs]))
    boundaries = _on_grid(np.array([segment.start_min for segment in segments[1:]]))
    nodes = np.unique(np.concatenate([times, starts, ends, boundaries]))
    nodes = nodes[nodes <= times[-1]]
    jumps = np.zeros((len(nodes), len(ways), columns))
    rates = np.zeros_like(jumps)
    for one, start, end in zip(inputs, starts, ends, strict=True):
        first, last = np.searchsorted(nodes, [start, end])
        way = ways.index(one.way)
        if end > start:
            rates[first:last, way, one.column] += one.amount_mg / (end - start)
        elif first < len(nodes):
            jumps[first, way, one.column] += one.amount_mg
    segment_of = np.searchsorted(boundaries, nodes, side="right").astype(np.int64)
    step_of, steps = _distinct_steps(nodes, segment_of)
    slot_of = np.full(len(nodes), -1, dtype=np.int64)
    slot_of[np.searchsorted(nodes, times)] = np.arange(len(times))
    return _Plan(step_of, segment_of, slot_of, jumps, rates, steps)


def _on_grid(times_min: Floats) -> Floats:
    grid: Floats = np.round(times_min * TICKS_PER_MINUTE) / TICKS_PER_MINUTE
    return grid


def _distinct_steps(nodes: Floats, segment_of: Integers) -> tuple[Integers, list[tuple[int, float]]]:
    number: dict[tuple[int, float], int] = {}
    step_of = np.full(len(nodes), -1, dtype=np.int64)
    for node, length in enumerate(np.diff(nodes)):
        step_of[node] = number.setdefault((int(segment_of[node]), float(length)), len(number))
    return step_of, list(number)


def _propagators(segments: Sequence[Segment], plan: _Plan, ways: list[str], block: slice) -> tuple[Floats, Floats]:
    """Transition (steps, n, n, draws) and forcing (steps, n, ways, draws), from the augmented exponential."""
    states, draws = segments[0].system.states, block.stop - block.start
    size = states + len(ways)
    result = np.empty((len(plan.steps), size, size, draws))
    for number, segment in enumerate(segments):
        augmented = np.zeros((size, size, draws))
        augmented[:states, :states] = segment.system.A[block].transpose(1, 2, 0)
        augmented[:states, states:] = _stack(segment.system.inputs, ways, block).transpose(1, 0, 2)
        own = [step for step, (of, _) in enumerate(plan.steps) if of == number]
        part = np.empty((len(own), size, size, draws))
        exponentials(augmented, np.array([plan.steps[step][1] for step in own]), part)
        result[own] = part
    return np.ascontiguousarray(result[:, :states, :states]), np.ascontiguousarray(result[:, :states, states:])


def _stack(vectors: Mapping[str, Floats], names: list[str], block: slice) -> Floats:
    """The named vectors (draws, n) of a system as one array (names, n, draws)."""
    return np.stack([vectors[name][block].T for name in names])
