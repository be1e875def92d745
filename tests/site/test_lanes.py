"""What is at the chair never waits behind pages: lanes, each with its places, and a clear answer when one is full."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from norket.site import lanes
from norket.site.lanes import Lanes

Messages = list[dict[str, Any]]


class Slow:
    """An application whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.most = 0
        self.go = asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.inside.append(scope["path"])
        self.most = max(self.most, len(self.inside))
        try:
            await self.go.wait()
            await send({"type": "http.response.start", "status": 200})
        finally:
            self.inside.remove(scope["path"])


async def ask(app: Any, path: str) -> Messages:
    sent: Messages = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    await app({"type": "http", "path": path}, receive, send)
    return sent


def walk(story: Callable[[Slow, Lanes], Awaitable[None]]) -> None:
    async def told() -> None:
        slow = Slow()
        await story(slow, Lanes(slow))

    asyncio.run(asyncio.wait_for(told(), 20))


async def crowd(app: Any, path: str, count: int) -> "list[asyncio.Task[Messages]]":
    tasks = [asyncio.create_task(ask(app, path)) for _ in range(count)]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


def test_few_pages_are_made_at_once_and_all_get_their_turn() -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        tasks = await crowd(app, "/patients/", 20)
        assert len(slow.inside) == lanes.PAGES_AT_ONCE
        slow.go.set()
        assert {answer[0]["status"] for answer in await asyncio.gather(*tasks)} == {200}
        assert slow.most == lanes.PAGES_AT_ONCE

    walk(story)


@pytest.mark.parametrize("path", ["/api/v1/sessions/x/commands", "/readyz", "/api/v1/board"])
def test_a_queue_of_pages_holds_up_nothing_at_the_chair(path: str) -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        pages = await crowd(app, "/accounts/login/", 50)
        live = await crowd(app, path, 1)
        assert path in slow.inside
        slow.go.set()
        await asyncio.gather(*pages, *live)

    walk(story)


def test_a_queue_of_sign_ins_holds_up_no_page() -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        doors = await crowd(app, "/accounts/login/", 50)
        assert len(slow.inside) == lanes.SIGN_INS_AT_ONCE
        page = await crowd(app, "/sessions/x/", 1)
        assert "/sessions/x/" in slow.inside
        slow.go.set()
        answers = [answer[0]["status"] for answer in await asyncio.gather(*doors, *page)]
        assert answers.count(503) == 50 - lanes.SIGN_INS_AT_ONCE - lanes.SIGN_INS_WAITING

    walk(story)


def test_streams_take_no_place() -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        tasks = await crowd(app, "/api/v1/board/stream", lanes.LIVE_AT_ONCE + lanes.WAITING + 1)
        assert len(slow.inside) == len(tasks)
        slow.go.set()
        await asyncio.gather(*tasks)

    walk(story)


def test_the_last_place_is_given_and_whoever_comes_after_it_is_turned_away_at_once() -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        tasks = await crowd(app, "/patients/", lanes.PAGES_AT_ONCE + lanes.WAITING)
        refused = await ask(app, "/patients/")
        assert refused[0]["status"] == 503
        assert json.loads(refused[1]["body"])["refused"] == "busy"
        slow.go.set()
        assert {answer[0]["status"] for answer in await asyncio.gather(*tasks)} == {200}
        assert (await ask(app, "/patients/"))[0]["status"] == 200

    walk(story)


def test_who_leaves_while_waiting_gives_the_place_back() -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        tasks = await crowd(app, "/patients/", lanes.PAGES_AT_ONCE + lanes.WAITING)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        slow.go.set()
        again = await asyncio.gather(*(ask(app, "/patients/") for _ in range(lanes.PAGES_AT_ONCE + lanes.WAITING)))
        assert {answer[0]["status"] for answer in again} == {200}

    walk(story)
