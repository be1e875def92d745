"""The screening page: what is judged, what was answered, what every rule finds, and what was decided."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from norket.desk.page import Asked as Request
from norket.desk.page import colleagues, names, show
from norket.desk.screening.asked import asked_form, asked_of, back, query
from norket.desk.screening.crisis import crisis
from norket.desk.screening.forms import VERDICTS, OverrideForm, QuestionsForm, fresh
from norket.desk.second import second_signer
from norket.knowledge import Entry
from norket.knowledge.criteria import rule_of
from norket.record.care import actions, instruments, medicines, queries, screening
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.assessment.instruments import instrument
from norket.therapy.care.events import Asked
from norket.therapy.care.fold import Care
from norket.therapy.finding import Finding, Refused
from norket.therapy.medicines import Decision
from norket.therapy.screening.held import stands
from norket.therapy.screening.override import Clinician, clinician

DECIDERS = frozenset({"prescriber", "anaesthetist"})
SECONDS = ("prescriber", "anaesthetist", "pharmacist", "medical_director")
GROUPS = ("BLOCK-HARD", "BLOCK", "HOLD", "TASK", "WARN", "INFO")


@require_safe
def page(request: Request, patient_id: UUID) -> HttpResponse:
    """The findings of now for the session that the address names, or for one of today."""
    return _page(request, Patient.objects.get(pk=patient_id))


@require_POST
def keep(request: Request, patient_id: UUID) -> HttpResponse:
    """Stores the findings of now."""
    patient = Patient.objects.get(pk=patient_id)
    asked = _asked(request, patient)
    if asked is None:
        return _page(request, patient, status=422)
    done = screening.keep(
        patient, asked, by=request.actor.id, now=request.now, command_id=request.POST.get("command_id", "")[:200]
    )
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422)
    messages.success(request, _("The screening is kept."))
    return back("desk:screening", patient, asked)


@require_POST
def answer(request: Request, patient_id: UUID) -> HttpResponse:
    """Records the answers that were given; what was left open stays unknown."""
    patient = Patient.objects.get(pk=patient_id)
    form = QuestionsForm(request.POST, questions=base().of_kind("question"))
    if not form.is_valid():
        return _page(request, patient, questions=form, status=422)
    done = actions.record(
        patient_id,
        form.events(request.now),
        by=request.actor.id,
        now=request.now,
        command_id=str(form.cleaned_data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, patient, questions=form, refused=done, status=422)
    messages.success(request, _("%(count)d answers are recorded.") % {"count": len(done)})
    return back("desk:screening", patient, _asked(request, patient))


@require_POST
def go_on(request: Request, patient_id: UUID) -> HttpResponse:
    """Goes on against one finding, with a reason, and a second person where the rule asks for one."""
    patient = Patient.objects.get(pk=patient_id)
    asked, form = _asked(request, patient), OverrideForm(request.POST, signers=_signers(request))
    if asked is None or not form.is_valid():
        why = Refused(code="form_not_whole", why=_("The form is not whole. Reload the page and decide again."))
        return _page(request, patient, refused=why, status=422)
    data = form.cleaned_data
    second = _second(request, patient, data)
    done = (
        second
        if isinstance(second, Refused)
        else screening.go_on(
            patient,
            asked,
            data["rule"],
            by=clinician(request.actor),
            reason=data["reason"],
            second=second,
            second_reason=data["second_reason"],
            now=request.now,
            command_id=str(data["command_id"]),
        )
    )
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422)
    messages.success(request, _("The decision to go on is recorded."))
    return back("desk:screening", patient, asked)


def _second(request: Request, patient: Patient, data: dict[str, Any]) -> Clinician | Refused | None:
    """Somebody of this clinic signs in; a clinician of another house is named, with their field."""
    if data["second_name"]:
        if _plain(data["second_name"]) in map(_plain, names(request).values()):
            why = _(
                "Whoever works here signs with their own password. Choose them as the second person of this clinic."
            )
            return Refused(code="second_signs_in", why=why)
        known = frozenset({data["second_competence"]} - {""})
        return Clinician(id=None, name=data["second_name"], competences=known)
    person = second_signer(request, patient.pk, data)
    if person is None or isinstance(person, Refused):
        return person
    return clinician(person.actor)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _asked(request: Request, patient: Patient) -> Asked | None:
    return asked_of(asked_form(request), patient)


def _signers(request: Request) -> list[tuple[str, str]]:
    return [(person.username, person.name) for person in colleagues(request, *SECONDS)]


def _page(
    request: Request,
    patient: Patient,
    *,
    questions: QuestionsForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    form = asked_form(request)
    asked = asked_of(form, patient)
    care = queries.care(patient.pk)
    found = screening.screened(patient, care, asked) if asked else None
    overridden = {one.event.override.finding.rule: one for one in reversed(care.overrides) if one.event.asked == asked}  # type: ignore[union-attr]
    settled = medicines.settles(medicines.reviewed(patient, care, asked), asked) if asked else {}
    rows = [_finding(one, overridden, settled) for one in found.open] if found else []
    fires = [row for row in rows if row["finding"].state == "fires"]
    return show(
        request,
        "norket/screening/screening.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "form": form,
            "asked": asked,
            "found": found,
            "query": query(asked),
            "groups": [
                {"action": action, "rows": [row for row in fires if row["finding"].action == action]}
                for action in GROUPS
            ],
            "unknown": [row for row in rows if row["finding"].state == "unknown"],
            "waived": [{**_finding(one, {}, {}), "waiver": waiver} for one, waiver in found.waived] if found else [],
            "clear": [one for one in found.findings if one.state == "clear"] if found else [],
            "questions": questions or QuestionsForm(initial=fresh(), questions=_unanswered(care)),
            "answered": len(base().of_kind("question")) - len(_unanswered(care)),
            "care": care,
            "kept": [one for one in care.screenings if one.event.asked == asked],  # type: ignore[union-attr]
            "overriding": OverrideForm(initial=fresh(), signers=_signers(request)),
            **crisis(request, patient, care),
            "raised": [
                {"flag": flag, "form": instrument(base(), one.score.instrument), "on": one.on}
                for one, flag in instruments.raised(care)
            ],
            "names": names(request),
            "refused": refused,
            "may_decide": bool(DECIDERS & set(request.holder.roles)),
        },
        status=status,
    )


def _finding(finding: Finding, overridden: dict[str, Any], settled: dict[str, tuple[Decision, ...]]) -> dict[str, Any]:
    rule = rule_of(base().entry(finding.rule))
    return {
        "finding": finding,
        "rule": rule,
        "references": [base().reference(key).citation for key in finding.sources],
        "certainty": base().entry(finding.rule).certainty,
        "overridden": _standing(overridden.get(finding.rule), finding),
        "decided": [(one, VERDICTS[one.verdict]) for one in settled.get(finding.rule, ())],
        "may_be_overridden": finding.state == "fires"
        and finding.action in ("BLOCK", "HOLD")
        and bool(rule.overridden_by),
    }


def _standing(recorded: Any, finding: Finding) -> Any:
    """A decision that was made on what is found now; one that was made before something changed is made again."""
    return recorded if recorded is not None and stands(recorded.event.override, finding) else None


def _unanswered(care: Care) -> list[Entry]:
    """The questions without an answer in the chart, those that must be answered first."""
    given = {line.item.code for line in care.lines if line.place == "answers"}
    left = [one for one in base().of_kind("question") if one.id not in given]
    return sorted(left, key=lambda one: not one.data.get("mandatory"))
