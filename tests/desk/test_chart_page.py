"""What is known of a patient: written by hand, imported, taken back; and what is not written is not known."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from support.worlds import World

from norket.record.care import queries
from norket.record.care.models import CareEvent
from norket.record.people.models import Patient

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
MIGRAINE = {"place": "conditions", "text": "migraine", "status": "yes", "on": "2026-11-20", "source": "patient"}
LITHIUM = MIGRAINE | {"place": "medicines", "text": "lithium", "daily_dose": "900", "daily_unit": "mg"}


@pytest.fixture
def patient(world: World) -> Patient:
    return Patient.objects.filter(clinic_id=world.clinic()["id"]).order_by("pk")[0]


def add(client: Client, patient: Patient, line: dict[str, Any], **other: Any) -> Any:
    return client.post(f"/patients/{patient.pk}/chart/", {"command_id": str(uuid4()), **line, **other})


def shown(client: Client, patient: Patient) -> str:
    return client.get(f"/patients/{patient.pk}/chart/").content.decode()


def bundle(patient: Patient, **changed: Any) -> SimpleUploadedFile:
    who = {
        "resourceType": "Patient",
        "id": "p",
        "gender": patient.sex,
        "birthDate": patient.birth_date.isoformat(),
    } | changed
    asthma = {
        "resourceType": "Condition",
        "id": "c",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J45.909"}], "text": "asthma"},
        "subject": {"reference": "Patient/p"},
    }
    goal = {"resourceType": "Goal", "id": "g"}
    entries = [{"resource": one} for one in (who, asthma, goal)]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return SimpleUploadedFile("other-clinic.json", text.encode(), content_type="application/json")


def test_a_line_by_hand_is_in_the_chart(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    assert add(client, patient, MIGRAINE).status_code == 302
    (line,) = queries.care(patient.pk).lines
    assert (line.place, line.item.text, line.item.status, line.item.day) == (
        "conditions",
        "migraine",
        "yes",
        date(2026, 11, 20),
    )
    assert "migraine" in shown(client, patient)


def test_a_medicine_keeps_what_is_taken_in_a_day(as_role: As, patient: Patient) -> None:
    add(as_role("nurse"), patient, LITHIUM)
    (medicine,) = queries.chart(patient).medicines
    assert (medicine.daily_dose, medicine.daily_unit) == (900.0, "mg")


def test_sending_the_form_twice_records_once(as_role: As, patient: Patient) -> None:
    client, command = as_role("nurse"), str(uuid4())
    for _ in range(2):
        assert add(client, patient, MIGRAINE, command_id=command).status_code == 302
    assert CareEvent.objects.filter(patient=patient).count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": ""}, "This field is required"),
        ({"source": ""}, "This field is required"),
        ({"code": "J45"}, "A code needs its system"),
        ({"place": "observations", "value": "70"}, "A value needs its unit"),
        ({"place": "observations"}, "A measurement has a value"),
        ({"value": "9_7", "unit": "kg"}, "Not a number"),
    ],
)
def test_a_line_that_is_not_whole_is_refused_and_says_what_to_do(
    as_role: As, patient: Patient, change: dict[str, str], said: str
) -> None:
    answer = add(as_role("nurse"), patient, MIGRAINE | change)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not CareEvent.objects.filter(patient=patient).exists()


def test_a_wrong_line_is_taken_back_with_a_reason_and_stays_in_the_ledger(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    add(client, patient, MIGRAINE)
    taken = {"command_id": str(uuid4()), "n": "1", "index": "0"}
    assert client.post(f"/patients/{patient.pk}/chart/withdraw/", taken).status_code == 422
    assert (
        client.post(f"/patients/{patient.pk}/chart/withdraw/", taken | {"reason": "his brother's"}).status_code == 302
    )
    assert queries.care(patient.pk).lines == ()
    assert CareEvent.objects.filter(patient=patient).count() == 2


def test_a_bundle_of_another_system_is_imported_with_what_could_not_be_read(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    assert client.post(f"/patients/{patient.pk}/import/", {"bundle": bundle(patient)}).status_code == 302
    (asthma,) = queries.chart(patient).conditions
    assert (asthma.short_system, asthma.code) == ("icd10cm", "J45.909")
    page = shown(client, patient)
    assert "other-clinic.json" in page
    assert "Goal" in page


def test_the_same_bundle_is_imported_once(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    for _ in range(2):
        client.post(f"/patients/{patient.pk}/import/", {"bundle": bundle(patient)})
    assert len(queries.chart(patient).conditions) == 1


@pytest.mark.parametrize("changed", [{"birthDate": "1901-01-01"}, {"gender": "other-sex"}])
def test_a_bundle_of_somebody_else_is_not_imported(as_role: As, patient: Patient, changed: dict[str, str]) -> None:
    if changed.get("gender"):
        changed = {"gender": "male" if patient.sex == "female" else "female"}
    client = as_role("nurse")
    client.post(f"/patients/{patient.pk}/import/", {"bundle": bundle(patient, **changed)})
    assert not CareEvent.objects.filter(patient=patient).exists()
    assert "check who it is" in shown(client, patient)


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b'{"resourceType": "Bundle"}'])
def test_what_is_no_bundle_is_refused_and_nothing_is_kept(as_role: As, patient: Patient, content: bytes) -> None:
    client = as_role("nurse")
    file = SimpleUploadedFile("x.json", content or b" ")
    assert client.post(f"/patients/{patient.pk}/import/", {"bundle": file}).status_code == 302
    assert not CareEvent.objects.filter(patient=patient).exists()


def test_nobody_of_another_clinic_reads_or_writes_the_chart(as_role: As, patient: Patient) -> None:
    stranger = as_role("nurse", side=1)
    assert stranger.get(f"/patients/{patient.pk}/chart/").status_code in (403, 404)
    assert add(stranger, patient, MIGRAINE).status_code in (403, 404)
    assert stranger.post(f"/patients/{patient.pk}/import/", {"bundle": bundle(patient)}).status_code in (403, 404)
    assert not CareEvent.objects.filter(patient=patient).exists()


def test_the_auditor_does_not_see_charts(as_role: As, patient: Patient) -> None:
    assert as_role("auditor").get(f"/patients/{patient.pk}/chart/").status_code == 403
