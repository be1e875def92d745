"""Who computes the chunks: this process, several of its own, or other machines. One that dies is replaced."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from norket.pharmacology.population.chunk import ChunkResult, Job, run_chunk
from norket.pharmacology.population.question import Question, ask
from norket.pharmacology.population.reading import ScenarioError
from norket.pharmacology.population.scenario import Scenario
from norket.pharmacology.refusals import NotCoveredError

MOST_DEATHS = 6
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


def serve(line: Connection) -> None:
    """A process's whole life: each job that comes is answered with its result or its refusal, until nobody asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    with suppress(EOFError, ConnectionError):
        while True:
            scenario, job = line.recv()
            try:
                answer: ChunkResult | NotCoveredError = work(scenario, job)
            except NotCoveredError as refusal:
                answer = refusal
            line.send(answer)


class Processes:
    """`count` processes of this machine. If one is killed its job is done again; one that fails is not asked twice.

    Each has a line of its own, so that one that dies in the middle of an answer closes that line and no other. The
    standard library's pool reads all answers from one line, and waits forever for the rest of such an answer.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.deaths = 0
        self.started: dict[Connection, BaseProcess] = {}

    def run(self, scenario: str, jobs: Sequence[tuple[int, Job]]) -> Iterator[tuple[int, ChunkResult]]:
        """As the processes finish them."""
        waiting = deque(jobs)
        busy: dict[Connection, tuple[int, Job]] = {}
        while waiting or busy:
            self._fill(scenario, waiting, busy)
            ready = wait(list(busy))
            for line in [one for one in busy if one in ready]:
                number, job = busy.pop(line)
                try:
                    answer = line.recv()
                except (OSError, EOFError):
                    self._bury(line)
                    waiting.appendleft((number, job))
                    continue
                if isinstance(answer, NotCoveredError):
                    raise answer
                self._fill(scenario, waiting, busy)
                yield number, answer

    def close(self) -> None:
        """Ends the processes."""
        for line, process in self.started.items():
            line.close()
            process.terminate()
        for process in self.started.values():
            process.join()
        self.started.clear()

    def _fill(self, scenario: str, waiting: deque[tuple[int, Job]], busy: dict[Connection, tuple[int, Job]]) -> None:
        """Gives each idle process a job. One at a time: two that both send and do not read would wait forever."""
        while waiting and len(busy) < self.count:
            line = next((line for line in self.started if line not in busy), None) or self._start()
            try:
                line.send((scenario, waiting[0][1]))
            except OSError:
                self._bury(line)
                continue
            busy[line] = waiting.popleft()

    def _start(self) -> Connection:
        """A process started anew rather than split off, so that it holds no locks of this one."""
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        self.started[ours] = process
        return ours

    def _bury(self, line: Connection) -> None:
        """Forgets a process that was killed. Raises `RuntimeError` if a mistake of its own ended it."""
        line.close()
        process = self.started.pop(line)
        process.join()
        if process.exitcode == 1:  # as Python ends after an exception that nobody caught
            raise RuntimeError("a worker failed; what it printed says where")
        self.deaths += 1
        if self.deaths >= MOST_DEATHS:
            raise ScenarioError(
                f"workers were killed {self.deaths} times, perhaps for want of memory; use fewer, then run it again: "
                "with --out it goes on where it stopped"
            )


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
