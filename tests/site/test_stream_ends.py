"""A stream ends at its next check once the viewer may not see any more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client, RequestFactory
from support.agreed import PLAN
from support.worlds import World

from norket.desk.consent.tablet import KEY, Handed
from norket.record.access.models import Token
from norket.record.people.models import Clinic, Person
from norket.site import clock, live
from norket.site.gate import _name_caller
from norket.therapy.consent import Scope

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _at_the_time_of_the_world(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now)


def nurse(world: World) -> Person:
    return Person.objects.get(pk=world.person("nurse")["id"])


def by_token(world: World) -> HttpRequest:
    request: Any = RequestFactory().get("/", headers=world.bearer("nurse"))
    request.now, request.user = world.now, None
    assert _name_caller(request)
    return request  # type: ignore[no-any-return]


def by_cookie(world: World) -> HttpRequest:
    client = Client()
    client.force_login(nurse(world), backend=BACKEND)
    request: Any = RequestFactory().get("/")
    request.session, request.now, request.user = client.session, world.now, nurse(world)
    assert _name_caller(request)
    return request  # type: ignore[no-any-return]


def revoked(world: World) -> None:
    Token.objects.filter(person=nurse(world)).update(revoked_at=world.now)


def expired(world: World) -> None:
    Token.objects.filter(person=nurse(world)).update(expires_at=world.now)


def handed_over(world: World) -> None:
    """The same browser was given to a patient in another window."""
    patient = world.clinic()["sessions"][0]["patient_id"]
    for kept in Session.objects.all():
        session = SessionStore(kept.session_key)
        session[KEY] = Handed(
            patient=patient,
            scope=Scope.model_validate(PLAN),
            on=world.now.date(),
            contact="the clinic",
            emergency="112",
            sha256="",
            command_id=uuid4(),
        ).model_dump(mode="json")
        session.save()


def ran_out(world: World) -> None:
    for session in Session.objects.all():
        session.expire_date -= timedelta(days=30)
        session.save()


def signed_out(world: World) -> None:
    Session.objects.all().delete()


def new_password(world: World) -> None:
    person = nurse(world)
    person.set_password("another long password")
    person.save()


def dismissed(world: World) -> None:
    Person.objects.filter(pk=nurse(world).pk).update(is_active=False)


def other_role(world: World) -> None:
    Person.objects.filter(pk=nurse(world).pk).update(roles=["auditor"])


def other_clinic(world: World) -> None:
    clinic = Clinic.objects.exclude(pk=nurse(world).clinic_id)[0]
    Person.objects.filter(pk=nurse(world).pk).update(clinic=clinic)


@pytest.mark.parametrize(
    ("way", "deed"),
    [
        *((by_token, deed) for deed in (revoked, expired, dismissed, other_role, other_clinic)),
        *((by_cookie, deed) for deed in (handed_over, ran_out, signed_out, new_password)),
        *((by_cookie, deed) for deed in (dismissed, other_role, other_clinic)),
    ],
)
@pytest.mark.parametrize("board", [False, True])
def test_a_viewer_who_may_not_look_any_more_is_cut_off(
    world: World, way: Callable[[World], HttpRequest], deed: Callable[[World], None], board: bool
) -> None:
    request, session = way(world), None if board else world.session()
    assert live.still_allowed(request, session)
    deed(world)
    assert not live.still_allowed(request, session)
