"""What a live page may do when nobody is proven to be at it: its screen is locked, or the sign-in has run out.

Alerts must not die with a cookie. Whoever opens a live page gets a pass beside the sign-in, for these sessions alone:
to see and hear them and to record a stop, a pause and a call for help. It ends a day after, with the password that
opened it, and when its person signs out, because it names the browser session, which is deleted then.
"""

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from norket.desk.page import Asked
from norket.desk.session import locked
from norket.desk.session.lock import KEY
from norket.record.people.models import Person

COOKIE, SALT, LASTS_S, MOST = "norket_chair", "norket.chair", 24 * 60 * 60, 8
PAGES = frozenset({"desk:session", "desk:recovery", "desk:quiet"})
SEEN = frozenset({"session_stream", "api:session", "api:session_events", "api:session_prediction"})
ACTED = frozenset({"api:session_commands", "desk:session_lock", "desk:session_unlock"})
DOORS = frozenset({"account_login", "account_logout", "desk:demo_signin", "mfa_authenticate"})
# After these somebody has proven who they are; a cookie tells the scripts of the next page once, and who it is.
PROVED = (DOORS - {"account_logout"}) | {"desk:unlock"}
PROVEN, PROVEN_S = "norket_opened", 300
# Behind the lock the board names nobody: a screen at the station goes on showing where to go.
NAMELESS = frozenset({"desk:board", "board_stream"})
OPEN = DOORS | NAMELESS | {"desk:service_worker", "desk:lock", "desk:unlock", "healthz", "readyz"}


def give(request: HttpRequest, response: HttpResponseBase) -> None:
    """With a live page goes the pass of its session; with the sign-out every pass goes."""
    found = request.resolver_match
    if found is None:
        return
    if found.view_name == "account_logout" and request.method == "POST" and response.status_code == HTTPStatus.FOUND:
        response.delete_cookie(COOKIE, samesite="Strict")
    elif found.view_name in PROVED and request.method == "POST" and response.status_code == HTTPStatus.FOUND:
        if request.user.is_authenticated and not request.session.get(KEY):
            response.set_cookie(
                PROVEN, str(request.user.pk), max_age=PROVEN_S, samesite="Strict", secure=settings.SESSION_COOKIE_SECURE
            )
    elif found.view_name in {*PAGES, "desk:session_unlock"} and response.status_code == HTTPStatus.OK:
        user, key = request.user, request.session.session_key
        if isinstance(user, Person) and key:
            _write(request, response, user, str(found.kwargs["session_id"]))


def _write(request: HttpRequest, response: HttpResponseBase, person: Person, session_id: str) -> None:
    before = [one for one in _read(request).get("sessions", []) if one != session_id]
    kept = {
        "person": str(person.pk),
        "key": request.session.session_key,
        "hash": person.get_session_auth_hash(),
        "sessions": [*before, session_id][-MOST:],
    }
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=LASTS_S,
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _read(request: HttpRequest) -> dict[str, Any]:
    return _loaded(request.COOKIES.get(COOKIE, ""))


def _loaded(text: str) -> dict[str, Any]:
    try:
        return dict(signing.loads(text, salt=SALT, max_age=LASTS_S))
    except signing.BadSignature:
        return {}


def is_good(text: str) -> bool:
    """Whether this text is a pass that still stands."""
    kept = _loaded(text)
    return bool(kept) and _bearer(kept) is not None


def holder(request: HttpRequest, session_id: UUID | None) -> Person | None:
    """Whose pass this is, if it is one for this session and still good."""
    kept = _read(request)
    return _bearer(kept) if session_id is not None and str(session_id) in kept.get("sessions", []) else None


def known(request: HttpRequest) -> Person | None:
    """Whose browser this is, if it is one of ours: somebody is signed in or sends a token, or it holds a good pass."""
    user = getattr(request, "holder", None) or getattr(request, "user", None)
    if isinstance(user, Person):
        return user
    kept = _read(request)
    return _bearer(kept) if kept else None


def _bearer(kept: dict[str, Any]) -> Person | None:
    person = Person.objects.filter(pk=kept["person"], is_active=True).first()
    good = person is not None and person.get_session_auth_hash() == kept["hash"]
    return person if good and Session.objects.filter(session_key=kept["key"]).exists() else None


def admit(request: HttpRequest, route: str, address: dict[str, Any]) -> None:
    """Lets the pass speak where nobody is signed in, for what it covers; marks what comes from a locked screen."""
    request.locked = bool(request.session.get(KEY)) and not getattr(request, "by_token", False)  # type: ignore[attr-defined]
    if request.locked:  # type: ignore[attr-defined]
        kept = _read(request)
        own = kept.get("key") == request.session.session_key
        request.chair_sessions = kept["sessions"] if own else []  # type: ignore[attr-defined]
    if request.holder is None and route in SEEN | ACTED:  # type: ignore[attr-defined]
        person = holder(request, address.get("session_id"))
        if person is not None:
            request.holder, request.actor = person, person.actor  # type: ignore[attr-defined]
            request.locked = request.by_pass = True  # type: ignore[attr-defined]
            request.pass_key = _read(request)["key"]  # type: ignore[attr-defined]


def shut(request: HttpRequest, route: str, address: dict[str, Any]) -> HttpResponse | None:
    """The answer of a locked browser to whatever is not one of its own live pages; None where it is open."""
    if not request.locked or getattr(request, "by_pass", False):  # type: ignore[attr-defined]
        return None
    if route == "account_logout" and request.method == "POST" and locked.running(request):
        return _locked("A session runs on this device. A colleague takes the locked screen over before you sign out.")
    if route in OPEN or (route in PAGES | SEEN | ACTED and str(address.get("session_id")) in locked.covered(request)):
        return None
    why = "This screen is locked. Open it on its live page with your password, or sign out."
    if request.path.startswith("/api/"):
        return JsonResponse({"refused": "locked", "why": why}, status=423)
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return locked.locked(cast("Asked", request), request.get_full_path())
    return _locked(why)


def _locked(why: str) -> HttpResponse:
    return HttpResponse(why, status=423, content_type="text/plain; charset=utf-8")
