"""The record is read and written on threads; this runs such work from the event loop without blocking it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection

P = ParamSpec("P")
R = TypeVar("R")

_readers = ThreadPoolExecutor(max_workers=3, thread_name_prefix="norket-reader")
_writers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="norket-writer")
_parsers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="norket-parser")


def tell(loop: asyncio.AbstractEventLoop, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Runs `work` on the loop, told from any thread: at once where that is the loop's own, which need not be woken."""
    if loop.is_closed():
        return
    if asyncio._get_running_loop() is loop:
        work(*args, **kwargs)
    else:
        loop.call_soon_threadsafe(partial(work, *args, **kwargs))


async def here(work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `work` on the loop: it takes less time than handing it to a thread and back would."""
    return work(*args, **kwargs)


async def parsing(work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `work` that takes a device's message apart: on a thread of its own, so that the watch never waits for it."""
    return await asyncio.get_running_loop().run_in_executor(_parsers, lambda: work(*args, **kwargs))


async def reading(work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `work` on one of a few threads that keep their connections."""
    return await _on(_readers, work, *args, **kwargs)


async def acting(work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `work` on the thread of the machine's own writing: the watch, messages from devices, chunks."""
    return await _on(_writers, work, *args, **kwargs)


async def _on(pool: ThreadPoolExecutor, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: _kept(work, *args, **kwargs))


def _kept(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A connection of SQLite stays with its thread; one of PostgreSQL goes back to the pool."""
    try:
        return work(*args, **kwargs)
    finally:
        if connection.vendor != "sqlite":
            close_old_connections()
