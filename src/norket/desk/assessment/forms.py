"""Ordering a test, writing down its result, and going without it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.desk.fields import NumberField
from norket.therapy.assessment import Held
from norket.therapy.care.events import LineRecorded
from norket.therapy.chart import OWN, Item

# What yes and no mean of a result without a number, by what its class says of it.
OUTCOMES = {
    "done": {"yes": _("done")},
    "positive": {"no": _("negative"), "yes": _("positive")},
    "abnormal": {"no": _("nothing abnormal"), "yes": _("something abnormal")},
    "": {"no": _("negative or nothing abnormal"), "yes": _("positive or abnormal")},
}
PARTS = ("value", "unit", "high", "outcome", "words")


class OrderForm(CommandForm):
    """A test that is asked for."""

    rule = forms.CharField(max_length=200, widget=forms.HiddenInput)
    note = forms.CharField(label=_("Note for whoever does it"), max_length=2000, required=False)


class WaiveForm(CommandForm):
    """A test that is not needed."""

    rule = forms.CharField(max_length=200, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why it is not needed for this patient"), max_length=2000, required=False)


class Row(NamedTuple):
    """The fields of one thing that a test looks at."""

    held: Held
    fields: tuple[forms.BoundField, ...]


class ResultForm(CommandForm):
    """The results of one test: a field for each thing that it looks at; what is left empty was not done."""

    rule = forms.CharField(max_length=200, widget=forms.HiddenInput)
    done_on = forms.DateField(label=_("Measured or done on"), widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.CharField(label=_("Laboratory, or who did it"), max_length=200)

    def __init__(self, *args: Any, rule: str, items: Sequence[Held], today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.auto_id = f"{rule}-%s"
        self.items = [held for held in items if held.is_result]
        self.today = today
        self.initial = {**self.initial, "rule": rule, "done_on": today.isoformat()}
        for place, held in enumerate(self.items):
            self._add(str(place), held)

    def _add(self, place: str, held: Held) -> None:
        if not held.unit:
            choices = [("", _("not done")), *OUTCOMES[held.yes_means].items()]
            self.fields[f"outcome{place}"] = forms.ChoiceField(label=held.label, choices=choices, required=False)
            self.fields[f"words{place}"] = forms.CharField(label=_("In words"), max_length=200, required=False)
            return
        self.fields[f"value{place}"] = NumberField(label=held.label, unit="", zero=True, required=False)
        self.fields[f"unit{place}"] = forms.CharField(label=_("Unit"), max_length=20, required=False, initial=held.unit)
        if held.laboratory:
            label = _("The laboratory's own upper limit")
            self.fields[f"high{place}"] = NumberField(label=label, unit="", required=False)

    def rows(self) -> Iterator[Row]:
        """Each thing with its fields."""
        for place, held in enumerate(self.items):
            names = [f"{part}{place}" for part in PARTS]
            yield Row(held, tuple(self[name] for name in names if name in self.fields))

    def clean_done_on(self) -> date:
        """The future is no result."""
        day: date = self.cleaned_data["done_on"]
        if day > self.today:
            raise forms.ValidationError(_("This day is still to come. Enter the day on which it was done."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        found = [place for place in range(len(self.items)) if data.get(f"value{place}") is not None]
        found += [place for place in range(len(self.items)) if data.get(f"outcome{place}")]
        for place in found:
            if f"unit{place}" in self.fields and not data.get(f"unit{place}"):
                self.add_error(f"unit{place}", _("A value needs its unit."))
        if not found and not self.errors:
            raise forms.ValidationError(_("Enter at least one result; what is left empty was not done."))
        return data

    def lines(self) -> list[LineRecorded]:
        """One line of the chart for each result; call it on a valid form."""
        data = self.cleaned_data
        lines = [(held, place) for place, held in enumerate(self.items)]
        return [
            LineRecorded(place="observations", item=item)
            for held, place in lines
            for item in self._item(held, place, data)
        ]

    def _item(self, held: Held, place: int, data: dict[str, Any]) -> Iterator[Item]:
        shared = {"system": OWN, "code": held.item, "at": data["done_on"], "source": data["source"]}
        value, outcome = data.get(f"value{place}"), data.get(f"outcome{place}")
        if value is not None:
            high = data.get(f"high{place}")
            yield Item(
                **shared,
                text=held.label,
                status="unknown",
                value=value,
                unit=data[f"unit{place}"],
                reference_high=high,
            )
        if outcome:
            words = data.get(f"words{place}")
            yield Item(**shared, text=f"{held.label}: {words}" if words else held.label, status=outcome)
