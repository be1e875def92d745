"""The twin of the course kernels on a graphics card: the same modes and the same plan, one thread an individual.

A thread keeps its modes in registers, walks the nodes, and steps along each stretch with one multiply a mode. A kernel
is compiled for each structure of modes, so that all loops over modes unroll. Individuals lie side by side in all that
is read and written: threads beside each other touch memory beside each other.
"""

import math
import warnings
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numba import float64, int64
from numpy.typing import NDArray

from norket.pharmacology.kernels.modes import LANES
from norket.pharmacology.kernels.walk import Events, Plan

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# The earlier mode of each double rate (else -1); for each output and mode, whether it shows in anybody.
Structure = tuple[tuple[int, ...], tuple[bool, ...]]
# Of one individual: its block, lane and number; its rates, links and weights; where its modes are.
Place = tuple[int, int, int]
Own = tuple[Floats, Floats, Floats]
State = tuple[Floats, Floats, Floats, Floats, Floats]
Visit = Callable[[Any, int, int, bool, float, float], None]
THREADS = 2 * LANES
cuda: Any = import_module("numba.cuda")
config: Any = import_module("numba.core.config")
# Numba warns of each small launch; few individuals make one, and nobody can change that.
warnings.filterwarnings("ignore", message="Grid size")
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def structure(source: Integers, readout: Floats) -> Structure:
    """What a kernel is compiled for; `readout[block, output, mode, lane]`."""
    return tuple(source.tolist()), tuple((readout != 0).any(axis=(0, 3)).ravel().tolist())


