"""The assessment page: capacity, signs of suicide and what was done about them, questionnaires and scales."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from norket.desk.assessment.instruments import CapacityForm, ScoreForm
from norket.desk.page import Asked as Request
from norket.desk.page import names, show, today
from norket.desk.screening.crisis import RiskForm, crisis
from norket.desk.screening.forms import QuestionsForm
from norket.knowledge import KnowledgeError
from norket.record.care import actions, queries, wordings
from norket.record.care import instruments as kept
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.assessment.instruments import Instrument, instrument, instruments
from norket.therapy.assessment.suicide import QUESTIONS
from norket.therapy.care.events import CapacityRecorded, Recorded, ScoreRecorded
from norket.therapy.care.fold import Care
from norket.therapy.finding import Refused

IN_A_SESSION = frozenset({"sedation", "discharge", "session"})
FIRST = ("suicide", "alcohol", "drugs", "cognition", "depression")
WRITERS = frozenset({"prescriber", "anaesthetist", "nurse", "therapist"})


@require_safe
def page(request: Request, patient_id: UUID) -> HttpResponse:
    """What was assessed; the form that the address names stands open."""
    return _page(request, Patient.objects.get(pk=patient_id))


@require_POST
def score(request: Request, patient_id: UUID) -> HttpResponse:
    """Scores one form and records it; what it means for the chart is read at once."""
    patient, chosen = Patient.objects.get(pk=patient_id), _chosen(request.POST.get("form", ""))
    if chosen is None:
        why = Refused(code="form_not_known", why=_("There is no such form. Reload the page and choose again."))
        return _page(request, patient, refused=why, status=422)
    form = ScoreForm(request.POST, instrument=chosen, today=today(request))
    if not form.is_valid():
        return _page(request, patient, scoring=form, status=422)
    data = form.cleaned_data
    done = kept.keep_score(
        patient,
        chosen.id,
        form.answers(),
        data.get("total"),
        on=data["done_on"],
        source=data["source"],
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    return _answered(request, patient, done, _("%(form)s is recorded.") % {"form": chosen.label}, scoring=form)


@require_POST
def capacity(request: Request, patient_id: UUID) -> HttpResponse:
    """Records a judgement of capacity, part by part."""
    patient, form = Patient.objects.get(pk=patient_id), CapacityForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, judging=form, status=422)
    done = kept.keep_capacity(
        patient,
        form.capacity(request.actor.id),
        by=request.actor.id,
        now=request.now,
        command_id=str(form.cleaned_data["command_id"]),
    )
    return _answered(request, patient, done, _("The judgement of capacity is recorded."), judging=form)


@require_POST
def suicide(request: Request, patient_id: UUID) -> HttpResponse:
    """Records the answers to the questions on suicide."""
    patient, form = Patient.objects.get(pk=patient_id), _asking(request.POST)
    if not form.is_valid():
        return _page(request, patient, asking=form, status=422)
    command_id = str(form.cleaned_data["command_id"])
    events = form.events(request.now)
    done = actions.record(patient_id, events, by=request.actor.id, now=request.now, command_id=command_id)
    return _answered(request, patient, done, _("The answers are recorded."), asking=form)


@require_POST
def risk(request: Request, patient_id: UUID) -> HttpResponse:
    """Records what a clinician did about signs of suicide."""
    patient, form = Patient.objects.get(pk=patient_id), RiskForm(request.POST)
    if not form.is_valid():
        why = Refused(
            code="reason_missing", why=_("Type what was done: who spoke with the patient, and what was agreed.")
        )
        return _page(request, patient, refused=why, status=422)
    data = form.cleaned_data
    done = kept.answer_risk(
        patient,
        data["done"],
        on=today(request),
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    return _answered(request, patient, done, _("What was done is recorded."))


def _answered(
    request: Request, patient: Patient, done: Sequence[Recorded] | Refused, said: str, **forms: Any
) -> HttpResponse:
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422, **forms)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("desk:assessment", args=[patient.pk]))


def _chosen(name: str) -> Instrument | None:
    try:
        found = wordings.form(base(), name) if name else None
    except KnowledgeError:
        return None
    return found if found and found.method != "none" else None


def _forms() -> list[tuple[str, list[Instrument]]]:
    """The forms that are asked between sessions, those that a first assessment needs before the others."""
    asked = [one for one in instruments(base()) if one.method != "none" and one.about not in IN_A_SESSION]
    first = [one for name in FIRST for one in asked if one.about == name]
    return [(_("For a first assessment"), first), (_("Others"), [one for one in asked if one not in first])]


def _asking(given: Any = None) -> QuestionsForm:
    return QuestionsForm(given, questions=[base().entry(one) for one in QUESTIONS], auto_id="suicide-%s")


def _page(
    request: Request,
    patient: Patient,
    *,
    scoring: ScoreForm | None = None,
    judging: CapacityForm | None = None,
    asking: QuestionsForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    care, on = queries.care(patient.pk), today(request)
    chosen = _chosen(request.GET.get("form", ""))
    if scoring is None and chosen is not None:
        scoring = ScoreForm(instrument=chosen, today=on)
    may_write = bool(WRITERS & set(request.holder.roles))
    return show(
        request,
        "norket/assessment/assessment.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "care": care,
            **crisis(request, patient, care),
            "risk_answers": care.risk_answers,
            "scoring": scoring,
            "forms": _forms(),
            "judging": judging or CapacityForm(),
            "asking": asking or _asking(),
            "capacities": [one for one in care.capacities if isinstance(one.event, CapacityRecorded)],
            "scores": _scores(care),
            "names": names(request),
            "refused": refused,
            "may_write": may_write,
        },
        status=status,
    )


def _scores(care: Care) -> list[dict[str, Any]]:
    """Every score, the newest first, with its form."""
    return [
        {
            "one": one,
            "event": one.event,
            "score": one.event.score,
            "form": instrument(base(), one.event.score.instrument),
        }
        for one in care.scores
        if isinstance(one.event, ScoreRecorded)
    ]
