"""The one thing that workers do: some blocks of patients, to a table of what came of each and to rows of curves.

Pure: what comes back depends on the question and the numbers of the blocks only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.population.block import Block, treat
from norket.pharmacology.population.outcomes import timed, watched
from norket.pharmacology.population.people import BLOCK
from norket.pharmacology.population.quantiles import Brackets, Counts, Gathered, Places, counted, gathered
from norket.pharmacology.population.question import Question

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Stage = Literal["pilot", "keep", "count", "gather"]
FACTOR = "patient/"
# At most this many blocks of a model are computed together, or this many values of curves.
MOST_BLOCKS, GROUP_VALUES = 16, 2_000_000


@dataclass(frozen=True, eq=False)
class Job:
    """Which blocks, and what is wanted of their curves: `pilot` and `keep` all of them, `count` and `gather` what the
    brackets and places ask for. `patients`: how many there are in all; the last block may hold fewer than 64."""

    first_block: int
    blocks: int
    patients: int
    stage: Stage
    brackets: Brackets | None = None
    places: Places | None = None

    @property
    def size(self) -> int:
        """How many patients it has."""
        return min(self.patients, (self.first_block + self.blocks) * BLOCK) - self.first_block * BLOCK


@dataclass(frozen=True, eq=False)
class ChunkResult:
    """`table`: a column (patients,) for each outcome and each fact of a patient; empty for `pilot` and `gather`.

    `rows` (rows, patients), `counts` or `gathered`: the curves, as the stage wants them. `fallback`: how many patients
    took the general engine, by reason.
    """

    table: Mapping[str, Floats] = field(default_factory=dict)
    rows: Floats | None = None
    counts: Counts | None = None
    gathered: Gathered | None = None
    fallback: Mapping[str, int] = field(default_factory=dict)


def group_blocks(asked: Question) -> int:
    """How many blocks are computed together: as many of each model as a processor's memory likes. A group begins at a
    multiple of it, so that who is computed with whom is the same in every run, chunk and worker.
    """
    each = max(1, min(MOST_BLOCKS, GROUP_VALUES // (row_count(asked) * BLOCK)))
    return each * len(asked.models)


def run_chunk(asked: Question, job: Job) -> ChunkResult:
    """Computes the blocks of a job, group by group. Of a group that it shares with others it keeps its own blocks."""
    tables: list[dict[str, Floats]] = []
    kept: list[Floats] = []
    counts: Counts | None = None
    found: list[Gathered] = []
    fallback: dict[str, int] = {}
    size = group_blocks(asked)
    begin, end = job.first_block * BLOCK, job.first_block * BLOCK + job.size
    for first in range(job.first_block // size * size, job.first_block + job.blocks, size):
        own = slice(max(begin - first * BLOCK, 0), min(end - first * BLOCK, size * BLOCK))
        group = [
            treat(asked, range(first + turn, first + size, len(asked.models))) for turn in range(len(asked.models))
        ]
        for reason, who in _by_patient([_slow(block) for block in group], False).items():
            fallback[reason] = fallback.get(reason, 0) + int(who[own].sum())
        rows = _in_turn([curves_of(asked, block) for block in group])[:, own]
        if job.stage in ("keep", "count"):
            table = _by_patient([table_of(asked, block) for block in group], np.nan)
            tables.append({name: column[own] for name, column in table.items()})
        if job.stage in ("pilot", "keep"):
            kept.append(rows)
        elif job.brackets is not None and job.stage == "count":
            counts = counted(rows, job.brackets, counts)
        elif job.brackets is not None and job.places is not None:
            found.append(gathered(rows, job.brackets, job.places))
    return ChunkResult(
        table={name: np.concatenate([table[name] for table in tables]) for name in (tables[0] if tables else ())},
        rows=np.concatenate(kept, axis=1) if kept else None,
        counts=counts,
        gathered=_together(found) if found else None,
        fallback={reason: count for reason, count in fallback.items() if count},
    )


def _slow(block: Block) -> dict[str, Flags]:
    """Who took the general engine under any protocol, by reason."""
    found: dict[str, Flags] = {}
    for one in block.treated:
        for reason, who in one.fallback.items():
            found[reason] = found[reason] | who if reason in found else who
    return found


def _in_turn(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Blocks (…, blocks x 64) of each model put in turn, as the patients are numbered."""
    if len(parts) == 1:
        return parts[0]
    lead = parts[0].shape[:-1]
    return np.stack([one.reshape(*lead, -1, BLOCK) for one in parts], axis=-2).reshape(*lead, -1)


def _by_patient(parts: Sequence[Mapping[str, NDArray[Any]]], absent: float) -> dict[str, NDArray[Any]]:
    """Columns of the models as one; a fact that a model does not know is `absent` in its patients."""
    some = {name: column for part in parts for name, column in part.items()}
    return {
        name: _in_turn([part.get(name, np.full_like(like, absent)) for part in parts]) for name, like in some.items()
    }


def curves_of(asked: Question, block: Block) -> Floats:
    """All curves of some blocks, (rows, people): for each protocol each output at each watched time."""
    return np.concatenate([one.curves[output.name] for one in block.treated for output in asked.outputs])


def row_count(asked: Question) -> int:
    """How many rows `curves_of` has."""
    return sum(len(asked.outputs) * grid.count for plan in asked.schedules for grid in plan.grids)


def table_of(asked: Question, block: Block) -> dict[str, Floats]:
    """What came of each of the patients under every protocol, and who they are."""
    found = {f"{FACTOR}{name}": column for name, column in block.factors.items()}
    found[f"{FACTOR}model"] = np.full(block.people.size, float(asked.models.index(block.model)))
    for plan, one in zip(asked.schedules, block.treated, strict=True):
        name = plan.protocol.name
        found |= {f"{name}/total_mg": one.total_mg, f"{name}/part_given": one.part_given}
        found |= {f"{name}/sessions": one.sessions, f"{name}/sessions_stopped": one.stopped}
        for output in asked.outputs:
            measures = watched(one.curves[output.name], plan.grids)
            if output.name in one.exposures:
                measures["exposure"] = one.exposures[output.name]
            found |= {f"{name}/{output.name}/{measure}": column for measure, column in measures.items()}
        for threshold in asked.scenario.thresholds:
            for measure, column in timed(one.curves[threshold.output], plan.grids, threshold).items():
                found[f"{name}/{threshold.name}/{measure}"] = column
    return found


def _together(parts: list[Gathered]) -> Gathered:
    return Gathered(np.concatenate([one.values for one in parts]), np.concatenate([one.who for one in parts]))
