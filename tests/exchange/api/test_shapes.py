"""What the interface answers is what its published description says; what it is sent is read strictly."""

from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from django.test import Client
from support.worlds import World

from norket.exchange.strict_json import NotJsonError, loads
from norket.record.people.models import Person
from norket.record.plan import switches
from norket.record.session import queries
from norket.record.session.models import SessionEvent
from norket.site import clock

pytestmark = pytest.mark.django_db
NOTE = '{"type": "note", "text": "quiet"}'


@pytest.fixture(autouse=True)
def _at_the_time_of_the_world(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now)


def described() -> dict[str, Any]:
    return dict(Client().get("/api/v1/openapi.json").json())


def agree(path: str, method: str, response: Any) -> Any:
    """The body, after it was judged by the schema published for this status."""
    document = described()
    schema = document["paths"][path][method]["responses"][str(response.status_code)]["content"]["application/json"]
    resolver = {"components": document["components"], **schema["schema"]}
    jsonschema.Draft202012Validator(resolver).validate(response.json())
    return response.json()


def send(world: World, body: str, *, role: str = "nurse", key: str | None = "", **headers: str) -> Any:
    told = {**world.bearer(role), **headers} | ({} if key is None else {"Idempotency-Key": key or str(uuid4())})
    return Client().post(f"/api/v1/sessions/{world.session()}/commands", body, "application/json", headers=told)


COMMANDS = "/api/v1/sessions/{session_id}/commands"


def test_the_description_lists_every_route_of_the_interface() -> None:
    assert set(described()["paths"]) == {
        "/api/v1/board",
        "/api/v1/board/stream",
        "/api/v1/sessions/{session_id}",
        "/api/v1/sessions/{session_id}/at",
        "/api/v1/sessions/{session_id}/at/prediction",
        "/api/v1/sessions/{session_id}/commands",
        "/api/v1/sessions/{session_id}/events",
        "/api/v1/sessions/{session_id}/fade",
        "/api/v1/sessions/{session_id}/learned",
        "/api/v1/sessions/{session_id}/learned/kept",
        "/api/v1/sessions/{session_id}/prediction",
        "/api/v1/sessions/{session_id}/readiness",
        "/api/v1/sessions/{session_id}/reel",
        "/api/v1/sessions/{session_id}/stream",
        "/api/v1/sessions/{session_id}/what-if",
    }


def test_every_command_type_is_described() -> None:
    schema = described()["components"]["schemas"]
    for name in ("StartInfusion", "GiveBolus", "StopInfusion", "Discharge", "Note", "Correct"):
        assert name in schema


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/api/v1/sessions/{session_id}", ""),
        ("/api/v1/sessions/{session_id}/events", "/events"),
        ("/api/v1/sessions/{session_id}/prediction", "/prediction"),
    ],
)
def test_what_is_read_is_as_described(world: World, path: str, address: str) -> None:
    response = Client().get(f"/api/v1/sessions/{world.session()}{address}", headers=world.bearer("nurse"))
    assert response.status_code == 200
    agree(path, "get", response)


def test_a_session_says_who_where_and_which_of_how_many(world: World) -> None:
    planned = world.clinic()["sessions"][0]
    body = Client().get(f"/api/v1/sessions/{world.session()}", headers=world.bearer("nurse")).json()
    assert body["patient"]["mrn"] == planned["mrn"]
    assert body["patient"]["age_y"] == 46
    assert body["session_of_plan"] == {"number": 2, "of": 6}
    assert body["chair"].endswith("chair 1")
    assert body["version"] == queries.state(world.session()).version


def test_the_board_is_as_described(world: World) -> None:
    body = agree("/api/v1/board", "get", Client().get("/api/v1/board", headers=world.bearer("nurse")))
    assert {card["session"] for card in body} == {str(world.session(0)), str(world.session(1))}


def test_events_after_a_number(world: World) -> None:
    version = queries.state(world.session()).version
    address = f"/api/v1/sessions/{world.session()}/events"
    body = Client().get(f"{address}?after={version - 1}", headers=world.bearer("nurse")).json()
    assert [event["n"] for event in body["events"]] == [version]
    assert body["version"] == version
    assert Client().get(f"{address}?after=-1", headers=world.bearer("nurse")).status_code == 422


def test_a_command_answers_its_events_and_the_version(world: World) -> None:
    before = queries.state(world.session()).version
    body = agree(COMMANDS, "post", send(world, NOTE))
    assert body["version"] == before + 1
    event = body["events"][0]
    assert (event["n"], event["type"], event["data"]) == (before + 1, "noted", {"text": "quiet"})
    assert set(event) == {"session", "n", "type", "v", "at", "recorded_at", "by", "command_id", "data"}


def test_the_same_key_answers_byte_for_byte_the_same(world: World) -> None:
    first, again = send(world, NOTE, key="k"), send(world, NOTE, key="k")
    assert first.content == again.content
    other = send(world, '{"type": "note", "text": "other"}', key="k")
    assert (other.status_code, other.json()["refused"]) == (422, "idempotency_conflict")


def test_an_order_on_an_older_version_is_409_with_the_present_one(world: World) -> None:
    version = queries.state(world.session()).version
    response = send(world, '{"type": "resume"}', **{"If-Match": f'"{version - 1}"'})
    assert response.status_code == 409
    assert agree(COMMANDS, "post", response)["version"] == version


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "١٢", '"', "W/", "*", "9" * 5000])
def test_a_version_that_is_no_number_is_refused(world: World, value: str) -> None:
    response = send(world, '{"type": "resume"}', **{"If-Match": value})
    assert (response.status_code, response.json()["refused"]) == (422, "version_unreadable")


