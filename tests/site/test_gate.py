"""The gate: every route is listed, every denial is silent about its object, changes nothing and leaves a line."""

import json
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from support.worlds import World

from norket.record import models as record_models
from norket.record.access import policy
from norket.record.audit import access as access_log
from norket.record.audit.models import AuditLine
from norket.record.canonical import digest
from norket.record.people.models import Person
from norket.record.referral.models import Referral
from norket.site import clock, routes

pytestmark = pytest.mark.django_db
ROLES = (
    "prescriber",
    "anaesthetist",
    "nurse",
    "therapist",
    "pharmacist",
    "manager",
    "medical_director",
    "auditor",
    "sysadmin",
)
NOTE = {"type": "note", "text": "x"}
UNTOLD = {"AuditLine", "AuditHead"}


@pytest.fixture(autouse=True)
def _at_the_time_of_the_world(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now)


def listed() -> list[tuple[str, str]]:
    found = {name: path for name, path, _ in routes.patterns()}
    return list(found.items())


def filled(world: World, text: str, side: int) -> str:
    """The address of a route with the objects of one clinic in it."""
    clinic = world.clinic(side)
    session = clinic["sessions"][0]
    referral = str(Referral.objects.get(clinic_id=clinic["id"]).pk)
    ids = {"session_id": session["id"], "patient_id": session["patient_id"], "referral_id": referral, "event_n": "1"}
    return fill(text, ids)


def fill(text: str, parts: dict[str, str]) -> str:
    """The address of a pattern with values in its parts."""
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)|<\w+:(\w+)>", lambda found: parts.get(found[1] or found[2], "x"), text)
    return text.replace("^", "").replace("$", "")


def state() -> str:
    """A digest of everything in the record but the audit chain."""
    tables: list[type[Model]] = [getattr(record_models, name) for name in record_models.__all__ if name not in UNTOLD]
    return digest([[str(row) for row in table.objects.order_by("pk").values_list()] for table in tables])  # type: ignore[attr-defined]


def call(world: World, route: str, method: str, text: str, role: str | None, *, side: int = 0, at: int = 0) -> Any:
    client = Client(raise_request_exception=True)
    headers = {**(world.bearer(role, side) if role else {}), "Idempotency-Key": str(uuid4())}
    body = "" if method == "GET" else json.dumps(NOTE)
    return client.generic(method, filled(world, text, at), body, "application/json", headers=headers)


def test_every_address_of_the_program_is_in_the_policy() -> None:
    assert {name for name, _ in listed()} - set(policy.read().routes) == set()


def test_every_route_of_the_policy_exists_or_belongs_to_the_demo() -> None:
    assert set(policy.read().routes) - {name for name, _ in listed()} == {"desk:demo_signin"}


def test_every_address_has_a_name() -> None:
    assert all(name and not name.endswith(":") for name, _, _ in routes.patterns())


def test_every_part_of_an_address_is_one_that_the_gate_knows_how_to_judge() -> None:
    parts = {part for entry in routes.table() for part in entry["params"]}
    judged = {"session_id", "patient_id", "referral_id"}
    assert parts <= judged | {"event_n", "entry_id", "service", "role", "key", "uidb36"}


DENIALS = [
    (name, method)
    for name, methods in sorted(policy.read().routes.items())
    for method in ("GET", "POST")
    if name != "desk:demo_signin" and policy.ANYONE not in methods.get(method, {})
]


@pytest.mark.parametrize(("name", "method"), DENIALS)
def test_what_is_not_listed_for_a_role_is_denied_without_a_word_about_its_object(
    world: World, name: str, method: str
) -> None:
    text = dict(listed())[name]
    denied = [role for role in (*ROLES, None) if not policy.read().relation(name, method, [role] if role else [])]
    before = state()
    for role in denied:
        lines = AuditLine.objects.filter(kind="denied").count()
        response = call(world, name, method, text, role)
        assert response.status_code in {302, 401, 403, 404}, role
        if response.status_code == 302:
            assert role is None
            assert response["Location"].startswith("/accounts/login/")
        assert "canary" not in response.content.decode()
        assert AuditLine.objects.filter(kind="denied").count() == lines + 1
    assert denied
    assert state() == before


FOREIGN = [
    (name, method)
    for name, methods in sorted(policy.read().routes.items())
    for method, rules in methods.items()
    if "clinic" in rules.values() and re.search("(session|patient|referral)_id>", dict(listed()).get(name, ""))
]


