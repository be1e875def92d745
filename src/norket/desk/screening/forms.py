"""The session that is judged, the answers to the questions, and a decision to go on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from norket.desk.chart.forms import CommandForm
from norket.knowledge import Entry
from norket.knowledge.criteria import Competence, Drug, Route, Setting
from norket.therapy.care.events import Asked, Event, LineRecorded
from norket.therapy.chart import OWN, Item

ROUTES = {
    "iv": _("by vein"),
    "im": _("by muscle"),
    "sc": _("under the skin"),
    "intranasal": _("by nose"),
    "sublingual": _("under the tongue"),
    "oral": _("by mouth"),
}
SETTINGS = {
    "outpatient": _("outpatient clinic"),
    "infusion_centre": _("infusion centre"),
    "inpatient": _("hospital ward"),
    "emergency": _("emergency department"),
    "home": _("home"),
    "esketamine_site": _("certified esketamine site"),
}
VERDICTS = {
    "continue": _("goes on"),
    "time_shift": _("only the hour moves"),
    "review": _("a clinician looks at it"),
    "hold": _("the session waits"),
}
ANSWERS = [("yes", _("yes")), ("no", _("no")), ("unknown", _("not sure"))]


def _choices(words: dict[str, Any], of: Any) -> list[tuple[str, Any]]:
    return [(one, words.get(one, one)) for one in get_args(of)]


class AskedForm(forms.Form):
    """The session as far as it is known; what is left open is not known, and the stricter action counts."""

    on = forms.DateField(label=_("Day of the session"), widget=forms.DateInput(attrs={"type": "date"}))
    drug = forms.ChoiceField(label=_("Drug"), choices=[(one, one) for one in get_args(Drug)])
    route = forms.ChoiceField(
        label=_("Route"), required=False, choices=[("", _("not decided")), *_choices(ROUTES, Route)]
    )
    setting = forms.ChoiceField(
        label=_("Where"), required=False, choices=[("", _("not decided")), *_choices(SETTINGS, Setting)]
    )
    indication = forms.ChoiceField(label=_("What is treated"), required=False)

    def __init__(self, *args: Any, indications: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["indication"].choices = [("", _("not decided")), *indications]  # type: ignore[attr-defined]

    def asked(self, *, first_session: bool) -> Asked:
        """What is judged; call it on a valid form."""
        data = self.cleaned_data
        known = {name: data[name] or None for name in ("drug", "route", "setting", "indication")}
        return Asked(on=data["on"], first_session=first_session, **known)


class QuestionsForm(CommandForm):
    """Every question with its three answers; none is chosen beforehand, and one left open is recorded as nothing."""

    source = forms.CharField(label=_("Who answers"), max_length=200)

    def __init__(self, *args: Any, questions: Sequence[Entry], **options: Any) -> None:
        super().__init__(*args, **options)
        self.questions = questions
        for one in questions:
            self.fields[one.id] = forms.ChoiceField(
                label=one.statement, choices=ANSWERS, required=False, widget=forms.RadioSelect
            )

    def asked(self) -> list[tuple[Entry, forms.BoundField]]:
        """Each question with its field."""
        return [(one, self[one.id]) for one in self.questions]

    def events(self, now: datetime) -> list[Event]:
        """One line of the chart for each question that was answered."""
        data = self.cleaned_data
        return [
            LineRecorded(
                place="answers",
                item=Item(
                    system=OWN, code=one.id, text=one.data["label"], status=data[one.id], at=now, source=data["source"]
                ),
            )
            for one in self.questions
            if data[one.id]
        ]


class OverrideForm(CommandForm):
    """Going on against one finding."""

    rule = forms.CharField(max_length=200, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why going on is right for this patient"), max_length=2000, required=False)
    second_username = forms.ChoiceField(label=_("Second person of this clinic"), required=False)
    second_password = forms.CharField(
        label=_("Their password"),
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    second_code = forms.CharField(
        label=_("Their code, if they use a code app"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    second_name = forms.CharField(label=_("Or a clinician of another house: name"), max_length=200, required=False)
    second_competence = forms.ChoiceField(
        label=_("Their field"), required=False, choices=[("", _("none")), *[(one, one) for one in get_args(Competence)]]
    )
    second_reason = forms.CharField(label=_("The second person's reason"), max_length=2000, required=False)

    def __init__(self, *args: Any, signers: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["second_username"].choices = [("", _("nobody")), *signers]  # type: ignore[attr-defined]


def fresh() -> dict[str, Any]:
    """A form that was not sent yet."""
    return {"command_id": uuid4()}
