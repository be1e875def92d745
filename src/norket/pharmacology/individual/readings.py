"""What systems say would be measured: concentrations at a few moments, for one individual or ten thousand at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology import kernels
from norket.pharmacology.engine import TICKS_PER_MINUTE
from norket.pharmacology.models.system import Input, LinearSystem, Segment
from norket.pharmacology.refusals import NotCoveredError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Reading:
    """One value wanted: an `output` of the system at a time, of a form ("S + R", "S" or "R")."""

    time_min: float
    output: str
    enantiomer: str = "S + R"


class Readings:
    """Readings of one dose history; `of` is called again and again with other individuals of the same structure.

    The column of each input is the place of its form among those of the readings. Which states matter is found once,
    from the first individuals: a rate that is zero in all of them is taken to be zero in everybody.
    """

    def __init__(self, segments: Sequence[Segment], inputs: Sequence[Input], readings: Sequence[Reading]) -> None:
        self._forms = list(dict.fromkeys(reading.enantiomer for reading in readings))
        self._ways = list(dict.fromkeys(one.way for one in inputs))
        self._outputs = list(dict.fromkeys(reading.output for reading in readings))
        self._count = len(readings)
        self._pattern = _pattern(segments, self._ways, self._outputs)
        bounds = _on_grid([segment.start_min for segment in segments[1:]])
        starts = _on_grid([one.start_min for one in inputs])
        ends = _on_grid([one.start_min + one.duration_min for one in inputs])
        times = _on_grid([reading.time_min for reading in readings])
        nodes = np.unique(np.concatenate([times, starts, ends, bounds]))
        nodes = nodes[nodes <= times.max()]
        released = segments[0].system.release_min
        self._flows: list[_Flow] = []
        jumps = np.zeros((len(nodes), len(self._ways), len(self._forms)))
        for one, start, end in zip(inputs, starts, ends, strict=True):
            way = self._ways.index(one.way)
            if start > nodes[-1]:
                continue
            if one.way in released or end > start:
                began = int(np.searchsorted(bounds, start, side="right"))
                self._flows.append(_Flow(way, one, start, end, began if one.way in released else None))
            else:
                jumps[np.searchsorted(nodes, start), way, one.column] += one.amount_mg
        self._stretches = self._cut(np.searchsorted(bounds, nodes, side="right"), nodes, jumps, times, readings)

    def _cut(
        self, segment_of: Integers, nodes: Floats, jumps: Floats, times: Floats, readings: Sequence[Reading]
    ) -> list["_Stretch"]:
        at = np.searchsorted(nodes, times)
        found = []
        for number in np.unique(segment_of):
            own = np.flatnonzero(segment_of == number)
            first, last = own[0], min(own[-1] + 1, len(nodes) - 1)
            mine = np.flatnonzero((at >= first) & (at <= own[-1]))
            wanted = [readings[int(one)] for one in mine]
            entering = jumps[first : last + 1].copy()
            entering[own[-1] - first + 1 :] = 0.0
            read = (
                (at[mine] - first).astype(np.int64),
                np.array([self._outputs.index(one.output) for one in wanted], dtype=np.int64),
                np.array([self._forms.index(one.enantiomer) for one in wanted], dtype=np.int64),
            )
            found.append(_Stretch(int(number), nodes[first : last + 1].copy(), entering, read, mine))
        return found

    def of(self, segments: Sequence[Segment]) -> Floats:
        """The readings (readings, draws) in the unit of each output."""
        draws = segments[0].system.draws
        kept, row, column = self._pattern
        flow = self._flow(segments, draws)
        state = np.zeros((len(self._forms), len(kept), draws))
        values = np.empty((self._count, draws))
        for stretch in self._stretches:
            system = segments[stretch.segment].system
            entry = np.array([system.inputs[way] for way in self._ways])
            readout = np.array([system.outputs[name] for name in self._outputs])
            part = np.empty((len(stretch.mine), draws))
            pattern = (kept, row, column)
            kernels.follow(
                system.A, pattern, entry, readout, stretch.nodes, stretch.jumps, flow, stretch.read, state, part
            )
            values[stretch.mine] = part
        return values

    def _flow(self, segments: Sequence[Segment], draws: int) -> tuple[Integers, Integers, Floats, Floats, Floats]:
        ends = np.empty((len(self._flows), draws))
        for number, flow in enumerate(self._flows):
            ends[number] = flow.end
            if flow.released is not None:
                ends[number] = flow.start + segments[flow.released].system.release_min[flow.input.way]
        return (
            np.array([flow.way for flow in self._flows], dtype=np.int64),
            np.array([flow.input.column for flow in self._flows], dtype=np.int64),
            np.array([flow.input.amount_mg for flow in self._flows], dtype=np.float64),
            np.array([flow.start for flow in self._flows], dtype=np.float64),
            ends,
        )


@dataclass(frozen=True, eq=False)
class _Flow:
    """An even input; `released`: the segment that says how long it lasts in each individual."""

    way: int
    input: Input
    start: float
    end: float
    released: int | None


@dataclass(frozen=True, eq=False)
class _Stretch:
    """The nodes of one segment, to the first of the next; and which readings are taken in it."""

    segment: int
    nodes: Floats
    jumps: Floats
    read: tuple[Integers, Integers, Integers]
    mine: NDArray[np.intp]


def _pattern(
    segments: Sequence[Segment], ways: Sequence[str], outputs: Sequence[str]
) -> tuple[Integers, Integers, Integers]:
    """The states that the doses reach and the outputs show, and where the matrix has elements between them."""
    links = np.zeros(segments[0].system.A.shape[1:], dtype=bool)
    entered, shown = np.zeros((2, len(links)), dtype=bool)
    for segment in segments:
        system: LinearSystem = segment.system
        links |= (system.A != 0).any(axis=0)
        entered |= np.any([(system.inputs[way] != 0).any(axis=0) for way in ways], axis=0)
        shown |= np.any([(system.outputs[name] != 0).any(axis=0) for name in outputs], axis=0)
        if (system.A.min(axis=0)[~np.eye(len(links), dtype=bool)] < 0).any():
            raise NotCoveredError("model_not_valid", "a flow between two compartments is below zero")
    for _ in links:
        entered = entered | links @ entered
        shown = shown | shown @ links
    kept = np.flatnonzero(entered & shown)
    inner = links[np.ix_(kept, kept)] | np.eye(len(kept), dtype=bool)
    row, column = np.nonzero(inner)
    return kept.astype(np.int64), row.astype(np.int64), column.astype(np.int64)


def _on_grid(times_min: Sequence[float]) -> Floats:
    grid: Floats = np.round(np.array(times_min, dtype=np.float64) * TICKS_PER_MINUTE) / TICKS_PER_MINUTE
    return grid
