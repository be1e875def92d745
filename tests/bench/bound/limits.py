"""What this machine can do at most, in the same run: writing memory, copying it, multiplying and adding."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from bound.clock import alternating
from bound.compiled import Floats, aligned, compiler, in_threads, library, pointer

BUFFER = 32 * 2**20  # doubles: 256 MB, more than any cache
PARTS, ROUNDS, CHAINS, WIDTH = 8, 2_000_000, 12, 8
RUNS, LONGEST_S = 40, 20.0
GIGA = 1e9
WRITE, STREAM, COPY, FUSED = "write", "write past the cache", "copy", "multiply and add"
Work = dict[str, tuple[Callable[[int], object], float]]


@dataclass(frozen=True)
class Limits:
    """GB/s (a copy counts what it reads and what it writes) and GFLOP/s, by what was done and on how many threads.

    A second is one of the processor on one thread, and of the clock on two.
    """

    found: dict[tuple[str, int], float]

    def of(self, what: str, threads: int) -> float | None:
        return self.found.get((what, threads))


def limits(threads: tuple[int, ...] = (1, 2)) -> Limits:
    """The best of several turns. Without a compiler, what NumPy writes and copies; the other two are then unknown."""
    work = _in_c(aligned(BUFFER), aligned(BUFFER)) if compiler() else _in_numpy(aligned(BUFFER), aligned(BUFFER))
    calls = {
        f"{what} {count}": partial(in_threads, count, PARTS, one)
        for what, (one, _) in work.items()
        for count in threads
    }
    took = alternating(calls, RUNS, LONGEST_S)
    seconds = {name: one.processor if name.endswith(" 1") else one.wall for name, one in took.items()}
    return Limits(
        {(what, n): amount / GIGA / seconds[f"{what} {n}"] for what, (_, amount) in work.items() for n in threads}
    )


def _in_c(one: Floats, other: Floats) -> Work:
    c, size = library(), BUFFER // PARTS
    work: Work = {
        WRITE: (lambda part: c.write_ordinary(pointer(one, part * size), size, ctypes.c_double(1.0)), one.nbytes),
        COPY: (lambda part: c.copy(pointer(other, part * size), pointer(one, part * size), size), 2 * one.nbytes),
        FUSED: (lambda part: c.fused(ROUNDS // PARTS), ROUNDS * CHAINS * WIDTH * 2),
    }
    if c.streams_past_the_cache():
        two = ctypes.c_double(2.0)
        work[STREAM] = (lambda part: c.write_streaming(pointer(one, part * size), size, two), one.nbytes)
    return work


def _in_numpy(one: Floats, other: Floats) -> Work:
    mine, theirs = one.reshape(PARTS, -1), other.reshape(PARTS, -1)
    return {
        WRITE: (lambda part: mine[part].fill(1.0), one.nbytes),
        COPY: (lambda part: np.copyto(theirs[part], mine[part]), 2 * one.nbytes),
    }
