"""A session looked back at: played again from its ledger, and printed on one page."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, names, show, zone
from norket.desk.session import choices, drawn
from norket.desk.session.views import patient_for, place
from norket.desk.session.words import words
from norket.record.people.models import Person
from norket.record.session.account import account
from norket.record.session.models import SessionRecord
from norket.record.session.queries import base
from norket.therapy.session.state import OVER

LINES = 96
LATE_S = 60
LEAST = ("alert_cleared", "vitals_recorded", "score_recorded", "alert_acknowledged")


@require_safe
def replay(request: Asked, session_id: UUID) -> HttpResponse:
    """The same chart and numbers as they stood at each instant; nothing can be sent from here."""
    record = SessionRecord.objects.select_related("patient", "chair").get(pk=session_id)
    context = {
        "session_id": session_id,
        "api": f"/api/v1/sessions/{session_id}",
        "zone": zone(request),
        "at": request.GET.get("at", ""),
        "patient": patient_for(record, request),
        "phase": record.phase,
        "phase_label": choices.phases()[record.phase],
        "session_of_plan": place(record),
        "chair": record.chair.name if record.chair else "",
        "words": words(record.patient_id, names(request)),
    }
    return show(request, "norket/session/replay.html", context)


@require_safe
def record(request: Asked, session_id: UUID) -> HttpResponse:
    """The record of a session on one page of paper, made from its ledger alone."""
    row = SessionRecord.objects.select_related("patient__clinic", "chair").get(pk=session_id)
    told = account(session_id, request.now)
    state, page, people = told["state"], told["page"], _people(told["people"])
    weight = (state.baseline.weight_kg if state.baseline else None) or (state.order.weight_kg if state.order else None)
    events, left_out = _chosen(told["events"])
    context = {
        "session_id": session_id,
        "patient": patient_for(row, request),
        "clinic": row.patient.clinic.name,
        "phase_label": choices.phases()[row.phase],
        "over": row.phase in OVER,
        "session_of_plan": place(row),
        "chair": row.chair.name if row.chair else _("no chair"),
        "planned_for": state.segments[0].start if state.segments else row.planned_for,
        "weight": weight,
        "picture": mark_safe(drawn.draw(told, ZoneInfo(zone(request)))),  # noqa: S308 -- made here; its words are escaped
        "order": state.order,
        "total_mg": told["total_mg"],
        "mg_kg": told["total_mg"] / weight if weight else None,
        "percent": 100 * told["total_mg"] / state.order.amount_mg if state.order and state.order.amount_mg else None,
        "delivered_ml": page["delivered_ml"],
        "infusing_min": page["infusing_s"] / 60,
        "mass": page["mass"],
        "lots": ", ".join(f"{product} {lot}" for product, lot in state.lots),
        "flags": ", ".join(flag.replace("_", " ") for flag in page["flags"]),
        "people": list(people.values()),
        "events": list(_lines(events, people)),
        "events_count": state.version,
        "left_out": left_out,
        "head": row.head[:12],
        "now": request.now,
        **_curve(told["curve"]),
    }
    return show(request, "norket/session/record.html", context)


def _curve(curve: dict[str, Any] | None) -> dict[str, Any]:
    if curve is None:
        return {"models": "", "edition": base().edition[:12]}
    models = ", ".join(model.replace("_", " ").capitalize() for model in curve["models"])
    alarming = [text for text in curve["warnings"] if text not in curve["remarks"]]
    rests_on = {"draws": curve["draws"], "seed": curve["seed"], "edition": curve["edition"][:12]}
    return rests_on | {"models": models, "curve_warnings": alarming}


def _people(ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Each person with a short mark that stands beside what they recorded; the program itself is among them."""
    known = {str(person.pk): person for person in Person.objects.filter(pk__in=[one for one in ids if "-" in one])}
    found = {}
    for number, one in enumerate(ids, start=1):
        person = known.get(one)
        found[one] = {
            "mark": f"[{number}]",
            "name": person.name if person else "Norket" if one == "system" else one,
            "roles": ", ".join(role.replace("_", " ") for role in person.roles) if person else "",
        }
    return found


def _chosen(events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """As many as one page holds, in order; what the chart shows anyway gives way first. How many were left out."""
    kept = list(events)
    for kind in LEAST:
        if len(kept) <= LINES:
            break
        spare = len(kept) - LINES
        least = [place for place, event in enumerate(kept) if event["type"] == kind][:spare]
        kept = [event for place, event in enumerate(kept) if place not in set(least)]
    return kept[:LINES], len(events) - len(kept[:LINES])


def _lines(events: Sequence[dict[str, Any]], people: dict[str, dict[str, str]]) -> Iterator[dict[str, Any]]:
    for event in events:
        yield {
            "at": event["at"],
            "text": event["text"],
            "late": event["late_s"] > LATE_S,
            "mark": people.get(event["by"], {}).get("mark", ""),
        }
