"""The drug register. Lines that a session makes come from the session; stock in, out and counted are entered here."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from norket.desk.fields import NumberField
from norket.desk.page import Asked, clinic_id, colleagues, names, show
from norket.desk.second import witness
from norket.record.register import actions, queries
from norket.record.session import after
from norket.record.session.queries import base
from norket.therapy.finding import Refused
from norket.therapy.register.ledger import RegisterLine

KEEPERS = frozenset({"prescriber", "anaesthetist", "nurse", "pharmacist"})
WITNESSES = ("prescriber", "anaesthetist", "nurse", "pharmacist", "manager")


class LineForm(forms.Form):
    """One line that no session makes; somebody else has seen it, and proves here who they are."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[
            ("received", gettext_lazy("received")),
            ("returned", gettext_lazy("returned or destroyed")),
            ("counted", gettext_lazy("counted")),
        ],
    )
    product_id = forms.ChoiceField(label=gettext_lazy("Product"))
    lot = forms.CharField(label=gettext_lazy("Lot"), max_length=200)
    amount_mg = NumberField(label=gettext_lazy("Amount"), unit="mg", zero=True)
    witness = forms.ChoiceField(label=gettext_lazy("Witness"))
    witness_password = forms.CharField(
        label=gettext_lazy("Witness's password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    witness_code = forms.CharField(
        label=gettext_lazy("Witness's code, if they use a code app"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, witnesses: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["witness"].choices = [("", _("choose")), *witnesses]  # type: ignore[attr-defined]
        self.fields["product_id"].choices = products()  # type: ignore[attr-defined]


def products() -> list[tuple[str, str]]:
    """The products that the knowledge base knows, by the name the register keeps."""
    found = [
        entry for kind in ("figure", "rule", "text") for entry in base().of_kind(kind) if "product_id" in entry.data
    ]
    return [(entry.data["product_id"], entry.data["product_id"]) for entry in found]


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: Asked) -> HttpResponse:
    """Balances and lines, and the form for those who keep the register."""
    witnesses = [(person.username, person.name) for person in colleagues(request, *WITNESSES)]
    if request.method != "POST":
        return _page(request, LineForm(witnesses=witnesses))
    form = LineForm(request.POST, witnesses=witnesses)
    if not form.is_valid():
        return _page(request, form, status=422)
    said = form.cleaned_data
    seen_by = witness(request, f"clinic:{clinic_id(request)}", said)
    if isinstance(seen_by, Refused):
        return _page(request, form, refused=seen_by, status=422)
    what = {name: said[name] for name in ("kind", "product_id", "lot", "amount_mg")}
    line = RegisterLine(session=None, by=str(request.holder.pk), at=request.now, witness=str(seen_by.pk), **what)
    kept = actions.record(clinic_id(request), line, by=request.actor, now=request.now)
    if isinstance(kept, Refused):
        return _page(request, form, refused=kept, status=422)
    messages.success(request, _("Line %(n)s written; balance %(mg)s mg.") % {"n": kept.n, "mg": f"{kept.balance_mg:g}"})
    return HttpResponseRedirect(reverse("desk:register"))


def _page(request: Asked, form: LineForm, *, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    lines = queries.lines(clinic_id(request))
    return show(
        request,
        "norket/register/register.html",
        {
            "balances": queries.balances(clinic_id(request)),
            "lines": lines,
            "unwitnessed": queries.unwitnessed(lines),
            "without_lot": after.without_lot(clinic_id(request)),
            "names": names(request),
            "form": form,
            "refused": refused,
            "may_write": bool(KEEPERS & set(request.holder.roles)),
        },
        status=status,
    )
