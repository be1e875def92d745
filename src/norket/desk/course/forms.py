"""What a plan is made of beside its dose: for what, where, how often, how far, until when, and what goes with it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError as Fault

from norket.desk.chart.forms import CommandForm
from norket.desk.fields import NumberField
from norket.desk.screening.forms import SETTINGS
from norket.therapy.goals import Goal
from norket.therapy.plan.course import (
    MOST_VISITS,
    Authority,
    BoosterWindow,
    Course,
    Psychotherapy,
    StopRule,
    TaperStep,
    Titration,
)
from norket.therapy.plan.library import Row

KINDS = [
    ("", gettext_lazy("not decided")),
    ("cbt", gettext_lazy("cognitive behavioural therapy")),
    ("motivational", gettext_lazy("motivational therapy")),
    ("assisted", gettext_lazy("ketamine-assisted psychotherapy")),
    ("other", gettext_lazy("another psychotherapy")),
    ("none", gettext_lazy("none, with a reason")),
]
ENDS = [
    ("completed", gettext_lazy("completed")),
    ("no_response", gettext_lazy("no response")),
    ("harm", gettext_lazy("harm, or fear of it")),
    ("patient_wish", gettext_lazy("the patient's wish")),
    ("replaced", gettext_lazy("replaced by a new plan")),
    ("other", gettext_lazy("another reason")),
]
DAY = {"type": "date"}
GOAL = ("measure", "baseline", "target", "by")
PAIRS = (("step", "up_to"), ("taper_1_sessions", "taper_1_interval_d"), ("taper_2_sessions", "taper_2_interval_d"),
         ("booster_from_d", "booster_to_d"))  # fmt: skip


def _day(label: Any, *, required: bool = False) -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=forms.DateInput(attrs=DAY))


def _number(label: Any, unit: Any, *, zero: bool = False) -> NumberField:
    return NumberField(label=label, unit=unit, zero=zero, required=False)


def _count(label: Any, *, required: bool = False) -> forms.IntegerField:
    attributes = {"inputmode": "numeric"}
    widget = forms.NumberInput(attrs=attributes)
    return forms.IntegerField(label=label, required=required, min_value=1, max_value=MOST_VISITS, widget=widget)


def _words(label: Any, *, most: int = 2000) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=False)


class CourseForm(CommandForm):
    """A plan but for its dose. A goal may be written here; those of the record are ticked."""

    indication = forms.ChoiceField(label=gettext_lazy("What is treated"))
    goals = forms.MultipleChoiceField(
        label=gettext_lazy("Goals of the patient"), required=False, widget=forms.CheckboxSelectMultiple
    )
    goal_measure = _words(gettext_lazy("What is measured"), most=200)
    goal_unit = _words(gettext_lazy("Unit, if it has one"), most=40)
    goal_baseline = _number(gettext_lazy("Now"), "", zero=True)
    goal_target = _number(gettext_lazy("Goal"), "", zero=True)
    goal_by = _day(gettext_lazy("By"))
    route_reason = _words(gettext_lazy("Why this route"))
    setting = forms.ChoiceField(label=gettext_lazy("Where"), choices=list(SETTINGS.items()))
    starts_on = _day(gettext_lazy("First session on"), required=True)
    sessions = _count(gettext_lazy("Sessions"), required=True)
    interval_d = _number(gettext_lazy("Every"), gettext_lazy("days"))
    step = _number(gettext_lazy("Step between sessions"), "")
    up_to = _number(gettext_lazy("Highest dose"), "")
    taper_1_sessions = _count(gettext_lazy("Then sessions"))
    taper_1_interval_d = _number(gettext_lazy("every"), gettext_lazy("days"))
    taper_2_sessions = _count(gettext_lazy("Then sessions"))
    taper_2_interval_d = _number(gettext_lazy("every"), gettext_lazy("days"))
    booster_from_d = _number(gettext_lazy("Booster from"), gettext_lazy("days"))
    booster_to_d = _number(gettext_lazy("to"), gettext_lazy("days"))
    review_on = _day(gettext_lazy("Review on"))
    rescue = forms.MultipleChoiceField(
        label=gettext_lazy("Rescue medicines"), required=False, widget=forms.CheckboxSelectMultiple
    )
    therapy = forms.ChoiceField(label=gettext_lazy("Psychotherapy"), choices=KINDS, required=False)
    therapy_with = _words(gettext_lazy("With whom"), most=200)
    therapy_first_on = _day(gettext_lazy("First appointment booked for"))
    therapy_before = _count(gettext_lazy("Meetings before"))
    therapy_after = _count(gettext_lazy("Meetings after"))
    therapy_reason = _words(gettext_lazy("Why, if none"))
    note = _words(gettext_lazy("Note"))

    def __init__(
        self,
        *args: Any,
        indications: Sequence[tuple[str, str]],
        goals: Sequence[tuple[str, Goal]],
        templates: Sequence[tuple[str, str]],
        unit: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.known = dict(goals)
        choices = {"indication": indications, "rescue": templates, "goals": [(n, _told(one)) for n, one in goals]}
        for name, offered in choices.items():
            self.fields[name].choices = list(offered)  # type: ignore[attr-defined]
        for name in ("step", "up_to"):
            self.fields[name].unit = unit  # type: ignore[attr-defined]
        self.unit = unit

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._both(data)
        if data.get("sessions", 1) and data.get("sessions", 1) > 1 and not data.get("interval_d"):
            self.add_error("interval_d", _("Say how many days lie between two sessions."))
        if any(data.get(f"goal_{name}") not in (None, "") for name in GOAL):
            data["goal"] = self._goal(data)
        if not self.errors:
            self._fits(data)
        return data

    def _both(self, data: dict[str, Any]) -> None:
        """What comes in twos is whole or left out."""
        for pair in PAIRS:
            missing = [name for name in pair if not data.get(name)]
            if len(missing) == 1 and missing[0] not in self.errors:
                self.add_error(missing[0], _("Fill in both, or neither."))

    def _goal(self, data: dict[str, Any]) -> Goal | None:
        for name in GOAL:
            if data.get(f"goal_{name}") in (None, "") and f"goal_{name}" not in self.errors:
                self.add_error(f"goal_{name}", _("A goal says what is measured, from where to where, and by when."))
        if any(name.startswith("goal_") for name in self.errors):
            return None
        try:
            return Goal.model_validate({name: data[f"goal_{name}"] for name in (*GOAL, "unit")})
        except Fault:
            self.add_error("goal_target", _("The goal is what is there already. Say what is to change."))
            return None

    def _fits(self, data: dict[str, Any]) -> None:
        try:
            self.course(None, "-", StopRule(rule="", after_infusions=1, least_percent=0.0))
        except Fault as fault:
            told = "; ".join(str(one["msg"]).removeprefix("Value error, ") for one in fault.errors())
            raise ValidationError(told, code="course") from fault

    def course(self, row: Row | None, dose_text: str, stop: StopRule) -> Course:
        """The plan with the dose of its first session; call it on a valid form. Raises pydantic's `ValidationError`."""
        data = self.cleaned_data
        goals = [self.known[n] for n in data["goals"]] + ([data["goal"]] if data.get("goal") else [])
        return Course(
            indication=data["indication"],
            drug=row.drug if row else "ketamine",
            route=row.route if row else "iv",
            row=row.id if row else "-",
            dose_text=dose_text,
            setting=data["setting"],
            route_reason=data["route_reason"],
            goals=tuple(goals),
            starts_on=data["starts_on"],
            sessions=data["sessions"],
            interval_d=data["interval_d"] or 1.0,
            titration=self._titration(data),
            taper=tuple(_taper(data)),
            booster=_booster(data),
            review_on=data["review_on"],
            stop=stop,
            rescue=tuple(data["rescue"]),
            psychotherapy=_psychotherapy(data),
            note=data["note"],
        )

    def _titration(self, data: dict[str, Any]) -> Titration | None:
        if not data["step"] or not data["up_to"]:
            return None
        return Titration(step=data["step"], up_to=data["up_to"], unit=self.unit)


