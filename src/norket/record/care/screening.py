"""Screening a patient's chart: the findings of now, keeping them, and going on against one of them."""

from datetime import datetime

from norket.record.care import actions, medicines, queries
from norket.record.care.context import context_of, waivers
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.care.events import Asked, FindingOverridden, Recorded, Screened
from norket.therapy.care.fold import Care
from norket.therapy.finding import Finding, Refused
from norket.therapy.screening.held import open_findings
from norket.therapy.screening.override import Clinician, Override, override
from norket.therapy.screening.screen import Screening, screen


def screening(patient: Patient, asked: Asked) -> Screening:
    """Every rule over the chart as it is now; nothing is stored."""
    return screened(patient, queries.care(patient.pk), asked)


def screened(patient: Patient, care: Care, asked: Asked) -> Screening:
    """The same for a patient whose care was read already."""
    return screen(
        queries.chart(patient, care),
        base=base(),
        on=asked.on,
        context=context_of(care, asked),
        waivers=waivers(care),
    )


def in_the_way(patient: Patient, asked: Asked) -> tuple[Finding, ...]:
    """What still keeps this session from being planned: it blocks or holds, and was not cleared, waived or decided."""
    care = queries.care(patient.pk)
    settled = medicines.settles(medicines.reviewed(patient, care, asked), asked)
    return open_findings(screened(patient, care, asked), overrides(care, asked), settled)


def overrides(care: Care, asked: Asked) -> tuple[Override, ...]:
    """What somebody went on against for this session. Whether it was to be the first one is judged with the rest."""
    events = (one.event for one in care.overrides)
    return tuple(
        one.override for one in events if isinstance(one, FindingOverridden) and _same(one.asked) == _same(asked)
    )


def _same(asked: Asked) -> Asked:
    return asked.model_copy(update={"first_session": None})


def keep(patient: Patient, asked: Asked, *, by: str, now: datetime, command_id: str) -> tuple[Recorded, ...] | Refused:
    """Stores what every rule finds now, with copies of the figures that decided."""
    care = queries.care(patient.pk)
    found = screened(patient, care, asked)
    event = Screened(
        asked=asked,
        edition=found.edition,
        chart_n=care.chart_n,
        findings=found.findings,
        not_classified=found.not_classified,
        waived=tuple(dict.fromkeys(waiver for _, waiver in found.waived)),
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
