"""Who computes the chunks: this process, several of its own, or other machines. One that dies is replaced."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from typing import Protocol

from norket.pharmacology.population.chunk import ChunkResult, Job, run_chunk
from norket.pharmacology.population.question import Question, ask
from norket.pharmacology.population.reading import ScenarioError
from norket.pharmacology.population.scenario import Scenario

# How often the processes are started anew after one of them died, and how many jobs each may be ahead of the reader.
MOST_RESTARTS, AHEAD = 5, 2
MOST_WORKERS = 256


class Workers(Protocol):
    """What the lab needs of its workers."""

    def run(self, scenario: str, jobs: Sequence[tuple[int, Job]]) -> Iterator[tuple[int, ChunkResult]]:
        """Each job's number with its result, in any order."""
        ...


@lru_cache(maxsize=2)
def question(scenario: str) -> Question:
    """The question of a scenario in JSON, read once in each worker."""
    return ask(Scenario.model_validate_json(scenario))


def work(scenario: str, job: Job) -> ChunkResult:
    """What every worker does, wherever it is."""
    return run_chunk(question(scenario), job)


class Alone:
    """This process does everything itself."""

    def run(self, scenario: str, jobs: Sequence[tuple[int, Job]]) -> Iterator[tuple[int, ChunkResult]]:
        """One job after the other."""
        for number, job in jobs:
            yield number, work(scenario, job)


class Processes:
    """`count` processes of this machine. If one is killed its jobs are done again; a mistake is not repeated."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: ProcessPoolExecutor | None = None

    def run(self, scenario: str, jobs: Sequence[tuple[int, Job]]) -> Iterator[tuple[int, ChunkResult]]:
        """As the processes finish them."""
        left = dict(jobs)
        for _ in range(MOST_RESTARTS + 1):
            try:
                for number, result in self._some(scenario, left):
                    del left[number]
                    yield number, result
            except BrokenProcessPool:
                self.close()
                continue
            return
        raise ScenarioError(
            f"workers were killed {MOST_RESTARTS + 1} times, perhaps for want of memory; use fewer, then run it again: "
            "with --out it goes on where it stopped"
        )

    def close(self) -> None:
        """Ends the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _some(self, scenario: str, jobs: dict[int, Job]) -> Iterator[tuple[int, ChunkResult]]:
        waiting = list(jobs.items())
        running: dict[Future[ChunkResult], int] = {}
        while waiting or running:
            while waiting and len(running) < self.count * AHEAD:
                number, job = waiting.pop(0)
                running[self._open().submit(work, scenario, job)] = number
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()

    def _open(self) -> ProcessPoolExecutor:
        """The processes, started anew rather than split off, so that they hold no locks of this one."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.count, mp_context=multiprocessing.get_context("spawn"))
        return self._pool


@contextmanager
def local(count: int) -> Iterator[Workers]:
    """`count` workers on this machine."""
    if not 1 <= count <= MOST_WORKERS:
        raise ScenarioError(f"--workers is a number from 1 to {MOST_WORKERS}, not {count}")
    if count == 1:
        yield Alone()
        return
    processes = Processes(count)
    try:
        yield processes
    finally:
        processes.close()
