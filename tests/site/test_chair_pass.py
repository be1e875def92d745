"""The pass of a chair does what it covers for its own page alone: what comes from elsewhere lacks the site's token."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.worlds import World

from norket.record.people.models import Person
from norket.site import chair, clock

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CONCERN = {"type": "raise_concern", "concern": "other", "detail": "from elsewhere"}


@pytest.fixture
def passed(world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser with the pass of a chair and the site's token, whose sign-in is not shown."""
    now: Callable[[], datetime] = lambda: world.now  # noqa: E731 -- one reading of the clock
    monkeypatch.setattr(clock, "now", now)
    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(pk=world.person("nurse")["id"]), backend=BACKEND)
    assert client.get(f"/sessions/{world.session()}/").status_code == 200
    del client.cookies["sessionid"]
    assert chair.COOKIE in client.cookies
    return client


def send(client: Client, world: World, **headers: str) -> int:
    answer = client.post(
        f"/api/v1/sessions/{world.session()}/commands",
        CONCERN,
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid4()), **headers},
    )
    return answer.status_code


def test_without_the_token_of_the_site_the_pass_does_nothing(world: World, passed: Client) -> None:
    assert send(passed, world) == 403
    assert send(passed, world, **{"X-CSRFToken": "x" * 32}) == 403


def test_with_it_help_is_called_by_the_pass(world: World, passed: Client) -> None:
    assert send(passed, world, **{"X-CSRFToken": passed.cookies["csrftoken"].value}) == 200


def test_seeing_needs_no_token(world: World, passed: Client) -> None:
    assert passed.get(f"/api/v1/sessions/{world.session()}/events").status_code == 200


def as_of(client: Client, world: World, person: str, command: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """The command as a page of this person's sends it, and what came of it."""
    answer = client.post(
        f"/api/v1/sessions/{world.session()}/commands",
        command,
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid4()), "Norket-Person": person},
    )
    return answer.status_code, answer.json()


def test_what_a_page_kept_for_one_person_is_not_recorded_as_anothers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now)
    nurse, prescriber = (world.person(role)["id"] for role in ("nurse", "prescriber"))
    client = Client()
    client.force_login(Person.objects.get(pk=prescriber), backend=BACKEND)
    note = {"type": "note", "text": "What the nurse saw"}
    status, answer = as_of(client, world, nurse, note)
    assert (status, answer["refused"]) == (403, "another_person")
    status, answer = as_of(client, world, prescriber, note)
    assert (status, answer["events"][0]["by"]) == (200, prescriber)


def test_a_call_for_help_from_a_page_of_somebody_else_is_taken_and_the_name_follows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now)
    client = Client()
    client.force_login(Person.objects.get(pk=world.person("prescriber")["id"]), backend=BACKEND)
    for whose, unnamed in (("nurse", True), ("prescriber", False)):
        status, answer = as_of(client, world, world.person(whose)["id"], CONCERN)
        assert (status, answer["events"][0]["data"].get("unnamed", False)) == (200, unnamed)
