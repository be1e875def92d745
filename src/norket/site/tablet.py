"""A browser that was handed to a patient reaches the pages of that one signature and nothing else of the program."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from norket.desk.consent.tablet import PAGES, handed

# Signing out ends the session, and with it everything that it could reach.
WAY_OUT = frozenset({"account_logout", "healthz", "readyz"})


def held(request: HttpRequest, route: str, address: dict[str, Any]) -> HttpResponse | None:
    """The answer to whatever does not belong to the signature; None where the tablet is with the staff."""
    if getattr(request, "by_token", False):
        return None
    kept = handed(request.session)
    if kept is None or route in WAY_OUT or (route in PAGES and address.get("patient_id") == kept.patient):
        return None
    if request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("Accept", ""):
        return HttpResponseRedirect(reverse("desk:consent_sign", args=[UUID(str(kept.patient))]))
    why = "This tablet is with a patient. A member of staff takes it back first."
    return HttpResponse(why, status=403, content_type="text/plain; charset=utf-8")
