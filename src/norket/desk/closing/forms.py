"""The small forms of a session's record. Each makes one command of the session; nothing else writes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from norket.therapy.recovery.monitoring_form import FORM, Item
from norket.therapy.session.events import Command
from norket.therapy.session.recovery_events import RecordGate
from norket.therapy.session.way_out_events import CloseRecord, CompleteForm, FinishTask, ReviewLeaving, SignRecord


class ActForm(forms.Form):
    """Any of them: the id under which it is done once."""

    command_id = forms.UUIDField(widget=forms.HiddenInput)


class SignForm(ActForm):
    """The prescriber's signature."""

    def command(self) -> Command:
        return SignRecord()


class CloseForm(ActForm):
    """Closing the record."""

    def command(self) -> Command:
        return CloseRecord()


class ReviewForm(ActForm):
    """How a session was left, as a prescriber sees it."""

    found = forms.CharField(label=gettext_lazy("What was found, and what holds for the next session"), max_length=2000)

    def command(self) -> Command:
        return ReviewLeaving(found=self.cleaned_data["found"])


class TaskForm(ActForm):
    """What became of a task."""

    task = forms.CharField(max_length=200, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[
            ("done", gettext_lazy("done")),
            ("not_reached", gettext_lazy("not reached")),
            ("not_needed", gettext_lazy("not needed")),
        ],
    )
    detail = forms.CharField(label=gettext_lazy("What was said or seen"), max_length=2000)

    def command(self) -> Command:
        told = self.cleaned_data
        return FinishTask(task=told["task"], outcome=told["outcome"], detail=told["detail"])


class SuicideForm(ActForm):
    """What was answered to the question about suicide, asked by phone."""

    answer = forms.ChoiceField(
        label=gettext_lazy("Thoughts of suicide, as told by phone"),
        choices=[("yes", gettext_lazy("nothing new or worse")), ("no", gettext_lazy("new or worse"))],
    )
    detail = forms.CharField(label=gettext_lazy("What was said"), max_length=2000)

    def command(self) -> Command:
        told = self.cleaned_data
        return RecordGate(gate="suicide_risk_reviewed", answer=told["answer"], detail=told["detail"])


class MonitoringForm(ActForm):
    """What the ledger does not hold of the monitoring form."""

    sent = forms.BooleanField(label=gettext_lazy("The form was sent"), required=False)

    def __init__(self, *args: Any, asked: tuple[Item, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        for item in asked:
            self.fields[item.name] = forms.CharField(
                label=item.label, initial=item.value, max_length=2000, required=False
            )
        self.order_fields([*(item.name for item in asked), "sent"])
        self.asked = tuple(item.name for item in asked)

    def command(self) -> Command:
        told = {name: self.cleaned_data[name] for name in self.asked if self.cleaned_data[name].strip()}
        return CompleteForm(form=FORM, answers=told, sent=self.cleaned_data["sent"])


FORMS: dict[str, type[SignForm | CloseForm | ReviewForm | TaskForm | SuicideForm]] = {
    "sign": SignForm,
    "close": CloseForm,
    "review": ReviewForm,
    "task": TaskForm,
    "suicide": SuicideForm,
}
