"""One lane: so many at once, so many waiting; and what is known of who comes, which says whose lane it is."""

import asyncio
from typing import Literal

Standing = Literal["stranger", "unproven", "proven"]


class Lane:
    """Use as `async with`, after a look at `full()`: nobody waits beyond the last place."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._places = at_once + waiting

    def full(self) -> bool:
        return self._places <= 0

    async def __aenter__(self) -> None:
        self._places -= 1
        has_turn = False
        try:
            has_turn = await self._turn.acquire()
        finally:
            if not has_turn:  # whoever waited has left
                self._places += 1

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()
        self._places += 1
