"""The referrals of a clinic: the list with danger first, one referral whole, and each answer to it."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from norket.desk.page import Asked, clinic_id, names, show
from norket.desk.referrals.forms import AcceptForm, CloseForm, LookForm
from norket.desk.screening.forms import ANSWERS, fresh
from norket.desk.self_check.forms import WrittenForm
from norket.desk.self_check.given import Given, given
from norket.desk.self_check.views import beside, rows
from norket.record.access import policy
from norket.record.care.admission import alike_patients
from norket.record.people.models import Patient
from norket.record.referral import actions, queries
from norket.record.session.queries import base
from norket.therapy.finding import Refused
from norket.therapy.referral import events as e
from norket.therapy.referral.alike import alike as alike_on_paper
from norket.therapy.referral.fold import Standing
from norket.therapy.referral.shapes import Referral

CLOSED_SHOWN = 50
ORDER = ("yes", "unknown", "no")


@require_safe
def referrals(request: Asked) -> HttpResponse:
    """What is open, danger first, and what was answered last."""
    clinic = clinic_id(request)
    return show(
        request,
        "norket/referrals/list.html",
        {
            "open": [_row(one, standing, request) for one, standing in queries.open_ones(clinic)],
            "closed": [_row(one, standing, request) for one, standing in queries.closed_ones(clinic, CLOSED_SHOWN)],
            "names": names(request),
            "may_write": _may(request, "desk:referral_new"),
        },
    )


@require_safe
def waiting(request: Asked) -> HttpResponse:
    """How many wait, for the board; no name."""
    return render(request, "norket/referrals/waiting.html", {"waiting": queries.waiting(clinic_id(request))})


@require_safe
def referral(request: Asked, referral_id: UUID) -> HttpResponse:
    """One referral whole."""
    return _page(request, referral_id)


@require_POST
def look(request: Asked, referral_id: UUID) -> HttpResponse:
    """Somebody has read it, or has spoken with the person."""
    form = LookForm(request.POST)
    event = form.event() if form.is_valid() else None
    if event is None:
        why = _(
            "Say whether you spoke with the person and what came of it, or leave both empty to say that you read it."
        )
        return _page(request, referral_id, refused=Refused(code="half_said", why=why), status=422)
    return _done(request, referral_id, event, form, _("Recorded."))


@require_POST
def close(request: Asked, referral_id: UUID) -> HttpResponse:
    """Declines it with where to go instead, or names it a duplicate."""
    form = CloseForm(request.POST)
    event = form.event() if form.is_valid() else None
    if event is None:
        why = _("Choose the answer and write the reason; who is declined is told where to go instead.")
        return _page(request, referral_id, refused=Refused(code="reason_missing", why=why), status=422)
    return _done(request, referral_id, event, form, _("The referral is answered."))


@require_POST
def accept(request: Asked, referral_id: UUID) -> HttpResponse:
    """Makes a patient of it, or brings it to one who is known; whoever is alike must be decided."""
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _page(request, referral_id, accepting=form, status=422)
    data = form.cleaned_data
    alike = alike_patients(request.holder.clinic, data["given_name"], data["family_name"], data["birth_date"])
    same = form.same(alike)
    done = (
        same
        if isinstance(same, Refused)
        else actions.accept(
            referral_id,
            same or form.new_patient(),
            another=form.another,
            by=request.actor.id,
            now=request.now,
            command_id=str(data["command_id"]),
        )
    )
    if isinstance(done, Refused):
        return _page(request, referral_id, accepting=form, alike=alike, refused=done, status=422)
    messages.success(request, _("%(name)s is a patient now, with what was answered.") % {"name": done.name})
    return HttpResponseRedirect(reverse("desk:chart", args=[done.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def referral_new(request: Asked) -> HttpResponse:
    """A referral that came by letter or phone, written down."""
    if request.method != "POST":
        return _written(request, WrittenForm(initial=fresh(), today=request.now.date()), given(base(), {}))
    form = WrittenForm(request.POST, today=request.now.date())
    found = given(base(), request.POST.dict(), more=beside())
    if not form.is_valid():
        return _written(request, form, found, status=422)
    sent = Referral(
        origin="written down",
        person=form.someone(),
        referrer=form.referrer(),
        answers=found.answered,
        risk=found.risk,
        edition=base().edition,
        **found.texts,
    )
    done = actions.receive(
        request.holder.clinic,
        sent,
        by=request.actor.id,
        now=request.now,
        command_id=str(form.cleaned_data["command_id"]),
    )
    if isinstance(done, Refused):
        return _written(request, form, found, refused=done, status=422)
    messages.success(request, _("The referral is written down."))
    return HttpResponseRedirect(reverse("desk:referral", args=[done]))


def _written(
    request: Asked, form: WrittenForm, found: Given, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    more = {"form": form, "parts": rows(found.answers), "choices": ANSWERS, "refused": refused}
    return show(request, "norket/referrals/new.html", more, status=status)


def _done(request: Asked, referral_id: UUID, event: e.Event, form: LookForm | CloseForm, said: str) -> HttpResponse:
    done = actions.record(
        referral_id, event, by=request.actor.id, now=request.now, command_id=str(form.cleaned_data["command_id"])
    )
    if isinstance(done, Refused):
        return _page(request, referral_id, refused=done, status=422)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("desk:referral", args=[referral_id]))


def _page(
    request: Asked,
    referral_id: UUID,
    *,
    accepting: AcceptForm | None = None,
    alike: list[Patient] | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = queries.standing(referral_id)
    person = standing.referral.person
    alike = alike or alike_patients(request.holder.clinic, person.given_name, person.family_name, person.birth_date)
    return show(
        request,
        "norket/referrals/referral.html",
        {
            **_row(referral_id, standing, request),
            "answers": _answers(standing),
            "because": _because(standing),
            "accepting": accepting or _opening(standing),
            "alike": alike if standing.is_open else [],
            "like_it": _like_it(request, referral_id, standing),
            "looking": LookForm(initial=fresh()),
            "closing": CloseForm(initial=fresh()),
            "names": names(request),
            "refused": refused,
            "patient": Patient.objects.filter(pk=standing.patient).first() if standing.patient else None,
            "may_look": _may(request, "desk:referral_look"),
            "may_accept": _may(request, "desk:referral_accept"),
            "may_close": _may(request, "desk:referral_close"),
        },
        status=status,
    )


def _like_it(request: Asked, referral_id: UUID, standing: Standing) -> list[tuple[UUID, Standing]]:
    """Other open referrals that may be about the same person."""
    person = standing.referral.person
    wanted = (person.given_name, person.family_name, person.birth_date)
    others = [(one, each) for one, each in queries.open_ones(clinic_id(request)) if one != referral_id]
    return [
        (one, each)
        for one, each in others
        for who in [each.referral.person]
        if alike_on_paper(wanted, (who.given_name, who.family_name, who.birth_date))
    ]


def _row(referral_id: UUID, standing: Standing, request: Asked) -> dict[str, Any]:
    born, today = standing.referral.person.birth_date, request.now.date()
    return {
        "id": referral_id,
        "standing": standing,
        "sent": standing.referral,
        "age_y": today.year - born.year - ((today.month, today.day) < (born.month, born.day)),
        "waits": request.now - standing.received.recorded_at,
        "now": request.now,
    }


def _opening(standing: Standing) -> AcceptForm:
    person = standing.referral.person
    known = {name: getattr(person, name) for name in ("given_name", "family_name", "contact")}
    known |= {"birth_date": person.birth_date.isoformat(), "sex": person.sex if person.sex != "unknown" else ""}
    return AcceptForm(initial={**known, "command_id": uuid4()})


def _answers(standing: Standing) -> list[dict[str, Any]]:
    labels = {one.id: str(one.data["label"]) for one in base().of_kind("question")}
    said = {"yes": _("Yes"), "unknown": _("Not sure"), "no": _("No")}
    every = standing.referral.answers
    return [
        {
            "status": status,
            "title": said[status],
            "labels": [labels.get(one.question, one.question) for one in every if one.status == status],
        }
        for status in ORDER
    ]


def _because(standing: Standing) -> list[str]:
    labels = {one.id: str(one.data["label"]) for one in base().of_kind("question")}
    return [labels.get(one, f"“{one.rstrip('*')}”") for one in standing.referral.risk.because]


def _may(request: Asked, route: str) -> bool:
    return policy.read().relation(route, "POST", request.holder.roles) is not None
