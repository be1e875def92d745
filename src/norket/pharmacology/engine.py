"""Solves linear systems under piecewise-constant input, exactly: one matrix exponential per distinct step.

Between two events the input is constant, so the state after any time is a matrix times the state before plus
a matrix times the input. There is no step size and so no step-size error. Steps of equal length share their
exponential. A release that ends at another moment in each individual is exact too: the step in which it ends is
divided for each of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology import kernels
from norket.pharmacology.models.system import Input, LinearSystem, Segment
from norket.pharmacology.propagators import propagators, releases, stack
from norket.pharmacology.reach import reached

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Times sit on a grid of 2^-36 min (less than a nanosecond), so that equal steps are equal to the last bit.
TICKS_PER_MINUTE = 2.0**36
DRAWS_AT_ONCE = 256


def solve(
    system: LinearSystem | Sequence[Segment], inputs: Sequence[Input], times_min: Floats, columns: int
) -> dict[str, Floats]:
    """Each output of the system at `times_min` (increasing), as an array (columns, times, draws) in its unit.

    The body is empty before the first input. A bolus counts from its own minute on. With several segments (all of the
    same inputs and outputs, the first starting before everything) the state carries over from one to the next.
    """
    segments = [Segment(-np.inf, system)] if isinstance(system, LinearSystem) else list(system)
    segments = reached(segments, list(dict.fromkeys(one.way for one in inputs)))
    ways, outputs = list(segments[0].system.inputs), list(segments[0].system.outputs)
    times, asked = np.unique(_on_grid(times_min), return_inverse=True)
    plan = _plan(segments, inputs, times, columns, ways)
    draws = segments[0].system.draws
    curves = np.empty((len(outputs), columns, len(times), draws))
    for start in range(0, draws, DRAWS_AT_ONCE):
        block = slice(start, min(start + DRAWS_AT_ONCE, draws))
        _solve_block(segments, plan, ways, outputs, block, curves)
    if len(times) < len(times_min):
        curves = curves[:, :, asked]
    return dict(zip(outputs, curves, strict=True))


def _solve_block(
    segments: Sequence[Segment], plan: "_Plan", ways: list[str], outputs: list[str], block: slice, curves: Floats
) -> None:
    transition, forcing = propagators(segments, plan.steps, ways, block)
    entry = np.stack([stack(segment.system.inputs, ways, block) for segment in segments])
    readout = np.stack([stack(segment.system.outputs, outputs, block) for segment in segments])
    slow = releases(segments, plan.segment_of, plan.nodes, plan.released, ways, block)
    kernels.propagate(
        transition,
        forcing,
        np.ascontiguousarray(entry.transpose(0, 2, 1, 3)),
        readout,
        plan.step_of,
        plan.segment_of,
        plan.slot_of,
        plan.jumps,
        plan.rates,
        (slow.way, slow.column, slow.first, slow.last, slow.rate, slow.ending),
        block.start,
        curves,
    )


@dataclass(frozen=True, eq=False)
class _Plan:
    """The nodes in time and what happens at each; `steps` are the distinct (segment, length in min)."""

    nodes: Floats
    step_of: Integers
    segment_of: Integers
    slot_of: Integers
    jumps: Floats
    rates: Floats
    steps: list[tuple[int, float]]
    released: list[Input]


def _plan(segments: Sequence[Segment], inputs: Sequence[Input], times: Floats, columns: int, ways: list[str]) -> _Plan:
    starts = _on_grid(np.array([one.start_min for one in inputs]))
    ends = _on_grid(np.array([one.start_min + one.duration_min for one in inputs]))
    boundaries = _on_grid(np.array([segment.start_min for segment in segments[1:]]))
    nodes = np.unique(np.concatenate([times, starts, ends, boundaries]))
    nodes = nodes[nodes <= times[-1]]
    jumps = np.zeros((len(nodes), len(ways), columns))
    rates = np.zeros_like(jumps)
    released: list[Input] = []
    for one, start, end in zip(inputs, starts, ends, strict=True):
        if one.way in segments[0].system.release_min:
            released.append(_at_once(one, float(start)))
            continue
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
    return _Plan(nodes, step_of, segment_of, slot_of, jumps, rates, steps, released)


def _at_once(one: Input, start_min: float) -> Input:
    if one.duration_min:
        raise ValueError(f"'{one.way}' has a release of its own; what goes in by it is given at once")
    return replace(one, start_min=start_min)


def _on_grid(times_min: Floats) -> Floats:
    grid: Floats = np.round(times_min * TICKS_PER_MINUTE) / TICKS_PER_MINUTE
    return grid


def _distinct_steps(nodes: Floats, segment_of: Integers) -> tuple[Integers, list[tuple[int, float]]]:
    number: dict[tuple[int, float], int] = {}
    step_of = np.full(len(nodes), -1, dtype=np.int64)
    for node, length in enumerate(np.diff(nodes)):
        step_of[node] = number.setdefault((int(segment_of[node]), float(length)), len(number))
    return step_of, list(number)
