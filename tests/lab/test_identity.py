"""The same seed gives the same answer to the last bit: one worker or many, any chunks, a worker killed in mid-run."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from norket.lab.cluster import cluster
from norket.lab.run import KEEP_VALUES, Run, quiet
from norket.lab.store import Store
from norket.lab.workers import Alone, Processes, Workers, local, work
from norket.pharmacology.population.chunk import ChunkResult, Job
from norket.pharmacology.population.reading import ScenarioError, read_scenario, table_name
from norket.pharmacology.population.scenario import Scenario
from norket.pharmacology.refusals import NotCoveredError

FOLDER = Path(__file__).parents[2] / "docs" / "how-to" / "population"
# Not a multiple of 64, so that the last block is cut.
PATIENTS = 450


def scenario(name: str = "weight-cap") -> Scenario:
    path = FOLDER / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    table = table_name(text)
    read = read_scenario(text, path.name, None if table is None else (FOLDER / table).read_text(encoding="utf-8"))
    return read.model_copy(update={"patients": PATIENTS})


def answer(
    folder: Path,
    workers: Workers,
    blocks: int,
    *,
    keep: int = KEEP_VALUES,
    progress: Callable[[str, int, int], None] = quiet,
) -> dict[str, Any]:
    return Run(scenario(), Store(folder), workers, blocks, progress, keep).finish()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return answer(tmp_path_factory.mktemp("plain") / "run", Alone(), 8)


@pytest.mark.parametrize("blocks", [1, 2, 3, 7])
@pytest.mark.parametrize("keep", [KEEP_VALUES, 1], ids=["sorted", "counted"])
def test_chunks_of_any_size_give_the_same(tmp_path: Path, plain: dict[str, Any], blocks: int, keep: int) -> None:
    assert answer(tmp_path / "run", Alone(), blocks, keep=keep) == plain


def test_seven_chunks_hold_the_same_patients(tmp_path: Path) -> None:
    alone = Run(scenario(), Store(tmp_path / "one"), Alone(), 8)
    many = Run(scenario().model_copy(update={"patients": 7 * 64}), Store(tmp_path / "seven"), Alone(), 1)
    alone.finish()
    many.finish()
    one = (tmp_path / "one" / "patients" / "00000.csv").read_text().splitlines()
    parts = [path.read_text().splitlines() for path in sorted((tmp_path / "seven" / "patients").glob("*.csv"))]
    assert len(parts) == 7
    assert [line for part in parts for line in part[1:]] == one[1 : 7 * 64 + 1]


class Killer:
    """Kills somebody the first time that a part of the work is done."""

    def __init__(self, whom: Callable[[], Sequence[int]]) -> None:
        self.whom, self.killed = whom, 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        if 0 < done < total and not self.killed:
            self.killed = self.whom()[0]
            os.kill(self.killed, signal.SIGKILL)


def test_two_processes_of_which_one_is_killed_give_the_same(tmp_path: Path, plain: dict[str, Any]) -> None:
    killer = Killer(lambda: [child.pid for child in multiprocessing.active_children() if child.pid is not None])
    with local(2) as workers:
        assert isinstance(workers, Processes)
        assert answer(tmp_path / "run", workers, 1, keep=1, progress=killer) == plain
    assert killer.killed


def test_a_process_killed_in_the_middle_of_an_answer_is_not_waited_for(tmp_path: Path, plain: dict[str, Any]) -> None:
    halfway: list[int] = []

    def kill_one_that_sends(stage: str, done: int, total: int) -> None:
        """Nobody reads here, so an answer that has begun and is larger than the line holds stays half sent."""
        if stage == "patients" and 0 < done < total and not halfway:
            line = wait(list(workers.started))[0]
            assert isinstance(line, Connection)
            halfway.append(workers.started[line].pid or 0)
            os.kill(halfway[0], signal.SIGKILL)

    workers = Processes(2)
    try:
        assert answer(tmp_path / "run", workers, 1, keep=1, progress=kill_one_that_sends) == plain
    finally:
        workers.close()
    assert halfway
    assert workers.deaths == 1


def test_processes_that_die_again_and_again_end_the_run(tmp_path: Path) -> None:
    def kill_all(stage: str, done: int, total: int) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    with local(2) as workers, pytest.raises(ScenarioError, match="it goes on where it stopped"):
        answer(tmp_path / "run", workers, 1, keep=1, progress=kill_all)


def test_a_refusal_in_a_process_arrives_whole() -> None:
    nowhere = scenario().model_copy(update={"model": "no_such_model"})
    with local(2) as workers, pytest.raises(NotCoveredError) as refused:
        list(workers.run(nowhere.model_dump_json(), [(0, Job(0, 1, PATIENTS, "keep"))]))
    assert refused.value.code == "model_not_known"
    assert "no_such_model" in str(refused.value)


def test_a_mistake_in_a_process_ends_the_run() -> None:
    with local(2) as workers, pytest.raises(RuntimeError, match="a worker failed"):
        list(workers.run("no scenario at all", [(0, Job(0, 1, PATIENTS, "keep"))]))


def test_dask_with_a_killed_worker_gives_the_same(tmp_path: Path, plain: dict[str, Any]) -> None:
    pytest.importorskip("distributed", reason="SKIPPED ALOUD: dask is not installed; pip install 'norket[scale]'")
    with cluster("local", 2) as workers:
        killer = Killer(lambda: list(workers.client.run(os.getpid).values()))
        assert answer(tmp_path / "run", workers, 1, progress=killer) == plain
    assert killer.killed


class Dying:
    """Dies after some jobs, as a machine does."""

    def __init__(self, jobs: int) -> None:
        self.left, self.done = jobs, 0

    def run(self, scenario: str, jobs: Sequence[tuple[int, Job]]) -> Iterator[tuple[int, ChunkResult]]:
        for number, job in jobs:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            self.done += 1
            yield number, work(scenario, job)


@pytest.mark.parametrize("keep", [KEEP_VALUES, 1], ids=["sorted", "counted"])
def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path, plain: dict[str, Any], keep: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        answer(tmp_path / "run", Dying(5), 1, keep=keep)
    again = Dying(1000)
    assert answer(tmp_path / "run", again, 1, keep=keep) == plain
    jobs = 8 if keep > 1 else 1 + 8 + 8
    assert again.done == jobs - 5


def test_a_complete_run_is_not_done_again(tmp_path: Path, plain: dict[str, Any]) -> None:
    answer(tmp_path / "run", Alone(), 4)
    again = Dying(0)
    assert answer(tmp_path / "run", again, 4) == plain
    assert again.done == 0


def test_another_seed_gives_other_people(plain: dict[str, Any], tmp_path: Path) -> None:
    other = Run(scenario().model_copy(update={"seed": 99}), Store(tmp_path / "run"), Alone(), 8).finish()
    first, second = (one["protocols"][0]["bands"]["ketamine"]["p50"] for one in (plain, other))
    assert not np.isin(first[1:], second[1:]).any()
