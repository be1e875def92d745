"""The time before on the page: what was tried, which documents are there, whether a pregnancy is possible."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.worlds import NOW, World

from norket.record.care import queries, screening
from norket.record.draft import start
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.care.events import Asked
from norket.therapy.plan.library import rows

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
TRIALS = "indications.ind_04"
TRIED = {
    "treatment": "sertraline",
    "dose": "150 mg a day",
    "weeks": "8",
    "adequate_dose": "yes",
    "outcome": "no_response",
    "source": "letter of the family doctor",
}


@pytest.fixture
def patient(world: World) -> Patient:
    return Patient.objects.filter(clinic_id=world.clinic()["id"]).order_by("pk")[0]


def post(client: Client, patient: Patient, where: str = "", **data: Any) -> Any:
    return client.post(f"/patients/{patient.pk}/history/{where}", {"command_id": str(uuid4()), **data})


def shown(client: Client, patient: Patient) -> str:
    return client.get(f"/patients/{patient.pk}/history/").content.decode()


def state(patient: Patient, rule: str, **asked: Any) -> str:
    session = Asked.model_validate({"on": date(2026, 12, 1), "indication": "trd", "route": "iv", **asked})
    return next(one.state for one in screening.screening(patient, session).findings if one.rule == rule)


def test_two_adequate_trials_that_failed_are_what_the_rule_asks_for_and_one_is_not(
    as_role: As, patient: Patient
) -> None:
    nurse = as_role("nurse")
    assert state(patient, TRIALS) == "fires"
    assert post(nurse, patient, **TRIED).status_code == 302
    assert state(patient, TRIALS) == "fires"
    assert post(nurse, patient, **TRIED | {"treatment": "venlafaxine"}).status_code == 302
    assert state(patient, TRIALS) == "clear"
    text = shown(nurse, patient)
    assert "sertraline" in text
    assert "2 of 2 asked for" in text


def test_a_row_that_asks_for_any_list_takes_any(as_role: As, patient: Patient) -> None:
    assert state(patient, TRIALS, indication="gad") == "fires"
    post(as_role("nurse"), patient, **TRIED | {"weeks": "", "adequate_dose": "unknown", "outcome": "unknown"})
    assert state(patient, TRIALS, indication="gad") == "clear"
    assert state(patient, TRIALS) == "fires"


def test_what_was_wrong_is_taken_back_and_stays_readable(as_role: As, patient: Patient) -> None:
    nurse = as_role("nurse")
    for name in ("sertraline", "venlafaxine"):
        post(nurse, patient, **TRIED | {"treatment": name})
    first = queries.care(patient.pk).tried[0]
    assert post(nurse, patient, "take-back/", n=first.n, reason="another patient's").status_code == 302
    assert state(patient, TRIALS) == "fires"
    assert first.event in [one.event for one in queries.ledger(patient.pk)]


def test_taking_back_needs_a_reason_and_an_entry_that_is_there(as_role: As, patient: Patient) -> None:
    nurse = as_role("nurse")
    post(nurse, patient, **TRIED)
    n = queries.care(patient.pk).tried[0].n
    assert post(nurse, patient, "take-back/", n=n, reason=" ").status_code == 422
    assert post(nurse, patient, "take-back/", n=n + 1, reason="wrong").status_code == 422
    assert len(queries.care(patient.pk).tried) == 1


def test_a_document_counts_from_its_day(as_role: As, patient: Patient) -> None:
    nurse = as_role("nurse")
    given = {"document": "documents.taper_plan", "on": "2026-11-20", "note": "with Dr Mills, in the paper file"}
    assert post(nurse, patient, **given).status_code == 302
    assert queries.care(patient.pk).documents == {"documents.taper_plan": date(2026, 11, 20)}
    assert "with Dr Mills" in shown(nurse, patient)


@pytest.mark.parametrize("document", ["documents.treatment_trials", "documents.consent", "documents.no_such", ""])
def test_what_has_a_page_of_its_own_is_no_document_to_tick(as_role: As, patient: Patient, document: str) -> None:
    given = {"document": document, "on": "2026-11-20", "note": "seen"}
    assert post(as_role("nurse"), patient, **given).status_code == 422
    assert queries.care(patient.pk).documents == {}


def test_whether_a_pregnancy_is_possible_is_asked_and_recorded(as_role: As, patient: Patient) -> None:
    nurse = as_role("nurse")
    assert "Not known whether a pregnancy is possible" in shown(nurse, patient)
    assert post(nurse, patient, status="").status_code == 422
    assert post(nurse, patient, status="no").status_code == 302
    assert "A pregnancy is not possible" in shown(nurse, patient)
    assert queries.chart(patient).patient.pregnancy_potential == "no"


@pytest.fixture
def unasked(patient: Patient) -> Patient:
    """Somebody new, whom nobody has asked anything."""
    return Patient.objects.create(
        clinic=patient.clinic,
        mrn="NEW-1",
        given_name="Ada",
        family_name="Quist",
        birth_date=date(1980, 1, 1),
        sex="female",
    )


def test_a_first_dose_of_somebody_nobody_asked_begins_as_for_somebody_frail(as_role: As, unasked: Patient) -> None:
    nurse = as_role("nurse")
    assert "until then they count as frail" in shown(nurse, unasked)
    assert "not recorded, counted as yes" in nurse.get(f"/patients/{unasked.pk}/").content.decode()
    assert first_dose(unasked) == (0.25, "mg/kg")


@pytest.mark.parametrize(("status", "frail"), [("yes", True), ("unknown", True), ("no", False)])
def test_a_first_dose_begins_lower_for_somebody_frail_or_of_whom_it_is_not_sure(
    as_role: As, unasked: Patient, status: str, frail: bool
) -> None:
    assert post(as_role("nurse"), unasked, frail=status).status_code == 302
    unasked.refresh_from_db()
    assert unasked.frail is frail
    assert queries.care(unasked.pk).frailty == status
    assert first_dose(unasked) == (0.25 if frail else 0.5, "mg/kg")


def first_dose(patient: Patient) -> tuple[float, str]:
    (row,) = (one for one in rows(base(), NOW.date()) if one.id == "doses.d01")
    return start(patient, row, NOW.date())


def test_the_last_word_on_frailty_counts(as_role: As, patient: Patient) -> None:
    nurse = as_role("nurse")
    for status in ("yes", "no"):
        post(nurse, patient, frail=status)
    patient.refresh_from_db()
    assert patient.frail is False
    assert post(nurse, patient, frail="").status_code == 422


def test_a_form_that_is_not_whole_is_shown_again_with_what_was_typed(as_role: As, patient: Patient) -> None:
    answer = post(as_role("nurse"), patient, **TRIED | {"outcome": ""})
    assert answer.status_code == 422
    assert "150 mg a day" in answer.content.decode()
    assert queries.care(patient.pk).tried == ()


def test_who_only_reads_sees_no_form_and_may_not_write(as_role: As, patient: Patient) -> None:
    pharmacist = as_role("pharmacist")
    assert 'id="trial-form"' not in shown(pharmacist, patient)
    assert post(pharmacist, patient, **TRIED).status_code == 403
