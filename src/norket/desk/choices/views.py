"""The page on which a patient compares the ways of treatment, chooses one, and says what it is to change."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from norket.desk.choices.forms import GROUPS, ChoiceForm, DropForm, GoalForm
from norket.desk.page import Asked, names, show
from norket.knowledge import Entry
from norket.record.care import choices, queries
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.assessment import indications
from norket.therapy.care.events import GoalSet
from norket.therapy.finding import Refused
from norket.therapy.goals import Choice, Goal
from norket.units import render_number

ALTERNATIVES = "alternatives."
RECORDERS = frozenset({"prescriber", "anaesthetist", "nurse", "therapist"})


@require_safe
def page(request: Asked, patient_id: UUID) -> HttpResponse:
    """The comparison, the choice and the goals."""
    return _page(request, _patient(patient_id))


@require_POST
def choose(request: Asked, patient_id: UUID) -> HttpResponse:
    """Records what the patient chose, with what was shown."""
    patient = _patient(patient_id)
    about = request.POST.get("about", "")
    shown = alternatives(about)
    form = ChoiceForm(request.POST, offered=_offered(shown))
    if not form.is_valid():
        return _page(request, patient, choice=form, about=about, status=422)
    data = form.cleaned_data
    choice = Choice(
        shown=tuple(one.id for one in shown),
        chosen=tuple(data["chosen"]),
        reason=data["reason"],
        edition=base().edition,
    )
    done = choices.choose(patient, choice, by=request.actor.id, now=request.now, command_id=str(data["command_id"]))
    if isinstance(done, Refused):
        return _page(request, patient, choice=form, about=about, refused=done, status=422)
    messages.success(request, _("The choice is recorded."))
    return _home(patient)


@require_POST
def set_goal(request: Asked, patient_id: UUID) -> HttpResponse:
    """Sets a goal, or changes one."""
    patient = _patient(patient_id)
    form = GoalForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, goal=form, status=422)
    data = form.cleaned_data
    done = choices.set_goal(
        patient,
        data["goal"],
        instead_of=data["instead_of"],
        why=data["why"],
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, patient, goal=form, refused=done, status=422)
    messages.success(request, _("The goal is recorded."))
    return _home(patient)


@require_POST
def drop_goal(request: Asked, patient_id: UUID) -> HttpResponse:
    """Ends a goal, with the reason."""
    patient = _patient(patient_id)
    form = DropForm(request.POST)
    if not form.is_valid():
        why = Refused(code="form_not_whole", why=_("Say why this is no goal any more."))
        return _page(request, patient, refused=why, status=422)
    data = form.cleaned_data
    done = choices.drop_goal(
        patient,
        data["n"],
        reason=data["reason"],
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422)
    messages.success(request, _("This is no goal any more. It stays in the history."))
    return _home(patient)


def alternatives(about: str) -> list[Entry]:
    """The ways of treatment for one group of conditions, in the order of the page; all of them for any other word."""
    every = sorted(
        (one for one in base().entries if one.id.startswith(ALTERNATIVES)), key=lambda one: one.data["order"]
    )
    known = {group for one in every for group in one.data["groups"]}
    return [one for one in every if about not in known or about in one.data["groups"]]


def _offered(shown: list[Entry]) -> list[tuple[str, str]]:
    return [(one.id, one.data["label"]) for one in shown]


def _patient(patient_id: UUID) -> Patient:
    return Patient.objects.select_related("clinic").get(pk=patient_id)


def _home(patient: Patient) -> HttpResponse:
    return HttpResponseRedirect(reverse("desk:choices", args=[patient.pk]))


def _about(request: Asked, patient: Patient) -> str:
    """The group that the address names, else that of the patient's own indication."""
    titles = {row.title.casefold(): row.group for row in indications(base())}
    likely = titles.get(patient.indication.casefold(), "psychiatric" if patient.psychiatric_indication else "all")
    wanted = request.GET.get("about", likely)
    return wanted if wanted in dict(GROUPS) else "all"


def _page(
    request: Asked,
    patient: Patient,
    *,
    choice: ChoiceForm | None = None,
    goal: GoalForm | None = None,
    about: str = "",
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    care = queries.care(patient.pk)
    about = about if about in dict(GROUPS) else _about(request, patient)
    shown = alternatives(about)
    labels = dict(_offered(alternatives("all")))
    return show(
        request,
        "norket/choices/choices.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "alternatives": shown,
            "groups": GROUPS,
            "about": about,
            "labels": labels,
            "choice": choice or ChoiceForm(initial={"command_id": uuid4(), "about": about}, offered=_offered(shown)),
            "goal": goal or GoalForm(initial={"command_id": uuid4()}),
            "changing": _changing(care.goals),
            "command_id": uuid4(),
            "care": care,
            "names": names(request),
            "refused": refused,
            "may_record": bool(RECORDERS & set(request.holder.roles)),
        },
        status=status,
    )


def _changing(goals: Any) -> list[dict[str, Any]]:
    """Each standing goal with the form that changes it."""
    return [
        {
            "recorded": one,
            "goal": one.event.goal,
            "form": GoalForm(initial=_opened(one.event.goal, one.n), auto_id=f"g{one.n}_%s"),
        }
        for one in goals
        if isinstance(one.event, GoalSet)
    ]


def _opened(goal: Goal, n: int) -> dict[str, Any]:
    figures = {name: render_number(getattr(goal, name)) for name in ("baseline", "target")}
    return goal.model_dump() | figures | {"by": goal.by.isoformat(), "command_id": uuid4(), "instead_of": n}
