"""Percentiles over all patients at each time: ours and NumPy's on the same rows, and of a million patients in two
rounds, as the protocol lab takes them.
"""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bound.clock import Took, alternating, best, once
from bound.compiled import Floats, in_threads
from bound.ours import AT_ONCE, COURSE
from bound.workload import OUTPUTS, POINTS, People, system, truth

from norket.pharmacology.population import courses, quantiles
from norket.pharmacology.population.modal import modes

PERCENTILES = (5.0, 50.0, 95.0)
# One session goes by in slabs of so many times, each cut in two for the threads; NumPy is timed on a few of them.
SLABS, NUMPY, FEW, ROUNDS = (61, 60, 60, 60), 2, 64, 5
WRONG, ROUNDING = 1e-9, 1e-13
# Patients who show where to look, and the times at which the answer of two rounds is held against NumPy's.
PILOT, JUDGED = 4 * AT_ONCE, (0, 30, 200)


@dataclass(frozen=True)
class Bands:
    """Seconds for one session of every patient (241 times, three outputs): the rows, our percentiles of them on one
    thread and two, `np.quantile` on one; how the two differ; and what is held at once, the systems not counted.
    """

    rows: Took
    chosen: dict[int, Took]
    numpy: Took
    difference: float
    scratch_mb: float


def bands(who: People) -> Bands:
    """One session, slab by slab."""
    held = modes(system(who))
    slab = np.empty((len(OUTPUTS), SLABS[0], who.count))

    def moments() -> None:
        now = courses.begin(held, COURSE, who.weight_kg[None, :])
        for times in SLABS:
            courses.rows(now, slab[:, :times].transpose(1, 0, 2))

    now, total, difference = courses.begin(held, COURSE, who.weight_kg[None, :]), dict[str, Took](), 0.0
    for number, times in enumerate(SLABS):
        rows = slab[:, :times]
        courses.rows(now, rows.transpose(1, 0, 2))
        if not number:
            _judge(rows, who)
        found, off = _slab(rows)
        difference = max(difference, off)
        total = {name: _both(took, total.get(name, Took(0.0, 0.0))) for name, took in found.items()}
    scratch = slab.nbytes + sum(part.nbytes for part in (held.rates, held.link, held.entry, held.readout))
    return Bands(best(moments, 2), {1: total["1"], 2: total["2"]}, total["numpy"], difference, scratch / 1e6)


def _slab(rows: Floats) -> tuple[dict[str, Took], float]:
    """What the percentiles of `rows` (outputs, times, patients) take, and how far they are from NumPy's."""
    halves = np.array_split(np.arange(rows.shape[1]), 2)
    ours = np.empty((len(PERCENTILES), *rows.shape[:2]))

    def choose(part: int) -> None:
        output, half = divmod(part, 2)
        times = slice(halves[half][0], halves[half][-1] + 1)
        ours[:, output, times] = quantiles.of_all(rows[output, times], PERCENTILES)

    few = rows[:, -NUMPY:]
    calls: dict[str, Callable[[], object]] = {
        "1": lambda: in_threads(1, 2 * len(rows), choose),
        "2": lambda: in_threads(2, 2 * len(rows), choose),
        "numpy": lambda: np.quantile(few, np.array(PERCENTILES) / 100, axis=2),
    }
    took = alternating(calls, ROUNDS)
    share = rows.shape[1] / NUMPY
    took["numpy"] = Took(took["numpy"].wall * share, took["numpy"].processor * share)
    by_numpy = np.quantile(few, np.array(PERCENTILES) / 100, axis=2)
    return took, float(np.abs(by_numpy - ours[:, :, -NUMPY:]).max())


def _both(one: Took, other: Took) -> Took:
    return Took(one.wall + other.wall, one.processor + other.processor)


def _judge(rows: Floats, who: People) -> None:
    right = truth(who.part(slice(0, FEW)))
    off = np.abs(rows[:, :, :FEW].transpose(2, 0, 1) - right[:, :, : rows.shape[1]]) / right.max(axis=2)[:, :, None]
    if not off.max() < WRONG:
        raise AssertionError(f"a row is wrong by {off.max():.1e} of the peak")


@dataclass(frozen=True)
class TwoRounds:
    """Seconds for one session of every patient, from their parameters to the percentiles, and what was held at most."""

    took: Took
    scratch_mb: float


def two_rounds(who: People, threads: int) -> TwoRounds:
    """Every patient counted by place, then the values at the places asked for gathered; nobody's curve is kept."""
    tracemalloc.start()
    took = once(lambda: _two_rounds(who, threads))
    scratch = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return TwoRounds(took, scratch / 1e6)


def _two_rounds(who: People, threads: int) -> None:
    around = quantiles.brackets(_session(who.part(slice(0, PILOT))), PERCENTILES)
    lines = [range(line, -(-who.count // AT_ONCE), threads) for line in range(threads)]
    counts: list[quantiles.Counts | None] = [None] * threads
    gathered: list[list[quantiles.Gathered]] = [[] for _ in lines]
    judged = [output * POINTS + time for output in range(len(OUTPUTS)) for time in JUDGED]
    kept = np.empty((len(judged), who.count))

    def count(line: int) -> None:
        for part in lines[line]:
            counts[line] = quantiles.counted(_session(_part(who, part)), around, counts[line])

    def gather(line: int) -> None:
        for part in lines[line]:
            rows = _session(_part(who, part))
            kept[:, part * AT_ONCE : (part + 1) * AT_ONCE] = rows[judged]
            gathered[line].append(quantiles.gathered(rows, around, at))

    in_threads(threads, threads, count)
    total = sum((one for one in counts if one is not None), np.zeros((), dtype=np.int64))
    at = quantiles.places(np.asarray(total), PERCENTILES, who.count)
    in_threads(threads, threads, gather)
    parts = [one for line in gathered for one in line]
    found = quantiles.of_gathered(parts, around, at, PERCENTILES, who.count)[:, judged]
    right = np.quantile(kept, np.array(PERCENTILES) / 100, axis=1)
    if not np.allclose(found, right, rtol=ROUNDING, atol=0.0):
        raise AssertionError(f"a percentile of two rounds is off by {np.abs(found - right).max():.1e} ng/mL")


def _part(who: People, part: int) -> People:
    return who.part(slice(part * AT_ONCE, (part + 1) * AT_ONCE))


def _session(who: People) -> Floats:
    """The first session (outputs x times, patients)."""
    found = np.empty((len(OUTPUTS), POINTS, who.count))
    courses.rows(courses.begin(modes(system(who)), COURSE, who.weight_kg[None, :]), found.transpose(1, 0, 2))
    return found.reshape(-1, who.count)
