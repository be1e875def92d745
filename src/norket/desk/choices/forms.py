"""The choice with its reason, and a goal that can be measured."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError as Fault

from norket.desk.chart.forms import CommandForm
from norket.desk.fields import NumberField
from norket.therapy.goals import Goal

GROUPS = [
    ("psychiatric", gettext_lazy("depression, anxiety and trauma")),
    ("pain", gettext_lazy("pain")),
    ("addiction", gettext_lazy("addiction")),
    ("all", gettext_lazy("everything")),
]


class ChoiceForm(CommandForm):
    """Which of the ways the patient wants, and why, in their own words."""

    about = forms.ChoiceField(choices=GROUPS, widget=forms.HiddenInput)
    chosen = forms.MultipleChoiceField(
        label=gettext_lazy("What the patient chooses"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick what the patient chooses; no new treatment is a choice too.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why, in the patient's own words"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, offered: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["chosen"].choices = list(offered)  # type: ignore[attr-defined]


class GoalForm(CommandForm):
    """What is measured, from where to where, and by when."""

    measure = forms.CharField(label=gettext_lazy("What is measured"), max_length=200)
    unit = forms.CharField(label=gettext_lazy("Unit, if it has one"), max_length=40, required=False)
    baseline = NumberField(label=gettext_lazy("Now"), unit="", zero=True)
    target = NumberField(label=gettext_lazy("Goal"), unit="", zero=True)
    by = forms.DateField(label=gettext_lazy("By"), widget=forms.DateInput(attrs={"type": "date"}))
    words = forms.CharField(label=gettext_lazy("In the patient's own words"), max_length=2000, required=False)
    instead_of = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
    why = forms.CharField(label=gettext_lazy("Why it is changed"), max_length=2000, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                data["goal"] = Goal.model_validate({name: data[name] for name in Goal.model_fields})
            except Fault as fault:
                raise ValidationError(
                    _("The goal is what is there already. Say what is to change."), code="goal"
                ) from fault
        return data


class DropForm(CommandForm):
    """A goal that is none any more."""

    n = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(label=gettext_lazy("Why this is no goal any more"), max_length=2000)
