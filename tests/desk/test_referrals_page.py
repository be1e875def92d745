"""Referrals as staff see them, and new patients: danger first, a person looked, nobody twice without a decision."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from support.worlds import NOW, World

from norket.knowledge import read
from norket.record.audit.models import AuditLine
from norket.record.care import queries as care
from norket.record.people.models import Clinic, Patient
from norket.record.referral import actions, queries
from norket.therapy.referral.shapes import Answered, Referral, Risk, RiskState, Someone

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
BORN = date(1985, 5, 5)
NIGHT = NOW.replace(hour=23, minute=40) - timedelta(days=1)


def came(world: World, risk: RiskState = "not_said", given: str = "Zora", at: Any = NIGHT) -> UUID:
    """A referral that came in through the self-check."""
    sent = Referral(
        origin="self-check",
        person=Someone(given_name=given, family_name="Quill", birth_date=BORN, sex="female", contact="070 1"),
        reason="low mood",
        answers=(Answered(question="questions.glaucoma", status="yes"),),
        medicines="a blue pill",
        risk=Risk(state=risk, because=("questions.suicidal_thoughts", "want to die") if risk == "said" else ()),
        edition=read().edition,
    )
    clinic = Clinic.objects.get(pk=world.clinic()["id"])
    done = actions.receive(clinic, sent, by="self-check", now=at, command_id=str(uuid4()))
    assert isinstance(done, UUID)
    return done


def post(client: Client, referral: UUID, deed: str, /, **data: Any) -> Any:
    return client.post(f"/referrals/{referral}/{deed}/", {"command_id": str(uuid4()), **data})


ACCEPTED = {
    "given_name": "Zora", "family_name": "Quill", "birth_date": "1985-05-05", "sex": "female", "mrn": "Q-1",
    "contact": "070 1",
}  # fmt: skip


def test_danger_stands_first_with_its_age_and_that_nobody_has_spoken(world: World, as_role: As) -> None:
    came(world, given="Calm", at=NIGHT - timedelta(days=2))
    came(world, "said")
    text = as_role("nurse").get("/referrals/").text
    assert text.index("Quill, Zora") < text.index("Quill, Calm")
    assert "danger heard" in text
    assert "nobody has spoken with them" in text
    assert "10\xa0hours" in text


def test_danger_at_night_is_on_the_board_at_once_without_a_name(world: World, as_role: As) -> None:
    before = as_role("nurse").get("/").text
    assert "Danger was heard" not in before
    came(world, "said")
    for role in ("nurse", "manager"):
        for path in ("/", "/referrals/waiting/"):
            text = as_role(role).get(path).text
            assert "Danger was heard in 1 referral" in text
            assert "Quill" not in text
    assert 'hx-trigger="every 30s"' in as_role("nurse").get("/").text
    assert "Open the referrals" in as_role("nurse").get("/referrals/waiting/").text
    assert "Tell a clinician" in as_role("manager").get("/referrals/waiting/").text


def test_reading_it_does_not_still_it_but_speaking_does(world: World, as_role: As) -> None:
    one, nurse = came(world, "said"), as_role("nurse")
    assert post(nurse, one, "look").status_code == 302
    assert "Danger was heard" in nurse.get("/").text
    assert post(nurse, one, "look", reached="yes", note="safe with her sister; crisis plan made").status_code == 302
    assert "Danger was heard" not in nurse.get("/").text
    assert queries.standing(one).is_open


def test_who_looked_stands_with_the_referral_and_in_the_chain(world: World, as_role: As) -> None:
    one = came(world)
    assert post(as_role("therapist"), one, "look").status_code == 302
    text = as_role("nurse").get(f"/referrals/{one}/").text
    assert f"Read by {world.person('therapist')['name']}" in text
    line = AuditLine.objects.filter(kind="referral").order_by("-seq")[0]
    assert line.actor == world.person("therapist")["id"]


@pytest.mark.parametrize("half", [{"reached": "yes"}, {"note": "x"}])
def test_half_a_word_about_speaking_is_refused(world: World, as_role: As, half: dict[str, str]) -> None:
    one = came(world)
    assert post(as_role("nurse"), one, "look", **half).status_code == 422
    assert queries.standing(one).state == "new"


def test_danger_is_said_with_what_was_heard_and_that_it_excludes_nobody(world: World, as_role: As) -> None:
    text = as_role("nurse").get(f"/referrals/{came(world, 'said')}/").text
    assert "Suicidal thoughts, “want to die”" in text
    assert "Call this person now" in text
    assert "do not exclude anybody" in text


def test_danger_is_not_declined_before_somebody_spoke(world: World, as_role: As) -> None:
    one, prescriber = came(world, "said"), as_role("prescriber")
    answer = {"what": "declined", "reason": "lives far away", "instead": "the clinic in town"}
    refused = post(prescriber, one, "close", **answer)
    assert refused.status_code == 422
    assert "Speak with the person first" in refused.text
    post(prescriber, one, "look", reached="no", note="no answer twice; crisis team told")
    assert post(prescriber, one, "close", **answer).status_code == 302
    assert "Instead: the clinic in town" in " ".join(as_role("nurse").get(f"/referrals/{one}/").text.split())


def test_who_is_declined_is_told_where_to_go_instead(world: World, as_role: As) -> None:
    one = came(world)
    assert post(as_role("prescriber"), one, "close", what="declined", reason="far").status_code == 422
    assert post(as_role("prescriber"), one, "close", what="", reason="far", instead="x").status_code == 422
    assert queries.standing(one).state == "new"


def test_a_duplicate_names_the_other(world: World, as_role: As) -> None:
    one = came(world)
    assert (
        post(as_role("medical_director"), one, "close", what="duplicate", reason="the one of Monday").status_code == 302
    )
    assert queries.standing(one).state == "duplicate"


def test_an_accepted_referral_is_a_patient_with_lines_of_the_chart(world: World, as_role: As) -> None:
    one, nurse = came(world), as_role("nurse")
    answer = post(nurse, one, "accept", **ACCEPTED)
    patient = Patient.objects.get(mrn="Q-1")
    assert answer["Location"] == f"/patients/{patient.pk}/chart/"
    text = nurse.get(answer["Location"]).text
    assert "self-check" in text
    assert "a blue pill" in text
    assert "Glaucoma" in text
    assert f"/patients/{patient.pk}/" in nurse.get(f"/referrals/{one}/").text


def test_somebody_alike_is_shown_and_must_be_decided(world: World, as_role: As) -> None:
    nurse = as_role("nurse")
    post(nurse, came(world), "accept", **ACCEPTED)
    known = Patient.objects.get(mrn="Q-1")
    two, three = came(world, given="Zóra"), came(world, given="Zora Q")
    assert "The same as Zora Quill" in nurse.get(f"/referrals/{two}/").text
    refused = post(nurse, two, "accept", **ACCEPTED | {"mrn": "Q-2", "given_name": "Zóra"})
    assert refused.status_code == 422
    assert not Patient.objects.filter(mrn="Q-2").exists()
    assert post(nurse, two, "accept", **ACCEPTED | {"mrn": "Q-2", "same_as": str(known.pk)}).status_code == 302
    assert len(care.care(known.pk).referrals) == 2
    gone = ACCEPTED | {"mrn": "Q-3", "given_name": "Ann", "family_name": "Other", "same_as": str(known.pk)}
    assert post(nurse, three, "accept", **gone).status_code == 422
    assert post(nurse, three, "accept", **ACCEPTED | {"mrn": "Q-3", "same_as": "another"}).status_code == 302
    assert Patient.objects.filter(mrn="Q-3").exists()


def test_other_open_referrals_about_the_same_person_are_named(world: World, as_role: As) -> None:
    first, second, stranger = came(world), came(world, given="Zora J."), came(world, given="Ann")
    nurse = as_role("nurse")
    text = nurse.get(f"/referrals/{first}/").text
    assert f'href="/referrals/{second}/"' in text
    assert f'href="/referrals/{stranger}/"' in text  # the same family name and birth date: a person decides
    post(as_role("prescriber"), second, "close", what="duplicate", reason="the other one")
    post(as_role("prescriber"), stranger, "close", what="duplicate", reason="the other one")
    assert "Other open referrals" not in nurse.get(f"/referrals/{first}/").text


@pytest.mark.parametrize("left_out", ["mrn", "given_name", "family_name", "birth_date", "sex"])
def test_a_patient_is_not_made_without_who_it_is(world: World, as_role: As, left_out: str) -> None:
    one = came(world)
    assert post(as_role("nurse"), one, "accept", **ACCEPTED | {left_out: ""}).status_code == 422
    assert queries.standing(one).is_open


@pytest.mark.parametrize(
    ("what", "refused"),
    [
        ("look", ("manager", "auditor", "sysadmin")),
        ("accept", ("pharmacist", "medical_director", "manager", "auditor", "sysadmin")),
        ("close", ("nurse", "therapist", "pharmacist", "manager", "auditor", "sysadmin")),
    ],
)
def test_who_may_not_do_it_is_refused_and_not_offered(
    world: World, as_role: As, what: str, refused: tuple[str, ...]
) -> None:
    one = came(world)
    for role in refused:
        client = as_role(role)
        assert post(client, one, what, **ACCEPTED).status_code == 403
        page_of = client.get(f"/referrals/{one}/")
        assert page_of.status_code == 403 or f'id="{what}-form"' not in page_of.text
    assert queries.standing(one).state == "new"


@pytest.mark.parametrize("role", ["manager", "auditor", "sysadmin"])
def test_who_has_no_clinical_role_reads_no_referral(world: World, as_role: As, role: str) -> None:
    assert as_role(role).get("/referrals/").status_code == 403
    assert as_role(role).get(f"/referrals/{came(world)}/").status_code == 403


def test_a_referral_to_another_clinic_does_not_exist(world: World, as_role: As) -> None:
    one, stranger = came(world), as_role("prescriber", side=1)
    assert stranger.get(f"/referrals/{one}/").status_code == 404
    for what in ("look", "accept", "close"):
        assert post(stranger, one, what, **ACCEPTED).status_code == 404
    assert "Quill" not in stranger.get("/referrals/").text


def test_a_letter_is_written_down_with_who_wrote_it(world: World, as_role: As) -> None:
    nurse = as_role("nurse")
    data = {
        **ACCEPTED, "command_id": str(uuid4()), "referrer_name": "Dr Bee", "referrer_contact": "bee",
        "reason": "depression", "questions.suicidal_thoughts": "no",
    }  # fmt: skip
    answer = nurse.post("/referrals/new/", data)
    one = UUID(answer["Location"].split("/")[2])
    standing = queries.standing(one)
    assert (standing.referral.origin, standing.referral.source) == ("written down", "referral by Dr Bee")
    assert standing.received.by == world.person("nurse")["id"]
    assert nurse.post("/referrals/new/", data | {"command_id": str(uuid4()), "referrer_contact": ""}).status_code == 422


NEW = ACCEPTED | {
    "weight_kg": "70.5", "weight_on": "2026-11-18", "weight_source": "our scale",
    "height_cm": "168", "height_on": "2026-11-18", "height_source": "patient",
}  # fmt: skip


def new(client: Client, **data: Any) -> Any:
    return client.post("/patients/new/", {"command_id": str(uuid4()), **NEW, **data})


def test_a_new_patient_is_registered_with_what_was_measured(as_role: As) -> None:
    nurse = as_role("nurse")
    assert 'id="new-patient"' in nurse.get("/patients/").text
    assert new(nurse).status_code == 302
    patient = Patient.objects.get(mrn="Q-1")
    assert (patient.weight_kg, patient.weight_measured_on, patient.height_cm) == (70.5, date(2026, 11, 18), 168.0)
    lines = {line.item.code: line.item for line in care.care(patient.pk).lines}
    assert lines["observations.weight"].source == "our scale"


def test_what_was_not_measured_stays_unknown(as_role: As) -> None:
    assert new(as_role("nurse"), weight_kg="", height_cm="").status_code == 302
    patient = Patient.objects.get(mrn="Q-1")
    assert (patient.weight_kg, patient.weight_measured_on, patient.height_cm) == (None, None, None)
    assert care.care(patient.pk).lines == ()


@pytest.mark.parametrize(
    "change",
    [
        {"weight_on": ""},
        {"weight_source": ""},
        {"weight_kg": "seventy"},
        {"weight_on": "2999-01-01"},
        {"mrn": ""},
        {"sex": "x"},
    ],
)
def test_half_a_patient_is_refused(as_role: As, change: dict[str, str]) -> None:
    assert new(as_role("nurse"), **change).status_code == 422
    assert not Patient.objects.filter(mrn="Q-1").exists()


def test_somebody_known_is_not_registered_twice_unseen(as_role: As) -> None:
    nurse = as_role("nurse")
    new(nurse)
    known = Patient.objects.get(mrn="Q-1")
    refused = new(nurse, mrn="Q-2")
    assert refused.status_code == 422
    assert "The same as Zora Quill" in refused.text
    assert new(nurse, mrn="Q-2", same_as=str(known.pk))["Location"] == f"/patients/{known.pk}/"
    assert not Patient.objects.filter(mrn="Q-2").exists()
    assert new(nurse, mrn="Q-2", same_as="another").status_code == 302
    assert new(nurse, mrn="Q-2", same_as="another").status_code == 422


@pytest.mark.parametrize("role", ["pharmacist", "medical_director", "manager", "auditor", "sysadmin"])
def test_who_may_not_register_is_refused_and_not_offered(as_role: As, role: str) -> None:
    client = as_role(role)
    assert client.get("/patients/new/").status_code == new(client).status_code == 403
    assert 'id="new-patient"' not in client.get("/patients/").text
