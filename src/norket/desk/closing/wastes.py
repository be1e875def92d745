"""The witness of a waste signs on the page that closes the record: with their password on the tablet of whoever threw
the drug away, or signed in as themselves."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from norket.desk.closing.forms import ActForm
from norket.desk.page import Asked, colleagues
from norket.desk.register.views import WITNESSES
from norket.desk.second import witness
from norket.record.access import policy
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session import wasting
from norket.therapy.session.state import SessionState
from norket.therapy.session.waste_events import WitnessWaste

TASK = "waste_"


class WasteForm(ActForm):
    """Who saw it, and their password; with no name, whoever is signed in saw it."""

    waste = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    witness = forms.CharField(label=gettext_lazy("Witness"), max_length=150, required=False)
    witness_password = forms.CharField(max_length=200, strip=False, required=False)
    witness_code = forms.CharField(max_length=20, required=False)

    def command(self) -> WitnessWaste:
        return WitnessWaste(waste=self.cleaned_data["waste"])


def signer(request: Asked, form: WasteForm, session_id: object) -> Actor | Refused:
    """Who signs: the person named, once their password is right; with no name, the one who is signed in."""
    said = form.cleaned_data
    if not said["witness"]:
        return request.actor
    if not said["witness_password"]:
        return Refused(code="witness_missing", why=_("The witness gives their own password. Nothing was written."))
    proven = witness(request, f"session:{session_id}", said)
    return proven if isinstance(proven, Refused) else proven.actor


def offered(request: Asked, state: SessionState) -> dict[str, dict[str, Any]]:
    """By task of a waste that nobody signed for: who may sign here, and whether whoever is signed in may."""
    found: dict[str, dict[str, Any]] = {}
    for waste in wasting.unwitnessed(state):
        made = wasting.makers(state.ledger, waste.n)
        may = policy.read().may_send(request.actor, WitnessWaste(waste=waste.n))
        found[f"{TASK}{waste.n}"] = {
            "n": waste.n,
            "named": waste.named,
            "witnesses": [one for one in colleagues(request, *WITNESSES) if str(one.pk) not in made],
            "oneself": may and request.actor.id not in made,
        }
    return found
