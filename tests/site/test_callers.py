"""Who asks: known from what is shown, proven by having been let in, looked up only for a large body."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from support.worlds import World

from norket.record.people.models import Person
from norket.site import callers, chair, clock

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _nobody_known(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: world.now)
    callers.forget()
    yield
    callers.forget()


def scope(path: str = "/", **headers: str) -> dict[str, Any]:
    return {"type": "http", "path": path, "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}


def test_who_shows_nothing_is_a_stranger_and_a_forged_sign_in_is_not_proven() -> None:
    assert callers.standing(scope()) == "stranger"
    assert callers.standing(scope(cookie="csrftoken=x")) == "stranger"
    assert callers.standing(scope(cookie=f"{settings.SESSION_COOKIE_NAME}=forged")) == "unproven"
    assert callers.standing(scope(authorization="Bearer forged")) == "unproven"


def test_who_was_let_in_is_proven_and_who_was_not_stays_unproven(world: World) -> None:
    good, bad = world.bearer("nurse")["Authorization"], "Bearer nrk_wrong"
    for bearer in (good, bad):
        Client().get("/api/v1/board", headers={"Authorization": bearer})
    assert callers.standing(scope(authorization=good)) == "proven"
    assert callers.standing(scope(authorization=bad)) == "unproven"


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "KEPT", 2)
    for one in ("Bearer a", "Bearer b", "Bearer c"):
        callers.prove(one, "")
    assert callers.standing(scope(authorization="Bearer a")) == "unproven"
    assert callers.standing(scope(authorization="Bearer c")) == "proven"


def test_a_sign_in_is_looked_up_in_the_record_and_ends_with_it(world: World) -> None:
    client = Client()
    client.force_login(Person.objects.get(pk=world.person("nurse")["id"]), backend=BACKEND)
    key = client.session.session_key or ""
    assert callers._signed_in([key])
    assert callers._signed_in([world.bearer("nurse")["Authorization"]])
    client.session.flush()
    for shown in ([key], ["a" * 32], ["no:key"], ["Bearer nrk_wrong"], []):
        assert not callers._signed_in(shown)


def test_much_is_taken_of_who_is_proven_and_of_a_hospital_that_shows_a_token() -> None:
    callers.prove("Bearer good", "")

    def may(**asked: str) -> str:
        return asyncio.run(callers.may_send(scope(**asked)))

    assert may(authorization="Bearer good") == "slowly"
    assert may(path="/cds-services/x", authorization="Bearer of a hospital") == "much"
    assert may(path="/cds-services/x") == "little"
    assert may() == "little"


def look(**headers: str) -> str:
    return asyncio.run(callers.looked_up(scope(**headers)))


def test_what_is_made_up_stands_among_the_strangers_and_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def signed_in(shown: list[str]) -> bool:
        asked.append(shown)
        return "Bearer good" in shown

    monkeypatch.setattr(callers, "_signed_in", signed_in)
    for _ in range(3):
        assert look(cookie=f"{settings.SESSION_COOKIE_NAME}=x") == "stranger"
        assert look(authorization="Bearer x") == "stranger"
    assert asked == [["x"], ["Bearer x"]]
    for _ in range(2):
        assert look(authorization="Bearer good", cookie=f"{settings.SESSION_COOKIE_NAME}=x") == "unproven"
    callers.prove("Bearer x", "")
    assert callers.standing(scope(authorization="Bearer x")) == "proven", (
        "who is let in is proven, whatever came before"
    )


def test_a_pass_of_a_chair_whose_sign_in_has_run_out_is_no_stranger(world: World) -> None:
    client = Client()
    client.force_login(Person.objects.get(pk=world.person("nurse")["id"]), backend=BACKEND)
    assert client.get(f"/sessions/{world.session()}/").status_code == 200
    good = client.cookies[chair.COOKIE].value
    assert callers._signed_in(["a" * 32, good])
    assert not callers._signed_in([good[:-1] + ("a" if good[-1] != "a" else "b")])
    client.session.flush()
    assert not callers._signed_in([good])


def test_where_too_many_are_looked_up_the_next_one_waits_among_the_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def full(self) -> bool:
            return True

    monkeypatch.setattr(callers, "_asking", Full())
    assert look(authorization="Bearer of whoever it is") == "stranger"


def test_a_sign_in_that_has_ended_has_the_places_of_the_clinic_no_more(world: World) -> None:
    client = Client()
    client.force_login(Person.objects.get(pk=world.person("nurse")["id"]), backend=BACKEND)
    key = client.session.session_key or ""
    shown = f"{settings.SESSION_COOKIE_NAME}={key}"
    here = {"Cookie": shown}
    other = world.bearer("prescriber")["Authorization"]
    callers.prove(other, "")
    assert Client().get("/patients/", headers=here).status_code == 200
    assert callers.standing(scope(cookie=shown)) == "proven"
    client.session.flush()
    assert Client().get("/patients/", headers=here).status_code == 302
    assert callers.standing(scope(cookie=shown)) == "unproven"
    assert callers.standing(scope(authorization=other)) == "proven", "nobody else is doubted"


def test_a_token_that_was_revoked_has_the_places_of_the_clinic_no_more(world: World) -> None:
    callers.prove("Bearer nrk_revoked", "")
    assert Client().get("/api/v1/board", headers={"Authorization": "Bearer nrk_revoked"}).status_code == 401
    assert callers.standing(scope(authorization="Bearer nrk_revoked")) == "unproven"
