"""The rescue templates of the clinic: filled in and signed by the medical director, who alone knows the doses."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from norket.desk.fields import NumberField
from norket.desk.page import Asked, clinic_id, names, show
from norket.knowledge import Entry
from norket.record.plan import rescues
from norket.record.session.queries import base
from norket.therapy.finding import Refused
from norket.therapy.plan.rescue import TEMPLATE
from norket.therapy.plan.rescue_signing import Filled, SignedRescue, offered_checks, required

ROUTES = (
    ("iv", gettext_lazy("into a vein")),
    ("im", gettext_lazy("into a muscle")),
    ("sc", gettext_lazy("under the skin")),
    ("oral", gettext_lazy("by mouth")),
    ("sublingual", gettext_lazy("under the tongue")),
    ("intranasal", gettext_lazy("into the nose")),
    ("inhaled", gettext_lazy("inhaled")),
)


class TemplateForm(forms.Form):
    """One medicine by one route. Every figure is needed; none is suggested."""

    agent = forms.ChoiceField(label=gettext_lazy("Medicine"))
    route = forms.ChoiceField(label=gettext_lazy("Route"), choices=ROUTES)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=[("mg", "mg"), ("mcg", "mcg"), ("g", "g")])
    least = NumberField(label=gettext_lazy("Least at a time"), unit="")
    most = NumberField(label=gettext_lazy("Most at a time"), unit="")
    interval_min = NumberField(label=gettext_lazy("Interval"), unit="min")
    max_total = NumberField(label=gettext_lazy("Most in 24 hours"), unit="")
    checks = forms.MultipleChoiceField(
        label=gettext_lazy("Further checks"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, template: Entry, data: Any = None) -> None:
        super().__init__(data, prefix=template.id.removeprefix(TEMPLATE))
        self.fields["agent"].choices = [(one, one) for one in template.data["agents"]]  # type: ignore[attr-defined]
        self.fields["checks"].choices = [  # type: ignore[attr-defined]
            (one, base().entry(one).data["label"]) for one in offered_checks(base())
        ]

    def filled(self, template: str) -> Filled:
        """What was entered, as one template."""
        data = self.cleaned_data
        return Filled(**data | {"template": template, "checks": tuple(data["checks"])})


@require_http_methods(["GET", "HEAD", "POST"])
def rescue_templates(request: Asked) -> HttpResponse:
    """What is in force, each with version, name and instant; and the forms for the medical director."""
    if request.method != "POST":
        return _page(request)
    wanted = next((one for one in _templates() if one.id == request.POST.get("template")), None)
    if wanted is None:
        why = _("This template is not known. Open the page again.")
        return _page(request, refused=Refused(code="no_such_template", why=why), status=422)
    if "withdraw" in request.POST:
        return _withdraw(request, wanted)
    form = TemplateForm(wanted, request.POST)
    if not form.is_valid():
        return _page(request, form=(wanted.id, form), status=422)
    if "read" not in request.POST:
        why = _("Tick that these are the clinic's own figures; then sign.")
        return _page(request, form=(wanted.id, form), refused=Refused(code="not_read", why=why), status=422)
    signed = rescues.sign(request.holder, form.filled(wanted.id), now=request.now)
    if isinstance(signed, Refused):
        return _page(request, form=(wanted.id, form), refused=signed, status=422)
    messages.success(request, _("%(agent)s can be ordered from now on.") % {"agent": signed.agent})
    return HttpResponseRedirect(reverse("desk:policy_rescue"))


def _withdraw(request: Asked, template: Entry) -> HttpResponse:
    agent, _dash, route = request.POST["withdraw"].partition("|")
    known = [one for one in rescues.in_force(clinic_id(request)) if one.key == (template.id, agent, route)]
    if known:
        filled = Filled(**{name: getattr(known[0], name) for name in Filled.model_fields})
        rescues.sign(request.holder, filled, now=request.now, withdrawn=True)
        messages.success(request, _("%(agent)s can no longer be ordered.") % {"agent": agent})
    return HttpResponseRedirect(reverse("desk:policy_rescue"))


def _templates() -> list[Entry]:
    return [entry for entry in base().entries if entry.id.startswith(TEMPLATE)]


def _page(
    request: Asked,
    *,
    form: tuple[str, TemplateForm] | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    in_force, history = rescues.in_force(clinic_id(request)), rescues.history(clinic_id(request))
    return show(
        request,
        "norket/policy/rescue.html",
        {
            "templates": [
                {
                    "entry": one,
                    "asks": [(agent, _labels(required(base(), one.id, agent))) for agent in one.data["agents"]],
                    "signed": [_told(signed) for signed in in_force if signed.template == one.id],
                    "before": [old for old in history if old.template == one.id],
                    "form": form[1] if form and form[0] == one.id else TemplateForm(one),
                    "open": bool(form) and form[0] == one.id if form else False,
                }
                for one in _templates()
            ],
            "names": names(request),
            "routes": dict(ROUTES),
            "refused": refused,
            "may_sign": "medical_director" in request.holder.roles,
        },
        status=status,
    )


def _told(signed: SignedRescue) -> dict[str, Any]:
    return {"order": signed, "checks": _labels(signed.checks)}


def _labels(checks: tuple[str, ...]) -> list[str]:
    return [base().entry(check).data["label"] for check in checks]
