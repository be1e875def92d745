"""The tests page: which tests are due for the session that is judged and for its day, ordered, done or waived."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from norket.desk.assessment.forms import OUTCOMES, OrderForm, ResultForm, WaiveForm
from norket.desk.page import Asked as Request
from norket.desk.page import names, show, today
from norket.desk.screening.asked import asked_form, asked_of, back, query
from norket.desk.takeback import taken_back
from norket.record.care import assessment, queries
from norket.record.care.assessment import Standing
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.assessment import Held, times_upper_limit
from norket.therapy.care.events import Asked, DecisionTakenBack, Recorded, TestOrdered, TestWaived
from norket.therapy.care.fold import Care, Line
from norket.therapy.finding import Refused
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.leaves import SAME_UNIT
from norket.therapy.screening.override import clinician

ORDERERS = frozenset({"prescriber", "anaesthetist", "nurse"})
WRITERS = ORDERERS | {"therapist"}
WAIVERS = frozenset({"prescriber"})
Kinds = TestOrdered | TestWaived


@require_safe
def page(request: Request, patient_id: UUID) -> HttpResponse:
    """Every test for the session that the address names, or for one of today."""
    return _page(request, Patient.objects.get(pk=patient_id))


@require_POST
def order(request: Request, patient_id: UUID) -> HttpResponse:
    """Records that a test is ordered."""
    patient, form = Patient.objects.get(pk=patient_id), OrderForm(request.POST)
    asked = asked_of(asked_form(request), patient)
    if asked is None or not form.is_valid():
        return _page(request, patient, refused=_not_whole(), status=422)
    data = form.cleaned_data
    done = assessment.order(
        patient,
        asked,
        data["rule"],
        note=data["note"],
        by=request.actor.id,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    return _answered(request, patient, asked, done, _("The test is ordered."))


@require_POST
def result(request: Request, patient_id: UUID) -> HttpResponse:
    """Records the results of one test as lines of the chart."""
    patient = Patient.objects.get(pk=patient_id)
    asked = asked_of(asked_form(request), patient)
    found = assessment.tests(patient, queries.care(patient_id), asked) if asked else ()
    test = next((one for one in found if one.booking.rule == request.POST.get("rule")), None)
    if asked is None or test is None:
        return _page(request, patient, refused=_not_whole(), status=422)
    form = _result_form(test, today(request), request.POST)
    if not form.is_valid():
        return _page(request, patient, results=form, status=422)
    command_id = str(form.cleaned_data["command_id"])
    done = assessment.keep_results(
        patient, form.lines(), on=today(request), by=request.actor.id, now=request.now, command_id=command_id
    )
    if isinstance(done, Refused):
        return _page(request, patient, results=form, refused=done, status=422)
    return _answered(request, patient, asked, done, _("The result is recorded; every rule has been read again."))


@require_POST
def waive(request: Request, patient_id: UUID) -> HttpResponse:
    """Records that a test is not needed, by whom the rule lets decide that, with a reason."""
    patient, form = Patient.objects.get(pk=patient_id), WaiveForm(request.POST)
    asked = asked_of(asked_form(request), patient)
    if asked is None or not form.is_valid():
        return _page(request, patient, refused=_not_whole(), status=422)
    data = form.cleaned_data
    done = assessment.let_go(
        patient,
        asked,
        data["rule"],
        by=clinician(request.actor),
        reason=data["reason"],
        now=request.now,
        command_id=str(data["command_id"]),
    )
    return _answered(request, patient, asked, done, _("The test is waived."))


@require_POST
def take_back(request: Request, patient_id: UUID) -> HttpResponse:
    """An order or a waiver that was wrong does not count any more; it stays in the ledger."""
    patient, care = Patient.objects.get(pk=patient_id), queries.care(patient_id)
    asked = asked_of(asked_form(request), patient)
    if asked is None:
        return _page(request, patient, refused=_not_whole(), status=422)
    done = taken_back(request, patient_id, (*care.test_orders, *care.test_waivers))
    return _answered(request, patient, asked, done, _("It does not count any more."))


def _answered(
    request: Request, patient: Patient, asked: Asked, done: Sequence[Recorded] | Refused, said: str
) -> HttpResponse:
    if isinstance(done, Refused):
        return _page(request, patient, refused=done, status=422)
    messages.success(request, said)
    return back("desk:tests", patient, asked)


def _not_whole() -> Refused:
    return Refused(code="form_not_whole", why=_("The form is not whole. Reload the page and try again."))


def _result_form(test: Standing, on: date, given: Any = None) -> ResultForm:
    items = [booking for booking, _dosing in test.items]
    return ResultForm(given, rule=test.booking.rule, items=items, today=on)


def _page(
    request: Request,
    patient: Patient,
    *,
    results: ResultForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    form = asked_form(request)
    asked, care = asked_of(form, patient), queries.care(patient.pk)
    found = assessment.tests(patient, care, asked) if asked else ()
    rows = [_row(test, care, results, today(request)) for test in found]
    holder = set(request.holder.roles)
    return show(
        request,
        "norket/tests/tests.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "form": form,
            "asked": asked,
            "query": query(asked),
            "groups": [{"name": name, "rows": [row for row in rows if row["group"] == name]} for name in GROUPS],
            "ordering": OrderForm(),
            "waiving": WaiveForm(),
            "history": _history(care),
            "names": names(request),
            "refused": refused,
            "may_order": bool(ORDERERS & holder),
            "may_write": bool(WRITERS & holder),
            "may_waive": bool(WAIVERS & holder),
        },
        status=status,
    )


GROUPS = ("due", "on_the_day", "not_known", "waived", "done")


def _group(test: Standing) -> str:
    if test.booking.open:
        return "due" if test.booking.finding.state == "fires" else "not_known"
    if test.dosing.open:
        return "on_the_day" if test.dosing.finding.state == "fires" else "not_known"
    return "waived" if test.booking.waiver or test.dosing.waiver else "done"


def _row(test: Standing, care: Care, results: ResultForm | None, on: date) -> dict[str, Any]:
    rule = test.booking.rule
    sent = results is not None and results.data.get("rule") == rule
    waiver = test.booking.waiver or test.dosing.waiver
    entry = base().entry(rule)
    return {
        "test": test,
        "group": _group(test),
        "finding": test.booking.finding if test.booking.open else test.dosing.finding,
        "certainty": entry.certainty,
        "references": [base().reference(key).citation for key in test.booking.finding.sources],
        "items": [_item(booking, dosing) for booking, dosing in test.items],
        "form": results if sent else _result_form(test, on),
        "sent": sent,
        "waiver": waiver,
        "waiver_n": next((one.n for one in care.test_waivers if _waives(one, waiver)), None),
        "waivable": test.booking.waivable_by if test.booking.open else test.dosing.waivable_by,
        "shorter": test.dosing.valid_d != test.booking.valid_d,
    }


def _waives(one: Recorded, waiver: object) -> bool:
    return isinstance(one.event, TestWaived) and one.event.waiver == waiver


def _item(booking: Held, dosing: Held) -> dict[str, Any]:
    last = booking.last
    return {
        "booking": booking,
        "dosing": dosing,
        "last": last,
        "outcome": OUTCOMES[booking.yes_means].get(last.status) if last else None,
        "times": times_upper_limit(last) if last else None,
        "unread": bool(
            last and last.value is not None and SAME_UNIT.get(last.unit or "", last.unit or "") != booking.unit
        ),
    }


def _history(care: Care) -> list[dict[str, Any]]:
    """Every order, waiver and result that was ever recorded, the newest first."""
    taken = {one.event.n: one for one in care.taken_back if isinstance(one.event, DecisionTakenBack)}
    decided = [
        {"n": one.n, "one": one, "taken": taken.get(one.n), "label": _label(one.event), "event": one.event}
        for one in care.ever_decided
        if isinstance(one.event, Kinds)
    ]
    results = [
        {"n": line.n, "one": line.recorded, "line": line, "outcome": _outcome(line)}
        for line in care.lines
        if line.place == "observations"
    ]
    return sorted([*decided, *results], key=lambda row: -int(row["n"]))


def _outcome(line: Line) -> Any:
    """What yes or no means of this result."""
    classes = sorted(compiled(base()).members(line.item))
    means = next((str(base().entry(one).data["yes_means"]) for one in classes if _says(one)), "")
    return OUTCOMES[means].get(line.item.status)


def _says(class_: str) -> bool:
    return "yes_means" in base().entry(class_).data


def _label(event: Kinds) -> str:
    rule = event.finding.rule if isinstance(event, TestOrdered) else event.waiver.rule
    return str(base().entry(rule).data["label"])
