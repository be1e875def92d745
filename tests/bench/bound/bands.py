"""Percentiles over all patients at each time: ours and NumPy's, on the same rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bound.clock import Took, alternating
from bound.compiled import Floats, in_threads
from bound.ours import COURSE
from bound.workload import OUTPUTS, POINTS, People, system, truth

from norket.pharmacology.population import courses, quantiles
from norket.pharmacology.population.modal import Modes, modes

PERCENTILES = (5.0, 50.0, 95.0)
# Times at once, and how many of them NumPy's quantiles are timed on.
SLAB, NUMPY, FEW = 24, 2, 64
WRONG = 1e-9


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
    """One session in slabs of 24 times. The percentiles are timed on one slab in the middle of it."""
    held = modes(system(who))
    slab, again = np.empty((2, SLAB, len(OUTPUTS), who.count))
    _judge(held, who, slab)
    now = courses.begin(held, COURSE, who.weight_kg[None, :])
    courses.rows(now, slab)
    courses.rows(now, slab)
    flat = slab.reshape(-1, who.count)
    ours = np.empty((len(PERCENTILES), len(flat)))

    def choose(threads: int) -> None:
        in_threads(threads, SLAB, lambda time: _chosen(slab[time], ours[:, 3 * time : 3 * time + 3]))

    choose(2)
    by_numpy = np.quantile(flat[: 3 * NUMPY], np.array(PERCENTILES) / 100, axis=1)
    difference = float(np.abs(by_numpy - ours[:, : 3 * NUMPY]).max())
    calls: dict[str, Callable[[], object]] = {
        "1": lambda: choose(1),
        "2": lambda: choose(2),
        "numpy": lambda: np.quantile(flat[: 3 * NUMPY], np.array(PERCENTILES) / 100, axis=1),
        "rows": lambda: courses.rows(courses.begin(held, COURSE, who.weight_kg[None, :]), again),
    }
    took = alternating(calls, rounds=5)
    share = {"1": POINTS / SLAB, "2": POINTS / SLAB, "numpy": POINTS / NUMPY, "rows": POINTS / SLAB}
    whole = {name: Took(one.wall * share[name], one.processor * share[name]) for name, one in took.items()}
    scratch = slab.nbytes + sum(part.nbytes for part in (held.rates, held.link, held.entry, held.readout))
    return Bands(whole["rows"], {1: whole["1"], 2: whole["2"]}, whole["numpy"], difference, scratch / 1e6)


def _chosen(rows: Floats, found: Floats) -> None:
    found[:] = quantiles.of_all(rows.copy(), PERCENTILES)


def _judge(held: Modes, who: People, slab: Floats) -> None:
    courses.rows(courses.begin(held, COURSE, who.weight_kg[None, :]), slab)
    right = truth(who.part(slice(0, FEW)))
    off = np.abs(slab[:, :, :FEW].transpose(2, 1, 0) - right[:, :, :SLAB]) / right.max(axis=2)[:, :, None]
    if not off.max() < WRONG:
        raise AssertionError(f"a row is wrong by {off.max():.1e} of the peak")
