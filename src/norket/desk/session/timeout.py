"""The time-out for the second person: reads the pump alone, on their own device, without seeing the first reading."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from norket.desk.fields import NumberField
from norket.desk.page import Asked, show
from norket.desk.session.views import patient_for, place
from norket.record.people.models import Patient
from norket.record.session import actions
from norket.record.session.models import SessionRecord
from norket.therapy.finding import Refused
from norket.therapy.session.pump_events import TimeOut

IDENTIFIERS = 2


class TimeOutForm(forms.Form):
    """What this person read from the pump, and whom they identified."""

    rate_ml_h = NumberField(label=gettext_lazy("Rate on the pump"), unit="mL/h")
    volume_ml = NumberField(label=gettext_lazy("Volume to be infused on the pump"), unit="mL")
    identifiers = forms.MultipleChoiceField(
        label=gettext_lazy("Ask the patient. Tick the two that they tell you."), widget=forms.CheckboxSelectMultiple
    )
    command_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, patient: Patient, **options: Any) -> None:
        super().__init__(*args, **options)
        born = patient.birth_date
        self.fields["identifiers"].choices = [  # type: ignore[attr-defined]
            (patient.name, patient.name),
            (born.isoformat(), f"{born:%-d %b %Y}"),
            (patient.mrn, patient.mrn),
        ]

    def clean_identifiers(self) -> tuple[str, str]:
        told = self.cleaned_data["identifiers"]
        if len(told) != IDENTIFIERS:
            raise ValidationError(_("Two identifiers, no more and no fewer."), code="identifiers")
        return (told[0], told[1])


@require_http_methods(["GET", "HEAD", "POST"])
def time_out(request: Asked, session_id: UUID) -> HttpResponse:
    """A plain form that works on any phone and without script."""
    record = SessionRecord.objects.select_related("patient", "chair").get(pk=session_id)
    if request.method != "POST":
        return _page(request, record, TimeOutForm(patient=record.patient, initial={"command_id": uuid4()}))
    form = TimeOutForm(request.POST, patient=record.patient)
    if not form.is_valid():
        return _page(request, record, form, status=422)
    done = actions.act(
        session_id,
        _command(form.cleaned_data),
        by=request.actor,
        now=request.now,
        command_id=str(form.cleaned_data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, record, form, refused=done, status=422)
    messages.success(request, _("Your reading of the pump is recorded."))
    return HttpResponseRedirect(reverse("desk:session", args=[session_id]))


def _command(data: dict[str, Any]) -> TimeOut:
    return TimeOut(rate_ml_h=data["rate_ml_h"], volume_ml=data["volume_ml"], identifiers=data["identifiers"])


def _page(
    request: Asked, record: SessionRecord, form: TimeOutForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    return show(
        request,
        "norket/session/time_out.html",
        {
            "form": form,
            "refused": refused,
            "patient": patient_for(record, request),
            "record": record,
            "session_of_plan": place(record),
            "session_url": reverse("desk:session", args=[record.pk]),
        },
        status=status,
    )
