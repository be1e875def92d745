"""A dose that was given elsewhere, and the answer to whether there was any."""

from datetime import datetime, time
from typing import Any, get_args
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.desk.fields import NumberField
from norket.desk.screening.forms import ROUTES
from norket.knowledge.criteria import Drug, Route
from norket.therapy.care.events import DoseReported, ElsewhereAsked, Event
from norket.therapy.plan.exposure import PriorDose

ANSWERS = [("", _("choose")), ("no", _("no")), ("yes", _("yes")), ("unknown", _("not sure"))]


class DoseForm(CommandForm):
    """One dose. A time that nobody knows counts as the end of its day, so that the next dose is never too soon; an
    amount that nobody knows stays unknown."""

    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    at = forms.TimeField(label=_("Time, if known"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    drug = forms.ChoiceField(label=_("Drug"), choices=[(one, one) for one in get_args(Drug)])
    route = forms.ChoiceField(
        label=_("Route"), choices=[("", _("choose")), *[(one, ROUTES[one]) for one in get_args(Route)]]
    )
    amount_mg = NumberField(label=_("Amount, if known"), unit="mg", required=False)
    where = forms.CharField(label=_("Where, and who says so"), max_length=200)

    def __init__(self, *args: Any, now: datetime, zone: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now, self.zone = now, ZoneInfo(zone)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        given = datetime.combine(data["on"], data["at"] or time.max, self.zone)
        if data["on"] > self.now.astimezone(self.zone).date() or (data["at"] and given > self.now):
            self.add_error("on", _now("This is still to come. Record what has happened."))
        data["given"] = min(given, self.now)
        return data

    def event(self) -> Event:
        """What is recorded; call it on a valid form."""
        data = self.cleaned_data
        return DoseReported(
            dose=PriorDose(
                at=data["given"],
                route=data["route"],
                drug=data["drug"],
                amount_mg=data["amount_mg"],
                where=data["where"],
                source="reported",
            )
        )


class AskedForm(CommandForm):
    """The answer to the question for ketamine elsewhere."""

    status = forms.ChoiceField(label=_("Ketamine elsewhere or at home in the last seven days?"), choices=ANSWERS)

    def event(self) -> Event:
        """What is recorded; call it on a valid form."""
        return ElsewhereAsked(status=self.cleaned_data["status"])
