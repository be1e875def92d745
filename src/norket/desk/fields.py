"""Form fields that read numbers by the one strict grammar."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from norket.units import NumberError, parse_number


class NumberField(forms.CharField):
    """A number of the grammar, with its unit beside it. `zero` says whether zero is a value here."""

    def __init__(self, *, unit: str, zero: bool = False, **options: Any) -> None:
        self.unit = unit
        self.zero = zero
        super().__init__(max_length=8, strip=False, **options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text == "":
            return None
        try:
            number = parse_number(text)
        except NumberError as error:
            raise ValidationError(
                _("Not a number: expected %(expected)s. Example: %(example)s."),
                code="number",
                params={"expected": error.expected, "example": error.example},
            ) from error
        if number == 0 and not self.zero:
            raise ValidationError(_("Zero makes no sense here."), code="zero")
        return number
