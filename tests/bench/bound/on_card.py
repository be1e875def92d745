"""The graphics card's rows, where there is one: the kernels against what the card can copy, and multiply and add."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from bound.ours import COURSE, THRESHOLD
from bound.table import absent
from bound.workload import BYTES, OUTPUTS, TIMES_MIN, People, people, system
from numba import float64
from row import Row

from norket.pharmacology.population import card, courses
from norket.pharmacology.population.modal import modes
from norket.pharmacology.population.plan import plan

cuda: Any = import_module("numba.cuda")
W1A, W1C = "GPU W1a against copying", "GPU W1c against multiply and add"
COPIES, MULTIPLIES = 0.7, 0.35
PATIENTS, JUDGED, SAME = 204_800, 512, 1e-10
ROUNDS, THREADS, CHAINS, TURNS = 20_000, 270_336, 8, 15
COPIED_BYTES = 2**30
# What W1c needs at least, for each time of each patient, as the compiled bound does it.
OPERATIONS = 45 * len(TIMES_MIN)


def rows() -> list[Row]:
    """Measured on the card, or absent with the reason."""
    found = card.engine()
    if not found.on_card:
        return [absent(W1A, found.why, least=COPIES), absent(W1C, found.why, least=MULTIPLIES)]
    judge(people(JUDGED))
    return measured(people(PATIENTS))


def judge(who: People) -> None:
    """The card against the processor."""
    held, weight = modes(system(who)), who.weight_kg[None, :]
    mine, right = card.curves(held, COURSE, weight), courses.trajectories(held, COURSE, weight).transpose(1, 2, 0)
    worst = (np.abs(mine - right).max(axis=1) / right.max(axis=1)).max()
    one, other = (by.summaries(held, COURSE, weight, THRESHOLD) for by in (card, courses))
    for name in ("peak_ng_ml", "area_ng_h_ml", "over_min"):
        mine, right = getattr(one, name), getattr(other, name)
        worst = max(worst, (np.abs(mine - right) / np.maximum(1.0, right)).max())
    if not worst <= SAME:
        raise AssertionError(f"the card is wrong by {worst:.1e}")


def measured(who: People) -> list[Row]:
    """Seconds by the card's own clock, least of several turns; the modes lie on the card already."""
    modes_of, weight = modes(system(who)), who.weight_kg[None, :]
    kernels, kind, there = card.held(modes_of, COURSE, weight)
    out = cuda.device_array((len(OUTPUTS), len(TIMES_MIN), who.count))
    w1a = seconds(lambda: kernels.trajectories(kind, there, out))
    whole, levels = kernels.there((plan(modes_of, COURSE).whole, np.array([level for _, level in THRESHOLD])))
    watched = tuple(OUTPUTS.index(name) for name, _ in THRESHOLD)
    shape = (len(OUTPUTS), who.count)
    peaks, areas, over = (cuda.device_array(one) for one in (shape, shape, (len(watched), who.count)))
    found = (peaks, cuda.device_array(shape, np.int64), areas, over)
    w1c = seconds(lambda: kernels.summaries(kind, there, whole, (watched, levels), found))
    copied, multiplied = copy_rate(), multiply_rate()
    how = f"{who.count:,} patients on {card.engine().name}, their modes there already"
    return [
        Row("GPU copy", copied / 1e9, "GB/s", "read and written"),
        Row("GPU multiply and add, float64", multiplied / 1e9, "GFLOP/s", f"{CHAINS} chains a thread"),
        Row("GPU W1a", 1e9 * w1a / who.count, "ns", f"a patient; {how}"),
        Row("GPU W1c", 1e9 * w1c / who.count, "ns", f"a patient; {how}"),
        Row(W1A, BYTES * who.count / w1a / copied, "", how, least=COPIES),
        Row(W1C, OPERATIONS * who.count / w1c / multiplied, "", how, least=MULTIPLIES),
    ]


def seconds(call: Callable[[], object]) -> float:
    """By events of the card, after a turn that compiles."""
    call()
    taken = []
    for _ in range(TURNS):
        begin, end = cuda.event(), cuda.event()
        begin.record()
        call()
        end.record()
        end.synchronize()
        taken.append(begin.elapsed_time(end) / 1000)
    return min(taken)


def copy_rate() -> float:
    """Bytes read and written a second."""
    one, other = (cuda.device_array(COPIED_BYTES // 8) for _ in range(2))
    return 2 * COPIED_BYTES / seconds(lambda: other.copy_to_device(one))


def multiply_rate() -> float:
    """Operations a second, two for each multiply and add."""

    def fused(rounds: int, out: Any) -> None:
        i = cuda.grid(1)
        x = cuda.local.array(CHAINS, float64)
        for chain in range(CHAINS):
            x[chain] = 1.0 + chain + i
        for _ in range(rounds):
            for chain in range(CHAINS):
                x[chain] = x[chain] * 0.999999 + 1e-9
        total = 0.0
        for chain in range(CHAINS):
            total += x[chain]
        out[i] = total

    kernel, out = cuda.jit(fused), cuda.device_array(THREADS)
    took = seconds(lambda: kernel[THREADS // 128, 128](ROUNDS, out))
    return 2.0 * CHAINS * ROUNDS * THREADS / took
