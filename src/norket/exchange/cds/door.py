"""Who comes in at the door of this service: by which settings, with which token, from which browser page."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from norket.exchange.cds.hospitals import (
    NOBODY,
    DeniedError,
    Hospital,
    Hospitals,
    Seen,
    SettingsFileError,
    admit,
    on_record,
)

PATH = "/cds-services"
log = logging.getLogger("norket.cds")
ANYBODY = Hospital.model_construct(name="sandbox", issuer="sandbox", keys=(), setting=None, timezone="UTC")
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept",
    "Access-Control-Max-Age": "600",
}

# A browser asks this before a public page may call an address of its own machine or network.
PRIVATE_ASKED, PRIVATE_GRANTED = "Access-Control-Request-Private-Network", "Access-Control-Allow-Private-Network"


def is_ours(request: HttpRequest) -> bool:
    """Whether the request is for this service."""
    return request.path == PATH or request.path.startswith(f"{PATH}/")


def hospitals() -> Hospitals:
    """Who may ask, by the settings of this installation; raises `SettingsFileError`."""
    return on_record(settings.NORKET_HOSPITALS, settings.NORKET_MODE)


def caller(request: HttpRequest, now: datetime, seen: Seen) -> Hospital:
    """The hospital that calls; raises `DeniedError` when it is not known or its token does not hold."""
    try:
        known = hospitals()
    except SettingsFileError as error:
        log.error("nobody is let in at %s: %s", PATH, error)
        raise DeniedError("The settings of the hospitals cannot be read. Ask the clinic.") from error
    if known.sandbox:
        return ANYBODY
    addresses = {settings.NORKET_ORIGIN.rstrip("/") + request.path, request.build_absolute_uri(request.path)}
    header = request.headers.get("Authorization", "")
    return admit(header, hospitals=known, addresses=addresses, now=now, seen=seen)


class Cors:
    """Tells browsers which pages may call this service. Pages that are not listed get no such word."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_ours(request):
            return response
        response["Vary"] = ", ".join(filter(None, (response.get("Vary", ""), "Origin")))
        origin = request.headers.get("Origin", "")
        try:
            known = hospitals()
        except SettingsFileError:
            known = NOBODY
        if origin in known.origins:
            response["Access-Control-Allow-Origin"] = origin
            if request.method == "OPTIONS":
                for name, value in PREFLIGHT.items():
                    response[name] = value
                if request.headers.get(PRIVATE_ASKED) == "true":
                    response[PRIVATE_GRANTED] = "true"
        elif request.method == "OPTIONS":
            return HttpResponse("This page may not call the service.", status=403, content_type="text/plain")
        return response
