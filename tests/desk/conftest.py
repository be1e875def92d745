"""The world of two clinics, and somebody signed in at the time of that world."""

from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import NOW, World, _fresh_memory, world

from norket.record.people.models import Clinic, Person
from norket.site import clock

__all__ = ["_fresh_memory", "world"]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _at_the_time_of_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def as_role(world: World, db: None) -> Callable[..., Client]:
    """A browser in which somebody of this role is signed in; `side` chooses the clinic."""

    def signed_in(role: str, side: int = 0) -> Client:
        client = Client()
        client.force_login(Person.objects.get(pk=world.person(role, side)["id"]), backend=BACKEND)
        return client

    return signed_in


@pytest.fixture
def new_clinic(world: World, db: None) -> Callable[[str], Client]:
    """A clinic whose medical director has signed nothing yet: a browser for somebody of a role in it."""
    clinic = Clinic.objects.create(name="New clinic")

    def signed_in(role: str) -> Client:
        person, _ = Person.objects.get_or_create(
            username=f"new-{role}", defaults={"name": f"New {role}", "clinic": clinic, "roles": [role]}
        )
        client = Client()
        client.force_login(person, backend=BACKEND)
        return client

    return signed_in
