"""The threads that run Python stay on one core; they move to another that others leave clearly freer."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from norket.site import one_core
from norket.site.one_core import FREER, Use, choose

SPENT = 1000  # ticks that passed on each core
choice = pytest.mark.skipif(len(one_core.CORES) < 2, reason="this machine gives no choice of cores")


def seen(idle: dict[int, float], own: float = 0.0) -> tuple[Use, Use]:
    """A stretch of one second in which each core was idle for this share, and we used so much."""
    before = Use(dict.fromkeys(idle, 5), dict.fromkeys(idle, 10), 7.0, 100.0)
    after = Use(
        {core: 5 + round(share * SPENT) for core, share in idle.items()},
        dict.fromkeys(idle, 10 + SPENT),
        7.0 + own,
        101.0,
    )
    return before, after


def test_at_first_the_core_that_idled_most_is_taken() -> None:
    assert choose(*seen({0: 0.2, 1: 0.9, 2: 0.5}), None) == 1


@pytest.mark.parametrize(("other", "chosen"), [(0.5 + FREER - 0.01, 0), (0.5 + FREER + 0.01, 1)])
def test_a_core_is_left_only_for_one_that_is_clearly_freer(other: float, chosen: int) -> None:
    assert choose(*seen({0: 0.5, 1: other}), 0) == chosen


def test_what_we_use_ourselves_is_no_reason_to_move() -> None:
    assert choose(*seen({0: 0.1, 1: 1.0}, own=0.8), 0) == 0


def test_a_core_that_others_take_is_left() -> None:
    assert choose(*seen({0: 0.0, 1: 0.9}, own=0.4), 0) == 1


def test_a_core_that_is_gone_is_left() -> None:
    assert choose(*seen({1: 0.1}), 0) == 1


@pytest.fixture
def _as_before() -> Iterator[None]:
    yield
    for thread in one_core.THREADS.iterdir():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), one_core.CORES)


@choice
@pytest.mark.usefixtures("_as_before")
def test_all_threads_go_there_together_and_those_begun_later_too() -> None:
    begun = threading.Barrier(2)
    beside = ThreadPoolExecutor(1)
    beside.submit(begun.wait)
    begun.wait()

    async def for_a_moment() -> tuple[set[int], set[int]]:
        task = asyncio.create_task(one_core.run())
        await asyncio.sleep(one_core.FIRST_S * 3)
        task.cancel()
        later = ThreadPoolExecutor(1).submit(os.sched_getaffinity, 0).result()
        return later, beside.submit(os.sched_getaffinity, 0).result()

    later, earlier = asyncio.run(for_a_moment())
    assert len(earlier) == 1
    assert later == earlier == os.sched_getaffinity(0)


@choice
@pytest.mark.usefixtures("_as_before")
def test_what_computes_beside_python_runs_where_there_is_room() -> None:
    core = min(one_core.CORES)
    apart = ThreadPoolExecutor(1, initializer=one_core.spread)
    assert apart.submit(os.sched_getaffinity, 0).result() == one_core.CORES
    one_core.move(core)
    assert apart.submit(os.sched_getaffinity, 0).result() == one_core.CORES
    assert os.sched_getaffinity(0) == {core}


@pytest.mark.parametrize("cores", [frozenset(), frozenset({min(one_core.CORES, default=0)}), frozenset({90001, 90002})])
def test_where_there_is_no_choice_nothing_is_moved(monkeypatch: pytest.MonkeyPatch, cores: frozenset[int]) -> None:
    moved: list[int] = []
    monkeypatch.setattr(one_core, "CORES", cores)
    monkeypatch.setattr(one_core, "move", moved.append)
    asyncio.run(asyncio.wait_for(one_core.run(), 5.0))
    assert moved == []


@choice
def test_a_system_that_refuses_ends_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refused(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(one_core.os, "sched_setaffinity", refused)
    with caplog.at_level("WARNING", logger="norket.cores"):
        asyncio.run(asyncio.wait_for(one_core.run(), 5.0))
    assert "Operation not permitted" in caplog.text
    assert ThreadPoolExecutor(1, initializer=one_core.spread).submit(int, "7").result() == 7
