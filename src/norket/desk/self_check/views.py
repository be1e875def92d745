"""The open pages. They keep nothing but what is sent, tell nothing about anybody, and show help before all else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from norket.desk.screening.forms import ANSWERS, fresh
from norket.desk.self_check.forms import ReferForm, SendForm
from norket.desk.self_check.given import TEXTS, Given, given
from norket.desk.self_check.help import clinic_of, numbers
from norket.record.audit import access
from norket.record.referral import actions, quota
from norket.record.session.queries import base
from norket.therapy.chart import Status
from norket.therapy.finding import Refused
from norket.therapy.referral.risk import ENTRY
from norket.therapy.referral.shapes import Referral
from norket.therapy.referral.words import Part, parts, plain, told

WORDS, RESULT = "words", "result"
TOO_MANY = 429


class Stranger(HttpRequest):
    """A request after the gate, of nobody in particular."""

    now: datetime


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def self_check(request: Stranger) -> HttpResponse:
    """One part of the questions at a time, then words about them; sent only when the person says so."""
    if request.method != "POST":
        return _step(request, given(base(), {}), 0)
    found = given(base(), request.POST.dict())
    if not _admitted(request, quota.PAGES, "desk:self_check"):
        return _told(request, found, "too_many", status=TOO_MANY)
    steps = _steps()
    here = request.POST.get("step", "")
    at = steps.index(here) if here in steps else 0
    if request.POST.get("go") == "send":
        return _send(request, found)
    step = at - 1 if request.POST.get("go") == "back" else at + 1
    return _step(request, found, min(max(step, 0), len(steps) - 1))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def refer(request: Stranger) -> HttpResponse:
    """Somebody refers somebody else."""
    if request.method != "POST":
        return refer_page(request, ReferForm(initial=fresh(), today=request.now.date()))
    form = ReferForm(request.POST, today=request.now.date())
    found = given(base(), request.POST.dict(), more=beside())
    if not _admitted(request, quota.PAGES, "desk:refer"):
        return _told(request, found, "too_many", status=TOO_MANY, about_other=True)
    clinic = clinic_of(request)
    if not form.is_valid() or clinic is None:
        return refer_page(request, form, found, status=422)
    if not _may_send(request, found, "desk:refer"):
        return _told(request, found, "too_many", status=TOO_MANY, about_other=True)
    sent = Referral(
        origin="referrer",
        person=form.someone(),
        referrer=form.referrer(),
        answers=found.answered,
        risk=found.risk,
        edition=base().edition,
        **found.texts,
    )
    done = actions.receive(
        clinic, sent, by="referrer", now=request.now, command_id=str(form.cleaned_data["command_id"])
    )
    if isinstance(done, Refused):
        return refer_page(request, form, found, refused=done, status=422)
    return _told(request, found, "sent", about_other=True)


def beside() -> list[str]:
    """The questions of risk that only somebody else can answer."""
    return list(base().entry(ENTRY).data["questions"])


def rows(answers: Mapping[str, Status]) -> list[dict[str, Any]]:
    """The questions part by part, in the short words of professionals, each with what was chosen."""
    every = {one.id: one for one in base().of_kind("question")}
    made = [[one.id for one in part.questions] for part in parts(base())]
    made[0] += [one for one in beside() if one not in made[0]]
    return [
        {
            "title": part.title,
            "questions": [{"id": one, "text": every[one].data["label"], "given": answers.get(one)} for one in own],
        }
        for part, own in zip(parts(base()), made, strict=True)
    ]


def refer_page(
    request: Stranger, form: ReferForm, found: Given | None = None, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    """The form of a referral."""
    found = found or given(base(), {})
    more = {"form": form, "parts": rows(found.answers), "choices": ANSWERS, "refused": refused}
    return _render(request, "norket/self_check/refer.html", found, more, status=status, about_other=True)


def _send(request: Stranger, found: Given) -> HttpResponse:
    form, clinic = SendForm(request.POST, today=request.now.date()), clinic_of(request)
    last = len(_steps()) - 1
    if not form.is_valid() or clinic is None:
        return _step(request, found, last, form=form, status=422)
    if not _may_send(request, found, "desk:self_check"):
        return _told(request, found, "too_many", status=TOO_MANY)
    sent = Referral(
        origin="self-check",
        person=form.someone(),
        answers=found.answered,
        risk=found.risk,
        edition=base().edition,
        **found.texts,
    )
    done = actions.receive(
        clinic, sent, by="self-check", now=request.now, command_id=str(form.cleaned_data["command_id"])
    )
    if isinstance(done, Refused):
        return _step(request, found, last, form=form, refused=done, status=422)
    return _told(request, found, "sent")


def _steps() -> list[str]:
    return [*(part.name for part in parts(base())), WORDS, RESULT]


def _step(
    request: Stranger,
    found: Given,
    at: int,
    *,
    form: SendForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    steps, step = _steps(), _steps()[at]
    part = next((one for one in parts(base()) if one.name == step), None)
    shown = {one.id for one in part.questions} if part else set()
    carried: list[tuple[str, str]] = [(name, value) for name, value in found.answers.items() if name not in shown]
    carried += [(name, found.texts[name]) for name in TEXTS if step != WORDS and found.texts[name]]
    more = {
        "step": step,
        "at": at + 1,
        "of": len(steps),
        "part": part,
        "questions": _asked(part, found) if part else [],
        "choices": ANSWERS,
        "carried": carried,
        "texts": found.texts,
        "told": told(base(), found.answers) if step == RESULT else None,
        "form": form or SendForm(initial=fresh(), today=request.now.date()),
        "refused": refused,
    }
    return _render(request, "norket/self_check/step.html", found, more, status=status)


def _asked(part: Part, found: Given) -> list[dict[str, Any]]:
    risky = set(beside())
    return [
        {"id": one.id, "text": plain(base(), one), "given": found.answers.get(one.id), "risky": one.id in risky}
        for one in part.questions
    ]


def _told(request: Stranger, found: Given, what: str, *, status: int = 200, about_other: bool = False) -> HttpResponse:
    return _render(
        request, "norket/self_check/told.html", found, {"what": what}, status=status, about_other=about_other
    )


def _render(
    request: Stranger, template: str, found: Given, more: dict[str, Any], *, status: int, about_other: bool = False
) -> HttpResponse:
    clinic = clinic_of(request)
    said = {name: base().entry(f"self_check.{name}").statement for name in ("what_it_is", "nobody_watches", "after")}
    crisis = base().entry("self_check.crisis_referrer" if about_other else "self_check.crisis").statement
    shared = {
        "clinic": clinic,
        "numbers": numbers(base(), clinic),
        "crisis": crisis,
        "needs_help": found.needs_help,
        "about_other": about_other,
        "said": said,
        "page_title": _("Refer somebody") if about_other else _("Self-check"),
    }
    return render(request, template, shared | more, status=status)


def _may_send(request: Stranger, found: Given, route: str) -> bool:
    """Within what one sends; where danger was heard, within its reserve too."""
    address = request.META.get("REMOTE_ADDR", "")
    if found.risk.state == "said" and quota.admit(quota.DANGER, address, request.now):
        return True
    return _admitted(request, quota.SENT, route)


def _admitted(request: Stranger, limit: quota.Limit, route: str) -> bool:
    address = request.META.get("REMOTE_ADDR", "")
    if quota.admit(limit, address, request.now):
        return True
    access.denied(None, route, "POST", {}, address, request.now)
    return False