def _device(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    return cast("Callable[_Arguments, _Result]", cuda.jit(function, device=True))


@_device
def _enter(events: Events, node: int, entry: Floats, amounts: Floats, place: Place, state: Floats) -> None:
    """state[mode] += what enters at `node`."""
    begin, way, row, share = events
    block, lane, individual = place
    for event in range(begin[node], begin[node + 1]):
        given = share[event] * amounts[row[event], individual]
        for m in range(state.size):
            state[m] += entry[block, way[event], m, lane] * given


@_device
def _settle(inflow: Floats, own: Own, source: tuple[int, ...], steady: Floats) -> None:
    """steady[mode]: where the modes go under the constant `inflow`."""
    rate, link, _ = own
    for m in range(steady.size):
        steady[m] = inflow[m] / rate[m]
    for m in range(steady.size):
        if source[m] >= 0:
            steady[m] += link[m] * steady[source[m]] / rate[m]


@_device
def _falls(rate: Floats, length: float, factor: Floats) -> None:
    """factor[mode]: what is left of each after `length` minutes."""
    for m in range(rate.size):
        factor[m] = math.exp(-rate[m] * length)


@_device
def _fade(state: Floats, factor: Floats, link: Floats, source: tuple[int, ...], length: float) -> None:
    """The deviations `state` after `length` minutes, in which each mode falls by its `factor`."""
    for m in range(state.size):
        if source[m] >= 0:
            state[m] += link[m] * length * state[source[m]]
    for m in range(state.size):
        state[m] *= factor[m]


@_device
def _read(shown: tuple[bool, ...], weight: Floats, output: int, state: Floats) -> float:
    total = 0.0
    for m in range(state.size):
        if shown[output * state.size + m]:
            total += weight[output * state.size + m] * state[m]
    return total


@_device
def _divided(memory: Floats, states: int, outputs: int) -> tuple[Own, State]:
    """An individual's own memory, of `_size`, by what it is for."""
    s, wide = states, 6 * states + states * outputs
    own = memory[:s], memory[s : 2 * s], memory[6 * s : wide]
    return own, (
        memory[2 * s : 3 * s],
        memory[3 * s : 4 * s],
        memory[4 * s : 5 * s],
        memory[5 * s : 6 * s],
        memory[wide:],
    )


def _size(states: int, outputs: int) -> int:
    return 6 * states + states * outputs + outputs


@_device
def _load(rates: Floats, links: Floats, readout: Floats, place: Place, own: Own, state: Floats) -> None:
    """The modes of one individual, which has nothing in it yet."""
    rate, link, weight = own
    block, lane, _ = place
    for m in range(rate.size):
        rate[m], link[m], state[m] = rates[block, m, lane], links[block, m, lane], 0.0
        for output in range(weight.size // rate.size):
            weight[output * rate.size + m] = readout[block, output, m, lane]


@_device
def _part_over(before: float, after: float) -> float:
    """The part of a step, straight from one height over the threshold to the next, that is above it."""
    if before > 0.0 and after > 0.0:
        return 1.0
    if before <= 0.0 and after <= 0.0:
        return 0.0
    return max(before, after) / (abs(before) + abs(after))


def _walker(kind: Structure, visit: Visit) -> Callable[..., None]:
    """Through all nodes; each value of each curve is shown to `visit`. The first of `state` ends at the last node."""
    source, shown = kind

    @_device
    def along(
        times: tuple[int, int, int], step: float, own: Own, apart: Floats, factor: Floats, level: Floats, seen: Any
    ) -> None:
        first, end, opening = times
        for time in range(first, end):
            for output in range(level.size):
                value = level[output] + _read(shown, own[2], output, apart)
                visit(seen, output, time, time == opening, step, value)
            _fade(apart, factor, own[1], source, step)

    @_device
    def walk(
        plan: Plan, begins: Integers, entry: Floats, amounts: Floats, place: Place, own: Own, state: State, seen: Any
    ) -> None:
        length_of, lengths, steps, jumps, flows, pieces = plan
        z, steady, apart, factor, level = state
        rate, link, weight = own
        piece = grid = 0
        for node in range(length_of.size):
            _enter(jumps, node, entry, amounts, place, z)
            for m in range(z.size):
                apart[m] = 0.0
            _enter(flows, node, entry, amounts, place, apart)
            _settle(apart, own, source, steady)
            for m in range(z.size):
                z[m] -= steady[m]
            for output in range(level.size):
                level[output] = _read(shown, weight, output, steady)
            while piece < pieces.shape[0] and pieces[piece, 0] == node:
                for m in range(z.size):
                    apart[m] = z[m]
                if pieces[piece, 1] >= 0:
                    _falls(rate, lengths[pieces[piece, 1]], factor)
                    _fade(apart, factor, link, source, lengths[pieces[piece, 1]])
                step, first = steps[pieces[piece, 2]], pieces[piece, 4]
                opens = first == begins[grid]
                grid += 1 if opens else 0
                _falls(rate, step, factor)
                times = (first, first + pieces[piece, 3], first if opens else -1)
                along(times, step, own, apart, factor, level, seen)
                piece += 1
            if length_of[node] >= 0:
                _falls(rate, lengths[length_of[node]], factor)
                _fade(z, factor, link, source, lengths[length_of[node]])
            for m in range(z.size):
                z[m] += steady[m]

    return walk


@lru_cache(maxsize=64)
def _keeping(kind: Structure) -> Any:
    """The kernel that keeps every value."""
    states, outputs = len(kind[0]), len(kind[1]) // len(kind[0])
    size = _size(states, outputs)

    @_device
    def keep(seen: tuple[Floats, int], output: int, time: int, _opening: bool, _step: float, value: float) -> None:
        out, individual = seen
        out[output, time, individual] = value

    walk = _walker(kind, keep)

    def kernel(
        plan: Plan, begins: Integers, rates: Floats, link: Floats, entry: Floats, readout: Floats, amounts: Floats,
        out: Floats,
    ) -> None:  # fmt: skip
        individual = cuda.grid(1)
        if individual < amounts.shape[1]:
            place = (individual // LANES, individual % LANES, individual)
            own, state = _divided(cuda.local.array(size, float64), states, outputs)
            _load(rates, link, readout, place, own, state[0])
            walk(plan, begins, entry, amounts, place, own, state, (out, individual))

    return cuda.jit(kernel)


@lru_cache(maxsize=64)
def _noting(kind: Structure, watched: tuple[int, ...]) -> Any:
    """The kernel that keeps only what there is to say of each curve; `watched`: the output of each threshold."""
    source, shown = kind
    states, outputs, limits, room = len(source), len(shown) // len(source), len(watched), max(1, len(watched))
    size = _size(states, outputs)

    @_device
    def note(
        seen: tuple[Floats, Floats, Integers, Floats, Floats],
        output: int, time: int, opening: bool, step: float, value: float,
    ) -> None:  # fmt: skip
        levels, peak, at, before, over = seen
        if value > peak[output]:
            peak[output], at[output] = value, time
        for n in range(limits):
            if watched[n] == output:
                height = value - levels[n]
                # Nothing is over on the way from minus infinity.
                over[n] += step * _part_over(-math.inf if opening else before[n], height)
                before[n] = height

    walk = _walker(kind, note)

    def kernel(
        plan: Plan, begins: Integers, rates: Floats, link: Floats, entry: Floats, readout: Floats, amounts: Floats,
        whole: Events, levels: Floats, found: tuple[Floats, Integers, Floats, Floats],
    ) -> None:  # fmt: skip
        individual = cuda.grid(1)
        if individual >= amounts.shape[1]:
            return
        place = (individual // LANES, individual % LANES, individual)
        own, state = _divided(cuda.local.array(size, float64), states, outputs)
        peak, at = cuda.local.array(outputs, float64), cuda.local.array(outputs, int64)
        before, over = cuda.local.array(room, float64), cuda.local.array(room, float64)
        for output in range(outputs):
            peak[output], at[output] = -math.inf, 0
        for n in range(room):
            before[n], over[n] = -math.inf, 0.0
        _load(rates, link, readout, place, own, state[0])
        walk(plan, begins, entry, amounts, place, own, state, (levels, peak, at, before, over))
        # What has entered each mode, less what is left in it, has passed at its rate.
        z, steady, apart, _, _ = state
        for m in range(states):
            apart[m] = -z[m]
        _enter(whole, 0, entry, amounts, place, apart)
        _settle(apart, own, source, steady)
        peaks, places, areas, overs = found
        for output in range(outputs):
            peaks[output, individual], places[output, individual] = peak[output], at[output]
            areas[output, individual] = _read(shown, own[2], output, steady)
        for n in range(limits):
            overs[n, individual] = over[n]

    return cuda.jit(kernel)


def trajectories(kind: Structure, held: tuple[Any, ...], out: Any) -> None:
    """Fills `out[output, time, individual]`; all arrays are on the card.

    `held`: a plan as in `walk`, where each grid begins (and the end), the rates, links, entries and readouts of the
    modes, and the amounts[row, individual].
    """
    _keeping(kind)[_grid(out.shape[2]), THREADS](*held, out)


def summaries(
    kind: Structure, held: tuple[Any, ...], whole: Any, thresholds: tuple[tuple[int, ...], Any], found: tuple[Any, ...]
) -> None:
    """Fills `found`, peaks[output, individual], their places, the areas and over[threshold, individual], as
    the processor's `summaries` does; all arrays are on the card. `thresholds`: the output of each, and their levels.
    """
    watched, levels = thresholds
    _noting(kind, watched)[_grid(found[0].shape[1]), THREADS](*held, whole, levels, found)


def _grid(individuals: int) -> int:
    return -(-individuals // THREADS)


def there(value: Any) -> Any:
    """Arrays, or tuples of them, copied to the card."""
    if isinstance(value, tuple):
        return tuple(there(one) for one in value)
    return cuda.to_device(np.ascontiguousarray(value))


def room(shape: tuple[int, ...], kind: type[np.generic] = np.float64) -> Any:
    """Memory of the card that holds nothing in particular."""
    return cuda.device_array(shape, kind)


def card() -> str:
    """The name of the card that computes, or that the compiler simulates one; empty when there is none."""
    if config.ENABLE_CUDASIM:
        return "simulated by Numba"
    if not cuda.is_available():
        return ""
    name = cuda.get_current_device().name
    return name.decode() if isinstance(name, bytes) else str(name)
