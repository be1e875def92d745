"""The bound: the same workloads in C, for this one system and regimen alone."""

import ctypes

import numpy as np
from bound.compiled import Floats, aligned, in_threads, library, pointer
from bound.workload import DAYS, LEVEL_NG_ML, OUTPUTS, POINTS, VALUES, People

SUMMARIES, AT_ONCE = 7, 512


class Bound:
    """Both workloads over `who`. The trajectories go round in a warm buffer of `ring` patients."""

    def __init__(self, who: People, ring: int) -> None:
        self._table, self._count, self._ring = np.ascontiguousarray(who.table), who.count, min(ring, who.count)
        self._buffer = aligned(self._ring * VALUES)
        self.summed = np.zeros((who.count, SUMMARIES))
        if self._count % AT_ONCE or self._ring % AT_ONCE:
            raise ValueError(f"patients come in parts of {AT_ONCE}")

    def trajectories(self, threads: int) -> None:
        in_threads(threads, self._count // AT_ONCE, self._trajectories)

    def summaries(self, threads: int) -> None:
        in_threads(threads, self._count // AT_ONCE, self._summaries)

    def curves(self, patients: int) -> Floats:
        """The first patients' trajectories as (patients, outputs, times), computed anew."""
        for part in range(-(-patients // AT_ONCE)):
            self._trajectories(part)
        found = self._buffer.reshape(-1, len(DAYS), len(OUTPUTS), POINTS)[:patients]
        return np.ascontiguousarray(found.transpose(0, 2, 1, 3)).reshape(patients, len(OUTPUTS), -1)

    def _trajectories(self, part: int) -> None:
        first = part * AT_ONCE
        to = pointer(self._buffer, first % self._ring * VALUES)
        library().trajectories(pointer(self._table), self._count, first, first + AT_ONCE, to)

    def _summaries(self, part: int) -> None:
        first, level = part * AT_ONCE, ctypes.c_double(LEVEL_NG_ML)
        to = pointer(self.summed, first * SUMMARIES)
        library().summaries(pointer(self._table), self._count, first, first + AT_ONCE, level, to)