@pytest.mark.parametrize(("name", "method"), FOREIGN)
def test_an_object_of_another_clinic_does_not_exist(world: World, name: str, method: str) -> None:
    before, text = state(), dict(listed())[name]
    nobody = dict.fromkeys(("session_id", "patient_id", "referral_id"), str(uuid4()))
    nowhere = fill(text, nobody | {"event_n": "1"})
    allowed = [role for role in ROLES if policy.read().relation(name, method, [role]) == "clinic"]
    for role in allowed:
        lines = AuditLine.objects.filter(kind="denied").count()
        foreign = call(world, name, method, text, role, side=0, at=1)
        missing = call(world, name, method, nowhere, role)
        assert foreign.status_code == 404
        assert "canary" not in foreign.content.decode()
        assert (missing.status_code, missing.content) == (foreign.status_code, foreign.content)
        assert AuditLine.objects.filter(kind="denied").count() == lines + 2
    assert allowed
    assert state() == before


def own(name: str) -> bool:
    return "stream" not in name and name.split(":", maxsplit=1)[0] == "api"


ALLOWED = [
    (name, role)
    for name in sorted(policy.read().routes)
    for role in ROLES
    if own(name) and policy.read().relation(name, "GET", [role]) in {"clinic", "signed_in"}
]


@pytest.mark.parametrize(("name", "role"), ALLOWED)
def test_what_is_listed_for_a_role_is_answered(world: World, name: str, role: str) -> None:
    assert call(world, name, "GET", dict(listed())[name], role).status_code in {200, 422}


def test_the_two_clinics_see_only_their_own_board(world: World) -> None:
    for side, other in ((0, 1), (1, 0)):
        response = call(world, "api:board", "GET", dict(listed())["api:board"], "nurse", side=side)
        text = response.content.decode()
        assert world.clinic(side)["canary"] in text
        assert world.clinic(other)["canary"] not in text


def test_a_foreign_id_in_the_body_of_a_command_changes_nothing(world: World) -> None:
    """Identifiers and order of the other clinic, everything else one's own."""
    own_session, foreign = world.clinic(0)["sessions"][0], world.clinic(1)["sessions"][0]
    before = state()
    for body in (
        {"type": "bind_device", "device_id": "x", "identifiers": foreign["identifiers"][:2]},
        {"type": "time_out", "rate_ml_h": 1.0, "volume_ml": 1.0, "identifiers": foreign["identifiers"][:2]},
        {"type": "check_in", "identifiers": foreign["identifiers"][:2]},
    ):
        response = Client().post(
            f"/api/v1/sessions/{own_session['id']}/commands", body, content_type="application/json",
            headers={**world.bearer("nurse"), "Idempotency-Key": str(uuid4())},
        )  # fmt: skip
        assert response.status_code == 422
    assert state() == before


def test_a_device_reads_the_session_it_is_bound_to_and_sends_nothing(world: World) -> None:
    token = next(d["token"] for d in world.made["devices"] if d["clinic"] == world.clinic()["id"])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    bound, unbound = (f"/api/v1/sessions/{world.session(place)}" for place in (0, 1))
    assert Client().get(bound, headers=headers).status_code == 200
    assert Client().get(unbound, headers=headers).status_code == 404
    assert Client().get(f"{bound}/events", headers=headers).status_code == 403
    assert Client().post(f"{bound}/commands", NOTE, content_type="application/json", headers=headers).status_code == 403


