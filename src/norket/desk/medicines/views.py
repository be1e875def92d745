"""The medicines page: where each medicine ends for the session that is judged, why, by whose word, and what was
decided; the list as a whole, and what its sedatives and opioids come to."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from norket.desk.medicines.forms import DecisionForm, WholeListForm
from norket.desk.page import Asked as Request
from norket.desk.page import names, show
from norket.desk.screening.asked import asked_form, asked_of, back
from norket.desk.screening.forms import ROUTES, VERDICTS
from norket.desk.takeback import taken_back
from norket.record.care import actions, medicines, queries
from norket.record.care.context import WHOLE_LIST
from norket.record.care.medicines import Reviewed
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.care.events import DecisionTakenBack, MedicineDecided
from norket.therapy.care.fold import Care
from norket.therapy.finding import Refused
from norket.therapy.medicines import by_route, totals
from norket.therapy.medicines.review import Reason
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.override import clinician

DECIDERS = frozenset({"prescriber"})
WRITERS = frozenset({"prescriber", "anaesthetist", "nurse", "therapist", "pharmacist"})


@require_safe
def page(request: Request, patient_id: UUID) -> HttpResponse:
    """Every medicine, judged for the session that the address names, or for one of today."""
    return _page(request, Patient.objects.get(pk=patient_id))


@require_POST
def decide(request: Request, patient_id: UUID) -> HttpResponse:
    """Records the prescriber's decision about one medicine."""
    patient = Patient.objects.get(pk=patient_id)
    asked, form = asked_of(asked_form(request), patient), DecisionForm(request.POST)
    if asked is None or not form.is_valid():
        why = Refused(code="form_not_whole", why=_("Choose what becomes of the medicine; then it is recorded."))
        return _page(request, patient, refused=why, status=422)
    data = form.cleaned_data
    done = medicines.go_through(
        patient,
        asked,
        at_line=(data["n"], data["index"]),
        seen=data["seen"],
        verdict=data["verdict"],
        note=data["note"],
        together_with=data["together_with"],
        by=clinician(request.actor),
        now=request.now,
        command_id=str(data["command_id"]),
    )
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422)
    messages.success(request, _("The decision is recorded."))
    return back("desk:medicines", patient, asked)


@require_POST
def whole_list(request: Request, patient_id: UUID) -> HttpResponse:
    """Records whether all medicines have been asked about."""
    patient, form = Patient.objects.get(pk=patient_id), WholeListForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, whole=form, status=422)
    events = form.events(base().entry(WHOLE_LIST), request.now)
    command_id = str(form.cleaned_data["command_id"])
    done = actions.record(patient_id, events, by=request.actor.id, now=request.now, command_id=command_id)
    if isinstance(done, Refused):
        return _page(request, patient, whole=form, refused=done, status=422)
    messages.success(request, _("The answer is recorded."))
    return back("desk:medicines", patient, asked_of(asked_form(request), patient))


@require_POST
def take_back(request: Request, patient_id: UUID) -> HttpResponse:
    """A decision that was wrong does not count any more; it stays in the ledger."""
    patient = Patient.objects.get(pk=patient_id)
    done = taken_back(request, patient_id, queries.care(patient_id).medicine_decisions)
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422)
    messages.success(request, _("The decision does not count any more."))
    return back("desk:medicines", patient, asked_of(asked_form(request), patient))


def _page(
    request: Request,
    patient: Patient,
    *,
    whole: WholeListForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    form = asked_form(request)
    asked, care = asked_of(form, patient), queries.care(patient.pk)
    rows = medicines.reviewed(patient, care, asked) if asked else ()
    holder = set(request.holder.roles)
    return show(
        request,
        "norket/medicines/medicines.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "form": form,
            "asked": asked,
            "route_word": ROUTES.get(asked.route) if asked and asked.route else None,
            "rows": [_row(row, care) for row in sorted(rows, key=_first)],
            "not_known": [row.line.medicine for row in rows if not row.line.classes],
            "totals": totals(queries.chart(patient, care), base()),
            "whole_question": base().entry(WHOLE_LIST),
            "whole_answers": [one for one in reversed(care.lines) if one.item.code == WHOLE_LIST],
            "whole": whole or WholeListForm(),
            "deciding": DecisionForm(),
            "verdicts": VERDICTS,
            "history": _history(care),
            "names": names(request),
            "refused": refused,
            "may_decide": bool(DECIDERS & holder),
            "may_write": bool(WRITERS & holder),
        },
        status=status,
    )


def _first(row: Reviewed) -> tuple[bool, int, int]:
    """What waits for a decision comes first, the strictest before the mildest."""
    order = {"hold": 0, "review": 1, "time_shift": 2, "continue": 3}
    return (row.decision is not None, order[row.line.verdict], row.line.place)


def _row(row: Reviewed, care: Care) -> dict[str, Any]:
    strengths = by_route(row.entry.item, compiled(base()))  # type: ignore[arg-type]
    return {
        "line": row.line,
        "entry": row.entry,
        "mark": row.mark,
        "verdict": VERDICTS[row.line.verdict],
        "decision": row.decision,
        "decision_n": next((one.n for one in care.medicine_decisions if _is(one.event, row.decision)), None),
        "before": row.before,
        "partners": row.partners,
        "reasons": [_reason(one) for one in row.line.reasons],
        "table": [(row_[0].drug, [(ROUTES.get(str(one.route)), one) for one in row_]) for row_ in strengths],
        "strength_sources": [
            base().reference(key).citation for key in dict.fromkeys(k for one in row.line.strength for k in one.sources)
        ],
    }


def _is(event: object, decision: object) -> bool:
    return isinstance(event, MedicineDecided) and event.decision == decision


def _reason(reason: Reason) -> dict[str, Any]:
    finding = reason.finding
    entry = base().entry(finding.rule)
    return {
        "finding": finding,
        "says": reason.says,
        "asks": finding.state != "clear" and reason.verdict != "continue",
        "code": entry.data["code"],
        "certainty": entry.certainty,
        "figures": [value for value in entry.values if value.value is not None],
        "references": [base().reference(key).citation for key in finding.sources],
    }


def _history(care: Care) -> list[dict[str, Any]]:
    """Every decision that was ever made, the newest first, with the one that took it back if there is one."""
    taken = {one.event.n: one for one in care.taken_back if isinstance(one.event, DecisionTakenBack)}
    return [
        {
            "one": one,
            "decision": one.event.decision,
            "verdict": VERDICTS[one.event.decision.verdict],
            "taken": taken.get(one.n),
        }
        for one in care.ever_decided
        if isinstance(one.event, MedicineDecided)
    ]
