"""The lot of a controlled medicine that was given in haste: a form for each on the page that closes the record."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from norket.desk.closing.forms import ActForm
from norket.desk.fields import NumberField
from norket.desk.page import Asked, clinic_id, colleagues
from norket.desk.register.views import WITNESSES
from norket.record.register import queries as register
from norket.record.session.queries import base
from norket.therapy.session import lots
from norket.therapy.session.events import Command, Correct
from norket.therapy.session.state import SessionState, TimedRescue


class LotForm(ActForm):
    """Which lot it came from, the milligrams, and what of the ampoule was thrown away before whom."""

    n = forms.IntegerField(widget=forms.HiddenInput)
    stock = forms.CharField(label=gettext_lazy("Lot in the register"), max_length=400)
    amount_mg = NumberField(label=gettext_lazy("Given"), unit="mg")
    wasted_mg = NumberField(label=gettext_lazy("Rest of the ampoule wasted"), unit="mg", zero=True)
    witness = forms.CharField(label=gettext_lazy("Witness of the waste"), max_length=200, required=False)

    def __init__(self, *args: Any, state: SessionState, **options: Any) -> None:
        super().__init__(*args, **options)
        self.open = {given.n: given for given in lots.unbooked(state, base())}

    def clean_n(self) -> int:
        n = int(self.cleaned_data["n"])
        if n not in self.open:
            raise forms.ValidationError(_("This stands in the register already."))
        return n

    def clean_stock(self) -> tuple[str, str]:
        product_id, _colon, lot = str(self.cleaned_data["stock"]).partition("|")
        if not (product_id and lot):
            raise forms.ValidationError(_("Choose the lot."))
        return product_id, lot

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("wasted_mg") and not told.get("witness"):
            self.add_error("witness", _("A waste needs a witness."))
        return told

    def command(self) -> Command:
        """The correction of what was recorded, with everything else of it as it stands."""
        told = self.cleaned_data
        product_id, lot = told["stock"]
        data = lots.completed(
            self.open[told["n"]],
            product_id=product_id,
            lot=lot,
            amount_mg=told["amount_mg"],
            wasted_mg=told["wasted_mg"],
            witness=told["witness"],
        )
        return Correct(corrects=told["n"], reason=str(_("completed for the register")), data=data)


def offered(request: Asked, state: SessionState) -> dict[str, dict[str, Any]]:
    """By task what its form offers: the medicine as recorded, its lots, and who may have seen the waste."""
    open_ = lots.unbooked(state, base())
    held = [line for line in register.balances(clinic_id(request)) if line.balance_mg > 0] if open_ else []
    witnesses = colleagues(request, *WITNESSES) if open_ else []
    return {f"lot_{given.n}": _offer(given, held) | {"witnesses": witnesses} for given in open_}


def _offer(given: TimedRescue, held: list[Any]) -> dict[str, Any]:
    rescue = given.rescue
    same = [line for line in held if line.product_id == rescue.drug.casefold()]
    amount = rescue.amount if rescue.unit == lots.MILLIGRAMS else None
    return {"n": given.n, "drug": rescue.drug, "amount_mg": amount, "lots": same}
