"""The first thing that a request meets: a body above the limit is turned away while it is still coming in, before
anything of it is kept on disk.

What is small is taken from anybody, within a time. What is larger is taken only from callers who are known, and all
that is on its way together has one sum; only who is signed in has more time for more.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


# What a caller may send: a little, a large body in the time of a small one, or one in its own time.
Trust = Literal["little", "much", "slowly"]
Known = Callable[[dict[str, Any]], Awaitable[Trust]]

SMALL = 65_536
# The time for a body: this, and for who is signed in a second for each so many bytes that its address takes.
BODY_S = 10.0
SLOWEST = 100_000
IN_ALL = 64_000_000


class Sum:
    """The bytes of all large bodies that are on their way."""

    def __init__(self, most: int = IN_ALL) -> None:
        self._most, self.held = most, 0

    def take(self, size: int) -> bool:
        if self.held + size > self._most:
            return False
        self.held += size
        return True

    def give(self, size: int) -> None:
        self.held -= size


class RefusedError(Exception):
    """The status of the answer, its code, and a sentence."""

    def __init__(self, status: int, code: str, why: str) -> None:
        super().__init__(why)
        self.status, self.code = status, code


async def _anybody(scope: dict[str, Any]) -> Trust:
    return "slowly"


def limited(
    app: App,
    limit: Callable[[str], int],
    known: Known = _anybody,
    all_bodies: Sum | None = None,
    body_s: float = BODY_S,
) -> App:
    """The application, called only with bodies of at most `limit(path)` bytes, of which `known` callers alone send
    more than a few; what is refused is answered here."""
    together = all_bodies or Sum()

    async def guarded(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        most = limit(scope["path"])
        coming = _Coming(scope, receive, most, known, together)
        try:
            async with asyncio.timeout(body_s) as due:
                body = await coming.read(due)
        except RefusedError as refused:
            await _refuse(send, refused)
        except TimeoutError:
            why = "The request did not arrive whole in time. Nothing was written; send it again."
            await _refuse(send, RefusedError(408, "too_slow", why))
        else:
            await app(scope, _replay(body, receive), send)
        finally:
            coming.over()

    return guarded


class _Coming:
    """One body on its way. What of it is large counts in the sum until its request is answered."""

    def __init__(self, scope: dict[str, Any], receive: Receive, most: int, known: Known, together: Sum) -> None:
        self._scope, self._receive, self._most = scope, receive, most
        self._known, self._together = known, together
        self._counted = 0
        self._trust: Trust = "little"

    async def read(self, due: asyncio.Timeout) -> list[Message]:
        """The whole body as one message, or that the sender has gone."""
        self._due = due
        await self._fits(_announced(self._scope))
        body, message = bytearray(), await self._receive()
        while message["type"] == "http.request":
            part = message.get("body", b"")
            await self._fits(len(body) + len(part))
            if len(body) + len(part) > SMALL:
                self._count(len(body) + len(part))
            body += part
            if not message.get("more_body", False):
                return [{"type": "http.request", "body": bytes(body), "more_body": False}]
            message = await self._receive()
        return [message]

    async def _fits(self, size: int) -> None:
        if size > self._most:
            why = f"A request holds at most {self._most} bytes. Nothing was written; send less."
            raise RefusedError(413, "too_large", why)
        if size > SMALL and self._trust == "little":
            self._trust = await self._known(self._scope)
            when = self._due.when()
            if self._trust == "slowly" and when is not None:
                self._due.reschedule(when + self._most / SLOWEST)
            if self._trust == "little":
                why = (
                    f"Who is not signed in sends at most {SMALL} bytes. Nothing was written; sign in and send it again."
                )
                raise RefusedError(401, "sign_in", why)

    def _count(self, size: int) -> None:
        if not self._together.take(size - self._counted):
            why = "Too much arrives at this moment. Nothing was written; try again in a few seconds."
            raise RefusedError(503, "busy", why)
        self._counted = size

    def over(self) -> None:
        self._together.give(self._counted)
        self._counted = 0


def _announced(scope: dict[str, Any]) -> int:
    """The length that the request states; 0 when it states none, or none that is a number."""
    stated = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
    digits = stated[0].strip() if stated else b""
    return int(digits[:20]) if digits.isdigit() else 0


def _replay(messages: list[Message], receive: Receive) -> Receive:
    """What was read, then whatever comes."""
    waiting = iter(messages)

    async def next_message() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return next_message


async def _refuse(send: Send, refused: RefusedError) -> None:
    body = json.dumps({"refused": refused.code, "why": str(refused), "findings": []}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"2"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