@pytest.mark.parametrize("form", ["{}", '"{}"', 'W/"{}"'])
def test_a_version_is_read_as_a_number_or_as_an_entity_tag(world: World, form: str) -> None:
    version = queries.state(world.session()).version
    response = send(world, '{"type": "resume"}', **{"If-Match": form.format(version)})
    assert response.json()["refused"] not in {"version_unreadable", "stale", "version_required"}


def test_a_refusal_is_422_with_code_and_sentence(world: World) -> None:
    body = agree(COMMANDS, "post", send(world, '{"type": "check_in", "identifiers": ["a", "b"]}'))
    assert body["refused"]
    assert body["why"].endswith(".")


def test_a_role_that_may_not_is_403(world: World) -> None:
    version = queries.state(world.session()).version
    response = send(world, '{"type": "give_bolus", "amount_mg": 5}', **{"If-Match": str(version)})
    assert (response.status_code, response.json()["refused"]) == (403, "not_permitted")
    agree(COMMANDS, "post", response)


@pytest.mark.parametrize("key", ["watch:concerns.help:1:alert_raised", "plan:1", "order:1", "world:1:1"])
def test_a_key_of_the_programs_own_kind_is_reserved(world: World, key: str) -> None:
    events = SessionEvent.objects.count()
    body = agree(COMMANDS, "post", send(world, NOTE, key=key))
    assert body["refused"] == "key_reserved"
    assert SessionEvent.objects.count() == events
    assert send(world, NOTE, key="my-watch:1").status_code == 200


@pytest.mark.parametrize("after", [2**31, 10**400])
def test_an_event_number_beyond_any_ledger_is_malformed(world: World, after: int) -> None:
    address = f"/api/v1/sessions/{world.session()}/events?after={after}"
    assert Client().get(address, headers=world.bearer("nurse")).status_code == 422


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_outside_the_calendar_is_malformed(world: World, at: str) -> None:
    response = send(world, f'{{"type": "note", "text": "quiet", "at": "{at}"}}')
    assert (response.status_code, response.json()["refused"]) == (422, "malformed")


def test_a_command_without_a_key_is_malformed(world: World) -> None:
    response = send(world, NOTE, key=None)
    assert (response.status_code, response.json()["refused"]) == (422, "malformed")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nothing",
        "[]",
        "null",
        '{"type": "no_such"}',
        '{"type": "note"}',
        '{"type": "note", "text": "a", "text": "b"}',
        '{"type": "note", "text": "a", "more": 1}',
        '{"type": "change_rate", "rate_ml_h": NaN}',
        '{"type": "change_rate", "rate_ml_h": Infinity}',
        '{"type": "change_rate", "rate_ml_h": 1e999}',
        '{"type": "change_rate", "rate_ml_h": -1}',
        '{"type": "change_rate", "rate_ml_h": "40"}',
        '{"type": "change_rate", "rate_ml_h": true}',
        '{"type": "note", "text": ' + "[" * 500 + "]" * 500 + "}",
        '{"type": "note", "text": "\\ud800"}',
        '{"type": "note", "text": "a\\u0000b"}',
    ],
)
def test_what_is_not_a_command_is_refused_and_writes_nothing(world: World, body: str) -> None:
    before = SessionEvent.objects.count()
    response = send(world, body)
    assert response.status_code == 422
    assert response.json()["refused"] == "malformed"
    assert SessionEvent.objects.count() == before


def test_a_body_larger_than_the_limit_is_refused(world: World) -> None:
    body = '{"type": "note", "text": "' + "x" * 2_000_000 + '"}'
    assert send(world, body).status_code in {400, 413}


@pytest.mark.parametrize(
    ("body", "status"),
    [('{"bolus_mg": 5}', 200), ('{"stop": true}', 200), ('{"stop": true, "x": 1}', 422), ('{"bolus_mg": -5}', 422)],
)
def test_a_trial_writes_nothing(world: World, body: str, status: int) -> None:
    world.start(minutes_ago=10)
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    switches.turn(director, "prediction_advice", on=True, now=world.now)
    before = SessionEvent.objects.count()
    address = f"/api/v1/sessions/{world.session()}/what-if"
    response = Client().post(address, body, "application/json", headers=world.bearer("nurse"))
    assert response.status_code == status
    agree("/api/v1/sessions/{session_id}/what-if", "post", response)
    assert SessionEvent.objects.count() == before


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("NaN", "NaN"),
        ("-Infinity", "Infinity"),
        ("1e400", "too large"),
        ('{"a": 1, "a": 1}', "twice"),
        ('{"a": {"b": 1, "b": 2}}', "twice"),
        ("[" * 40 + "]" * 40, "nested"),
        ("[" * 100_000, "nested"),
        ("{", "not readable"),
        (b"\xff", "not readable"),
        ("01", "not readable"),
        ('"\\u0000"', "U[+]0000"),
        ('{"a": [{"b\\u0000": 1}]}', "U[+]0000"),
        ('"\\udfff"', "half"),
    ],
)
def test_json_is_read_strictly(text: str | bytes, word: str) -> None:
    with pytest.raises(NotJsonError, match=word):
        loads(text)


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, "x", null, true]}', "[" * 31 + "1" + "]" * 31])
def test_ordinary_json_is_read(text: str) -> None:
    assert loads(text) is not None
