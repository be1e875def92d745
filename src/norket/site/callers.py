"""Who asks, as far as it is known before a request is taken up: nobody by name, somebody who shows a sign-in, or one
whose sign-in this process has let in before. Only the last has the places at the chair.
"""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import parse_cookie

from norket.exchange.cds import door
from norket.record.access import tokens
from norket.site import chair, clock
from norket.site.bodies import Trust
from norket.site.lane import Lane, Standing
from norket.site.threads import reading

KEPT = 4096
ASKED_AT_ONCE, WAITING = 2, 500
BEARER = "Bearer "

_proven: OrderedDict[str, None] = OrderedDict()
_made_up: OrderedDict[str, None] = OrderedDict()
_lock = Lock()
_asking = Lane(ASKED_AT_ONCE, WAITING)


def _shown(authorization: str, cookie: str) -> list[str]:
    """What is shown as a sign-in: a token, the cookie of a session, the pass of a chair."""
    cookies = parse_cookie(cookie) if cookie else {}
    shown = [authorization] if authorization.startswith(BEARER) else []
    return shown + [cookies[name] for name in (settings.SESSION_COOKIE_NAME, chair.COOKIE) if cookies.get(name)]


def _header(scope: dict[str, Any], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope.get("headers", ()) if key.lower() == name), "")


def _of(scope: dict[str, Any]) -> list[str]:
    return _shown(_header(scope, b"authorization"), _header(scope, b"cookie"))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def standing(scope: dict[str, Any]) -> Standing:
    """What is known of the caller without asking the record."""
    shown = _of(scope)
    if not shown:
        return "stranger"
    with _lock:
        return "proven" if any(_digest(one) in _proven for one in shown) else "unproven"


def prove(authorization: str, cookie: str) -> None:
    """These headers let somebody in."""
    with _lock:
        for one in _shown(authorization, cookie):
            _proven[_digest(one)] = None
            _proven.move_to_end(_digest(one))
        while len(_proven) > KEPT:
            _proven.popitem(last=False)


def doubt(authorization: str, cookie: str) -> None:
    """These headers let nobody in where they were shown last: they are looked up before they have a place again."""
    with _lock:
        for one in _shown(authorization, cookie):
            _proven.pop(_digest(one), None)


def forget() -> None:
    """Everybody is new again."""
    with _lock:
        _proven.clear()
        _made_up.clear()


async def may_send(scope: dict[str, Any]) -> Trust:
    """A large body is taken of who is signed in, in its own time, and of a hospital, whose token is judged with it."""
    found = standing(scope)
    if found == "unproven" and scope.get("path", "").startswith(f"{door.PATH}/"):
        return "much"
    if found == "unproven":
        found = await looked_up(scope)
    return "little" if found == "stranger" else "slowly"


async def looked_up(scope: dict[str, Any]) -> Standing:
    """What is not proven yet, as the record says: a sign-in there is, or one that is made up. The latter is remembered,
    since no sign-in is ever made from what somebody showed; where too many ask at once nobody is looked up."""
    shown = _of(scope)
    names = [_digest(one) for one in shown]
    with _lock:
        if all(name in _made_up for name in names):
            return "stranger"
    if _asking.full():
        return "stranger"
    async with _asking:
        found = await reading(_signed_in, shown)
    with _lock:
        if not found:
            _made_up.update(dict.fromkeys(names))
        while len(_made_up) > KEPT:
            _made_up.popitem(last=False)
    return "unproven" if found else "stranger"


def _signed_in(shown: list[str]) -> bool:
    """As the record says now."""
    for one in shown:
        if one.startswith(BEARER) and tokens.holder(one.removeprefix(BEARER).strip(), clock.now()) is not None:
            return True
        if one.isalnum() and SessionStore(one).load().get(SESSION_KEY):
            return True
        if chair.is_good(one):
            return True
    return False
