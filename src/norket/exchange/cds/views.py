"""The addresses of the service. The gate has let the hospital in before any of these is called."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from norket.exchange.cds import asked, feedback, services
from norket.exchange.cds.answer import answer
from norket.exchange.cds.hospitals import Hospital
from norket.knowledge import KnowledgeError
from norket.knowledge.criteria import CriterionError
from norket.knowledge.reader import read as knowledge
from norket.record.audit import actions as audit
from norket.record.writer import writing

JSON = "application/json"


class Called(HttpRequest):
    """A request that the gate let through: by which hospital, and at what time of the clinic."""

    now: datetime
    hospital: Hospital


def refused(status: int, code: str, why: str) -> HttpResponse:
    """A failure in the one form that every machine gets."""
    return JsonResponse({"refused": code, "why": why}, status=status)


def discovery(request: HttpRequest) -> HttpResponse:
    """What there is to ask."""
    return HttpResponse(status=204) if request.method == "OPTIONS" else JsonResponse(services.discovery())


def service(request: Called, service: str) -> HttpResponse:
    """The cards for one call of a hook."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    body = _body(request, service)
    if isinstance(body, HttpResponse):
        return body
    try:
        question = asked.read(service, body)
        found = answer(
            question,
            base=knowledge(),
            on=request.now.astimezone(ZoneInfo(request.hospital.timezone)).date(),
            setting=request.hospital.setting,
            origin=settings.NORKET_ORIGIN,
        )
    except asked.AskedError as error:
        return refused(400, error.code, str(error))
    except (KnowledgeError, CriterionError):
        return refused(503, "knowledge_unreadable", "The knowledge base cannot be read. Ask the clinic; do not go on.")
    data = {"service": service, "cards": len(found["cards"]), "edition": knowledge().edition}
    _told(request, "cds_answered", _call(question.instance), data)
    return JsonResponse(found)


def told(request: Called, service: str) -> HttpResponse:
    """What became of cards. Nothing is kept but a line in the audit, without any word that somebody wrote."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    body = _body(request, service)
    if isinstance(body, HttpResponse):
        return body
    try:
        outcomes = feedback.read(body)
    except asked.AskedError as error:
        return refused(400, error.code, str(error))
    for one in outcomes:
        _told(request, "cds_feedback", one.card, {"service": service, "outcome": one.outcome, "reason": one.reason})
    return JsonResponse({})


def _body(request: HttpRequest, service: str) -> bytes | HttpResponse:
    if service not in services.HOOKS:
        return refused(404, "no_such_service", f"There are: {', '.join(services.HOOKS)}.")
    if request.content_type != JSON:
        return refused(415, "not_json", f"Send the body as {JSON}.")
    most = settings.NORKET_CDS_MAX_SIZE
    body = request.read(most + 1)  # past `request.body`, whose limit is that of a form
    if len(body) > most:
        return refused(413, "too_large", f"A request holds at most {most} bytes. Send less, such as fewer results.")
    return body


def _call(instance: str) -> str:
    """The id of a call where it is a uuid, as the standard asks; any other word may be about the patient."""
    try:
        return str(UUID(instance))
    except ValueError:
        return "-"


def _told(request: Called, kind: str, subject: str, data: dict[str, Any]) -> None:
    with writing():
        audit.append(
            kind, actor=f"hospital:{request.hospital.issuer}"[:200], subject=subject, data=data, at=request.now
        )
