"""The first thing that a request meets: a body above the limit is turned away while it is still coming in, before
anything of it is kept on disk or anyone has been asked who sends it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


def limited(app: App, limit: Callable[[str], int]) -> App:
    """The application, called only with bodies of at most `limit(path)` bytes; longer ones are answered with 413."""

    async def guarded(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        most = limit(scope["path"])
        body = None if _announced(scope) > most else await _read(receive, most)
        if body is None:
            await _refuse(send, most)
        else:
            await app(scope, _replay(body, receive), send)

    return guarded


def _announced(scope: dict[str, Any]) -> int:
    """The length that the request states; 0 when it states none, or none that is a number."""
    stated = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
    digits = stated[0].strip() if stated else b""
    return int(digits[:20]) if digits.isdigit() else 0


async def _read(receive: Receive, most: int) -> list[Message] | None:
    """The whole body as one message, or that the sender has gone; None as soon as it is too much."""
    body, message = bytearray(), await receive()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return [{"type": "http.request", "body": bytes(body), "more_body": False}]
        message = await receive()
    return [message]


def _replay(messages: list[Message], receive: Receive) -> Receive:
    """What was read, then whatever comes."""
    waiting = iter(messages)

    async def next_message() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return next_message


async def _refuse(send: Send, most: int) -> None:
    why = f"A request holds at most {most} bytes. Nothing was written; send less."
    body = json.dumps({"refused": "too_large", "why": why, "findings": []}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
