"""A body above the limit never reaches the program, whether its length is stated or not."""

import asyncio
import time
from typing import Any

import pytest

from norket.site.bodies import SMALL, Sum, Trust, limited

MOST = 100


def send(*parts: bytes, stated: str | None = None) -> tuple[list[dict[str, Any]], list[bytes], int]:
    """The answer's messages, the body that the program saw, and how many parts were taken in."""
    told: list[dict[str, Any]] = []
    seen: list[bytes] = []
    coming = [
        {"type": "http.request", "body": part, "more_body": n < len(parts)} for n, part in enumerate(parts, start=1)
    ]
    coming.append({"type": "http.disconnect"})
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        taken += 1
        return coming[taken - 1]

    async def answer(message: Any) -> None:
        told.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            seen.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    headers = [] if stated is None else [(b"Content-Length", stated.encode())]
    asyncio.run(limited(app, lambda path: MOST)({"type": "http", "path": "/", "headers": headers}, receive, answer))
    return told, seen, taken


@pytest.mark.parametrize("parts", [(b"",), (b"x" * MOST,), (b"x" * 60, b"y" * 40), (b"a", b"", b"b")])
def test_a_body_up_to_the_limit_arrives_as_it_was_sent(parts: tuple[bytes, ...]) -> None:
    told, seen, _ = send(*parts)
    assert told[0]["status"] == 200
    assert seen == [b"".join(parts)]


@pytest.mark.parametrize("parts", [(b"x" * (MOST + 1),), (b"x" * 60, b"y" * 41), (b"x" * 30,) * 1000])
def test_a_longer_one_is_413_as_soon_as_it_is_too_long(parts: tuple[bytes, ...]) -> None:
    told, seen, taken = send(*parts)
    assert told[0]["status"] == 413
    assert seen == []
    assert taken <= 4


@pytest.mark.parametrize(("stated", "status"), [("100", 200), ("101", 413), ("9" * 5000, 413), ("abc", 200), ("", 200)])
def test_a_stated_length_above_the_limit_is_413_before_anything_is_read(stated: str, status: int) -> None:
    told, _, taken = send(b"", stated=stated)
    assert told[0]["status"] == status
    assert (taken == 0) is (status == 413)


def test_the_served_application_has_the_limit() -> None:
    from norket.site import asgi

    told: list[Any] = []

    async def never() -> Any:
        raise AssertionError("the body was read")

    async def answer(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "headers": [(b"content-length", b"1000001")], "path": "/", "method": "POST"}
    asyncio.run(asgi.application(scope, never, answer))
    assert told[0]["status"] == 413


def test_a_record_brought_in_may_be_longer_than_anything_else() -> None:
    from norket.site.asgi import longest

    assert longest("/patients/x/import/") > longest("/patients/x/chart/") >= longest("/")


def on_its_way(
    parts: list[bytes], *, trust: Trust = "slowly", together: Sum | None = None, body_s: float = 5.0, ends: bool = True
) -> tuple[int, int]:
    """The status of the answer, and how many bytes the program saw."""
    told: list[Any] = []
    seen: list[int] = []

    async def receive() -> Any:
        if not coming:
            await asyncio.sleep(60)
        return coming.pop(0)

    async def answer(message: Any) -> None:
        told.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(len((await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def who(scope: Any) -> Trust:
        return trust

    coming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if ends:
        coming.append({"type": "http.request", "body": b"", "more_body": False})
    door = limited(app, lambda path: 10 * SMALL, who, together, body_s)
    asyncio.run(door({"type": "http", "path": "/", "headers": []}, receive, answer))
    return told[0]["status"], sum(seen)


@pytest.mark.parametrize(
    ("size", "trust", "status"),
    [(SMALL, "little", 200), (SMALL + 1, "little", 401), (SMALL + 1, "much", 200), (SMALL + 1, "slowly", 200)],
)
def test_only_who_is_signed_in_sends_much(size: int, trust: Trust, status: int) -> None:
    assert on_its_way([b"x" * size], trust=trust) == (status, size if status == 200 else 0)
    assert on_its_way([b"x", b"x" * (size - 1)], trust=trust)[0] == status


def test_large_bodies_have_one_sum_and_give_it_back() -> None:
    together = Sum(3 * SMALL)
    assert on_its_way([b"x" * 3 * SMALL], together=together)[0] == 200
    assert together.held == 0
    assert on_its_way([b"x" * 3 * SMALL, b"x"], together=together)[0] == 503
    assert together.held == 0
    together.take(3 * SMALL)
    assert on_its_way([b"x" * (SMALL + 1)], together=together)[0] == 503
    assert on_its_way([b"x" * SMALL], together=together)[0] == 200


def test_a_body_that_does_not_arrive_in_time_is_given_up() -> None:
    together = Sum()
    began = time.monotonic()
    assert on_its_way([b"x" * 2 * SMALL], ends=False, body_s=0.3, trust="much", together=together)[0] == 408
    assert time.monotonic() - began < 30
    assert together.held == 0


@pytest.mark.parametrize(("trust", "gives_up"), [("little", True), ("much", True), ("slowly", False)])
def test_only_who_is_signed_in_has_time_for_more(trust: Trust, gives_up: bool) -> None:
    few = [b"x" * (SMALL if trust == "little" else SMALL + 1)]

    async def over_s() -> float:
        told = asyncio.create_task(asyncio.to_thread(on_its_way, few, trust=trust, ends=False, body_s=0.2))
        done, _ = await asyncio.wait({told}, timeout=2.0)
        assert bool(done) is gives_up
        return (await told)[0]

    assert asyncio.run(over_s()) == 408
