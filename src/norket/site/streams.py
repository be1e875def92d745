"""How many streams are open at once, in all and of one person.

A new stream is always taken, for it is the page that somebody looks at now: beyond the number the oldest one of the
person with the most ends. A tablet whose network comes and goes leaves streams behind that nobody reads.
"""

from collections import Counter
from collections.abc import AsyncIterator

MOST = 400
OF_ONE = 20


class Open:
    """The streams that run, oldest first."""

    def __init__(self, most: int = MOST, of_one: int = OF_ONE) -> None:
        self._most, self._of_one = most, of_one
        self._streams: dict[object, str] = {}

    def __len__(self) -> int:
        return len(self._streams)

    async def held(self, person: str, frames: AsyncIterator[str]) -> AsyncIterator[str]:
        """The frames, for as long as this stream has its place."""
        mine = object()
        self._make_room(person)
        self._streams[mine] = person
        try:
            async for part in frames:
                if mine not in self._streams:
                    return
                yield part
        finally:
            self._streams.pop(mine, None)
            close = getattr(frames, "aclose", None)
            if close is not None:
                await close()

    def _make_room(self, person: str) -> None:
        counts = Counter(self._streams.values())
        if counts[person] >= self._of_one:
            self._end_oldest(person)
        elif len(self._streams) >= self._most:
            self._end_oldest(max(counts, key=lambda one: counts[one]))

    def _end_oldest(self, person: str) -> None:
        self._streams.pop(next(one for one, kept in self._streams.items() if kept == person))


STREAMS = Open()
