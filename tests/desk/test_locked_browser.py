"""A locked browser shows the live pages that it had open, a board without names, and the lock instead of all else."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from support.worlds import World

from norket.desk.session import guesses
from norket.record.people.models import Person
from norket.record.session.models import SessionRecord
from norket.site import clock, live
from norket.site.worlds.makers import PASSWORD

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def _now(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    guesses._failed.clear()
    monkeypatch.setattr(clock, "now", lambda: world.now)
    yield
    cache.clear()


@pytest.fixture
def nurse(world: World) -> Client:
    """Signed in, with the live page of the first session open."""
    client = Client()
    client.force_login(Person.objects.get(pk=world.person("nurse")["id"]), backend=BACKEND)
    assert client.get(f"/sessions/{world.session()}/").status_code == 200
    return client


@pytest.fixture
def locked(nurse: Client) -> Client:
    assert nurse.post("/lock/").status_code == 204
    assert nurse.get("/lock/").json() == {"locked": True}
    return nurse


def status(client: Client, path: str) -> int:
    return client.get(path, headers=HTML).status_code


@pytest.mark.parametrize(
    "path", ["/register/", "/patients/", "/roster/", "/sessions/{}/downtime/", "/sessions/{}/record/"]
)
def test_every_page_shows_the_lock_instead_and_opens_again_after_it(world: World, nurse: Client, path: str) -> None:
    asked = path.format(world.session())
    assert status(nurse, asked) == 200
    nurse.post("/lock/")
    shown = nurse.get(asked, headers=HTML)
    assert shown.status_code == 423
    assert f'name="next" value="{asked}"' in shown.content.decode()
    opened = nurse.post("/unlock/", {"password": PASSWORD, "next": asked})
    assert (opened.status_code, opened.headers["Location"]) == (302, asked)
    assert opened.cookies["norket_opened"].value == world.person("nurse")["id"]
    assert status(nurse, asked) == 200


def test_behind_the_lock_the_board_shows_the_chairs_and_names_nobody(world: World, locked: Client) -> None:
    clinic = UUID(world.clinic()["id"])
    page = locked.get("/", headers=HTML)
    named, nameless = (live._cards(clinic, hidden) for hidden in (False, True))
    assert page.status_code == 200
    assert [one["chair"] for one in json.loads(nameless)] == [one["chair"] for one in json.loads(named)]
    assert [one["view"]["phase"] for one in json.loads(nameless)] == [one["view"]["phase"] for one in json.loads(named)]
    here = [SessionRecord.objects.get(pk=one["session"]).patient for one in json.loads(named)]
    for secret in (part for one in here for part in (one.family_name, one.mrn, one.birth_date.isoformat())):
        assert secret in named
        assert secret not in nameless + page.content.decode()


def test_the_wrong_password_opens_nothing_and_no_address_outside_is_gone_to(locked: Client) -> None:
    refused = locked.post("/unlock/", {"password": "wrong", "next": "/patients/"})
    assert refused.status_code == 423
    assert "Your password is wrong." in refused.content.decode()
    assert status(locked, "/patients/") == 423
    outside = locked.post("/unlock/", {"password": PASSWORD, "next": "https://elsewhere.example/"})
    assert outside.headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/sessions/{}/", "/sessions/{}/quiet/", "/api/v1/sessions/{}/events"])
def test_behind_the_lock_are_the_live_pages_of_this_browser_and_no_other(
    world: World, locked: Client, path: str
) -> None:
    assert status(locked, path.format(world.session())) == 200
    assert status(locked, path.format(world.session(1))) == 423
    assert f"/sessions/{world.session()}/" in locked.get("/patients/", headers=HTML).content.decode()


def test_nobody_signs_out_of_a_locked_browser_while_a_session_runs_in_it(world: World, locked: Client) -> None:
    assert locked.post("/accounts/logout/").status_code == 423
    assert "a colleague takes the screen over" in locked.get("/patients/", headers=HTML).content.decode()
    SessionRecord.objects.filter(pk=world.session()).update(phase="discharged")
    assert locked.post("/accounts/logout/").status_code == 302
    assert status(locked, "/patients/") == 302


def test_an_open_browser_signs_out_while_a_session_runs(nurse: Client) -> None:
    assert nurse.post("/accounts/logout/").status_code == 302


def seen(client: Client, world: World, session: UUID | None, *, locked: bool = False) -> bool:
    """Whether a stream that this browser opened, locked then or not, goes on."""
    person = Person.objects.get(pk=world.person("nurse")["id"])
    request: Any = RequestFactory().get("/")
    request.session, request.user, request.holder, request.locked = client.session, person, person, locked
    return live.still_allowed(request, session)


def test_the_board_ends_with_the_lock_and_the_live_page_goes_on(world: World, nurse: Client) -> None:
    assert seen(nurse, world, None)
    nurse.post("/lock/")
    assert not seen(nurse, world, None), "names go with the lock"
    assert seen(nurse, world, None, locked=True), "a board that names nobody goes on behind it"
    assert seen(nurse, world, world.session())


def test_pages_say_after_how_long_they_lock_and_the_lock_itself_does_not(nurse: Client) -> None:
    assert '<meta name="norket-idle" content="300"' in nurse.get("/patients/").content.decode()
    nurse.post("/lock/")
    assert "norket-idle" not in nurse.get("/patients/", headers=HTML).content.decode()
    assert "norket-idle" not in Client().get("/accounts/login/").content.decode()
