"""The record of a session after the door, the form that goes out, the sheet for home, and the list of what is open."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from norket.desk.closing import lots, wastes
from norket.desk.closing.forms import FORMS, CloseForm, MonitoringForm, ReviewForm, SignForm, SuicideForm, TaskForm
from norket.desk.closing.lots import LotForm
from norket.desk.closing.wastes import WasteForm
from norket.desk.page import Asked, clinic_id, names, show
from norket.desk.self_check.help import numbers
from norket.desk.session import choices
from norket.desk.session.views import patient_for, place
from norket.record.access import policy
from norket.record.session import actions, after, held, queries
from norket.record.session.models import SessionRecord
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.recovery import instructions, monitoring_form
from norket.therapy.recovery.tasks import tasks
from norket.therapy.session.state import OVER
from norket.therapy.session.way_out_events import CloseRecord, ReviewLeaving, SignRecord

AnyForm = SignForm | CloseForm | ReviewForm | TaskForm | SuicideForm | LotForm | WasteForm | MonitoringForm
SUPPLIES = {
    "products.mass_balance": "desk:session",
    "recovery.record.register": "desk:register",
    "recovery.record.countersignature": "desk:session",
    "recovery.record.adverse": "desk:session",
    "recovery.record.safety": "desk:session",
    "recovery.record.escort_signature": "desk:session",
    "recovery.record.incident": "desk:session",
}


@require_safe
def open_records(request: Asked) -> HttpResponse:
    """The tasks that are open, and the sessions whose record is open, what is due first at the top."""
    found = after.open_records(clinic_id(request), request.now)
    closed = after.owed_when_closed(clinic_id(request), request.now)
    todo = [(one.record, task) for one in (*found, *closed) for task in one.tasks if task.open]
    context = {
        "open": found,
        "todo": sorted(todo, key=lambda pair: pair[1].due_at),
        "now": request.now,
        "phases": choices.phases(),
    }
    return show(request, "norket/closing/open.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: Asked, session_id: UUID) -> HttpResponse:
    """What holds this record, what is left to do, the signature and the closing."""
    if request.method != "POST":
        return _record_page(request, session_id)
    what = request.POST.get("what", "")
    form: AnyForm = FORMS.get(what, TaskForm)(request.POST)
    if what == "waste":
        form = WasteForm(request.POST)
    if what == "lot":
        form = LotForm(request.POST, state=queries.state(session_id))
    if not form.is_valid():
        return _record_page(request, session_id, wrong=form, status=422)
    return _done(request, session_id, form) or _record_page(request, session_id)


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: Asked, session_id: UUID) -> HttpResponse:
    """The monitoring form after esketamine, computed as far as the ledger says; to complete and to print."""
    told = MonitoringForm(request.POST, asked=_items(request, session_id)[1]) if request.method == "POST" else None
    if told is not None and told.is_valid():
        answered = _done(request, session_id, told, to="desk:monitoring_form")
        if answered is not None:
            return answered
    row, state = _found(session_id)
    computed, asked = _items(request, session_id)
    due = next(
        (task for task in tasks(state, request.now, _zone(row), queries.base()) if task.task == "esketamine_form"), None
    )
    context = _around(request, row) | {
        "computed": computed,
        "form": told or MonitoringForm(asked=asked, initial={"command_id": uuid4()}),
        "due": due,
        "sent_at": state.way_out.forms_sent.get(monitoring_form.FORM),
        "is_esketamine": monitoring_form.is_esketamine(state, queries.base()),
    }
    return show(request, "norket/closing/form.html", context)


@require_safe
def home_sheet(request: Asked, session_id: UUID) -> HttpResponse:
    """What the patient takes home: one page, large print, whom to call."""
    row, state = _found(session_id)
    called = numbers(queries.base(), row.patient.clinic)
    own = [f"{one.name} {one.shown}".strip() for one in (called.phone,) if one]
    own += [_("at other hours %(number)s") % {"number": called.on_call.shown}] if called.on_call else []
    lines = instructions.sheet(
        state,
        request.now,
        queries.base(),
        zone=_zone(row),
        emergency=f"{called.emergency.shown} ({called.emergency.name})"
        if called.emergency.shown
        else called.emergency.name,
        crisis=", ".join(f"{one.name} {one.shown}" for one in called.lines) or called.emergency.name,
        clinic=", ".join(own) or row.patient.clinic.name,
    )
    return show(request, "norket/closing/home.html", _around(request, row) | {"lines": lines, "hours": called.hours})


def _found(session_id: UUID) -> tuple[SessionRecord, Any]:
    row = SessionRecord.objects.select_related("patient__clinic", "chair").get(pk=session_id)
    return row, queries.state_of(row)


def _zone(row: SessionRecord) -> str:
    return str(row.patient.clinic.timezone)


def _around(request: Asked, row: SessionRecord) -> dict[str, Any]:
    about = patient_for(row, request)
    return {
        "patient": about,
        "age_y": about["age_y"],
        "sex": about["sex_label"],
        "record": row,
        "session_of_plan": place(row),
        "session_url": reverse("desk:session", args=[row.pk]),
        "phase": choices.phases()[row.phase],
        "now": request.now,
    }


def _items(request: Asked, session_id: UUID) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    state = queries.state(session_id)
    items = monitoring_form.items(state, queries.samples(session_id), request.now, queries.base())
    return tuple(item for item in items if not item.asked), tuple(item for item in items if item.asked)


def _done(request: Asked, session_id: UUID, form: AnyForm, to: str = "desk:close_out") -> HttpResponse | None:
    """Sends the command of a form; None when it was refused and the page must say so."""
    by = wastes.signer(request, form, session_id) if isinstance(form, WasteForm) else request.actor
    done = by if isinstance(by, Refused) else _act(request, session_id, form, by)
    if isinstance(done, Refused):
        return None if to != "desk:close_out" else _record_page(request, session_id, refused=done, status=422)
    messages.success(request, _("Recorded."))
    return HttpResponseRedirect(reverse(to, args=[session_id]))


def _act(request: Asked, session_id: UUID, form: AnyForm, by: Actor) -> actions.Acted | Refused:
    key = str(form.cleaned_data["command_id"])
    return actions.act(session_id, form.command(), by=by, now=request.now, command_id=key)


def _record_page(
    request: Asked,
    session_id: UUID,
    *,
    refused: Refused | None = None,
    wrong: AnyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    row, state = _found(session_id)
    findings = held.closing(row, state, request.now, queries.base())
    may = policy.read().may_send
    todo = tasks(state, request.now, _zone(row), queries.base())
    closed_n, asked = state.way_out.closed_n, lots.offered(request, state)
    thrown = wastes.offered(request, state)
    context = _around(request, row) | {
        "over": row.phase in OVER,
        "findings": [(one, _supply(one.rule, row)) for one in findings],
        "held": any(one.state != "clear" for one in findings),
        "tasks": [(task, uuid4(), asked.get(task.task), thrown.get(task.task)) for task in todo],
        "names": names(request),
        "way_out": state.way_out,
        "late": [item for item in state.ledger if closed_n is not None and item.n > closed_n],
        "refused": refused,
        "wrong": wrong,
        "may_sign": may(request.actor, SignRecord()),
        "may_close": may(request.actor, CloseRecord()),
        "may_review": may(request.actor, ReviewLeaving(found="x")),
        "key": uuid4(),
        "is_esketamine": monitoring_form.is_esketamine(state, queries.base()),
        "suicide": SuicideForm(),
        "suicide_key": uuid4(),
        "outcomes": TaskForm().fields["outcome"].choices,  # type: ignore[attr-defined]
    }
    return show(request, "norket/closing/record.html", context, status=status)


def _supply(rule: str, row: SessionRecord) -> str:
    """The page that supplies what a finding misses."""
    name = SUPPLIES.get(rule, "")
    return "" if not name else reverse(name) if name == "desk:register" else reverse(name, args=[row.pk])
