"""The gate before every view: who calls, at what time, and whether the policy lets them. Unlisted means refused.

A view finds `request.now` (the one reading of the clock), `request.actor` and `request.holder` (the signed-in
person, or the person or device of a bearer token).
"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render, resolve_url

from norket.exchange.cds import door
from norket.exchange.cds.hospitals import DeniedError, Seen
from norket.record import relations
from norket.record.access import policy, tokens
from norket.record.access.models import Device
from norket.record.audit import access as access_log
from norket.record.people.models import Person
from norket.record.writer import WriterBusyError, no_room
from norket.site import callers, chair, clock, tablet
from norket.site.passwords import HashingBusyError
from norket.therapy.actor import Actor

API = "/api/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
log = logging.getLogger("norket.gate")
STALE = (
    "This page is older than the last sign-in of this browser. Nothing was written: open it anew and enter it again."
)
NO_ROOM = (
    "The disk of the server takes nothing more. Nothing was written: write it on paper with the time, and call whoever "
    "looks after the server. What was sent from this screen is sent again by itself."
)

View = Callable[..., HttpResponseBase]
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Gate:
    """Names the caller, asks the policy, and keeps what is shown out of caches."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        policy.read()
        self.tokens_of_hospitals = Seen(clock.real())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.now = clock.now()  # type: ignore[attr-defined]
        request.public = False  # type: ignore[attr-defined]
        if not _name_caller(request):
            _doubt(request)
            return _no(request, 401, "token_unknown", "This token is unknown, expired or revoked. Ask for a new one.")
        response = self.get_response(request)
        chair.give(request, response)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        route = request.resolver_match.view_name if request.resolver_match else ""
        chair.admit(request, route, kwargs)
        caller = request.holder  # type: ignore[attr-defined]
        if caller is not None:
            callers.prove(request.headers.get("Authorization", ""), request.headers.get("Cookie", ""))
        held = tablet.held(request, route, kwargs) or chair.shut(request, route, kwargs)
        if held is not None:
            return held
        roles = request.actor.roles if caller else frozenset()  # type: ignore[attr-defined]
        relation = policy.read().relation(route, request.method or "", roles)
        if relation == "public":
            request.public = True  # type: ignore[attr-defined]
            return None
        if relation == "hospital":
            return self._hospital(request, route)
        if relation is None or not relations.holds(relation, caller, kwargs):
            return _deny(request, route, kwargs, known=relation is not None)
        by_cookie = isinstance(request.user, Person) or getattr(request, "by_pass", False)
        if request.path.startswith(API) and by_cookie and not _same_origin(request):
            return _no(request, 403, "csrf", "The request came without this site's token (X-CSRFToken).")
        access_log.read(request.actor, route, request.method or "", kwargs, request.now)  # type: ignore[attr-defined]
        return None

    def _hospital(self, request: HttpRequest, route: str) -> HttpResponse | None:
        """Lets a hospital in by its signed token; it is nobody of this clinic and has no session here."""
        try:
            request.hospital = door.caller(request, clock.real(), self.tokens_of_hospitals)  # type: ignore[attr-defined]
        except DeniedError as error:
            _denied(request, route, {})
            refused = _no(request, 401, "token_refused", str(error))
            refused["WWW-Authenticate"] = "Bearer"
            return refused
        request.public = request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # no cookie counts here
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, HashingBusyError | WriterBusyError):
            response = _no(request, 503, "busy", f"{exception}.")
            response["Retry-After"] = "2"
            return response
        if no_room(exception):
            log.error("nothing can be written: %s", exception)
            return _no(request, 507, "no_room", NO_ROOM)
        return None


def _name_caller(request: HttpRequest) -> bool:
    """Sets `holder` and `actor`; False when a token was shown that nobody holds."""
    header = request.headers.get("Authorization", "")
    holder: Person | Device | None = None
    if header.startswith("Bearer "):
        token = header.removeprefix("Bearer ").strip()
        holder = tokens.holder(token, request.now)  # type: ignore[attr-defined]
        if holder is None:
            request.holder = request.actor = None  # type: ignore[attr-defined]
            return door.is_ours(request)  # there it may be the token of a hospital, which is judged with the address
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # Django's own switch
        request.by_token = True  # type: ignore[attr-defined]
        request.token = token  # type: ignore[attr-defined]  # a stream looks it up again and again
    elif request.user.is_authenticated:
        holder = request.user
    request.holder = holder  # type: ignore[attr-defined]
    request.actor = holder.actor if holder else None  # type: ignore[attr-defined]
    return True


def _deny(request: HttpRequest, route: str, kwargs: dict[str, Any], *, known: bool) -> HttpResponse:
    """The same answer for what does not exist and for what is another clinic's."""
    actor = _denied(request, route, kwargs)
    if actor is None:
        if door.is_ours(request):
            return _no(request, 404, "not_offered", "This address does not take this method.")
        if request.path.startswith(API):
            return _no(request, 401, "sign_in", "Sign in, or send a bearer token.")
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
    if known:
        return _no(request, 404, "not_found", "There is no such thing here.")
    return _no(request, 403, "not_permitted", "The clinic's policy does not give this to your role.")


def _denied(request: HttpRequest, route: str, kwargs: dict[str, Any]) -> Actor | None:
    """A line in the audit; who it was."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        _doubt(request)
    address = request.META.get("REMOTE_ADDR", "")
    access_log.denied(actor, route or "unknown", request.method or "", kwargs, address, request.now)  # type: ignore[attr-defined]
    return actor


def _doubt(request: HttpRequest) -> None:
    callers.doubt(request.headers.get("Authorization", ""), request.headers.get("Cookie", ""))


def _no(request: HttpRequest, status: int, code: str, why: str) -> HttpResponse:
    if request.path.startswith(API) or door.is_ours(request):
        response: HttpResponse = JsonResponse({"refused": code, "why": why}, status=status)
    elif "text/html" in request.headers.get("Accept", ""):
        response = render(request, "norket/refused.html", {"why": why}, status=status)
    else:
        response = HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from before the last sign-in of its browser, such as one that stood open in another window."""
    return _no(request, 403, "csrf", STALE)


def _same_origin(request: HttpRequest) -> bool:
    if getattr(request, "by_token", False) or request.method in SAFE:
        return True
    checker = CsrfViewMiddleware(lambda _: HttpResponse(status=403))
    checker.process_request(request)
    return checker.process_view(request, _guarded, (), {}) is None


def _guarded(request: HttpRequest) -> HttpResponse:
    """Stands for a view that is not exempt from the check; never called."""
    return HttpResponse(status=403)


class SecondWall(LoginRequiredMiddleware):
    """Django's own wall behind the gate: whoever is neither signed in nor let in by the policy goes to the door."""

    def process_view(
        self, request: HttpRequest, view_func: View, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.public or request.holder is not None:  # type: ignore[attr-defined]
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class Innermost:
    """Does nothing but be synchronous, so that the whole chain runs in one thread instead of changing at each step."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)
