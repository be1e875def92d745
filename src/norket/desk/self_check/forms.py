"""Who a referral is about, and who refers. Only what is needed to reach the person and to tell them from others."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.therapy.referral.shapes import Referrer, Someone

OLDEST_Y = 130
SEXES = [
    ("", _("choose")),
    ("female", _("female")),
    ("male", _("male")),
    ("unknown", _("I would rather say it in person")),
]


class LineField(forms.CharField):
    """One line of text as people write names and addresses: printable, and no longer than it is kept."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.isprintable():
            raise ValidationError(_("Write it on one line, in letters, digits and signs."), code="line")
        return text


class PersonForm(CommandForm):
    """Who is meant."""

    given_name = LineField(label=_("First name"))
    family_name = LineField(label=_("Family name"))
    birth_date = forms.DateField(label=_("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}))
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES)
    contact = LineField(label=_("Phone or e-mail"))

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_birth_date(self) -> date:
        born: date = self.cleaned_data["birth_date"]
        if born > self.today or self.today.year - born.year > OLDEST_Y:
            raise ValidationError(_("This is no date of birth. Write day, month and year."), code="born")
        return born

    def someone(self) -> Someone:
        """Who is meant; call it on a valid form."""
        wanted = ("given_name", "family_name", "birth_date", "sex", "contact")
        return Someone.model_validate({name: self.cleaned_data[name] for name in wanted})


class SendForm(PersonForm):
    """Sending one's own answers."""

    agrees = forms.BooleanField(label=_("I want my answers sent to the clinic. Staff there will read them."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, known in (("given_name", "given-name"), ("family_name", "family-name"), ("birth_date", "bday")):
            self.fields[name].widget.attrs["autocomplete"] = known


class ReferForm(PersonForm):
    """A referral by somebody else; the answers stand beside it."""

    referrer_name = LineField(label=_("Your name"))
    profession = LineField(label=_("Your profession and place of work"), required=False)
    referrer_contact = LineField(label=_("Your phone or e-mail"))
    reason = forms.CharField(
        label=_("The reason, and what was tried before"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    medicines = forms.CharField(
        label=_("Medicines, one on each line"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    message = forms.CharField(
        label=_("What else matters"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["sex"].choices = [*SEXES[:-1], ("unknown", _("not known"))]  # type: ignore[attr-defined]

    def referrer(self) -> Referrer | None:
        """Who refers; call it on a valid form."""
        data = self.cleaned_data
        if not data["referrer_name"]:
            return None
        return Referrer(name=data["referrer_name"], profession=data["profession"], contact=data["referrer_contact"])


class WrittenForm(ReferForm):
    """A referral that came by letter or phone, written down by staff; who refers may be nobody."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, label in (
            ("referrer_name", _("Who refers")),
            ("profession", _("Profession and place of work")),
            ("referrer_contact", _("Phone or e-mail of who refers")),
        ):
            self.fields[name].label = label
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("referrer_name") and not data.get("referrer_contact"):
            self.add_error("referrer_contact", _("Write how to reach who refers."))
        return data
