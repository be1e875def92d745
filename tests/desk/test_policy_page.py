"""The clinic's figures: shown with their derivation, in force by the medical director's signature alone."""

from collections.abc import Callable

import pytest
from django.test import Client

from norket.desk.policy.views import topics
from norket.knowledge import read
from norket.record.people.models import Clinic
from norket.record.plan import queries

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


def is_signed() -> bool:
    return queries.policy_signed(Clinic.objects.get(name="New clinic").pk)


def test_every_entry_that_waits_for_a_signature_is_on_the_page() -> None:
    base = read()
    waiting = {entry.id for entry in base.entries if entry.policy and entry.kind != "model"}
    assert {entry.id for topic in topics() for entry in topic["entries"]} == waiting
    assert waiting


def test_the_medical_director_signs_the_edition(new_clinic: As) -> None:
    form = {"edition": read().edition, "read": "1"}
    assert new_clinic("medical_director").post("/policy/", form).status_code == 302
    assert is_signed()


@pytest.mark.parametrize("form", [{"read": "1"}, {"read": "1", "edition": "another"}])
def test_another_edition_than_the_one_shown_is_not_signed(new_clinic: As, form: dict[str, str]) -> None:
    assert new_clinic("medical_director").post("/policy/", form).status_code == 422
    assert not is_signed()


def test_what_was_not_read_is_not_signed(new_clinic: As) -> None:
    assert new_clinic("medical_director").post("/policy/", {"edition": read().edition}).status_code == 422
    assert not is_signed()


@pytest.mark.parametrize("role", ["prescriber", "nurse", "manager", "auditor"])
def test_nobody_else_signs(new_clinic: As, role: str) -> None:
    client = new_clinic(role)
    assert 'id="sign-policy"' not in client.get("/policy/").content.decode()
    assert client.post("/policy/", {"edition": read().edition, "read": "1"}).status_code == 403
    assert not is_signed()


def test_the_director_switches_advice_on_and_the_page_says_who_did(new_clinic: As) -> None:
    director = new_clinic("medical_director")
    assert b"Advice from predictions is off" in director.get("/policy/").content
    assert director.post("/policy/switch/", {"switch": "prediction_advice", "on": "1"}).status_code == 302
    assert b"Advice from predictions is on" in director.get("/policy/").content


def test_who_may_not_switch_is_offered_no_button(new_clinic: As) -> None:
    nurse = new_clinic("nurse")
    assert b"switch-advice" not in nurse.get("/policy/").content
    assert nurse.post("/policy/switch/", {"switch": "prediction_advice", "on": "1"}).status_code == 403


def test_a_switch_that_does_not_exist_is_refused_on_the_page(new_clinic: As) -> None:
    answer = new_clinic("manager").post("/policy/switch/", {"switch": "autopilot", "on": "1"})
    assert answer.status_code == 422
    assert b"There is no switch autopilot" in answer.content
