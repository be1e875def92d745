"""How many connections the web port holds, and for how long one may hold its place without asking for anything.

Idle sockets cost an attacker nothing and the server its files. Where all places are taken, the connection that has
never asked for anything leaves first, one whose request is not whole yet among them, then the one that has rested
longest; one whose request is in hand, such as a stream of alerts, is never put out.
"""

import asyncio
import os
import resource
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from norket.record.referral.quota import network

HEAD_S = 10.0
HEAD_BYTES = 65_536
MOST = 2_000
FEWEST = 128
# Kept for the record, its threads, the packaged files and the device port.
KEPT_FILES = 192 + 512
ENOUGH_FILES = 8_192
# So many are taken in before the next look at who must leave: more at a time could use up the files.
AT_A_TIME = 100
LOOPBACK = frozenset({"127.0.0.1", "::1"})


def raise_files() -> int:
    """Lets this process open as many files as the machine allows it, and gives how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 1 << 20 if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(soft, most)


def places_for(files: int) -> int:
    """How many connections a process with so many files takes."""
    return max(FEWEST, min(MOST, files - KEPT_FILES))


def proxies() -> frozenset[str]:
    """Addresses from which everybody comes: this machine, and the proxies of the installation."""
    return LOOPBACK | {one.strip() for one in os.environ.get("FORWARDED_ALLOW_IPS", "").split(",") if one.strip()}


class Places:
    """Who holds a connection: those with a request in hand, those who rest between two, those who have not asked yet.
    They are counted by network: of IPv6 a household has more addresses than there are places."""

    def __init__(self, most: int, of_one_address: int, shared: frozenset[str] = frozenset()) -> None:
        self._most, self._of_one, self._shared = most, of_one_address, shared
        self._open: dict[Any, str] = {}
        self._silent: dict[Any, str] = {}
        self._resting: dict[Any, str] = {}

    def __len__(self) -> int:
        return len(self._open)

    def take(self, one: Any, address: str) -> tuple[bool, Any]:
        """Whether there is a place for `one`, and who must leave for it."""
        full, whose = len(self._open) >= self._most, network(address)
        own = 0 if address in self._shared else sum(kept == whose for kept in self._open.values())
        leaves = None
        if own >= self._of_one:
            leaves = self._idle(whose)
        elif full:
            leaves = self._idle(None)
        if leaves is None and (full or own >= self._of_one):
            return False, None
        if leaves is not None:
            self.leave(leaves)
        self._open[one] = self._silent[one] = whose
        return True, leaves

    def _idle(self, whose: str | None) -> Any:
        waiting: Iterable[tuple[Any, str]] = (*self._silent.items(), *self._resting.items())
        return next((one for one, kept in waiting if whose in (None, kept)), None)

    def begins(self, one: Any) -> None:
        """Its request has begun and is not whole."""
        if one in self._open and one not in self._silent:
            self._resting.pop(one, None)
            self._silent[one] = self._open[one]

    def asks(self, one: Any) -> None:
        """Its request is in hand."""
        self._silent.pop(one, None)
        self._resting.pop(one, None)

    def rests(self, one: Any) -> None:
        """Its request was answered."""
        if one in self._open:
            self._resting[one] = self._open[one]

    def leave(self, one: Any) -> None:
        for kept in (self._open, self._silent, self._resting):
            kept.pop(one, None)


class Guarded(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """A connection with a place of its own and a limit for the head of each request."""

    places: Places
    head_s = HEAD_S
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        has_place, leaves = self.places.take(self, self.client[0] if self.client else "")
        if leaves is not None:
            leaves.transport.abort()
        if not has_place:
            transport.abort()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        self.places.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._in_hand():
            self._await_head()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_hand():
            self._forget_deadline()
            self._placed()
        elif self._head_bytes > HEAD_BYTES:
            self.transport.abort()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._head_bytes = 0
        if self._in_hand():
            self._placed()
        else:
            self.places.rests(self)

    def _placed(self) -> None:
        """A place that nobody takes away is only for a request whose body is here, too."""
        if self.cycle.more_body:
            self.places.begins(self)
        else:
            self.places.asks(self)

    def _in_hand(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_s, self._too_slow)

    def _too_slow(self) -> None:
        self._deadline = None
        if not self._in_hand():
            self.transport.abort()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def guarded(places: Places, head_s: float = HEAD_S) -> type[Guarded]:
    """The protocol of a server whose connections share these places."""
    return type("GuardedHere", (Guarded,), {"places": places, "head_s": head_s})
