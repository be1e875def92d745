"""Forms of the assessment page: one questionnaire, a judgement of capacity, and what was done about a risk."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.desk.fields import NumberField
from norket.desk.screening.forms import ANSWERS
from norket.therapy.assessment.forms import Instrument, Item
from norket.therapy.consent.sign import Capacity

PARTS = {
    "understands": _("Understands what is offered, what may happen, and what else there is"),
    "retains": _("Keeps it in mind long enough to decide"),
    "weighs": _("Weighs it against what matters to them"),
    "communicates": _("Says or shows what they decide"),
}


class ScoreForm(CommandForm):
    """One questionnaire or scale. An answer left open is sent as none; the scoring says whether it bears that."""

    form = forms.CharField(max_length=100, widget=forms.HiddenInput)
    done_on = forms.DateField(label=_("Asked or done on"), widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.CharField(label=_("Who answers, or who scored it"), max_length=200)

    def __init__(self, *args: Any, instrument: Instrument, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instrument, self.today, self.auto_id = instrument, today, "score-%s"
        self.initial = {**self.initial, "form": instrument.id, "done_on": today.isoformat()}
        if instrument.method == "items":
            for item in instrument.items:
                self.fields[f"item_{item.code}"] = _field(item, instrument)
        else:
            label = _now("Total, %(low)g to %(high)g") % {"low": instrument.low or 0, "high": instrument.high or 0}
            self.fields["total"] = NumberField(label=label, unit="", zero=True)

    def items(self) -> list[forms.BoundField]:
        """The questions in their order."""
        return [self[f"item_{item.code}"] for item in self.instrument.items] if self.takes_items else []

    @property
    def takes_items(self) -> bool:
        """Whether answers are taken, not a total."""
        return self.instrument.method == "items"

    def answers(self) -> dict[str, float | None]:
        """The answers by the code of their question; call it on a valid form."""
        given = {item.code: self.cleaned_data.get(f"item_{item.code}") for item in self.instrument.items}
        return {code: None if value in (None, "") else float(value) for code, value in given.items()}

    def clean_done_on(self) -> date:
        """Nothing was answered in the future."""
        day: date = self.cleaned_data["done_on"]
        if day > self.today:
            raise forms.ValidationError(_now("This day is still to come. Enter the day on which it was done."))
        return day


class CapacityForm(CommandForm):
    """The four parts of capacity; what is left open was not judged."""

    note = forms.CharField(label=_("How it was checked, and what was missing"), max_length=2000, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.auto_id = "capacity-%s"
        for name, label in PARTS.items():
            self.fields[name] = forms.ChoiceField(
                label=label, choices=ANSWERS, required=False, widget=forms.RadioSelect
            )

    def parts(self) -> list[forms.BoundField]:
        """The four in their order."""
        return [self[name] for name in PARTS]

    def capacity(self, by: str) -> Capacity:
        """What was judged by the clinician `by`; call it on a valid form."""
        data = self.cleaned_data
        judged = {name: data[name] or "unknown" for name in PARTS}
        return Capacity(**judged, by=by, note=data["note"].strip())


def _field(item: Item, instrument: Instrument) -> forms.Field:
    options = item.options or instrument.options
    words = item.text or _now("Item %(code)s (the clinic loads the wording)") % {"code": item.code}
    label = f"{item.code}. {item.text}" if item.text and item.code.isdigit() else words
    if options:
        choices = [(f"{each.value:g}", each.text) for each in options]
        return forms.ChoiceField(label=label, choices=choices, required=False, widget=forms.RadioSelect)
    numbered = _now("%(label)s (%(low)g to %(high)g)") % {"label": label, "low": item.low, "high": item.high}
    return NumberField(label=numbered, unit="", zero=True, required=False)
