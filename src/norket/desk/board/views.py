"""The board as the server sees it; with script it then stays live."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, clinic_id, names, show, today, zone
from norket.desk.session import choices
from norket.record.people.models import Chair
from norket.record.referral import queries as referrals
from norket.record.session import after, queries
from norket.record.session.queries import BoardCard


@require_safe
def board(request: Asked) -> HttpResponse:
    """One card for each session that is not over, and the chairs that are free. Behind the lock it names nobody."""
    if request.locked:
        return show(
            request, "norket/board/locked.html", {"words": _words({}), "zone": zone(request), "locked_page": True}
        )
    cards = queries.board(request.now, clinic_id(request))
    taken = {card.chair for card in cards if not _later(card, request)}
    chairs = Chair.objects.filter(clinic_id=clinic_id(request)).order_by("position")
    return show(
        request,
        "norket/board/board.html",
        {
            "here": [card_for(card, request.now) for card in cards if not _later(card, request)],
            "later": [card for card in cards if _later(card, request)],
            "free": [chair.name for chair in chairs if chair.name not in taken],
            "zone": zone(request),
            "words": _words(names(request)),
            "waiting": referrals.waiting(clinic_id(request)),
            "sites": after.late_sites(clinic_id(request), request.now),
        },
    )


def _later(card: BoardCard, request: Asked) -> bool:
    """Planned for another day of the clinic."""
    day = card.planned_for.astimezone(ZoneInfo(zone(request))).date()
    return card.view is not None and card.view.phase == "planned" and day > today(request)


def card_for(card: BoardCard, now: datetime) -> dict[str, Any]:
    """What a card of the board shows."""
    view, born = card.view, date.fromisoformat(card.patient["birth_date"])
    if view is None:
        return {"card": card, "view": None, "phase": _("cannot be shown"), "fault": _broken(card.fault), "born": born}
    opened = [alert for alert in view.alerts if alert.open]
    late = [due for due in view.next if due.overdue_s > 0]
    first = next(iter((*late, *view.next)), None)
    return {
        "card": card,
        "view": view,
        "phase": choices.phases()[view.phase],
        "worst": opened[0] if opened else None,
        "next": first,
        "late": bool(late),
        "also": [due.label for due in late[1:]],
        "missing": len(view.missing),
        "born": born,
        "minutes": round((now - view.phase_since).total_seconds() // 60) if view.phase_since else None,
    }


def _broken(fault: str | None) -> str:
    return _("This chair cannot be shown: %(fault)s. Go there and look at the patient.") % {"fault": fault}


def _words(people: dict[str, str]) -> dict[str, Any]:
    return {
        "phases": choices.phases(),
        "tiers": {"T3": _("High"), "T2": _("Medium"), "T1": _("Low")},
        "people": people,
        "missing": _("{n} missing before the start"),
        "gates": _("{n} missing before discharge"),
        "no_alerts": _("No open alerts"),
        "nothing_due": _("Nothing due"),
        "also_late": _("Also late: {what}"),
        "site_failed": _("Cannula failed at {at}, and no good look since"),
        "same": {"name": _("Same name today"), "surname": _("Same surname today")},
        "delivered": _("{mg} of {of} mg"),
        "delivered_running": _("{mg} of {of} mg · {rate} mL/h"),
        "ordered": _("{of} mg ordered"),
        "no_order": _("no order"),
        "session": _("session {n} of {of}"),
        "session_alone": _("session {n}"),
        "acknowledged": _("acknowledged"),
        "cannot_show": _("cannot be shown"),
        "broken": _broken("{fault}"),
        "look": _("Go there and look at the patient."),
        "planned_for": _("planned for {at}"),
        "in_time": _("in "),
    }
