"""Curves and summaries of many patients on one course, exact for every one of them.

Patients whose rates are nearly equal, and models that have no closed form, are followed from state to state, as the
engine does it: the same answer, more slowly. `fallback` says who and why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.engine import solve
from norket.pharmacology.kernels import courses as kernels
from norket.pharmacology.kernels import rows as row_kernels
from norket.pharmacology.kernels import summaries as summary_kernels
from norket.pharmacology.models.system import Input, LinearSystem
from norket.pharmacology.population.close import follow_close
from norket.pharmacology.population.course import Course
from norket.pharmacology.population.modal import Modes
from norket.pharmacology.population.plan import Plan, plan, shown_in_fours
from norket.units.quantities import MINUTES_PER_HOUR

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Summaries:
    """Of each patient: the highest value on the course's times and when, the area from the start to the last time
    (exact, between the grids too), both (patients, outputs); the minutes over each threshold inside the grids, straight
    from one time to the next (patients, thresholds).
    """

    peak_ng_ml: Floats
    peak_min: Floats
    area_ng_h_ml: Floats
    over_min: Floats


def trajectories(modes: Modes, course: Course, amounts: Floats, out: Floats | None = None) -> Floats:
    """Every curve (patients, outputs, times) in ng/mL at `course.times_min`, in `out` where one is given.

    `amounts` (rows, patients) as in `course.Portion`. Give the same `out` again: fresh memory is slow.
    """
    shape = (modes.patients, len(modes.outputs), len(course.times_min))
    found = np.empty(shape) if out is None else out
    others = _others(modes, course)
    if not others.all():
        ready = plan(modes, course)
        kernels.trajectories(ready.arrays, modes.arrays, amounts, ready.layout, found)
    for some, curves, _ in _solved(modes.system, course, amounts, np.flatnonzero(others), found):
        if curves is not found:
            found[some] = curves
    return found


def summaries(modes: Modes, course: Course, amounts: Floats, thresholds: Sequence[tuple[str, float]] = ()) -> Summaries:
    """Peaks, areas and times over `thresholds` (output, ng/mL) of every patient; no curve is kept."""
    outputs, times = list(modes.outputs), course.times_min
    limits = (
        np.array([outputs.index(name) for name, _ in thresholds], dtype=np.int64),
        np.array([level for _, level in thresholds], dtype=np.float64),
    )
    peaks, areas = np.empty((2, modes.patients, len(outputs)))
    places, over = np.empty(peaks.shape, dtype=np.int64), np.empty((modes.patients, len(thresholds)))
    grids = _grids(course)
    others = _others(modes, course)
    if not others.all():
        ready = plan(modes, course)
        summary_kernels.summaries(
            ready.arrays,
            modes.arrays,
            amounts,
            ready.layout,
            ready.whole,
            grids,
            limits,
            *(peaks, places, areas, over),
        )
    for some, curves, left in _solved(modes.system, course, amounts, np.flatnonzero(others)):
        summary_kernels.look_at(curves, some, grids, limits, peaks, places, over)
        areas[some] = _areas(modes.system, course, amounts, some, left)
    return Summaries(peaks, times[places], areas / MINUTES_PER_HOUR, over)


def _grids(course: Course) -> tuple[Integers, Floats]:
    begins = np.cumsum([0, *(grid.count for grid in course.grids)]).astype(np.int64)
    return begins, np.array([grid.step_min for grid in course.grids])


def _areas(system: LinearSystem, course: Course, amounts: Floats, who: Integers, left: Floats) -> Floats:
    """The area of each output (who, outputs), in ng/mL · min: what has entered and is not `left` has passed."""
    last, rest = course.times_min[-1], left.copy()
    entered: dict[tuple[str, int], float] = {}
    for one in course.portions:
        begun = float(last - one.start_min)
        part = min(1.0, begun / one.duration_min) if one.duration_min else 1.0
        if begun >= 0:
            entered[one.way, one.row] = entered.get((one.way, one.row), 0.0) + one.share * part
    for (way, row), share in entered.items():
        rest -= system.inputs[way][who] * (share * amounts[row, who, None])
    passed = np.linalg.solve(system.A[who], rest[..., None])[..., 0]
    return np.stack([(vector[who] * passed).sum(axis=1) for vector in system.outputs.values()], axis=1)


@dataclass(eq=False)
class RowState:
    """Where a reading of all patients, time after time, has come to. Made by `begin`, moved on by `rows`."""

    modes: Modes
    course: Course
    amounts: Floats
    plan: Plan
    state: Floats
    apart: Floats
    level: Floats
    power: Floats
    shown: Integers
    others: Integers
    curves: Floats
    node: int = 0
    piece: int = -1
    time: int = 0


def begin(modes: Modes, course: Course, amounts: Floats) -> RowState:
    """A reading of `course` from its first time on."""
    shape = modes.rates.shape
    level = np.empty((shape[0], len(modes.outputs), shape[2]))
    ready, shown = plan(modes, course), shown_in_fours(modes)
    others = np.flatnonzero(_others(modes, course))
    curves = np.empty((len(course.times_min), len(modes.outputs), len(others)))
    done = 0
    for some, found, _ in _solved(modes.system, course, amounts, others):
        curves[:, :, done : done + len(some)] = found.transpose(2, 1, 0)
        done += len(some)
    work = np.zeros(shape), np.empty(shape), level, np.empty(shape), shown
    return RowState(modes, course, amounts, ready, *work, others, curves)


def rows(now: RowState, out: Floats) -> Floats:
    """The next `len(out)` times of the course into `out` (rows, outputs, patients), ng/mL; the state moves on.

    How many rows are asked for at once changes no bit of the answer.
    """
    begin, left = now.time, len(now.course.times_min) - now.time
    if left < len(out):
        raise ValueError(f"{len(out)} rows are asked for and {left} are left")
    if len(now.others) < now.modes.patients:
        _stepped(now, out)
    now.time += len(out)
    out[:, :, now.others] = now.curves[begin : now.time]
    return out


def _stepped(now: RowState, out: Floats) -> None:
    modes, pieces, done = now.modes, now.plan.arrays[5], 0
    while done < len(out):
        ends = pieces[now.piece, 4] + pieces[now.piece, 3] if now.piece >= 0 else 0
        if now.time + done == ends:
            now.piece += 1
            row_kernels.advance(
                now.plan.arrays,
                now.piece,
                now.node,
                modes.arrays,
                now.amounts,
                now.state,
                now.apart,
                now.level,
                now.power,
            )
            now.node = int(pieces[now.piece, 0])
            continue
        count = min(len(out) - done, int(ends) - now.time - done)
        step = float(now.plan.arrays[2][pieces[now.piece, 2]])
        part = out[done : done + count]
        row_kernels.rows(
            modes.link, modes.source, modes.readout, now.shown, step, now.apart, now.level, now.power, part
        )
        done += count


def fallback(modes: Modes, course: Course) -> dict[str, int]:
    """How many patients the modes do not answer for, by reason; empty when they answer for all."""
    if modes.unsolved:
        return {modes.unsolved: modes.patients}
    if _released(modes, course):
        return {"a release that lasts a time of its own in each patient": modes.patients}
    close = int(modes.close.sum())
    return {"rates that are nearly equal": close} if close else {}


def _released(modes: Modes, course: Course) -> bool:
    return any(one.way in modes.system.release_min for one in course.portions)


def _others(modes: Modes, course: Course) -> Flags:
    """Whom the modes do not answer for."""
    if _released(modes, course):
        return np.ones(modes.patients, dtype=np.bool_)
    return modes.close


def _solved(
    system: LinearSystem, course: Course, amounts: Floats, who: Integers, out: Floats | None = None
) -> Iterator[tuple[Integers, Floats, Floats]]:
    """As `follow_close`; by the engine where a way has a release of its own in each patient."""
    if not len(who):
        return iter(())
    if any(one.way in system.release_min for one in course.portions):
        return iter([(who, *_by_engine(system, course, amounts, who))])
    return follow_close(system, course, amounts, who, out)


def _by_engine(system: LinearSystem, course: Course, amounts: Floats, who: Integers) -> tuple[Floats, Floats]:
    """Each curve (who, outputs, times), and the states (who, n) at the last time; a way in for each way and row."""
    used = dict.fromkeys((one.way, one.row) for one in course.portions)
    inputs = {f"{way} {row}": system.inputs[way][who] * amounts[row, who, None] for way, row in used}
    outputs = {name: vector[who] for name, vector in system.outputs.items()}
    each = np.eye(system.states)
    outputs |= {f"state {n}": np.repeat(each[n : n + 1], len(who), axis=0) for n in range(system.states)}
    release = {f"{way} {row}": system.release_min[way][who] for way, row in used if way in system.release_min}
    part = LinearSystem(system.A[who], inputs, outputs, release)
    given = [Input(f"{one.way} {one.row}", one.share, one.start_min, one.duration_min, 0) for one in course.portions]
    found = [curve[0] for curve in solve(part, given, course.times_min, 1).values()]
    shown = len(system.outputs)
    return np.stack(found[:shown]).transpose(2, 0, 1), np.stack([one[-1] for one in found[shown:]], axis=1)
