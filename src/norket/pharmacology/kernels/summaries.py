"""Peaks, areas and times over thresholds: each curve is made in the nearest cache, looked at and forgotten."""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.courses import Layout, curve, peak, places_of, prepare, room, tabulate
from norket.pharmacology.kernels.highest import LOOK, highest
from norket.pharmacology.kernels.jit import jit, lean
from norket.pharmacology.kernels.modes import LANES, fill
from norket.pharmacology.kernels.stream import aligned
from norket.pharmacology.kernels.sums import OVER
from norket.pharmacology.kernels.walk import Body, Events, Plan, enter, settle, shift

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# The steps in which a curve may cross a threshold are looked for in so many at once.
CROSSED = 32


@jit
def summaries(
    plan: Plan,
    body: Body,
    amounts: Floats,
    layout: Layout,
    whole: Events,
    grids: tuple[Integers, Floats],
    thresholds: tuple[Integers, Floats],
    peaks: Floats,
    places: Integers,
    areas: Floats,
    over: Floats,
) -> None:
    """Fills `peaks[patient, output]`, `places` (which time), `areas` (ng/mL · min), `over[patient, threshold]` (min).

    `whole` holds all that enters until the last time, as events of one node; `grids` where each grid begins (and the
    end) and its step; `thresholds` the output and the level of each.
    """
    rates, link, source, entry, readout = body
    outputs, times = peaks.shape[1], grids[0][-1]
    own = room(plan, layout, source.size, entry.shape[1], outputs)
    power, weight, table, rest, state = own[1], own[5], own[6], own[2][0], own[2][2][0]
    slots, widest, a_step = places_of(layout, table), weight.shape[2], table.shape[1] * table.shape[2]
    weights, tables = weight.reshape(weight.size), table.reshape(table.size)
    row, area, parts = aligned(times + OVER + LOOK), np.empty((1, outputs, LANES)), np.empty(CROSSED)
    passed, watched = np.empty((1, source.size, LANES)), np.zeros(outputs, dtype=np.bool_)
    for output in thresholds[0]:
        watched[output] = True
    for block in range(rates.shape[0]):
        first = block * LANES
        prepare(plan, body, amounts, layout, block, own)
        _areas(
            whole,
            rates[block],
            link[block],
            source,
            entry[block],
            readout[block],
            amounts,
            first,
            state,
            rest,
            passed,
            area,
        )
        for lane in range(min(LANES, peaks.shape[0] - first)):
            tabulate(source, layout[0], plan[2], lane, power, table)
            for output in range(outputs):
                if watched[output]:
                    curve(plan[5], weights, widest, tables, a_step, slots, layout[2], output, lane, row, 0)
                    look(row, times, grids, thresholds, output, first + lane, parts, peaks, places, over)
                else:
                    place, value = peak(plan[5], weights, widest, tables, a_step, slots, layout[2], output, lane, row)
                    places[first + lane, output], peaks[first + lane, output] = place, value
                areas[first + lane, output] = area[0, output, lane]


@jit
def look_at(
    curves: Floats,
    who: Integers,
    grids: tuple[Integers, Floats],
    thresholds: tuple[Integers, Floats],
    peaks: Floats,
    places: Integers,
    over: Floats,
) -> None:
    """The same, but for the areas, of curves[individual, output, time] that are there already: those of `who`."""
    times = curves.shape[2]
    row, parts = np.empty(times + LOOK), np.empty(CROSSED)
    for number in range(who.size):
        for output in range(curves.shape[1]):
            row[:times] = curves[number, output]
            look(row, times, grids, thresholds, output, who[number], parts, peaks, places, over)


@lean
def look(
    row: Floats,
    times: int,
    grids: tuple[Integers, Floats],
    thresholds: tuple[Integers, Floats],
    output: int,
    patient: int,
    parts: Floats,
    peaks: Floats,
    places: Integers,
    over: Floats,
) -> None:
    """The peak of row[:times] and its times over the thresholds of this output; what follows in `row` is lost."""
    place = highest(row, times)
    places[patient, output], peaks[patient, output] = place, row[place]
    for number in range(thresholds[0].size):
        if thresholds[0][number] == output:
            over[patient, number] = _over(row, grids, thresholds[1][number], parts)


@lean
def _areas(
    whole: Events,
    rates: Floats,
    link: Floats,
    source: Integers,
    entry: Floats,
    readout: Floats,
    amounts: Floats,
    first: int,
    state: Floats,
    rest: Floats,
    passed: Floats,
    area: Floats,
) -> None:
    """area[0, output, lane]: what has entered each mode, less what is left in it (`state`), has passed at its rate."""
    for m in range(source.size):
        fill(0.0, passed[0, m])
    enter(whole, 0, entry, amounts, first, area[0, 0], passed[0])
    for m in range(source.size):
        shift(-1.0, state[m], passed[0, m])
    settle(rates, link, source, passed, readout, rest, area)


@lean
def _over(row: Floats, grids: tuple[Integers, Floats], threshold: float, parts: Floats) -> float:
    """Minutes over the threshold inside the grids, straight from each time to the next.

    Where all of some times are over it, or none, no part of a step need be taken.
    """
    total = 0.0
    for k in range(CROSSED):
        parts[k] = 0.0
    for grid in range(grids[1].size):
        step, whole = grids[1][grid], 0
        for begin in range(grids[0][grid], grids[0][grid + 1] - 1, CROSSED):
            count = min(CROSSED, grids[0][grid + 1] - 1 - begin)
            here, after, high = row[begin : begin + count], row[begin + 1 : begin + 1 + count], 0
            for k in range(count):
                high += here[k] > threshold
            last = after[count - 1] > threshold
            if high == count and last:
                whole += count
            elif high > 0 or last:
                for k in range(count):
                    a, b = here[k] - threshold, after[k] - threshold
                    height = abs(a) + abs(b)
                    above = (a if a > 0.0 else 0.0) + (b if b > 0.0 else 0.0)
                    parts[k] += step * above / (height if height > 0.0 else 1.0)
        total += step * whole
    for k in range(CROSSED):
        total += parts[k]
    return total
