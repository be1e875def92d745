"""What is typed about the time before. Nothing is chosen beforehand; what is not said stays unknown."""

from typing import Any, get_args

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.desk.fields import NumberField
from norket.knowledge import Entry
from norket.therapy.assessment.trials import Outcome, Trial
from norket.therapy.care.events import (
    DocumentRecorded,
    Event,
    FrailtyRecorded,
    PregnancyPotentialRecorded,
    TreatmentTried,
)

OUTCOMES = {
    "no_response": _("did not help"),
    "partial_response": _("helped in part"),
    "response_lost": _("helped, then no more"),
    "remission": _("helped fully"),
    "not_tolerated": _("was not tolerated"),
    "unknown": _("not known"),
}
STATUSES = [("", _("choose")), ("yes", _("yes")), ("no", _("no")), ("unknown", _("not sure"))]


class TrialForm(CommandForm):
    """One treatment that was tried."""

    treatment = forms.CharField(label=_("Treatment"), max_length=200)
    dose = forms.CharField(label=_("Highest dose"), max_length=100, required=False)
    weeks = NumberField(label=_("For how long at that dose"), unit="weeks", zero=True, required=False)
    adequate_dose = forms.ChoiceField(label=_("Was the dose adequate?"), choices=STATUSES)
    outcome = forms.ChoiceField(
        label=_("What came of it"), choices=[("", _("choose")), *[(one, OUTCOMES[one]) for one in get_args(Outcome)]]
    )
    source = forms.CharField(label=_("Who says so"), max_length=200)

    def event(self) -> Event:
        """What is recorded; call it on a valid form."""
        data = self.cleaned_data
        trial = Trial(
            treatment=data["treatment"],
            dose=data["dose"],
            weeks=data["weeks"],
            adequate_dose=data["adequate_dose"],
            outcome=data["outcome"],
        )
        return TreatmentTried(trial=trial, source=data["source"])


class DocumentForm(CommandForm):
    """A document that a rule asks for, and where it is."""

    document = forms.ChoiceField(label=_("Document"))
    on = forms.DateField(label=_("Its day"), widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("What it says, and where it is kept"), max_length=2000)

    def __init__(self, *args: Any, documents: list[Entry], **options: Any) -> None:
        super().__init__(*args, **options)
        known = [(one.id, one.data["label"]) for one in documents]
        self.fields["document"].choices = [("", _("choose")), *known]  # type: ignore[attr-defined]

    def event(self) -> Event:
        data = self.cleaned_data
        return DocumentRecorded(document=data["document"], on=data["on"], note=data["note"])


class PregnancyForm(CommandForm):
    """Asked of everybody: a name in a record does not say who can be pregnant."""

    status = forms.ChoiceField(label=_("Can this patient become pregnant?"), choices=STATUSES)

    def event(self) -> Event:
        return PregnancyPotentialRecorded(status=self.cleaned_data["status"])


class FrailtyForm(CommandForm):
    """A judgement of a clinician; "not sure" counts as frail for the first dose."""

    frail = forms.ChoiceField(label=_("Is this person frail?"), choices=STATUSES)

    def event(self) -> Event:
        return FrailtyRecorded(status=self.cleaned_data["frail"])
