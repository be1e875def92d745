"""What a consent is for, what the patient ticks, and what the clinician found. Nothing is ticked beforehand."""

import unicodedata
from collections.abc import Sequence
from typing import Any, get_args

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError as Fault

from norket.desk.chart.forms import CommandForm
from norket.desk.fields import NumberField
from norket.desk.screening.forms import ROUTES, SETTINGS
from norket.knowledge.criteria import Drug, Route, Setting
from norket.record.people.models import Patient
from norket.therapy.consent import Capacity, Document, Interpreter, Scope, Section, Signing
from norket.therapy.consent.sign import Way, Who

IDENTIFIERS = 2
ABILITIES = ("understands", "retains", "weighs", "communicates")
STATES = ("sedative_given", "intoxicated", "above_usual_dose", "stable_sedative")
YES_NO = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no")), ("unknown", gettext_lazy("not known"))]
WAYS = {
    "typed": gettext_lazy("typed on the tablet"),
    "paper_scan": gettext_lazy("signed on paper"),
    "mark": gettext_lazy("a mark, with a witness"),
    "verbal": gettext_lazy("spoken, with a witness"),
}
INTERPRETERS = {
    "professional": gettext_lazy("a professional interpreter"),
    "telephone": gettext_lazy("an interpreter by telephone"),
    "video": gettext_lazy("an interpreter by video"),
    "bilingual_staff": gettext_lazy("staff who speak the language"),
    "escort": gettext_lazy("the escort"),
    "child": gettext_lazy("a child"),
    "family": gettext_lazy("family"),
}
WITNESSED = frozenset({"mark", "verbal"})