def _taper(data: dict[str, Any]) -> list[TaperStep]:
    steps = [(data[f"taper_{n}_sessions"], data[f"taper_{n}_interval_d"]) for n in (1, 2)]
    return [TaperStep(sessions=number, interval_d=gap) for number, gap in steps if number and gap]


def _booster(data: dict[str, Any]) -> BoosterWindow | None:
    opens, closes = data["booster_from_d"], data["booster_to_d"]
    return BoosterWindow(from_d=opens, to_d=closes) if opens and closes else None


def _psychotherapy(data: dict[str, Any]) -> Psychotherapy:
    return Psychotherapy(
        kind=data["therapy"] or None,
        provider=data["therapy_with"],
        first_on=data["therapy_first_on"],
        preparation=data["therapy_before"] or 0,
        integration=data["therapy_after"] or 0,
        reason=data["therapy_reason"],
    )


def _told(goal: Goal) -> str:
    unit = f" {goal.unit}" if goal.unit else ""
    return f"{goal.measure}: {goal.baseline:g} → {goal.target:g}{unit}, {goal.by:%d %b %Y}"


class AuthorityForm(forms.Form):
    """Until when the signer's licence is valid, as nobody else has recorded it."""

    licence_until = forms.DateField(
        label=gettext_lazy("My licence is valid until"), required=False, widget=forms.DateInput(attrs=DAY)
    )

    def authority(self) -> Authority:
        """What is known of it; call it on a valid form."""
        until: date | None = self.cleaned_data["licence_until"]
        return Authority(licence_until=until, source="stated" if until else "")


class EndForm(CommandForm):
    """The end of a course."""

    on = forms.DateField(label=gettext_lazy("Over from"), widget=forms.DateInput(attrs=DAY))
    why = forms.ChoiceField(label=gettext_lazy("Why"), choices=ENDS)
    words = forms.CharField(label=gettext_lazy("In words"), max_length=2000, required=False)
