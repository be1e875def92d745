"""The MLLP port: frames in, answers out. One bad sender never ends the listener or delays another.

While places are free nobody is hurried: a monitor may speak for the first time after half an hour. Where none is free,
one that nothing was charted from leaves, of the network that has the most of them; one whose message was taken stays.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType

from norket.exchange.hl7v2.ack import took
from norket.exchange.hl7v2.message import MAX_BYTES
from norket.record.referral.quota import network

START = b"\x0b"
END = b"\x1c\r"
LINE_ENDS = b"\r\n"
LOOPBACK = "127.0.0.1"

log = logging.getLogger("norket.hl7v2")

Handle = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True)
class Bounds:
    """What one sender may cost us: `idle_s` lies above the slowest cuff schedule, `frame_s` ends one that trickles.
    One network has half of the places, because a gateway may carry every monitor of a hospital."""

    idle_s: float = 1800.0
    frame_s: float = 10.0
    max_connections: int = 512
    max_of_one_network: int = 256


class Listener:
    """A running port. Use as `async with await serve(...) as listener`, or `close()` and `await wait_closed()`."""

    def __init__(self, handle: Handle, bounds: Bounds) -> None:
        self._handle = handle
        self._bounds = bounds
        self._open: dict[asyncio.StreamWriter, str] = {}  # in the order in which they came, with the network
        self._untaken: dict[asyncio.StreamWriter, str] = {}  # those of them that no message was taken from
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        limit = MAX_BYTES + len(START) + len(END)
        self._server = await asyncio.start_server(self._connected, host, port, limit=limit)

    @property
    def port(self) -> int:
        """The port that was bound: the one that the system chose where 0 was asked for."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the listener is closed")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """Take no more senders and end those that are here; answers in hand are not waited for."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        for writer in self._open:
            writer.transport.abort()

    async def wait_closed(self) -> None:
        await asyncio.gather(*tuple(self._tasks), return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def __aenter__(self) -> "Listener":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        await self.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        whose = network(str(peer[0]) if peer else "")
        if not self._has_place(whose):
            writer.transport.abort()
            return
        self._open[writer] = self._untaken[writer] = whose
        task = asyncio.create_task(self._accept(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _has_place(self, whose: str) -> bool:
        """Whether one more of this network is taken. Where its own places are full the one of its own leaves that has
        been here longest without a message that was taken; where all are full, one of the network with the most."""
        own = sum(one == whose for one in self._open.values())
        if own >= self._bounds.max_of_one_network:
            return self._put_out(whose)
        if len(self._open) >= self._bounds.max_connections:
            most = Counter(self._untaken.values()).most_common(1)
            return bool(most) and self._put_out(most[0][0])
        return True

    def _put_out(self, whose: str) -> bool:
        writer = next((writer for writer, one in self._untaken.items() if one == whose), None)
        if writer is None:
            return False
        self._forget(writer)
        writer.transport.abort()
        return True

    def _forget(self, writer: asyncio.StreamWriter) -> None:
        self._open.pop(writer, None)
        self._untaken.pop(writer, None)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("a connection was ended by our own fault", exc_info=error)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except TimeoutError:
            writer.transport.abort()  # silent, trickling, or not reading its answers
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender left or broke off in a frame: without an answer it sends the message again
        finally:
            self._forget(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            frame = await self._frame(reader, self._bounds.idle_s)
            if frame is None:
                return
            answer = await self._handle(frame)
            if took(answer):
                self._untaken.pop(writer, None)
            writer.write(START + answer + END)
            async with asyncio.timeout(self._bounds.frame_s):
                await writer.drain()

    async def _frame(self, reader: asyncio.StreamReader, wait_s: float) -> bytes | None:
        """The next message; None ends the connection: the sender left between frames, or sends no frames at all."""
        async with asyncio.timeout(wait_s):
            first = await reader.read(1)
            while first in LINE_ENDS and first:
                first = await reader.read(1)
        if first != START:
            return None
        try:
            async with asyncio.timeout(self._bounds.frame_s):
                block = await reader.readuntil(END)
        except asyncio.LimitOverrunError as error:
            # Answered, so that the sender learns why; then cut, because the rest of it is on its way.
            return await reader.readexactly(min(error.consumed, MAX_BYTES + 1))
        # A frame that was never ended is dropped at the start of the next one: two messages are never joined.
        return block[: -len(END)].rpartition(START)[2]


async def serve(host: str = LOOPBACK, port: int = 0, *, handle: Handle, bounds: Bounds | None = None) -> Listener:
    """Listen at `host` and `port`; each frame goes to `handle`, whose answer goes back in a frame of its own."""
    listener = Listener(handle, bounds or Bounds())
    await listener.start(host, port)
    return listener
