"""Signing in: by password everywhere, by role buttons in the demo alone."""

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import NoReverseMatch, reverse
from support.worlds import World

from norket.desk.urls import routes
from norket.record.people.models import Person
from norket.site.worlds.makers import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("mode", ["production", "test"])
def test_the_role_buttons_have_no_address_outside_the_demo(mode: str) -> None:
    assert "demo_signin" not in {route.name for route in routes(mode)}
    assert "demo_signin" in {route.name for route in routes("demo")}


def test_this_installation_has_no_such_address(world: World) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("desk:demo_signin", args=["nurse"])
    assert Client().post("/demo/signin/nurse/").status_code in {302, 403, 404}


def test_outside_the_demo_no_role_button_is_shown(world: World) -> None:
    text = Client().get("/accounts/login/").content.decode()
    assert "/demo/signin/" not in text
    assert 'name="password"' in text


@override_settings(NORKET_MODE="production")
def test_the_template_offers_nobody_in_production(world: World) -> None:
    text = Client().get("/accounts/login/").content.decode()
    assert world.clinic()["canary"] not in text


def test_a_password_opens_the_board(world: World) -> None:
    person = Person.objects.get(pk=world.person("nurse")["id"])
    client = Client()
    answer = client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200


def test_a_wrong_password_says_so_and_opens_nothing(world: World) -> None:
    person = Person.objects.get(pk=world.person("nurse")["id"])
    client = Client()
    assert client.post("/accounts/login/", {"login": person.username, "password": "wrong"}).status_code == 200
    assert client.get("/").status_code == 302


def test_a_household_with_many_addresses_has_no_more_guesses_than_one(world: World) -> None:
    cache.clear()
    person = Person.objects.get(pk=world.person("nurse")["id"])
    for n in range(1, 7):
        Client(REMOTE_ADDR=f"2001:db8::{n}").post("/accounts/login/", {"login": person.username, "password": "wrong"})
    right = {"login": person.username, "password": PASSWORD}
    assert Client(REMOTE_ADDR="2001:db8::99").post("/accounts/login/", right).status_code == 200
    assert Client(REMOTE_ADDR="2001:db8:0:1::1").post("/accounts/login/", right).status_code == 302
    cache.clear()


def test_wrong_passwords_from_far_away_keep_nobody_out(world: World) -> None:
    cache.clear()
    person = Person.objects.get(pk=world.person("nurse")["id"])
    far, near = Client(REMOTE_ADDR="203.0.113.9"), Client()
    for _ in range(8):
        far.post("/accounts/login/", {"login": person.username, "password": "wrong"})
    right = {"login": person.username, "password": PASSWORD}
    assert far.post("/accounts/login/", right).status_code == 200
    assert near.post("/accounts/login/", right).status_code == 302
    cache.clear()
