"""One line of the chart as it is typed. Nothing is filled in beforehand, and nothing left out is taken for "no"."""

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.fields import NumberField
from norket.therapy.care.events import Event, LineRecorded, MedicineRecorded
from norket.therapy.chart import Item, MedicineItem

PLACES = [
    ("conditions", _("condition or diagnosis")),
    ("medicines", _("medicine")),
    ("allergies", _("allergy or bad reaction")),
    ("observations", _("measurement or result")),
]
STATUSES = [
    ("", _("choose")),
    ("yes", _("yes, has or takes it")),
    ("no", _("no, excluded")),
    ("unknown", _("not sure")),
]
SYSTEMS = [
    ("", _("none")),
    ("icd10cm", "ICD-10-CM"),
    ("snomed", "SNOMED CT"),
    ("rxnorm", "RxNorm"),
    ("atc", "ATC"),
    ("loinc", "LOINC"),
]


class CommandForm(forms.Form):
    """Carries the id under which what is typed is recorded once, however often the form is sent."""

    command_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class LineForm(CommandForm):
    """A line by hand."""

    place = forms.ChoiceField(label=_("What it is"), choices=PLACES)
    text = forms.CharField(label=_("Name"), max_length=200)
    status = forms.ChoiceField(label=_("Is it so?"), choices=STATUSES)
    system = forms.ChoiceField(label=_("Code system"), choices=SYSTEMS, required=False)
    code = forms.CharField(label=_("Code"), max_length=40, required=False)
    onset = forms.DateField(label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    value = NumberField(label=_("Value"), unit="", zero=True, required=False)
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False)
    reference_high = NumberField(label=_("The laboratory's own upper limit"), unit="", required=False)
    daily_dose = NumberField(label=_("Taken in a day"), unit="", zero=True, required=False)
    daily_unit = forms.CharField(label=_("Unit of that"), max_length=20, required=False)
    last_taken = forms.DateField(label=_("Last taken"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    on = forms.DateField(label=_("Measured or told on"), widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.CharField(label=_("Who says so"), max_length=200)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self._together(data, "code", "system", _("A code needs its system, and a system its code."))
        self._together(data, "value", "unit", _("A value needs its unit; write 1 for a ratio or count."))
        self._together(data, "daily_dose", "daily_unit", _("An amount needs its unit, such as mg."))
        if data.get("place") == "observations" and data.get("value") is None and data.get("status") == "yes":
            self.add_error("value", _("A measurement has a value; for a positive or negative result say yes or no."))
        return data

    def _together(self, data: dict[str, Any], one: str, other: str, why: Any) -> None:
        if (data.get(one) in (None, "")) != (data.get(other) in (None, "")):
            self.add_error(one, why)

    def event(self) -> Event:
        """What is recorded; call it on a valid form."""
        data = self.cleaned_data
        line: dict[str, Any] = {name: data[name] for name in ("system", "code", "text", "status", "onset", "source")}
        line |= {
            "value": data["value"],
            "unit": data["unit"] or None,
            "reference_high": data["reference_high"],
            "at": data["on"],
        }
        if data["place"] == "medicines":
            taken = {
                "daily_dose": data["daily_dose"],
                "daily_unit": data["daily_unit"] or None,
                "last_taken": data["last_taken"],
            }
            return MedicineRecorded(item=MedicineItem(**line, **taken))
        return LineRecorded(place=data["place"], item=Item(**line))


class WithdrawForm(CommandForm):
    """A line that was wrong."""

    n = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    index = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why it is wrong"), max_length=200)


def opening(today: date) -> dict[str, Any]:
    """The form as it opens: today, and nothing else."""
    return {"on": today.isoformat(), "command_id": uuid4()}
