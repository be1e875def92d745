"""Recent device samples of every session, in memory, on their way into chunks.

Samples are numbered from 1 within a session; the numbers go on after a restart. What a chunk holds is on disk; what
is newer is in memory only, at most one flush interval old.
"""

import threading
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

from norket.therapy.session.samples import Sample

# Longer than the longest time that a value must hold before it raises an alert.
RECENT = timedelta(minutes=7)
# Of a channel that reports seldom, such as a cuff, this many readings are kept whatever their age.
FEW = 8
KNOWN_MESSAGES = 4096
_number, _measured = itemgetter(0), attrgetter("at")


@dataclass
class _Stream:
    """One session's samples: the recent ones with their numbers, those not yet on disk, the messages already taken, and
    up to which number the watch has judged."""

    last_n: int = 0
    judged_n: int = 0
    recent: dict[str, deque[tuple[int, Sample]]] = field(default_factory=dict)
    waiting: list[tuple[int, Sample]] = field(default_factory=list)
    waiting_messages: list[tuple[str, str]] = field(default_factory=list)
    messages: dict[str, str] = field(default_factory=dict)
    measured: dict[str, list[Sample]] = field(default_factory=dict)  # the recent ones again, by measured time

    def keep(self, n: int, sample: Sample) -> None:
        """Adds a sample to its channel and lets old ones go."""
        channel, ordered = self.recent.setdefault(sample.channel, deque()), self.measured.setdefault(sample.channel, [])
        channel.append((n, sample))
        insort(ordered, sample, key=_measured)
        while len(channel) > FEW and sample.received_at - channel[0][1].received_at > RECENT:
            _, old = channel.popleft()
            place = bisect_left(ordered, old.at, key=_measured)
            while ordered[place] is not old:  # another one of that instant
                place += 1
            del ordered[place]

    def after(self, n: int) -> list[tuple[int, Sample]]:
        """The recent samples numbered above `n`, in the order in which they came."""
        found: list[tuple[int, Sample]] = []
        for channel in self.recent.values():
            found += takewhile(lambda item: item[0] > n, reversed(channel))
        return sorted(found, key=_number)


class Hub:
    """The samples of this process, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._streams: dict[UUID, _Stream] = {}
        self._listeners: list[Callable[[UUID, Sequence[Sample]], None]] = []

    def open(
        self, session: UUID, last_n: int, samples: Iterable[tuple[int, Sample]], messages: Mapping[str, str]
    ) -> None:
        """Takes up a session where the chunks on disk end; a session already open stays as it is."""
        with self._lock:
            if session in self._streams:
                return
            stream = _Stream(last_n=last_n, judged_n=last_n, messages=dict(messages))
            for n, sample in samples:
                stream.keep(n, sample)
            self._streams[session] = stream

    def is_open(self, session: UUID) -> bool:
        with self._lock:
            return session in self._streams

    def take(self, session: UUID, samples: Sequence[Sample], message_id: str, digest: str) -> bool | None:
        """Adds the samples of one message; False when the message was taken before, None when a message with other
        content was taken under this id."""
        with self._lock:
            stream = self._streams[session]
            if message_id in stream.messages:
                return None if stream.messages[message_id] != digest else False
            stream.messages[message_id] = digest
            while len(stream.messages) > KNOWN_MESSAGES:
                stream.messages.pop(next(iter(stream.messages)))
            stream.waiting_messages.append((message_id, digest))
            for sample in samples:
                stream.last_n += 1
                stream.keep(stream.last_n, sample)
                stream.waiting.append((stream.last_n, sample))
        for listener in tuple(self._listeners):
            listener(session, samples)
        return True

    def recent(self, session: UUID) -> dict[str, tuple[Sample, ...]]:
        """The recent samples by channel, oldest first."""
        with self._lock:
            stream = self._streams.get(session)
            return {name: tuple(found) for name, found in stream.measured.items()} if stream else {}

    def unjudged(self, session: UUID) -> tuple[list[Sample], int]:
        """The samples that the watch has not judged, in the order in which they came, and the number of the last."""
        with self._lock:
            stream = self._streams.get(session)
            return ([sample for _, sample in stream.after(stream.judged_n)], stream.last_n) if stream else ([], 0)

    def judged(self, session: UUID, n: int) -> None:
        """The watch has judged all samples up to number `n`."""
        with self._lock:
            if session in self._streams:
                self._streams[session].judged_n = n

    def after(self, session: UUID, n: int) -> list[tuple[int, Sample]]:
        """The recent samples numbered above `n`."""
        with self._lock:
            stream = self._streams.get(session)
            return stream.after(n) if stream else []

    def last_n(self, session: UUID) -> int:
        with self._lock:
            stream = self._streams.get(session)
            return stream.last_n if stream else 0

    def waiting(
        self, sessions: Collection[UUID] | None = None
    ) -> dict[UUID, tuple[list[tuple[int, Sample]], list[tuple[str, str]]]]:
        """What is not on disk yet, by session: of these sessions, else of all."""
        with self._lock:
            return {
                session: (list(stream.waiting), list(stream.waiting_messages))
                for session, stream in self._streams.items()
                if (stream.waiting or stream.waiting_messages) and (sessions is None or session in sessions)
            }

    def flushed(self, session: UUID, samples: int, messages: int) -> None:
        """The first so many waiting samples and messages are on disk now."""
        with self._lock:
            stream = self._streams[session]
            del stream.waiting[:samples]
            del stream.waiting_messages[:messages]

    def idle(self) -> list[UUID]:
        """The sessions in memory of which everything is on disk."""
        with self._lock:
            return [
                session
                for session, stream in self._streams.items()
                if not stream.waiting and not stream.waiting_messages
            ]

    def close(self, sessions: Iterable[UUID]) -> None:
        """Lets sessions go that are idle; who asks for one again takes it up from disk."""
        with self._lock:
            for session in set(sessions) & set(self.idle()):
                del self._streams[session]

    def drop(self, sessions: Iterable[UUID]) -> None:
        """Lets sessions go that were never stored, with what waits of them."""
        with self._lock:
            for session in sessions:
                self._streams.pop(session, None)

    def listen(self, listener: Callable[[UUID, Sequence[Sample]], None]) -> Callable[[], None]:
        """Calls `listener` with the session and what came when samples arrive; returns the way to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def forget(self) -> None:
        """Drops everything that is in memory."""
        with self._lock:
            self._streams.clear()


HUB = Hub()


def message_name(device: str, message_id: str, samples: Iterable[Sample], sent_at: datetime | None) -> str:
    """What tells one message from another: its id together with when it was sent, else when its newest value was
    measured. A monitor that starts anew counts its ids from 1 again."""
    at = sent_at or max((sample.at for sample in samples), default=None)
    return f"{device}:{message_id}@{stamp(at)}" if at else f"{device}:{message_id}"


def as_json(sample: Sample) -> dict[str, Any]:
    """The shape in streams: `{channel, value, unit, at}`, and `artefact` where the monitor itself doubts the value."""
    shown = {"channel": sample.channel, "value": sample.value, "unit": sample.unit, "at": stamp(sample.at)}
    return {**shown, "artefact": True} if sample.artefact else shown


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
