"""The two-person check of a dose without a pump, for the second person: what is in hand, on their own device, without
seeing what the first one entered or what was ordered."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from norket.desk.fields import NumberField
from norket.desk.page import Asked, show
from norket.desk.session import dose_words
from norket.desk.session.timeout import TimeOutForm
from norket.desk.session.views import patient_for, place
from norket.record.people.models import Patient
from norket.record.session import actions, queries
from norket.record.session.models import SessionRecord
from norket.therapy.finding import Refused
from norket.therapy.session import ordered
from norket.therapy.session.dose_events import CheckDose

NEEDED = {"drawn": ("volume_ml", "concentration_mg_ml"), "devices": ("devices",), "plain": ("amount_mg",)}


class DoseCheckForm(TimeOutForm):
    """What this person has in hand, and whom they identified."""

    rate_ml_h = None  # type: ignore[assignment]  # there is no pump to read
    product_id = forms.ChoiceField(label=gettext_lazy("What the label says"))
    route = forms.ChoiceField(label=gettext_lazy("Route"))
    volume_ml = NumberField(label=gettext_lazy("Volume in the syringe"), unit="mL", required=False)
    concentration_mg_ml = NumberField(label=gettext_lazy("Strength on the label"), unit="mg/mL", required=False)
    devices = forms.IntegerField(label=gettext_lazy("Devices"), min_value=1, max_value=9, required=False)
    amount_mg = NumberField(label=gettext_lazy("Amount in hand"), unit="mg", required=False)
    allergies = forms.ChoiceField(
        label=gettext_lazy("Allergies asked, none that matters"),
        choices=[
            ("", ""),
            ("yes", gettext_lazy("Yes")),
            ("no", gettext_lazy("No")),
            ("unknown", gettext_lazy("Not known")),
        ],
    )

    def __init__(self, *args: Any, patient: Patient, kind: str, **options: Any) -> None:
        super().__init__(*args, patient=patient, **options)
        self.fields["product_id"].choices = [("", ""), *((one, one) for one in dose_words.products())]  # type: ignore[attr-defined]
        self.fields["route"].choices = [("", ""), *dose_words.dose_routes()]  # type: ignore[attr-defined]
        for other, names in NEEDED.items():
            for name in names:
                if other != kind:
                    del self.fields[name]
                else:
                    self.fields[name].required = True


@require_http_methods(["GET", "HEAD", "POST"])
def dose_check(request: Asked, session_id: UUID) -> HttpResponse:
    """A plain form that works on any phone and without script."""
    record = SessionRecord.objects.select_related("patient", "chair").get(pk=session_id)
    kind = dose_words.in_hand(ordered.dose(queries.state(session_id)))
    if request.method != "POST":
        return _page(request, record, DoseCheckForm(patient=record.patient, kind=kind, initial={"command_id": uuid4()}))
    form = DoseCheckForm(request.POST, patient=record.patient, kind=kind)
    if not form.is_valid():
        return _page(request, record, form, status=422)
    done = actions.act(
        session_id,
        CheckDose(**{name: value for name, value in form.cleaned_data.items() if name != "command_id"}),
        by=request.actor,
        now=request.now,
        command_id=str(form.cleaned_data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, record, form, refused=done, status=422)
    messages.success(request, _("Your check of the dose is recorded."))
    return HttpResponseRedirect(reverse("desk:session", args=[session_id]))


def _page(
    request: Asked, record: SessionRecord, form: DoseCheckForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    return show(
        request,
        "norket/session/dose_check.html",
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
