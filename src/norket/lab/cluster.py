"""Workers on other machines, through Dask: chunks go out, a chunk whose worker died goes to another one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from norket.lab.versions import versions
from norket.lab.workers import work
from norket.pharmacology.population.chunk import ChunkResult, Job
from norket.pharmacology.population.reading import ScenarioError

LOCAL = "local"
RETRIES, CONNECT_S, AHEAD = 5, 20, 3


class Cluster:
    """The workers of a Dask scheduler."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, scenario: str, jobs: Sequence[tuple[int, Job]]) -> Iterator[tuple[int, ChunkResult]]:
        """As they come back; no more are out than the workers can take, so that results do not pile up."""
        waiting = list(jobs)
        numbers: dict[Any, int] = {}
        arriving = import_module("distributed").as_completed()
        most = max(AHEAD * len(self.client.scheduler_info()["workers"]), AHEAD)

        def send() -> None:
            number, job = waiting.pop(0)
            future = self.client.submit(work, scenario, job, pure=False, retries=RETRIES)
            numbers[future.key] = number
            arriving.add(future)

        for _ in range(min(most, len(waiting))):
            send()
        for future in arriving:
            result = future.result()
            if waiting:
                send()
            number = numbers.pop(future.key)
            future.release()
            yield number, result


@contextmanager
def cluster(address: str, local_workers: int) -> Iterator[Cluster]:
    """The cluster at `address` (such as tcp://10.0.0.5:8786), or one of this machine's own for the word "local".

    Refuses (`ScenarioError`) when Dask is not installed, nobody answers, or a worker has another version or edition.
    """
    if find_spec("distributed") is None:
        raise ScenarioError("distributed is not installed; --dask needs: pip install 'norket[scale]'")
    distributed: Any = import_module("distributed")
    if address == LOCAL:
        own = distributed.LocalCluster(
            n_workers=local_workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        )
        with own, distributed.Client(own) as client:
            yield _checked(client)
        return
    try:
        client = distributed.Client(address, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise ScenarioError(f"--dask {address}: no scheduler answers there: {error}") from error
    with client:
        yield _checked(client)


def _checked(client: Any) -> Cluster:
    """Only workers that would give the same answer."""
    own = versions()
    for worker, theirs in client.run(versions).items():
        other = [
            f"{name} {theirs.get(name)} (here {value})" for name, value in own.items() if theirs.get(name) != value
        ]
        if other:
            raise ScenarioError(f"--dask: the worker {worker} has {', '.join(other)}; its answers could differ")
    return Cluster(client)
