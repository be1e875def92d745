"""The running server: web, HL7 listener, watcher and sample writer in one task group, one process.

When one of them fails, all end: a server that looks alive but watches nobody is worse than one that is down.
"""

import asyncio
import contextlib
import gc
import itertools
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import uvicorn
from django.db import DatabaseError

from norket.exchange.hl7v2 import listener
from norket.exchange.hl7v2.receive import receive
from norket.knowledge import read
from norket.record import writer
from norket.record.session import actions, chunks
from norket.site import clock, connections, health, live, one_core, watch
from norket.site.threads import acting, here, parsing, reading
from norket.therapy.screening.compiled import compiled

FLUSH_S = 10.0
# A monitor's message of each second has some hundred bytes and is taken apart in a sixth of a millisecond.
SMALL_BYTES = 4096
log = logging.getLogger("norket.serve")
GRACE_S = 2


@dataclass(frozen=True)
class Ports:
    """Where the server listens; `hl7` is None when no device port was asked for."""

    web: int
    hl7: int | None


class _Server(uvicorn.Server):
    """Leaves signals to us, and ends the streams before it waits for connections."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        live.close()
        await super().shutdown(sockets)


async def flush() -> None:
    """Every ten seconds the samples of a session go to disk, in each second those of others; the last ones on the way
    out."""
    try:
        for turn in itertools.count():
            await asyncio.sleep(FLUSH_S / chunks.TURNS)
            try:
                for few in chunks.waiting(turn):
                    await acting(chunks.flush, clock.now(), few)
                if turn % chunks.TURNS == 0:
                    await acting(actions.settle, clock.now())
            except DatabaseError as fault:  # a full disk: the samples stay in memory and go with the next round
                log.error("samples could not be written: %s: %s", type(fault).__name__, fault)
                await acting(watch.unwritable, fault)
    finally:
        await acting(chunks.flush, clock.now())


async def warm() -> None:
    """Runs the engine once and reads the rules, so that the first curve and the first screening come at once. What
    stands then stays until the end: the collector of garbage no longer walks over all of it, for which it held every
    thread for a third of a second and more (`script/bench hospital`)."""
    from norket.record.session import prediction  # noqa: PLC0415 -- the engine is loaded here and not before

    await reading(prediction.warm_up)
    await reading(lambda: compiled(read()))
    gc.collect()
    gc.freeze()
    health.warmed()


async def _hear(raw: bytes) -> bytes:
    return await receive(raw, clock.now(), run=acting, read_on=here if len(raw) <= SMALL_BYTES else parsing)


async def run(
    sock: socket.socket,
    *,
    hl7: tuple[str, int] | None,
    stop: asyncio.Event,
    started: Callable[[Ports], None],
    beside: Callable[[Ports], Awaitable[None]] | None = None,
) -> None:
    """Serves on the bound socket until `stop` is set. `beside` runs next to it, once everything listens."""
    writer.listen(health.note_commit)
    health.note_commit("")
    live.start()
    config = uvicorn.Config(
        "norket.site.asgi:application",
        http=connections.guarded(_places()),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        backlog=connections.AT_A_TIME,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=65_536,
    )
    server = _Server(config)
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        port = None
        if hl7 is not None:
            port = (await stack.enter_async_context(await listener.serve(*hl7, handle=_hear))).port
        ports = Ports(sock.getsockname()[1], port)
        tasks = [group.create_task(task()) for task in (one_core.run, watch.run, flush, warm)]
        if beside is not None:
            tasks.append(group.create_task(_until_over(beside(ports))))
        tasks.append(group.create_task(_ending(server, stop)))
        started(ports)
        await server.serve(sockets=[sock])
        for task in tasks:
            task.cancel()


def _places() -> connections.Places:
    most = connections.places_for(connections.raise_files())
    return connections.Places(most, most // 2, connections.proxies())


async def _until_over(work: Awaitable[None]) -> None:
    await work


async def _ending(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
