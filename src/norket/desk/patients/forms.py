"""A new patient as typed: who, under which number, and what was measured with its day and source."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.desk.fields import NumberField
from norket.record.care.admission import Measured, NewPatient
from norket.record.people.models import Patient
from norket.therapy.finding import Refused

SEXES = [("", _("choose")), ("female", _("female")), ("male", _("male"))]
ANOTHER = "another"


class IdentityForm(CommandForm):
    """Who becomes a patient. `alike` are those who may be the same person; then somebody decides."""

    given_name = forms.CharField(label=_("First name"), max_length=200)
    family_name = forms.CharField(label=_("Family name"), max_length=200)
    birth_date = forms.DateField(label=_("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}))
    sex = forms.ChoiceField(label=_("Sex, for dosing models"), choices=SEXES)
    mrn = forms.CharField(label=_("Record number"), max_length=64)
    contact = forms.CharField(label=_("Phone or e-mail"), max_length=200, required=False)
    same_as = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    @property
    def another(self) -> bool:
        """Whether somebody decided that this is nobody of those who are alike."""
        return bool(self.cleaned_data["same_as"] == ANOTHER)

    def same(self, alike: list[Patient]) -> Patient | Refused | None:
        """The patient of those alike who was chosen; None when nobody was. Somebody else's choice is no choice."""
        chosen = self.cleaned_data["same_as"]
        if chosen in ("", ANOTHER):
            return None
        why = _("The person you chose is not like this one any more. Look at the names again and choose.")
        return next((one for one in alike if str(one.pk) == chosen), Refused(code="not_alike", why=str(why)))

    def new_patient(self, weight_kg: Measured | None = None, height_cm: Measured | None = None) -> NewPatient:
        """Who becomes a patient; call it on a valid form."""
        wanted = ("mrn", "given_name", "family_name", "birth_date", "sex", "contact")
        who = {name: self.cleaned_data[name] for name in wanted}
        return NewPatient(**who, weight_kg=weight_kg, height_cm=height_cm)


class NewPatientForm(IdentityForm):
    """A patient who comes without a referral."""

    weight_kg = NumberField(label=_("Weight"), unit="kg", required=False)
    weight_on = forms.DateField(label=_("Weighed on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    weight_source = forms.CharField(label=_("Who says so"), max_length=200, required=False)
    height_cm = NumberField(label=_("Height"), unit="cm", required=False)
    height_on = forms.DateField(label=_("Measured on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    height_source = forms.CharField(label=_("Who says so"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for what, figure in (("weight", "weight_kg"), ("height", "height_cm")):
            if data.get(figure) is not None and not (data.get(f"{what}_on") and data.get(f"{what}_source")):
                self.add_error(figure, _("A measurement needs its day and who says so."))
        return data

    def measured(self, what: str, figure: str) -> Measured | None:
        """The figure with its day and source; None where it was not measured."""
        data = self.cleaned_data
        if data[figure] is None:
            return None
        return Measured(float(data[figure]), data[f"{what}_on"], data[f"{what}_source"])

    def whole(self) -> NewPatient:
        """Who becomes a patient, with what was measured."""
        return self.new_patient(self.measured("weight", "weight_kg"), self.measured("height", "height_cm"))


def opening(command_id: UUID, today: date) -> dict[str, Any]:
    """The form as it opens."""
    return {"command_id": command_id, "weight_on": today.isoformat(), "height_on": today.isoformat()}
