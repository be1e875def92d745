"""How loud a month was: for those who answer for the limits, on screen and on paper."""

from datetime import date, timedelta

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from norket.desk.page import Asked, clinic_id, show, today, zone
from norket.record.session.loudness import month
from norket.record.session.queries import base
from norket.therapy.session.alert_load import RULE


@require_safe
def alert_load(request: Asked) -> HttpResponse:
    """One month of alerts; `?month=2026-11` names it, this one otherwise."""
    begins = _asked(request)
    found = month(clinic_id(request), begins, zone(request), request.now)
    goal = base().entry("escalation.sounding_goal")
    figures = {value.name: value.value for value in goal.values}
    return show(
        request,
        "norket/alerts/load.html",
        {
            "month": found,
            "whole": found.whole,
            "before": (begins - timedelta(days=1)).replace(day=1),
            "after": (begins + timedelta(days=32)).replace(day=1) if begins < today(request).replace(day=1) else None,
            "goal_per_hour": (figures["max_alerts"] or 0) / (figures["session_h"] or 1),
            "flag": {value.name: value.value for value in base().entry(RULE).values},
            "statements": {one.name: _short(base().entry(one.name).statement) for one in found.rules},
            "title": _("Alert load"),
        },
    )


def _short(statement: str) -> str:
    """The first sentence of a rule."""
    return statement.partition(". ")[0].rstrip(".")


def _asked(request: Asked) -> date:
    """The first day of the month in the address; this month where it names none."""
    year, _dash, number = request.GET.get("month", "").partition("-")
    if year.isascii() and year.isdigit() and number.isascii() and number.isdigit():
        whole = int(year), int(number)
        if date.min.year < whole[0] < date.max.year and 1 <= whole[1] <= 12:  # noqa: PLR2004 -- months of a year
            return date(*whole, 1)
    return today(request).replace(day=1)
