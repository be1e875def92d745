"""The one thing that workers do: some blocks of patients, to a table of what came of each and to rows of curves.

Pure: what comes back depends on the question and the numbers of the blocks only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.population.block import Block, treat
from norket.pharmacology.population.outcomes import timed, watched
from norket.pharmacology.population.people import BLOCK
from norket.pharmacology.population.quantiles import Brackets, Counts, Gathered, Places, counted, gathered
from norket.pharmacology.population.question import Question

Floats = NDArray[np.float64]
Stage = Literal["pilot", "keep", "count", "gather"]
FACTOR = "patient/"


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


def run_chunk(asked: Question, job: Job) -> ChunkResult:
    """Computes the blocks of a job, one after the other."""
    tables: list[dict[str, Floats]] = []
    kept: list[Floats] = []
    counts: Counts | None = None
    found: list[Gathered] = []
    fallback: dict[str, int] = {}
    for number in range(job.first_block, job.first_block + job.blocks):
        size = min(BLOCK, job.patients - number * BLOCK)
        block = treat(asked, number)
        for reason, patients in block.fallback.items():
            fallback[reason] = fallback.get(reason, 0) + min(patients, size)
        rows = curves_of(asked, block)[:, :size]
        if job.stage in ("keep", "count"):
            tables.append({name: column[:size] for name, column in table_of(asked, block).items()})
        if job.stage in ("pilot", "keep"):
            kept.append(rows)
        elif job.brackets is not None and job.stage == "count":
            own = counted(rows, job.brackets)
            counts = own if counts is None else counts + own
        elif job.brackets is not None and job.places is not None:
            found.append(gathered(rows, job.brackets, job.places))
    return ChunkResult(
        table=_joined(tables),
        rows=np.concatenate(kept, axis=1) if kept else None,
        counts=counts,
        gathered=_together(found) if found else None,
        fallback=fallback,
    )


def curves_of(asked: Question, block: Block) -> Floats:
    """All curves of a block, (rows, 64): for each protocol each output at each watched time."""
    return np.concatenate([one.curves[output.name] for one in block.treated for output in asked.outputs])


def row_count(asked: Question) -> int:
    """How many rows `curves_of` has."""
    return sum(len(asked.outputs) * grid.count for plan in asked.schedules for grid in plan.grids)


def table_of(asked: Question, block: Block) -> dict[str, Floats]:
    """What came of each of the 64 patients under every protocol, and who they are."""
    found = {f"{FACTOR}{name}": column for name, column in block.factors.items()}
    found[f"{FACTOR}model"] = np.full(BLOCK, float(asked.models.index(block.model)))
    for plan, one in zip(asked.schedules, block.treated, strict=True):
        name = plan.protocol.name
        found |= {f"{name}/total_mg": one.total_mg, f"{name}/sessions": one.sessions}
        if plan.protocol.rules.stop is not None:
            found[f"{name}/sessions_stopped"] = one.stopped
        for output in asked.outputs:
            measures = watched(one.curves[output.name], plan.grids)
            if output.name in one.exposures:
                measures["exposure"] = one.exposures[output.name]
            found |= {f"{name}/{output.name}/{measure}": column for measure, column in measures.items()}
        for threshold in asked.scenario.thresholds:
            for measure, column in timed(one.curves[threshold.output], plan.grids, threshold).items():
                found[f"{name}/{threshold.name}/{measure}"] = column
    return found


def _joined(tables: list[dict[str, Floats]]) -> dict[str, Floats]:
    """One table; a fact that some patients do not have (another model's parameter) is not a number there."""
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: np.concatenate(list(_column(tables, name))) for name in names}


def _column(tables: list[dict[str, Floats]], name: str) -> Iterator[Floats]:
    for table in tables:
        size = len(next(iter(table.values())))
        yield table[name] if name in table else np.full(size, np.nan)


def _together(parts: list[Gathered]) -> Gathered:
    return Gathered(np.concatenate([one.values for one in parts]), np.concatenate([one.who for one in parts]))
