"""Screening a patient's chart: the findings of now, keeping them, and going on against one of them."""

from datetime import datetime

from norket.record.care import actions, queries
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.care.events import Asked, FindingOverridden, Recorded, Screened
from norket.therapy.finding import Refused
from norket.therapy.screening.context import Context
from norket.therapy.screening.override import Clinician, override
from norket.therapy.screening.screen import Screening, screen


def screening(patient: Patient, asked: Asked) -> Screening:
    """Every rule over the chart as it is now; nothing is stored."""
    context = Context(
        route=asked.route,
        setting=asked.setting,
        drug=asked.drug,
        indication=asked.indication,
        first_session=asked.first_session,
        day_of=False,
    )
    return screen(queries.chart(patient), base=base(), on=asked.on, context=context)


def keep(patient: Patient, asked: Asked, *, by: str, now: datetime, command_id: str) -> tuple[Recorded, ...] | Refused:
    """Stores what every rule finds now, with copies of the figures that decided."""
    found = screening(patient, asked)
    event = Screened(
        asked=asked,
        edition=found.edition,
        chart_n=queries.care(patient.pk).chart_n,
        findings=found.findings,
        not_classified=found.not_classified,
    )
    return actions.record(patient.pk, [event], by=by, now=now, command_id=command_id)


def go_on(
    patient: Patient,
    asked: Asked,
    rule: str,
    *,
    by: Clinician,
    reason: str,
    second: Clinician | None,
    second_reason: str,
    now: datetime,
    command_id: str,
) -> tuple[Recorded, ...] | Refused:
    """Records the decision to go on against what `rule` finds now, or says by name why not."""
    finding = next((one for one in screening(patient, asked).findings if one.rule == rule), None)
    if finding is None:
        return Refused(code="rule_not_known", why=f"There is no rule {rule}. Reload the page and choose again.")
    decided = override(finding, base=base(), by=by, reason=reason, now=now, second=second, second_reason=second_reason)
    if isinstance(decided, Refused):
        return decided
    event = FindingOverridden(asked=asked, override=decided)
    return actions.record(patient.pk, [event], by=by.id or "", now=now, command_id=command_id)
