"""A plan that may be signed for a patient of the test world, whose chart holds nothing against it."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from support.charts import healthy, own
from support.worlds import NOW

from norket.record.care import actions
from norket.record.draft import draft as order_draft
from norket.record.people.models import Patient
from norket.record.session.course import has_had_drug
from norket.record.session.queries import base
from norket.therapy.assessment.trials import Trial
from norket.therapy.care.events import ChartImported, DocumentRecorded, PregnancyPotentialRecorded, TreatmentTried
from norket.therapy.chart import Chart
from norket.therapy.finding import Refused
from norket.therapy.goals import Goal
from norket.therapy.plan.course import Authority, Course, Psychotherapy, stop_rule
from norket.therapy.plan.limits import Draft

TODAY = NOW.date()
STARTS = TODAY + timedelta(days=7)
LICENSED = Authority(licence_until=date(2028, 1, 1), source="stated")
TEXT = "0.5 mg/kg iv over 40 min"
TESTS = (
    "history_and_examination", "psychiatric_evaluation", "airway_assessment", "urinalysis", "blood_count",
    "electrolytes", "creatinine", "bilirubin", "sleep_apnoea_score", "cognition_score",
)  # fmt: skip


def well(patient: Patient) -> None:
    """Writes a chart that holds nothing against a first session a week from now."""
    page = _of_now(healthy())
    tests = tuple(own(f"observations.{name}", status="no", at=TODAY, source="clinic") for name in TESTS)
    page = page.model_copy(update={"observations": (*page.observations, *tests)})
    tried = [
        TreatmentTried(
            trial=Trial(treatment=name, dose="40 mg", weeks=10, adequate_dose="yes", outcome="no_response"),
            source="letter",
        )
        for name in ("citalopram", "venlafaxine")
    ]
    events = [
        ChartImported(name="first visit", sha256="0" * 64, chart=page),
        PregnancyPotentialRecorded(status="no"),
        DocumentRecorded(document="documents.medicines_review", on=TODAY, note="gone through"),
        *tried,
    ]
    done = actions.record(patient.pk, events, by="somebody", now=NOW, command_id=str(uuid4()))
    assert not isinstance(done, Refused), done


def _of_now(page: Chart) -> Chart:
    """The chart as if it had been asked and measured today."""
    places = {
        name: tuple(item.model_copy(update={"at": TODAY}) for item in getattr(page, name))
        for name in ("observations", "answers")
    }
    return page.model_copy(update=places)


def draft(patient: Patient, text: str = TEXT, **changes: Any) -> Draft:
    usual: dict[str, Any] = {
        "row": "doses.d01",
        "concentration_mg_ml": 1.0,
        "on": TODAY,
        "first_session": not has_had_drug(patient),
        "weight_kg": 70.0,
        "weight_measured_on": TODAY,
    }
    return order_draft(patient, dose_text=text, **(usual | changes))


def course(**changes: Any) -> Course:
    usual: dict[str, Any] = {
        "indication": "trd",
        "drug": "ketamine",
        "route": "iv",
        "row": "doses.d01",
        "dose_text": TEXT,
        "setting": "outpatient",
        "route_reason": "exact, and it can be stopped",
        "goals": (Goal(measure="phq9", baseline=20, target=10, by=STARTS + timedelta(days=60)),),
        "starts_on": STARTS,
        "sessions": 6,
        "interval_d": 3.5,
        "review_on": STARTS + timedelta(days=21),
        "stop": stop_rule(base(), "psychiatric", TODAY),
        "psychotherapy": Psychotherapy(kind="cbt", provider="Ines"),
    }
    return Course(**(usual | changes))
