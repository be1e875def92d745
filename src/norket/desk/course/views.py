"""The plan page: a form in one sitting while no plan runs, the signed plan with its calendar while one does."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from norket.desk.course import opening, shown
from norket.desk.course.forms import KINDS, AuthorityForm, CourseForm, EndForm
from norket.desk.page import Asked, clinic_id, colleagues, names, show
from norket.desk.plan.curve import curve
from norket.desk.plan.forms import OrderForm, SignForm
from norket.desk.screening.forms import ROUTES, SETTINGS
from norket.desk.second import second_signer
from norket.record.care.consent import today
from norket.record.care.queries import care as care_of
from norket.record.course import actions, queries
from norket.record.draft import draft
from norket.record.exposure import exposure
from norket.record.people.models import Patient
from norket.record.plan import queries as plan
from norket.record.session.queries import base
from norket.therapy.actor import Actor
from norket.therapy.assessment.indication import indication
from norket.therapy.finding import Refused
from norket.therapy.plan.course import Course, SignedCourse, stop_rule
from norket.therapy.plan.course_rules import figure
from norket.therapy.plan.library import Row, rows
from norket.therapy.plan.limits import Draft, DraftError
from norket.therapy.plan.routes import route_choices

SIGNERS = ("prescriber", "anaesthetist")


class Written:
    """The three forms of the page, as opened or as sent."""

    def __init__(self, request: Asked, patient: Patient, data: Any = None) -> None:
        self.patient, self.on = patient, today(patient, request.now)
        self.offered: tuple[Row, ...] = rows(base(), self.on, settings.NORKET_ROWS)
        named = (data or request.GET).get("row", "")
        row = next((one for one in self.offered if one.id == named), self.offered[0] if self.offered else None)
        care = care_of(patient.pk)
        unit = row.start_unit if row else ""
        started = opening.course(care, row, request.GET, self.on) if data is None else None
        self.dose = OrderForm(opening.dose(patient, row, self.on) if data is None else data, rows=self.offered)
        self.plan = CourseForm(
            data,
            initial=started,
            indications=opening.indications(),
            goals=opening.goals(care),
            templates=opening.templates(),
            unit=unit,
        )
        stated = queries.last_stated(request.holder.pk)
        self.authority = AuthorityForm(data, initial={"licence_until": stated and stated.isoformat()})
        signers = [(person.username, person.name) for person in colleagues(request, *SIGNERS)]
        self.signing = SignForm(data, signers=signers)
        self.sent = data is not None

    @property
    def whole(self) -> bool:
        """Whether everything can be read; every form is asked, so that each shows its own faults."""
        read = [one.is_valid() for one in (self.dose, self.plan, self.authority, self.signing)]
        return all(read)

    def course(self) -> Course:
        """The plan as written; call it on whole forms."""
        group = indication(base(), self.plan.cleaned_data["indication"]).group
        return self.plan.course(
            self.dose.chosen, str(self.dose.cleaned_data["dose"]), stop_rule(base(), group, self.on)
        )

    def draft(self, course: Course, now: datetime) -> Draft | Refused:
        """The dose of the first session with everything that is said of it, as of the beginning of that session."""
        data, at = self.dose.cleaned_data, queries.begins(self.patient, course, now)
        first_session = shown.first_by_route(exposure(self.patient, now), course.route)
        try:
            return draft(
                self.patient,
                row=data["row"],
                dose_text=str(data["dose"]),
                concentration_mg_ml=data.get("concentration_mg_ml"),
                bolus_lockout_min=data.get("bolus_lockout_min"),
                on=self.on,
                first_session=first_session,
                weight_kg=data["weight_kg"],
                weight_measured_on=data["weight_measured_on"],
                switched_on=settings.NORKET_ROWS,
                now=at,
            )
        except DraftError as error:
            return Refused(code="dose_not_orderable", why=str(error))


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Asked, patient_id: UUID) -> HttpResponse:
    """The plan that runs, or the form for one; sent, it is reviewed or signed."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    running = care_of(patient.pk).course
    if request.method == "POST":
        return _sent(request, patient)
    if running is not None:
        return signed_page(request, patient, running)
    return _form_page(request, patient, Written(request, patient))


def _sent(request: Asked, patient: Patient) -> HttpResponse:
    written = Written(request, patient, request.POST)
    if not written.whole:
        return _form_page(request, patient, written, status=422)
    if "sign" not in request.POST:
        return _form_page(request, patient, written)
    return _sign(request, patient, written)


def _sign(request: Asked, patient: Patient, written: Written) -> HttpResponse:
    course = written.course()
    draft = written.draft(course, request.now)
    second = second_signer(request, patient.pk, written.signing.cleaned_data)
    for refused in (draft, _unread(request, course, draft), second):
        if isinstance(refused, Refused):
            return _form_page(request, patient, written, refused=refused, status=422)
    data = written.signing.cleaned_data
    done = actions.sign(
        patient.pk,
        course,
        draft,  # type: ignore[arg-type]
        by=request.actor,
        authority=written.authority.authority(),
        now=request.now,
        command_id=str(written.plan.cleaned_data["command_id"]),
        second=_actor(second),
        second_reason=data["second_reason"],
        reason=data["reason"],
    )
    if isinstance(done, Refused):
        return _form_page(request, patient, written, refused=done, status=422)
    messages.success(request, _("The plan is signed, and the order of its first session with it."))
    return _home(patient)