class ScopeForm(forms.Form):
    """What is planned, for which the document is made, and whom it tells the patient to call."""

    indication = forms.ChoiceField(label=gettext_lazy("What is treated"))
    drug = forms.ChoiceField(label=gettext_lazy("Drug"), choices=[(one, one) for one in get_args(Drug)])
    route = forms.ChoiceField(label=gettext_lazy("Route"), choices=[(one, ROUTES[one]) for one in get_args(Route)])
    setting = forms.ChoiceField(
        label=gettext_lazy("Where"), choices=[(one, SETTINGS[one]) for one in get_args(Setting)]
    )
    jurisdiction = forms.CharField(label=gettext_lazy("Country or state whose law applies"), max_length=20)
    dose_low = NumberField(label=gettext_lazy("Lowest dose of one session"), unit="")
    dose_high = NumberField(label=gettext_lazy("Highest dose of one session"), unit="")
    dose_unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=[("mg/kg", "mg/kg"), ("mg", "mg")])
    contact = forms.CharField(label=gettext_lazy("Whom the patient calls with questions or trouble"), max_length=200)
    emergency = forms.CharField(label=gettext_lazy("Emergency number"), max_length=40)

    def __init__(self, *args: Any, indications: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["indication"].choices = list(indications)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                data["scope"] = Scope.model_validate({name: data[name] for name in Scope.model_fields})
            except Fault as fault:
                raise ValidationError(_("The lowest dose lies above the highest."), code="dose_range") from fault
        return data


class PatientForm(forms.Form):
    """One box for each topic, and the name. The patient fills it alone."""

    signed_name = forms.CharField(
        label=gettext_lazy("Type your full name to sign"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "words", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, document: Document, name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.document, self.name = document, name
        for section in document.sections:
            self.fields[f"topic-{section.topic}"] = forms.BooleanField(
                label=gettext_lazy("I have read this and I understand it"),
                error_messages={"required": gettext_lazy("Please read this, then tick the box, or ask.")},
            )

    def clean_signed_name(self) -> str:
        """The name as it was typed, if it is the patient's: capitals, accents and the order of its parts are free."""
        typed = str(self.cleaned_data["signed_name"])
        if _parts(typed) != _parts(self.name):
            why = _("Type your name as it stands at the top: %(name)s.")
            raise ValidationError(why, code="name", params={"name": self.name})
        return typed

    def topics(self) -> list[tuple[Section, forms.BoundField]]:
        """Each section of the document with its box."""
        return [(section, self[f"topic-{section.topic}"]) for section in self.document.sections]

    def open_topics(self) -> list[tuple[Section, forms.BoundField]]:
        """The sections whose box is not ticked."""
        return [(section, field) for section, field in self.topics() if field.errors]

    @property
    def acknowledged(self) -> list[str]:
        """The topics that were ticked; call it on a valid form."""
        return [section.topic for section in self.document.sections if self.cleaned_data[f"topic-{section.topic}"]]


def _parts(name: str) -> list[str]:
    """The parts of a name without accents and capitals, in one order."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return sorted("".join(one for one in plain if not unicodedata.combining(one)).replace("-", " ").split())


def _three(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=YES_NO, required=False, widget=forms.RadioSelect)


def _secret(label: Any, *, required: bool = True) -> forms.CharField:
    hidden = forms.PasswordInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=200, required=required, strip=False, widget=hidden)


def _plain(label: Any, most: int = 200) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=most, required=False, widget=widget)


class FoundForm(CommandForm):
    """What the clinician found, and the proof of who they are. What is left open is not known, and is refused."""

    identifiers = forms.MultipleChoiceField(
        label=gettext_lazy("Ask the patient. Tick the two that they tell you."), widget=forms.CheckboxSelectMultiple
    )
    teach_back = _three(gettext_lazy("Did the patient say in own words what was agreed?"))
    understands = _three(gettext_lazy("understands what is offered"))
    retains = _three(gettext_lazy("keeps it in mind long enough"))
    weighs = _three(gettext_lazy("weighs what speaks for and against it"))
    communicates = _three(gettext_lazy("can say what was decided"))
    note = _plain(gettext_lazy("How capacity was checked"), 2000)
    sedative_given = _three(gettext_lazy("Has the clinic given a sedative today?"))
    intoxicated = _three(gettext_lazy("Is the patient intoxicated, or was a test positive?"))
    above_usual_dose = _three(gettext_lazy("Has the patient taken more than the usual dose of a sedative?"))
    stable_sedative = _three(gettext_lazy("Does the patient take a prescribed sedative?"))
    interpreter_needed = _three(gettext_lazy("Was an interpreter needed?"))
    interpreter_by = forms.ChoiceField(label=gettext_lazy("Who interpreted"), required=False)
    interpreter_name = _plain(gettext_lazy("Their name or number"))
    password = _secret(gettext_lazy("Your password"))
    code = _plain(gettext_lazy("Your code, if you use a code app"), 20)

    def __init__(self, *args: Any, patient: Patient, **options: Any) -> None:
        super().__init__(*args, **options)
        born = patient.birth_date
        self.fields["identifiers"].choices = [  # type: ignore[attr-defined]
            (patient.name, patient.name),
            (born.isoformat(), f"{born:%-d %b %Y}"),
            (patient.mrn, patient.mrn),
        ]
        choices = [("", _("nobody")), *((one, INTERPRETERS[one]) for one in get_args(Who))]
        self.fields["interpreter_by"].choices = choices  # type: ignore[attr-defined]

    def clean_identifiers(self) -> tuple[str, str]:
        told = self.cleaned_data["identifiers"]
        if len(told) != IDENTIFIERS:
            raise ValidationError(_("Two identifiers, no more and no fewer."), code="identifiers")
        return (told[0], told[1])

    def abilities(self) -> list[forms.BoundField]:
        """The four parts of capacity."""
        return [self[name] for name in ABILITIES]

    def states(self) -> list[forms.BoundField]:
        """What could cloud a decision."""
        return [self[name] for name in STATES]

    def signing(
        self, *, sha256: str, way: Way, signed_name: str, acknowledged: Sequence[str], clinician: str, witness: str
    ) -> Signing:
        """What is recorded; call it on a valid form. A question that was left open is not known."""
        data = self.cleaned_data
        said = {name: data[name] or "unknown" for name in (*ABILITIES, *STATES, "teach_back", "interpreter_needed")}
        return Signing(
            sha256=sha256,
            way=way,
            signed_name=signed_name,
            identifiers=data["identifiers"],
            witness=witness,
            acknowledged=frozenset(acknowledged),
            teach_back=said["teach_back"],
            capacity=Capacity(**{name: said[name] for name in ABILITIES}, by=clinician, note=data["note"]),
            **{name: said[name] for name in STATES},
            interpreter=Interpreter(
                needed=said["interpreter_needed"], by=data["interpreter_by"] or None, name=data["interpreter_name"]
            ),
        )


class OtherWayForm(FoundForm):
    """A consent that is not typed on the tablet: the clinician ticks what was gone through."""

    way = forms.ChoiceField(
        label=gettext_lazy("How it was signed"), choices=[(one, WAYS[one]) for one in get_args(Way) if one != "typed"]
    )
    signed_name = _plain(gettext_lazy("Name of who signed"))
    kept_at = _plain(gettext_lazy("Where the signed paper is kept"))
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("Gone through, one by one"), required=False, widget=forms.CheckboxSelectMultiple
    )
    second_username = forms.ChoiceField(label=gettext_lazy("Witness of a mark or spoken consent"), required=False)
    second_password = _secret(gettext_lazy("Their password"), required=False)
    second_code = _plain(gettext_lazy("Their code, if they use a code app"), 20)

    def __init__(self, *args: Any, document: Document, witnesses: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["topics"].choices = [(one.topic, one.heading) for one in document.sections]  # type: ignore[attr-defined]
        self.fields["second_username"].choices = [("", _("nobody")), *witnesses]  # type: ignore[attr-defined]


class VoidForm(CommandForm):
    """What came to light about the hour of signing."""

    n = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    what = forms.ChoiceField(
        label=gettext_lazy("What came to light"),
        choices=[
            ("sedative", gettext_lazy("the clinic had given a sedative before")),
            ("intoxicated", gettext_lazy("intoxication, or a positive test")),
            ("above_usual_dose", gettext_lazy("more than the usual dose of a sedative")),
        ],
    )
    words = _plain(gettext_lazy("How it is known"), 2000)
