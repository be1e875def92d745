"""The lock of all pages that are not live: shown instead of them until somebody proves who they are."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from norket.desk.page import Asked, show
from norket.desk.session.lock import KEY, opened_by
from norket.record.session.models import SessionRecord
from norket.therapy.finding import Refused
from norket.therapy.session.state import OVER

HOME, PLAIN = "/", "page"
NOT_RUNNING = (*OVER, "planned")


@require_http_methods(["GET", "POST"])
def lock(request: Asked) -> HttpResponse:
    """Whether this browser is locked; a post locks it."""
    if request.method == "GET":
        return JsonResponse({"locked": bool(request.session.get(KEY))})
    if request.user.is_authenticated:
        request.session.setdefault(KEY, PLAIN)
    return HttpResponse(status=204)


@require_http_methods(["GET", "POST"])
def unlock(request: Asked) -> HttpResponse:
    """With the own password, or a colleague's who takes the screen over; then the page that was asked for."""
    onward = _inside(request, request.POST.get("next") or request.GET.get("next") or HOME)
    if request.method == "GET":
        return locked(request, onward) if request.session.get(KEY) else HttpResponseRedirect(onward)
    person = opened_by(request, f"person:{request.holder.pk}", "desk:board")
    return locked(request, onward, why=person.why) if isinstance(person, Refused) else HttpResponseRedirect(onward)


def locked(request: Asked, onward: str, *, why: str = "") -> HttpResponse:
    """The page of the lock, with the way to the live pages that go on behind it."""
    told = {"why": why, "next": onward, "lives": lives(request), "runs": bool(running(request)), "locked_page": True}
    return show(request, "norket/locked.html", told, status=423)


def covered(request: HttpRequest) -> list[str]:
    """The sessions whose live pages this browser may show behind the lock."""
    kept = [*getattr(request, "chair_sessions", ()), str(request.session.get(KEY) or "")]
    return [one for one in kept if one and one != PLAIN]


def lives(request: HttpRequest) -> list[dict[str, Any]]:
    """Those of them that are not over, by their chairs."""
    found = SessionRecord.objects.filter(pk__in=covered(request)).exclude(phase__in=OVER).select_related("chair")
    return [{"id": one.pk, "chair": one.chair.name if one.chair else "–"} for one in found]


def running(request: HttpRequest) -> list[str]:
    """Those of them in which a patient is in the chair: one of these pages has to stay."""
    found = SessionRecord.objects.filter(pk__in=covered(request)).exclude(phase__in=NOT_RUNNING)
    return [str(one) for one in found.values_list("pk", flat=True)]


def _inside(request: HttpRequest, path: str) -> str:
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts={request.get_host()}) else HOME
