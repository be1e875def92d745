"""A bundle that a member of staff brings in: read whole, kept in the patient's ledger with what could not be read."""

from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from norket.exchange.fhir.bundle import FhirError, read_bundle
from norket.record.care import actions
from norket.record.people.models import Patient
from norket.therapy.care.events import ChartImported
from norket.therapy.chart import Chart
from norket.therapy.finding import Refused

LONGEST_NAME = 200


class Asked(HttpRequest):
    """A request after the gate."""

    now: Any
    actor: Any


@require_POST
def fhir_import(request: Asked, patient_id: UUID) -> HttpResponse:
    """Records the bundle in the patient's chart, or says why not; then shows the chart."""
    done = _imported(request, Patient.objects.get(pk=patient_id))
    if isinstance(done, Refused):
        messages.error(request, done.why)
    else:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("desk:chart", args=[patient_id]))


def _imported(request: Asked, patient: Patient) -> str | Refused:
    file = request.FILES.get("bundle")
    if file is None:
        return Refused(code="file_missing", why=_("Choose the file of the bundle; then import it."))
    content = file.read()
    try:
        chart, not_read = read_bundle(content)
    except FhirError as error:
        return Refused(code="bundle_not_read", why=str(error))
    other = _somebody_else(chart, patient)
    if other is not None:
        return other
    digest = sha256(content).hexdigest()
    event = ChartImported(
        name=(file.name or "")[:LONGEST_NAME],
        sha256=digest,
        chart=chart,
        not_read=tuple(one.model_dump(mode="json") for one in not_read),
    )
    done = actions.record(patient.pk, [event], by=request.actor.id, now=request.now, command_id=f"import-{digest}")
    if isinstance(done, Refused):
        return done
    return _("Imported %(name)s; %(count)d parts could not be read and are listed.") % {
        "name": event.name,
        "count": len(not_read),
    }


def _somebody_else(chart: Chart, patient: Patient) -> Refused | None:
    """A bundle whose birth date or sex is another is another person's, or one of the two records is wrong."""
    born, sex = chart.patient.birth_date, chart.patient.sex
    if born is not None and born != patient.birth_date:
        why = _(
            "The bundle's patient was born on %(theirs)s, this one on %(ours)s. Nothing was imported: check who it is."
        )
        return Refused(code="another_patient", why=why % {"theirs": born, "ours": patient.birth_date})
    if sex in ("female", "male") and sex != patient.sex:
        why = _("The bundle's patient is %(theirs)s, this one %(ours)s. Nothing was imported: check who it is.")
        return Refused(code="another_patient", why=why % {"theirs": sex, "ours": patient.sex})
    return None
