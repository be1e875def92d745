"""Rehearsals in the demo clinic: the page that starts a training case, and the cases that wait for their monitor.

Outside the demo there is no such address, and none is planted.
"""

import threading
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from norket.record.session import chunks
from norket.record.session.queries import base
from norket.site.worlds import rehearsals as planted
from norket.therapy.session.debrief import PREFIX, cases

_lock = threading.Lock()
_asked: list[dict[str, Any]] = []


def ask(case: str, *, seed: int, now: datetime, lot: str) -> str:
    """Plants a case; gives its session. Its monitor is switched on by whoever runs the monitors."""
    made = planted.plant(case, seed=seed, now=now, lot=lot)
    chunks.flush(now)
    with _lock:
        _asked.append(made)
    return str(made["session"]["id"])


def take(world: dict[str, Any]) -> list[str]:
    """Moves what was asked for into the world; the names of the new sessions there."""
    with _lock:
        waiting, _asked[:] = list(_asked), []
    names = []
    for made in waiting:
        name = f"rehearsal-{made['session']['id']}"
        world["sessions"][name], world["simulated"][name] = made["session"], made["simulated"]
        world["devices"].append(made["device"])
        names.append(name)
    return names


@require_http_methods(["GET", "HEAD", "POST"])
def rehearsal(request: HttpRequest) -> HttpResponse:
    """The training cases, and a button that starts one at a chair of its own."""
    if settings.NORKET_MODE != "demo":
        raise Http404
    if request.method == "POST":
        case = request.POST.get("case", "")
        if case not in planted.names():
            raise Http404
        now: datetime = request.now  # type: ignore[attr-defined]
        session = ask(case, seed=int(now.timestamp()), now=now, lot=planted.lot(request.holder.clinic_id))  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("desk:session", args=[session]))
    found = [
        {"name": entry.id.removeprefix(PREFIX), "title": entry.data["title"], "statement": entry.statement}
        for entry in cases(base())
    ]
    return render(request, "norket/rehearsal/start.html", {"cases": found})
