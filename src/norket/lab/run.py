"""Runs a scenario: chunks out to the workers, what they bring into the store, and from the store the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from norket.lab.answer import answer_of
from norket.lab.report import report_html
from norket.lab.store import Store
from norket.lab.versions import versions
from norket.lab.workers import Workers
from norket.pharmacology.population import quantiles
from norket.pharmacology.population.card import engine
from norket.pharmacology.population.chunk import Job, Stage, group_blocks, row_count
from norket.pharmacology.population.people import BLOCK
from norket.pharmacology.population.quantiles import Brackets, Places
from norket.pharmacology.population.question import Question, ask
from norket.pharmacology.population.reading import ScenarioError
from norket.pharmacology.population.scenario import Scenario

Floats = NDArray[np.float64]
# What a run was asked and what it did: how far it is, in patients of a stage.
Progress = Callable[[str, int, int], None]
FORMAT = "norket-population-1"
# Curves of up to this many values are kept as they are; beyond, they are counted by place (two rounds, little memory).
KEEP_VALUES = 24_000_000
PILOT_VALUES, PILOT_BLOCKS = 8_000_000, 128
CHUNK_BLOCKS, CHUNKS_PER_WORKER, CHUNK_VALUES = 256, 4, 8_000_000
TITLES = {"pilot": "first look", "keep": "patients", "count": "patients", "gather": "percentiles"}


def quiet(stage: str, done: int, total: int) -> None:
    """Shows no progress."""


@dataclass(frozen=True, eq=False)
class Run:
    """One scenario with its number of patients and seed, cut into chunks of `chunk_blocks` blocks of 64."""

    scenario: Scenario
    store: Store
    workers: Workers
    chunk_blocks: int
    progress: Progress = quiet
    keep_values: int = KEEP_VALUES

    @cached_property
    def asked(self) -> Question:
        """The question behind it."""
        return ask(self.scenario)

    @cached_property
    def text(self) -> str:
        """The scenario as the workers get it."""
        return self.scenario.model_dump_json()

    @property
    def blocks(self) -> int:
        """How many blocks hold all patients."""
        return -(-self.scenario.patients // BLOCK)

    @property
    def rows(self) -> int:
        """How many values of curves each patient has."""
        return row_count(self.asked)

    def manifest(self) -> dict[str, Any]:
        """What it all is; a run goes on only where this is the same."""
        return {
            "format": FORMAT,
            "title": self.scenario.title,
            "scenario_hash": self.scenario.hash,
            "patients": self.scenario.patients,
            "seed": self.scenario.seed,
            "chunk_blocks": self.chunk_blocks,
            "models": [one.id for one in self.asked.models],
            "engine": engine().name,
            "versions": versions(),
            "sources": [one.key for one in self.asked.sources],
            "scenario": self.scenario.model_dump(mode="json", exclude={"population": {"rows"}}),
        }

    def finish(self) -> dict[str, Any]:
        """Does what is left to do and returns the answer; of a complete run, the answer that it has."""
        manifest = self.manifest()
        done = self.store.finished()
        self.store.begin(manifest)
        if done is not None:
            return done
        keep = self.rows * self.scenario.patients <= self.keep_values
        bands = self._kept() if keep else self._counted()
        stage: Stage = "keep" if keep else "count"
        sizes = {number: job.size for number, job in self._jobs(stage)}
        names = self.store.columns(stage)

        def column(name: str) -> Floats:
            return self.store.column(stage, len(sizes), names.index(name))

        answer = answer_of(self.asked, bands, names, column, self._fallback(stage, sizes))
        answer = {**answer, "scenario_hash": self.scenario.hash, "versions": manifest["versions"]}
        self.store.finish(manifest, answer, report_html(answer))
        return answer

    def _kept(self) -> Floats:
        jobs = self._jobs("keep")
        self._do("keep", jobs)
        rows = np.empty((self.rows, self.scenario.patients))
        at = 0
        for number, job in jobs:
            rows[:, at : at + job.size] = self.store.get("keep", number, "rows")
            at += job.size
        return quantiles.of_all(rows, self.scenario.percentiles)

    def _counted(self) -> Floats:
        around = self._brackets()
        jobs = self._jobs("count", brackets=around)
        self._do("count", jobs)
        total = sum((self.store.counts("count", number) for number, _ in jobs), np.zeros((), dtype=np.int64))
        people = self.scenario.patients
        at = quantiles.places(np.asarray(total), self.scenario.percentiles, people)
        jobs = self._jobs("gather", brackets=around, places=at)
        self._do("gather", jobs)
        parts = [self.store.gathered("gather", number) for number, _ in jobs]
        return quantiles.of_gathered(parts, around, at, self.scenario.percentiles, people)

    def _brackets(self) -> Brackets:
        """From a pilot of the first blocks, always the same ones, whatever the chunks."""
        blocks = max(1, min(PILOT_BLOCKS, self.blocks, PILOT_VALUES // (self.rows * BLOCK)))
        group = group_blocks(self.asked)
        each = -(-max(1, blocks // 8) // group) * group
        jobs = [
            (number, Job(first, min(each, blocks - first), self.scenario.patients, "pilot"))
            for number, first in enumerate(range(0, blocks, each))
        ]
        self._do("pilot", jobs)
        pilot = np.concatenate([self.store.get("pilot", number, "rows") for number, _ in jobs], axis=1)
        return quantiles.brackets(pilot, self.scenario.percentiles)

    def _jobs(
        self, stage: Stage, brackets: Brackets | None = None, places: Places | None = None
    ) -> list[tuple[int, Job]]:
        firsts = range(0, self.blocks, self.chunk_blocks)
        return [
            (
                number,
                Job(
                    first, min(self.chunk_blocks, self.blocks - first), self.scenario.patients, stage, brackets, places
                ),
            )
            for number, first in enumerate(firsts)
        ]

    def _do(self, stage: str, jobs: Sequence[tuple[int, Job]]) -> None:
        """The jobs that are not done yet."""
        size = {number: job.size for number, job in jobs}
        left = [(number, job) for number, job in jobs if not self.store.has(stage, number)]
        total = sum(size.values())
        done = total - sum(size[number] for number, _ in left)
        self.progress(TITLES[stage], done, total)
        for number, result in self.workers.run(self.text, left):
            self.store.put(stage, number, result)
            done += size[number]
            self.progress(TITLES[stage], done, total)

    def _fallback(self, stage: str, sizes: Mapping[int, int]) -> dict[str, int]:
        found: dict[str, int] = {}
        for number in sizes:
            for reason, patients in self.store.fallback(stage, number).items():
                found[reason] = found.get(reason, 0) + patients
        return found


def chunk_blocks(scenario: Scenario, workers: int) -> int:
    """How many blocks a chunk has, if nobody says: whole groups of blocks that are computed together, enough chunks for
    every worker, none too large to keep in memory.
    """
    blocks = -(-scenario.patients // BLOCK)
    asked = ask(scenario)
    rows = row_count(asked)
    most = max(1, min(CHUNK_BLOCKS, CHUNK_VALUES // (rows * BLOCK)))
    group = group_blocks(asked)
    wanted = max(1, min(most, -(-blocks // (workers * CHUNKS_PER_WORKER))))
    return -(-wanted // group) * group


def with_numbers(scenario: Scenario, patients: int | None, seed: int | None) -> Scenario:
    """The scenario with other numbers than its file has."""
    changed = {"patients": patients, "seed": seed}
    document = scenario.model_dump() | {name: value for name, value in changed.items() if value is not None}
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        said = "; ".join(f"--{one['loc'][0]} {one['input']}: {one['msg'].lower()}" for one in error.errors())
        raise ScenarioError(said) from error


def run(
    scenario: Scenario,
    store: Store,
    workers: Workers,
    count: int = 1,
    *,
    blocks: int | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """The answer to a scenario, computed by `workers` (`count` of them) and kept in `store`.

    A run that was killed goes on when it is asked again with the same store. `blocks`: how many blocks of 64 patients
    a chunk has; it changes no answer. Raises `ScenarioError` or `NotCoveredError` for what cannot be run.
    """
    found = store.manifest()
    each = blocks or (found or {}).get("chunk_blocks") or chunk_blocks(scenario, count)
    return Run(scenario, store, workers, each, progress).finish()
