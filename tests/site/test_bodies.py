"""A body above the limit never reaches the program, whether its length is stated or not."""

import asyncio
from typing import Any

import pytest

from norket.site.bodies import limited

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
