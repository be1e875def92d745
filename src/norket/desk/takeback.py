"""Taking back an entry of a patient's ledger that was wrong: the form, and what it leaves. Each page says which of its
entries can be taken back; the entry itself stays in the ledger."""

from collections.abc import Sequence
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from norket.desk.chart.forms import CommandForm
from norket.desk.page import Asked
from norket.record.care import actions
from norket.therapy.care.events import DecisionTakenBack, Recorded
from norket.therapy.finding import Refused


class TakeBackForm(CommandForm):
    """Which entry was wrong, and why."""

    n = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(label=gettext_lazy("Why it is wrong"), max_length=2000)


def taken_back(request: Asked, patient_id: UUID, entries: Sequence[Recorded]) -> Sequence[Recorded] | Refused:
    """Takes back the one of `entries` that the form names; without a reason, or for another entry, it is refused."""
    form = TakeBackForm(request.POST)
    if not form.is_valid():
        return Refused(code="reason_missing", why=_("Say why it is wrong; then it is taken back."))
    if not any(one.n == form.cleaned_data["n"] for one in entries):
        why = _("There is no such entry here. Reload the page and choose again.")
        return Refused(code="decision_not_known", why=why)
    event = DecisionTakenBack(n=form.cleaned_data["n"], reason=form.cleaned_data["reason"])
    command_id = str(form.cleaned_data["command_id"])
    return actions.record(patient_id, [event], by=request.actor.id, now=request.now, command_id=command_id)
