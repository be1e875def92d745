"""Whoever signs beside somebody proves who they are, works here still, and is of the same clinic."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from support.worlds import NOW, World

from norket.desk.second import second_signer
from norket.record.audit.models import AuditLine
from norket.record.people.models import Patient, Person
from norket.site.worlds.makers import PASSWORD
from norket.therapy.finding import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_earlier_guesses() -> None:
    cache.clear()


def person(world: World, role: str, side: int = 0) -> Person:
    return Person.objects.get(pk=world.person(role, side)["id"])


def signs(world: World, second: Person, password: str = PASSWORD, role: str = "prescriber") -> Any:
    request: Any = RequestFactory().post("/")
    request.holder = person(world, role)
    request.actor, request.now = request.holder.actor, NOW
    patient = Patient.objects.filter(clinic_id=request.holder.clinic_id).order_by("pk")[0]
    data = {"second_username": second.username, "second_password": password, "second_code": ""}
    return second_signer(request, patient.pk, data)


def refused(world: World, second: Person, password: str = PASSWORD) -> str:
    done = signs(world, second, password)
    assert isinstance(done, Refused)
    assert AuditLine.objects.order_by("-seq")[0].kind == "refused"
    return done.code


def test_a_colleague_signs_with_their_own_password(world: World) -> None:
    colleague = person(world, "anaesthetist")
    assert signs(world, colleague) == colleague
    assert refused(world, colleague, "wrong") == "second_signer_unknown"


def test_nobody_of_another_clinic_signs(world: World) -> None:
    assert refused(world, person(world, "anaesthetist", side=1)) == "second_signer_unknown"


def test_whoever_has_left_signs_nothing_with_a_password_that_was_right(world: World) -> None:
    gone = person(world, "anaesthetist")
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    assert refused(world, gone) == "second_signer_unknown"


def test_what_strangers_guess_at_the_door_keeps_no_second_signer_out(world: World) -> None:
    colleague = person(world, "anaesthetist")
    for _ in range(6):
        Client().post("/accounts/login/", {"login": colleague.username, "password": "wrong"})
    right = {"login": colleague.username, "password": PASSWORD}
    assert Client().post("/accounts/login/", right).status_code == 200, "a browser that nobody knows waits"
    assert signs(world, colleague) == colleague


def test_guesses_at_a_second_signer_are_counted_for_who_asks_and_keep_nobody_else_waiting(world: World) -> None:
    colleague = person(world, "anaesthetist")
    assert [refused(world, colleague, "wrong") for _ in range(5)] == ["second_signer_unknown"] * 5
    assert refused(world, colleague) == "second_signer_blocked"
    assert signs(world, colleague, role="nurse") == colleague
    right = {"login": colleague.username, "password": PASSWORD}
    assert Client().post("/accounts/login/", right).status_code == 302


def test_a_right_password_is_not_counted(world: World) -> None:
    colleague = person(world, "anaesthetist")
    assert [signs(world, colleague) for _ in range(7)] == [colleague] * 7
