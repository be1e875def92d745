"""The order form: a dose in fields or as text, the weight it counts on, and who signs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.fields import NumberField
from norket.therapy.plan.limits import Row
from norket.units import DoseText, DoseTextError, render_number

AMOUNTS, RATES = ["mg/kg", "mg"], ["mg/kg/h", "mg/h"]
WRITTEN = ("amount", "unit", "duration_min")
SPREAD = {"mg/kg": "over", "mg": "over", "mg/kg/h": "for", "mg/h": "for"}
DRAWN = ("iv", "im", "sc")


class OrderForm(forms.Form):
    """What a prescriber writes. The dose text, when there is one, is the dose; else the fields are. The fields are
    those that `row` needs: a duration for an infusion, a strength for what is drawn from a vial, a lockout where it
    knows boluses."""

    row = forms.ChoiceField(label=_("Protocol row"))
    amount = NumberField(label=_("Dose"), unit="", required=False)
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    duration_min = NumberField(label=_("Over"), unit="min", required=False)
    dose_text = forms.CharField(label=_("Dose as text"), max_length=120, required=False)
    weight_kg = NumberField(label=_("Weight"), unit="kg")
    weight_measured_on = forms.DateField(label=_("Weight measured on"), widget=forms.DateInput(attrs={"type": "date"}))
    concentration_mg_ml = NumberField(label=_("Concentration in the syringe"), unit="mg/mL")

    bolus_lockout_min = NumberField(label=_("Least time between two boluses"), unit="min", required=False)

    def __init__(self, *args: Any, rows: tuple[Row, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["row"].choices = [(row.id, f"{row.code} {row.label}") for row in rows]  # type: ignore[attr-defined]
        named = self.data.get("row") if self.is_bound else self.initial.get("row")
        self.chosen = next((row for row in rows if row.id == named), rows[0] if rows else None)
        units = [] if self.chosen is None else _units(self.chosen)
        self.fields["unit"].choices = [(unit, unit) for unit in units]  # type: ignore[attr-defined]
        if self.chosen is not None and self.chosen.form == "dose":
            del self.fields["duration_min"]
        if self.chosen is not None and self.chosen.route not in DRAWN:
            del self.fields["concentration_mg_ml"]
        if self.chosen is None or self.chosen.bolus_lockout_min is None:
            del self.fields["bolus_lockout_min"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("dose_text", "").strip():
            for name in WRITTEN:  # the text is the dose; what stands in the fields beside it does not count
                self.errors.pop(name, None)
        if self.errors:
            return data
        text = data.get("dose_text", "").strip() or self._written(data)
        if text is not None:
            try:
                data["dose"] = DoseText.parse(text)
            except DoseTextError as error:
                self.add_error("dose_text" if data.get("dose_text") else "amount", str(error))
        return data

    def _written(self, data: dict[str, Any]) -> str | None:
        """The fields as a dose text; None with the errors noted when they are incomplete."""
        row = self.chosen
        for name in WRITTEN:
            if name in self.fields and not data.get(name):
                self.add_error(name, _("Fill this in, or write the dose as text."))
        if self.errors or row is None:
            return None
        words = [] if row.drug == "ketamine" else [row.drug]
        words += [render_number(data["amount"]), data["unit"], row.route]
        if row.form == "infusion":
            words += [SPREAD[data["unit"]], render_number(data["duration_min"]), "min"]
        return " ".join(words)


def _units(row: Row) -> list[str]:
    """The units in which a dose of this row is written: devices in mg alone, a dose at once as an amount."""
    if row.device_mg is not None:
        return ["mg"]
    return AMOUNTS if row.form == "dose" else AMOUNTS + RATES


class SignForm(forms.Form):
    """What belongs to the signature alone."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, required=False)
    second_username = forms.ChoiceField(label=_("Second signer"), required=False)
    second_password = forms.CharField(
        label=_("Second signer's password"),
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    second_code = forms.CharField(
        label=_("Second signer's code, if they use a code app"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    second_reason = forms.CharField(label=_("Second signer's reason"), max_length=2000, required=False)

    def __init__(self, *args: Any, signers: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["second_username"].choices = [("", _("nobody")), *signers]  # type: ignore[attr-defined]
