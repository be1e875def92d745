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


async def looked_up(scope: dict[str, Any]) -> Any:
    """As the record says of who is not proven: there is such a sign-in, or it is made up."""
    return "stranger" if scope["who"] == "made up" else scope["who"]


def standing(scope: dict[str, Any]) -> Any:
    return "unproven" if scope["who"] == "made up" else scope["who"]


async def ask(app: Any, path: str, who: str = "proven") -> Messages:
    sent: Messages = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    await app({"type": "http", "path": path, "who": who}, receive, send)
    return sent


def walk(story: Callable[[Slow, Lanes], Awaitable[None]]) -> None:
    async def told() -> None:
        slow = Slow()
        await story(slow, Lanes(slow, standing, looked_up))

    asyncio.run(asyncio.wait_for(told(), 20))


async def crowd(app: Any, path: str, count: int, who: str = "proven") -> "list[asyncio.Task[Messages]]":
    tasks = [asyncio.create_task(ask(app, path, who)) for _ in range(count)]
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


@pytest.mark.parametrize("who", ["stranger", "unproven", "made up"])
@pytest.mark.parametrize("path", ["/api/v1/sessions/x/commands", "/api/v1/board", "/api/v1/board/stream"])
def test_a_crowd_of_strangers_holds_up_nobody_at_the_chair(path: str, who: str) -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        strangers = await crowd(app, path, 300, who)
        inside, waiting = lanes.STRANGERS_AT_ONCE, lanes.FEW_WAITING
        if who == "unproven":
            inside, waiting = lanes.UNPROVEN_AT_ONCE, lanes.WAITING
        assert len(slow.inside) == inside
        nurse = await crowd(app, "/api/v1/sessions/y/commands", lanes.LIVE_AT_ONCE)
        assert slow.inside.count("/api/v1/sessions/y/commands") == lanes.LIVE_AT_ONCE
        slow.go.set()
        answers = [answer[0]["status"] for answer in await asyncio.gather(*strangers)]
        assert answers.count(503) == 300 - inside - waiting
        assert {answer[0]["status"] for answer in await asyncio.gather(*nurse)} == {200}

    walk(story)


@pytest.mark.parametrize("path", ["/sessions/x/", "/api/v1/sessions/x", "/api/v1/board/stream"])
@pytest.mark.parametrize("flood", ["/sessions/x/", "/api/v1/sessions/x"])
@pytest.mark.parametrize("who", ["proven", "unproven"])
def test_a_crowd_with_a_made_up_sign_in_holds_up_nobody_who_has_one(path: str, flood: str, who: str) -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        strangers = await crowd(app, flood, 400, "made up")
        before = len(slow.inside)
        staff = await crowd(app, path, 1, who)
        assert len(slow.inside) == before + 1
        slow.go.set()
        assert {answer[0]["status"] for answer in await asyncio.gather(*staff)} == {200}
        assert 503 in {answer[0]["status"] for answer in await asyncio.gather(*strangers)}

    walk(story)


def test_pages_of_who_is_not_proven_yet_hold_up_none_of_who_is() -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        first = await crowd(app, "/sessions/x/", 60, "unproven")
        assert len(slow.inside) == lanes.UNPROVEN_PAGES_AT_ONCE
        page = await crowd(app, "/patients/", 1)
        assert "/patients/" in slow.inside
        slow.go.set()
        assert {answer[0]["status"] for answer in await asyncio.gather(*first, *page)} == {200}

    walk(story)


def test_hospitals_have_a_lane_that_strangers_do_not_fill() -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        others = [*await crowd(app, "/self-check/", 50, "stranger"), *await crowd(app, "/patients/", 50, "made up")]
        hospital = await crowd(app, "/cds-services/norket-screen", 1, "made up")
        assert "/cds-services/norket-screen" in slow.inside
        slow.go.set()
        await asyncio.gather(*others, *hospital)

    walk(story)


def test_visitors_and_checks_of_health_hold_up_no_page_of_who_is_signed_in() -> None:
    async def story(slow: Slow, app: Lanes) -> None:
        others = [*await crowd(app, "/self-check/", 50, "stranger"), *await crowd(app, "/readyz", 20, "stranger")]
        page = await crowd(app, "/sessions/x/", 1)
        assert "/sessions/x/" in slow.inside
        slow.go.set()
        await asyncio.gather(*others, *page)

    walk(story)


def test_a_stream_of_who_is_not_proven_yet_gives_its_place_back_once_it_is_let_in() -> None:
    class Streams(Slow):
        async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200})
            await super().__call__(scope, receive, send)

    async def told() -> None:
        slow = Streams()
        app = Lanes(slow, standing, looked_up)
        tasks = [
            task
            for _ in range(20)
            for task in await crowd(app, "/api/v1/board/stream", lanes.UNPROVEN_AT_ONCE, "unproven")
        ]
        assert len(slow.inside) == 20 * lanes.UNPROVEN_AT_ONCE
        slow.go.set()
        await asyncio.gather(*tasks)

    asyncio.run(asyncio.wait_for(told(), 20))
