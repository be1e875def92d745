"""Wrong passwords at a locked screen cost seconds at that screen, and nothing anywhere else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from support.worlds import World

from norket.desk.session import guesses
from norket.record.audit.models import AuditLine
from norket.record.people.models import Person
from norket.site import clock
from norket.site.worlds.makers import PASSWORD

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _no_earlier_guesses() -> Iterator[None]:
    cache.clear()
    guesses._failed.clear()
    yield
    cache.clear()


@pytest.fixture
def at(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The time of the world, which a test moves."""
    time = {"now": world.now}
    monkeypatch.setattr(clock, "now", lambda: time["now"])
    return time


def locked(world: World, role: str = "nurse") -> Client:
    client = Client()
    client.force_login(Person.objects.get(pk=world.person(role)["id"]), backend=BACKEND)
    assert client.get(f"/sessions/{world.session()}/").status_code == 200
    assert client.post(f"/sessions/{world.session()}/lock/").status_code == 204
    assert client.get("/patients/").status_code == 423
    return client


def tries(world: World, client: Client, password: str, username: str = "") -> Any:
    data = {"password": password, "username": username}
    return client.post(f"/sessions/{world.session()}/unlock/", data).json()


@pytest.mark.parametrize(("times", "seconds"), [(1, 0), (2, 0), (3, 2), (4, 4), (5, 8), (6, 16), (7, 30), (400, 30)])
def test_each_wrong_one_after_the_second_waits_longer_up_to_half_a_minute(times: int, seconds: int) -> None:
    assert guesses.wait_s(times) == seconds


def test_after_three_wrong_ones_the_right_one_waits_two_seconds_and_no_more(world: World, at: dict[str, Any]) -> None:
    client = locked(world)
    assert [tries(world, client, "wrong")["refused"] for _ in range(3)] == ["unlock_unknown"] * 3
    at["now"] += timedelta(seconds=1.9)
    assert tries(world, client, PASSWORD)["refused"] == "unlock_wait"
    at["now"] += timedelta(seconds=0.2)
    assert "csrf" in tries(world, client, PASSWORD)
    assert client.get("/patients/").status_code == 200
    assert AuditLine.objects.filter(kind="refused").count() >= 3


def test_a_screen_that_was_opened_counts_from_the_beginning(world: World, at: dict[str, Any]) -> None:
    client = locked(world)
    assert [tries(world, client, "wrong")["refused"] for _ in range(2)] == ["unlock_unknown"] * 2
    assert "csrf" in tries(world, client, PASSWORD)
    assert [tries(world, client, "wrong")["refused"] for _ in range(2)] == ["unlock_unknown"] * 2
    assert "csrf" in tries(world, client, PASSWORD)


def test_wrong_ones_at_one_screen_keep_nobody_out_at_the_door_or_at_another_screen(
    world: World, at: dict[str, Any]
) -> None:
    one, other = locked(world), locked(world)
    for _ in range(12):
        tries(world, one, "wrong")
        at["now"] += timedelta(seconds=31)
    assert "csrf" in tries(world, other, PASSWORD)
    name = world.person("nurse")["username"]
    assert Client().post("/accounts/login/", {"login": name, "password": PASSWORD}).status_code == 302


def test_strangers_at_the_same_address_keep_no_screen_locked(world: World, at: dict[str, Any]) -> None:
    client, name = locked(world), world.person("nurse")["username"]
    stranger = Client()
    for guess in [name] * 6 + [f"nobody{n}" for n in range(6)]:
        stranger.post("/accounts/login/", {"login": guess, "password": "wrong"})
    prescriber = {"login": world.person("prescriber")["username"], "password": PASSWORD}
    assert Client().post("/accounts/login/", prescriber).status_code == 200  # a browser that nobody knows waits
    assert "csrf" in tries(world, client, PASSWORD)


def test_strangers_at_the_same_address_keep_no_known_browser_from_the_door(world: World, at: dict[str, Any]) -> None:
    client = locked(world)
    stranger = Client()
    for n in range(12):
        stranger.post("/accounts/login/", {"login": f"nobody{n}", "password": "wrong"})
    client.cookies.pop("sessionid")  # the sign-in has run out; the pass is there
    prescriber = {"login": world.person("prescriber")["username"], "password": PASSWORD}
    assert client.post("/accounts/login/", prescriber).status_code == 302


def test_a_colleague_takes_the_screen_over_with_their_own_password(world: World, at: dict[str, Any]) -> None:
    client, colleague = locked(world), world.person("prescriber")
    assert tries(world, client, "wrong", colleague["username"])["refused"] == "unlock_unknown"
    assert tries(world, client, PASSWORD, colleague["username"])["person"] == colleague["id"]
    assert client.get("/patients/").status_code == 200
    assert client.session["_auth_user_id"] == colleague["id"]


def test_who_knows_the_own_password_does_not_guess_a_colleagues_without_end(world: World, at: dict[str, Any]) -> None:
    client, director = locked(world), world.person("prescriber")["username"]
    codes = []
    for _ in range(6):
        codes += [tries(world, client, "wrong", director).get("refused") for _ in range(2)]
        assert "csrf" in tries(world, client, PASSWORD)
        at["now"] += timedelta(seconds=31)
    assert codes.count("unlock_unknown") == 5
    assert tries(world, client, PASSWORD, director)["refused"] == "unlock_blocked"
    assert "csrf" in tries(world, client, PASSWORD), "the own password opens the own screen"


def test_a_right_password_clears_what_was_guessed_at_that_name_alone(world: World, at: dict[str, Any]) -> None:
    client, other = locked(world), world.person("prescriber")["username"]
    for _ in range(3):
        tries(world, client, "wrong", other)
    assert "csrf" in tries(world, client, PASSWORD)
    assert tries(world, client, "wrong", other.upper())["refused"] == "unlock_wait"


def test_a_name_that_was_guessed_at_from_one_persons_browser_is_free_at_every_other(
    world: World, at: dict[str, Any]
) -> None:
    one, name = locked(world), world.person("prescriber")["username"]
    for _ in range(7):
        tries(world, one, "wrong", name)
        at["now"] += timedelta(seconds=31)
    assert tries(world, one, PASSWORD, name)["refused"] == "unlock_blocked"
    assert tries(world, locked(world, "pharmacist"), PASSWORD, name)["person"] == world.person("prescriber")["id"]


def test_twenty_wrong_ones_at_any_names_are_all_that_one_person_has(world: World, at: dict[str, Any]) -> None:
    client = locked(world)
    codes = [tries(world, client, "wrong", f"somebody{n}")["refused"] for n in range(22)]
    assert codes == ["unlock_unknown"] * 20 + ["unlock_blocked"] * 2
    assert "csrf" in tries(world, client, PASSWORD)


@pytest.mark.parametrize("who", ["manager", "elsewhere", "gone"])
def test_nobody_takes_over_who_may_not_see_the_session(world: World, at: dict[str, Any], who: str) -> None:
    client = locked(world)
    person = world.person("prescriber", side=int(who == "elsewhere")) if who != "manager" else world.person("manager")
    if who == "gone":
        Person.objects.filter(pk=person["id"]).update(is_active=False)
    assert "refused" in tries(world, client, PASSWORD, person["username"])
    assert client.get("/patients/").status_code == 423
