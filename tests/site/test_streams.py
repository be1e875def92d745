"""Streams have a number in all and of one person; the newest is taken, and the oldest one ends."""

import asyncio
from collections.abc import AsyncIterator

from norket.site.streams import Open


async def ticks(ended: list[str], name: str) -> AsyncIterator[str]:
    try:
        while True:
            yield name
            await asyncio.sleep(0)
    finally:
        ended.append(name)


async def goes_on(stream: AsyncIterator[str]) -> bool:
    return await anext(stream, None) is not None


def test_beyond_the_number_of_one_person_their_oldest_ends_and_nobody_elses() -> None:
    async def told() -> None:
        ended: list[str] = []
        streams = Open(most=10, of_one=2)
        other = streams.held("b", ticks(ended, "other"))
        assert await goes_on(other)
        first, second, third = (streams.held("a", ticks(ended, name)) for name in ("first", "second", "third"))
        for one in (first, second):
            assert await goes_on(one)
        assert await goes_on(first)
        assert await goes_on(third)
        assert [await goes_on(one) for one in (first, second, third, other)] == [False, True, True, True]
        assert ended == ["first"]
        assert len(streams) == 3

    asyncio.run(told())


def test_beyond_the_number_of_all_the_oldest_of_who_has_most_ends() -> None:
    async def told() -> None:
        ended: list[str] = []
        streams = Open(most=3, of_one=3)
        nurse = streams.held("nurse", ticks(ended, "nurse"))
        many = [streams.held("many", ticks(ended, f"{n}")) for n in range(2)]
        late = streams.held("late", ticks(ended, "late"))
        for one in (nurse, *many, late):
            assert await goes_on(one)
        assert [await goes_on(one) for one in (nurse, *many, late)] == [True, False, True, True]

    asyncio.run(told())


def test_a_stream_that_its_viewer_leaves_gives_its_place_back() -> None:
    async def told() -> None:
        ended: list[str] = []
        streams = Open(most=1, of_one=1)
        stream = streams.held("a", ticks(ended, "left"))
        assert await goes_on(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        assert (len(streams), ended) == (0, ["left"])

    asyncio.run(told())
