"""The session that a page judges: it stands in the address, so that a page can be linked, reloaded and sent back to."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from norket.desk.page import Asked as Request
from norket.desk.page import today
from norket.desk.screening.forms import AskedForm
from norket.knowledge import Entry
from norket.record.people.models import Patient
from norket.record.session import course
from norket.record.session.queries import base
from norket.therapy.care.events import Asked


def asked_form(request: Request) -> AskedForm:
    """The session that the address or the sent form names, or one of today."""
    given: Any = request.POST if request.method == "POST" else request.GET
    indications = [(one.id.partition(".")[2], _row(one)) for one in base().of_kind("indication")]
    opening = {"on": today(request).isoformat(), "drug": "ketamine"}
    return AskedForm(given if "on" in given else opening, indications=indications)


def asked_of(form: AskedForm, patient: Patient) -> Asked | None:
    """What is judged; None where the form does not say which day."""
    return form.asked(first_session=not course.has_had_drug(patient)) if form.is_valid() else None


def query(asked: Asked | None) -> str:
    """The session as it stands in an address, after the question mark."""
    return urlencode(asked.model_dump(mode="json", exclude={"first_session"}, exclude_none=True)) if asked else ""


def back(route: str, patient: Patient, asked: Asked | None) -> HttpResponse:
    """Back to a page, about the same session."""
    return HttpResponseRedirect(reverse(route, args=[patient.pk]) + ("?" + query(asked) if asked else ""))


def _row(one: Entry) -> str:
    return str(one.data.get("label") or one.statement.partition(":")[0])
