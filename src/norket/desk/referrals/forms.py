"""What staff do with a referral."""

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.desk.patients.forms import IdentityForm
from norket.therapy.referral import events as e

REACHED = [("", _("choose")), ("yes", _("spoke with them")), ("no", _("tried, not reached"))]


class LookForm(CommandForm):
    """Somebody has read it, and perhaps spoken with the person."""

    reached = forms.ChoiceField(label=_("Spoke with the person?"), choices=REACHED, required=False)
    note = forms.CharField(
        label=_("What came of it"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def event(self) -> e.Event | None:
        """What is recorded; None when only half was said."""
        data = self.cleaned_data
        if not data["reached"] and not data["note"]:
            return e.Seen()
        if not data["reached"] or not data["note"]:
            return None
        return e.Spoken(reached=data["reached"] == "yes", note=data["note"])


class AcceptForm(IdentityForm):
    """It becomes a patient."""


class CloseForm(CommandForm):
    """It is not taken, or says what another one says."""

    what = forms.ChoiceField(
        label=_("Answer"), choices=[("", _("choose")), ("declined", _("decline")), ("duplicate", _("duplicate"))]
    )
    reason = forms.CharField(label=_("Why, or which referral says the same"), max_length=2000)
    instead = forms.CharField(label=_("Where the person can go instead"), max_length=2000, required=False)

    def event(self) -> e.Event | None:
        """What is recorded; None when it is declined without a place to go instead."""
        data = self.cleaned_data
        if data["what"] == "duplicate":
            return e.Duplicate(of=data["reason"])
        return e.Declined(reason=data["reason"], instead=data["instead"]) if data["instead"] else None