def _unread(request: Asked, course: Course, draft: Draft | Refused) -> Refused | None:
    """Nothing is signed whose findings and curve were not on the page."""
    if isinstance(draft, Refused) or request.POST.get("seen") == shown.mark(course, draft):
        return None
    return Refused(
        code="not_reviewed", why=_("The plan has changed since it was reviewed. Read the review, then sign.")
    )


def _actor(person: Any) -> Actor | None:
    return person.actor if person is not None else None


@require_POST
def preview(request: Asked) -> HttpResponse:
    """What is said of the plan as typed so far; nothing is stored."""
    try:
        patient = Patient.objects.filter(clinic_id=clinic_id(request)).get(pk=UUID(request.POST.get("patient", "")))
    except (ValueError, Patient.DoesNotExist) as error:
        raise Http404 from error
    return show(
        request, "norket/course/preview.html", _preview(request, patient, Written(request, patient, request.POST))
    )


@require_POST
def end(request: Asked, patient_id: UUID) -> HttpResponse:
    """Ends the plan that runs."""
    patient = Patient.objects.select_related("clinic").get(pk=patient_id)
    form, running = EndForm(request.POST), care_of(patient.pk).course
    if not form.is_valid():
        return signed_page(request, patient, running, ending=form, status=422) if running else _home(patient)
    data = form.cleaned_data
    done = actions.end(
        patient.pk,
        on=data["on"],
        why=data["why"],
        words=data["words"],
        by=request.actor,
        now=request.now,
        command_id=str(data["command_id"]),
    )
    if isinstance(done, Refused) and running is not None:
        return signed_page(request, patient, running, ending=form, refused=done, status=422)
    messages.success(request, _("The course is over. What was signed stays readable."))
    return _home(patient)


def _home(patient: Patient) -> HttpResponse:
    return HttpResponseRedirect(reverse("desk:course", args=[patient.pk]))


def _form_page(
    request: Asked, patient: Patient, written: Written, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    may_sign = bool(set(SIGNERS) & set(request.holder.roles))
    return show(
        request,
        "norket/course/write.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "plan": written.plan,
            "authority": written.authority,
            "signing": written.signing,
            "routes": route_choices(base()),
            "usual_booster_d": figure(base(), "booster_window", "usual_d", written.on),
            "row": written.dose.chosen,
            "refused": refused,
            "may_sign": may_sign,
            "policy_signed": plan.policy_signed(clinic_id(request)),
            "ended": shown.ended(care_of(patient.pk)),
            "names": names(request),
            **_preview(request, patient, written),
        },
        status=status,
    )


def _preview(request: Asked, patient: Patient, written: Written) -> dict[str, Any]:
    """The draft, the curve, the findings and the exposure of what is written."""
    nothing = {"form": written.dose, "draft": None, "problem": None, "plan": written.plan, "review": None}
    if not written.sent or not written.whole:
        return nothing
    course = written.course()
    draft = written.draft(course, request.now)
    if isinstance(draft, Refused):
        return {**nothing, "problem": draft.why}
    review = queries.review(
        patient, course, draft, by=request.actor, authority=written.authority.authority(), now=request.now
    )
    found = curve(patient, draft, written.on)
    return {
        "form": written.dose,
        "plan": written.plan,
        "draft": draft,
        "curve": json.dumps(found),
        "curve_refused": found.get("refused"),
        "found": found,
        "review": shown.review(patient, course, draft, review),
        "exposure": shown.exposure(exposure(patient, request.now), course, draft, found),
        "days": course.days(),
        "patient_id": patient.pk,
    }


def signed_page(
    request: Asked,
    patient: Patient,
    signed: SignedCourse,
    *,
    ending: EndForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The plan as it was signed, and every visit with what must be true before it."""
    day: date = today(patient, request.now)
    return show(
        request,
        "norket/course/signed.html",
        {
            "patient": patient,
            "age_y": patient.age_y(request.now.date()),
            "signed": signed,
            "indication": indication(base(), signed.course.indication),
            "route": ROUTES[signed.course.route],
            "setting": SETTINGS[signed.course.setting],
            "therapy": dict(KINDS)[signed.course.psychotherapy.kind or ""],
            "held": [one.label for one in signed.rescue if one.held],
            "visits": shown.visits(patient, signed, queries.visits(patient, signed, request.now)),
            "before": shown.before(exposure(patient, request.now), signed.course.drug),
            "open": [one for one in signed.findings if one.state != "clear"],
            "last_day": signed.course.days()[-1],
            "ended": shown.ended(care_of(patient.pk)),
            "names": names(request),
            "ending": ending or EndForm(initial={"on": day.isoformat()}),
            "may_end": bool(set(SIGNERS) & set(request.holder.roles)),
            "refused": refused,
        },
        status=status,
    )