@pytest.mark.parametrize("token", ["", "nrk_unknown", "x" * 5000])
def test_a_token_that_nobody_holds_is_401(world: World, token: str) -> None:
    response = Client().get(f"/api/v1/sessions/{world.session()}", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


@pytest.mark.parametrize("change", [{"revoked_at": "now"}, {"expires_at": "now"}])
def test_a_revoked_or_expired_token_is_401(world: World, change: dict[str, Any]) -> None:
    from norket.record.access.models import Token

    Token.objects.filter(person_id=world.person("nurse")["id"]).update(**dict.fromkeys(change, world.now))
    response = Client().get(f"/api/v1/sessions/{world.session()}", headers=world.bearer("nurse"))
    assert response.status_code == 401


def test_an_inactive_person_is_refused_with_token_and_with_cookie(world: World) -> None:
    person = Person.objects.get(pk=world.person("nurse")["id"])
    client = Client()
    client.force_login(person)
    assert client.get(f"/api/v1/sessions/{world.session()}").status_code == 200
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get(f"/api/v1/sessions/{world.session()}").status_code == 401
    assert Client().get(f"/api/v1/sessions/{world.session()}", headers=world.bearer("nurse")).status_code == 401


def test_a_view_that_nobody_listed_is_refused(world: World, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    for role in ("nurse", "sysadmin"):
        assert Client().get("/undecorated/", headers=world.bearer(role)).status_code == 403
    assert Client().get("/undecorated/").status_code == 302


def undecorated(request: HttpRequest) -> HttpResponse:
    return HttpResponse("canary")


urlpatterns = [path("undecorated/", undecorated, name="undecorated"), path("", include("norket.site.urls"))]


def test_a_person_who_is_refused_a_page_is_told_so_and_finds_the_way_back(world: World) -> None:
    client = Client(headers={"accept": "text/html"})
    client.force_login(Person.objects.get(pk=world.person("prescriber")["id"]))
    answer = client.get("/audit/")
    assert answer.status_code == 403
    assert "does not give this to your role" in answer.text
    assert 'href="/"' in answer.text
    missing = client.get(f"/sessions/{world.session(side=1)}/")
    assert missing.status_code == 404
    assert "There is no such thing here" in missing.text


def test_a_cookie_needs_the_token_of_the_site_and_a_bearer_does_not(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(pk=world.person("nurse")["id"]))
    address = f"/api/v1/sessions/{world.session()}/commands"
    plain = client.post(address, NOTE, content_type="application/json", headers={"Idempotency-Key": "a"})
    assert (plain.status_code, plain.json()["refused"]) == (403, "csrf")
    client.cookies["csrftoken"] = token = "t" * 32
    with_token = client.post(
        address, NOTE, content_type="application/json", headers={"Idempotency-Key": "b", "X-CSRFToken": token}
    )
    assert with_token.status_code == 200
    bearer = Client(enforce_csrf_checks=True).post(
        address, NOTE, content_type="application/json", headers={**world.bearer("nurse"), "Idempotency-Key": "c"}
    )
    assert bearer.status_code == 200


@pytest.mark.parametrize("role", ["", "nurse"])
def test_a_form_from_before_the_last_sign_in_is_refused_in_words_and_shows_the_way(world: World, role: str) -> None:
    """Another window of the same browser has signed in since."""
    client = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    if role:
        client.force_login(Person.objects.get(pk=world.person(role)["id"]))
    answer = client.post("/accounts/login/" if not role else "/register/", {"csrfmiddlewaretoken": "old"})
    assert answer.status_code == 403
    assert "older than the last sign-in of this browser. Nothing was written" in answer.text
    assert "Not done" in answer.text
    assert ('href="/accounts/login/"' in answer.text) is not bool(role)
    assert ("Back to the board" in answer.text) is bool(role)


def test_a_look_at_a_session_leaves_one_line_in_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def look() -> int:
        Client().get(f"/api/v1/sessions/{world.session()}", headers=world.bearer("nurse"))
        return AuditLine.objects.filter(kind="read", subject=f"session:{world.session()}").count()

    first = look()
    assert (first, look()) == (1, 1)
    monkeypatch.setattr(clock, "now", lambda: world.now + access_log.READ_AGAIN)
    assert look() == 2


@pytest.mark.parametrize("words", ["my-name-is-on-this-line", "%00", "two%0Alines"])
def test_what_somebody_writes_in_an_address_is_not_kept(world: World, words: str) -> None:
    assert Client().get(f"/knowledge/{words}/").status_code == 302
    assert AuditLine.objects.order_by("-seq")[0].subject == "-"
    assert Client().get(f"/knowledge/{words}/", headers=world.bearer("nurse")).status_code == 404
    assert AuditLine.objects.order_by("-seq")[0].subject.isprintable()


def test_what_is_shown_is_kept_out_of_caches_and_frames(world: World) -> None:
    response = Client().get(f"/api/v1/sessions/{world.session()}", headers=world.bearer("nurse"))
    assert response["Cache-Control"] == "no-store"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    rules = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_refused(world: World, method: str) -> None:
    before = state()
    address = f"/api/v1/sessions/{world.session()}"
    assert Client().generic(method, address, headers=world.bearer("nurse")).status_code == 403
    assert state() == before


def test_an_address_that_does_not_exist_is_404_for_everyone(world: World) -> None:
    assert Client().get("/no/such/page/").status_code == 404
    assert Client().get(f"/api/v1/sessions/{UUID(int=0)}", headers=world.bearer("nurse")).status_code == 404
