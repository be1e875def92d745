"""Who looked at what, and who was turned away. Repeated looks at the same thing make one line in a while."""

import logging
import threading
from collections import deque
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import DatabaseError

from norket.record.audit.actions import append
from norket.record.writer import no_room, writing
from norket.therapy.actor import Actor

READ_AGAIN = timedelta(minutes=5)
STRANGER_AGAIN = timedelta(minutes=1)
KEPT = 4096
log = logging.getLogger("norket.audit")


class _Line(NamedTuple):
    kind: str
    actor: str
    subject: str
    data: dict[str, Any]
    at: datetime


_waiting: deque[_Line] = deque(maxlen=KEPT)
_seen: dict[tuple[str, ...], datetime] = {}
_lock = threading.Lock()


def read(actor: Actor | None, route: str, method: str, address: dict[str, Any], now: datetime) -> None:
    """One line when someone begins to look at a patient, a session or an order."""
    named = _named(address)
    if (
        actor is None
        or method not in {"GET", "HEAD"}
        or not named
        or not _new((actor.id, route, named), now, READ_AGAIN)
    ):
        return
    _write(_Line("read", actor.id, named, {"route": route}, now))


def denied(
    actor: Actor | None, route: str, method: str, address: dict[str, Any], network_address: str, now: datetime
) -> None:
    """One line for each refusal of someone known; for strangers, one in a while for each route and network address,
    without the words that they wrote in the address."""
    if actor is None and not _new(("", route, method, network_address), now, STRANGER_AGAIN):
        return
    data = {"route": route, "method": method} | ({"from": network_address} if actor is None else {})
    named = _named(address if actor else {key: one for key, one in address.items() if not isinstance(one, str)})
    _write(_Line("denied", actor.id if actor else "anonymous", named or "-", data, now))


def _write(line: "_Line") -> None:
    """Whoever looks after somebody may go on looking while the disk is full: the line waits for room, and is written
    with the next one."""
    with _lock:
        lines = [*_waiting, line]
        _waiting.clear()
    try:
        with writing():
            for one in lines:
                append(one.kind, actor=one.actor, subject=one.subject, data=one.data, at=one.at)
    except DatabaseError as fault:
        if not no_room(fault):
            raise
        log.error("%s of %s by %s is not in the record yet: %s", line.kind, line.subject, line.actor, fault)
        with _lock:
            _waiting.extendleft(reversed(lines))


def forget() -> None:
    """Every look is new again."""
    with _lock:
        _seen.clear()
        _waiting.clear()


def _named(address: dict[str, Any]) -> str:
    said = " ".join(f"{key.removesuffix('_id')}:{value}" for key, value in sorted(address.items()))
    return "".join(sign for sign in said if sign.isprintable())[:200]


def _new(key: tuple[str, ...], now: datetime, again: timedelta) -> bool:
    with _lock:
        before = _seen.get(key)
        if before is not None and timedelta() <= now - before < again:
            return False
        if len(_seen) >= KEPT:
            _seen.clear()
        _seen[key] = now
        return True
