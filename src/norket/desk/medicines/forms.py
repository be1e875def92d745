"""A decision about one medicine, the answer whether the list is whole, and taking a decision back."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.desk.screening.forms import ANSWERS, VERDICTS
from norket.knowledge import Entry
from norket.record.care.context import WHOLE_LIST
from norket.therapy.care.events import Event, LineRecorded
from norket.therapy.chart import OWN, Item
from norket.therapy.medicines.review import STRICTEST


class DecisionForm(CommandForm):
    """What is decided about one line; `seen` names the review that was read."""

    n = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    index = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(label=_("Decision"), choices=[(one, VERDICTS[one]) for one in STRICTEST])
    note = forms.CharField(label=_("Why, where it is milder than the review"), max_length=2000, required=False)
    together_with = forms.CharField(label=_("Decided together with"), max_length=200, required=False)


class WholeListForm(CommandForm):
    """Whether all medicines have been asked about; nothing is chosen beforehand."""

    whole = forms.ChoiceField(label=_("Is the list whole?"), choices=ANSWERS, widget=forms.RadioSelect)
    source = forms.CharField(label=_("Who answers"), max_length=200)

    def events(self, question: Entry, now: datetime) -> list[Event]:
        """The answer as a line of the chart; call it on a valid form."""
        data: dict[str, Any] = self.cleaned_data
        label = question.data["label"]
        item = Item(system=OWN, code=WHOLE_LIST, text=label, status=data["whole"], at=now, source=data["source"])
        return [LineRecorded(place="answers", item=item)]
