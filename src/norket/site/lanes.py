"""Lanes into one process: what is at the chair never stands in a queue of pages, and pages not in one of sign-ins.

Python runs one thread at a time, so fifty pages at once would give each look at a patient a fiftieth of the processor.
Few pages are made at the same time; the others wait without costing anything, and beyond a queue of them are turned
away before anybody has looked at who asks.
"""

import asyncio
import json
from typing import Any

from norket.site.bodies import App, Receive, Send

LIVE_AT_ONCE = 12
PAGES_AT_ONCE = 3
SIGN_INS_AT_ONCE = 2
WAITING = 100
SIGN_INS_WAITING = 20
LIVE = ("/api/v1/", "/healthz", "/readyz")
SIGN_IN = "/accounts/"
STREAM = "/stream"


class Lane:
    """So many at once, so many waiting."""

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


class Lanes:
    """The application behind its lanes. Streams last for hours and take no place in any."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._live = Lane(LIVE_AT_ONCE, WAITING)
        self._pages = Lane(PAGES_AT_ONCE, WAITING)
        self._sign_ins = Lane(SIGN_INS_AT_ONCE, SIGN_INS_WAITING)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or (path.startswith(LIVE) and path.endswith(STREAM)):
            await self._app(scope, receive, send)
            return
        lane = self._lane(path)
        if lane.full():
            await _busy(send)
            return
        async with lane:
            await self._app(scope, receive, send)

    def _lane(self, path: str) -> Lane:
        if path.startswith(LIVE):
            return self._live
        return self._sign_ins if path.startswith(SIGN_IN) else self._pages


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
