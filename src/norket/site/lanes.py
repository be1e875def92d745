"""Lanes into one process: what is at the chair never stands in a queue of pages, and pages not in one of sign-ins.

Python runs one thread at a time, so fifty pages at once would give each look at a patient a fiftieth of the processor.
Few pages are made at the same time; the others wait without costing anything, and beyond a queue of them are turned
away before anybody has looked at who asks. The lane of the chair is for callers whose sign-in this process has let in
before; whoever shows none, or one that is not proven yet, has a small lane, so that strangers never hold up a stop. A
sign-in that is not proven yet is looked up first: what is made up stands among the strangers, and after a restart the
clinic has lanes of its own while everybody's first request is on its way. So has a hospital: its token is judged later.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from norket.exchange.cds import door
from norket.site.bodies import App, Message, Receive, Send
from norket.site.lane import Lane, Standing

LIVE_AT_ONCE = 12
PAGES_AT_ONCE = 3
SIGN_INS_AT_ONCE = 2
STRANGERS_AT_ONCE = 2
UNPROVEN_AT_ONCE = 4
UNPROVEN_PAGES_AT_ONCE = 2
HOSPITALS_AT_ONCE = 2
HEALTH_AT_ONCE = 2
WAITING = 100
FEW_WAITING = 40
SIGN_INS_WAITING = 20
LIVE = "/api/v1/"
HEALTH = ("/healthz", "/readyz")
SIGN_IN = "/accounts/"
STREAM = "/stream"


def _standing(scope: dict[str, Any]) -> Standing:
    from norket.site import callers  # noqa: PLC0415 -- needs the applications, which are set up later

    return callers.standing(scope)


async def _looked_up(scope: dict[str, Any]) -> Standing:
    from norket.site import callers  # noqa: PLC0415 -- as above

    return await callers.looked_up(scope)


class Lanes:
    """The application behind its lanes. A stream lasts for hours: it takes no place, or, of a caller who is not
    proven, one until it is let in."""

    def __init__(
        self,
        app: App,
        standing: Callable[[dict[str, Any]], Standing] = _standing,
        looked_up: Callable[[dict[str, Any]], Awaitable[Standing]] = _looked_up,
    ) -> None:
        self._app, self._standing, self._looked_up = app, standing, looked_up
        self._live = Lane(LIVE_AT_ONCE, WAITING)
        self._pages = Lane(PAGES_AT_ONCE, WAITING)
        self._sign_ins = Lane(SIGN_INS_AT_ONCE, SIGN_INS_WAITING)
        self._health = Lane(HEALTH_AT_ONCE, FEW_WAITING)
        self._unproven = Lane(UNPROVEN_AT_ONCE, WAITING)
        self._unproven_pages = Lane(UNPROVEN_PAGES_AT_ONCE, WAITING)
        self._hospitals = Lane(HOSPITALS_AT_ONCE, FEW_WAITING)
        self._strangers = Lane(STRANGERS_AT_ONCE, FEW_WAITING)
        self._visitors = Lane(STRANGERS_AT_ONCE, WAITING)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_stream = path.startswith(LIVE) and path.endswith(STREAM)
        lane = await self._lane(path, scope) if scope["type"] == "http" else None
        if lane is None or (is_stream and lane is self._live):
            await self._app(scope, receive, send)
        elif lane.full():
            await _busy(send)
        elif is_stream:
            await _until_let_in(lane, self._app, scope, receive, send)
        else:
            async with lane:
                await self._app(scope, receive, send)

    async def _lane(self, path: str, scope: dict[str, Any]) -> Lane:
        if path.startswith(HEALTH):
            return self._health
        if path.startswith(SIGN_IN):
            return self._sign_ins
        standing = self._standing(scope)
        if standing == "unproven" and path.startswith(f"{door.PATH}/"):
            return self._hospitals
        if standing == "unproven":
            standing = await self._looked_up(scope)
        if path.startswith(LIVE):
            return {"proven": self._live, "unproven": self._unproven, "stranger": self._strangers}[standing]
        return {"proven": self._pages, "unproven": self._unproven_pages, "stranger": self._visitors}[standing]


async def _until_let_in(lane: Lane, app: App, scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """A place only until the answer begins."""
    await lane.__aenter__()
    holds = True

    async def sending(message: Message) -> None:
        nonlocal holds
        if holds:
            holds = False
            await lane.__aexit__()
        await send(message)

    try:
        await app(scope, receive, sending)
    finally:
        if holds:
            await lane.__aexit__()


async def _busy(send: Send) -> None:
    why = "Too many ask at this moment. Nothing was written; try again in a few seconds."
    body = json.dumps({"refused": "busy", "why": why}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"2"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
