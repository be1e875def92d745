"""The service as a hospital and a browser page meet it: discovery, cards, doors, errors, and what is kept."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from support.hospital import ANEURYSM, ISSUER, Ehr, Service, asked

from norket.exchange.cds.services import HOOKS, PREFETCH
from norket.record.audit.models import AuditLine
from norket.site import clock

VIEW = "norket-patient-view"
PAGE = "https://ehr.example.org"
OTHER_PAGE = "https://stranger.example"


def kept() -> list[tuple[str, str, dict[str, Any]]]:
    return [(line.kind, line.actor, json.loads(line.data)) for line in AuditLine.objects.order_by("seq")]


def test_discovery_lists_each_hook_with_what_it_needs(service: Service) -> None:
    response = service.client.get("/cds-services")
    assert response.status_code == 200
    listed = response.json()["services"]
    assert {one["hook"] for one in listed} == {"patient-view", "order-select", "order-sign"}
    for one in listed:
        assert one["id"] in HOOKS
        assert one["title"]
        assert one["description"]
        assert one["prefetch"] == PREFETCH
        assert all("{{context.patientId}}" in template for template in one["prefetch"].values())


def test_discovery_answers_with_a_slash_at_its_end_too(service: Service) -> None:
    assert service.client.get("/cds-services/").json() == service.client.get("/cds-services").json()
    assert preflight(service, "/cds-services/", PAGE).status_code == 204


def test_each_list_is_asked_for_with_a_length_and_questionnaires_of_all_kinds_are_among_them() -> None:
    lists = {key: template for key, template in PREFETCH.items() if "?" in template}
    assert all("&_count=" in template for template in lists.values())
    assert {"vital-signs", "laboratory", "survey"} <= {
        template.split("category=")[1].split("&")[0] for template in lists.values() if "category=" in template
    }


def test_discovery_is_open_with_a_token_and_without(service: Service, ehr: Ehr) -> None:
    token = ehr.token("http://127.0.0.1:8000/cds-services")
    for headers in ({}, {"Authorization": f"Bearer {token}"}, {"Authorization": "Bearer nonsense"}):
        assert service.client.get("/cds-services", headers=headers).status_code == 200


def test_a_hospital_on_record_gets_cards(service: Service) -> None:
    response = service.post(VIEW, asked())
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert any("Label of old" in card["summary"] for card in response.json()["cards"])


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_each_order_hook_answers(service: Service, hook: str) -> None:
    context = {"draftOrders": {"resourceType": "Bundle", "entry": []}}
    assert service.post(f"norket-{hook}", asked(hook, context=context)).json() == {"cards": []}


def test_where_the_hospital_treats_decides_which_rules_are_stricter(
    service: Service, written: Callable[[Any], None], ehr: Ehr
) -> None:
    known = ehr.settings()
    known["hospitals"][0]["setting"] = "nowhere"
    written(known)
    assert service.post(VIEW, asked()).status_code == 401
    known["hospitals"][0]["setting"] = "inpatient"
    written(known)
    assert service.post(VIEW, asked()).status_code == 200


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-11-20"), ("Australia/Perth", "2026-11-21"), ("America/Los_Angeles", "2026-11-20")]
)
def test_the_day_is_the_hospitals_own(
    service: Service,
    written: Callable[[Any], None],
    ehr: Ehr,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    day: str,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    known = ehr.settings()
    known["hospitals"][0]["timezone"] = zone
    written(known)
    (card,) = [card for card in service.post(VIEW, asked()).json()["cards"] if "rests on" in card["summary"]]
    assert f"Screened for {day}" in card["detail"]


def test_a_time_zone_that_is_not_on_the_map_closes_the_door(
    service: Service, written: Callable[[Any], None], ehr: Ehr
) -> None:
    known = ehr.settings()
    known["hospitals"][0]["timezone"] = "Mars/Olympus"
    written(known)
    assert service.post(VIEW, asked()).status_code == 401


def test_of_a_call_only_its_outline_is_kept(service: Service) -> None:
    body = asked()
    body["prefetch"]["conditions"] = {"resourceType": "Bundle", "entry": [{"resource": ANEURYSM}]}
    service.post(VIEW, body)
    ((kind, actor, data),) = kept()
    assert (kind, actor) == ("cds_answered", f"hospital:{ISSUER}")
    assert set(data) == {"service", "cards", "edition"}
    assert "neurysm" not in json.dumps(kept())


# ---- who is let in


def test_without_a_token_nobody_is_let_in(service: Service) -> None:
    response = service.post(VIEW, asked(), token="")
    assert response.status_code == 401
    assert response.json()["refused"] == "token_refused"
    assert response["WWW-Authenticate"] == "Bearer"
    assert [kind for kind, _, _ in kept()] == ["denied"]


def test_a_token_is_for_one_call_of_one_address(service: Service, ehr: Ehr) -> None:
    token = ehr.token(f"http://127.0.0.1:8000/cds-services/{VIEW}")
    assert service.post(VIEW, asked(), token=token).status_code == 200
    again = service.post(VIEW, asked(), token=token)
    assert again.status_code == 401
    assert "used before" in again.json()["why"]
    other = ehr.token(f"http://127.0.0.1:8000/cds-services/{VIEW}")
    assert service.post("norket-order-sign", asked("order-sign"), token=other).status_code == 401


def test_without_a_settings_file_the_door_is_closed(service: Service, settings: LazySettings) -> None:
    settings.NORKET_HOSPITALS.unlink()
    assert service.post(VIEW, asked()).status_code == 401
    assert service.client.get("/cds-services").status_code == 200


@pytest.mark.parametrize("text", ["{", '{"sandbox": true}'])
def test_with_a_settings_file_that_cannot_be_followed_the_door_is_closed(
    service: Service, written: Callable[[Any], None], text: str
) -> None:
    written(text)
    response = service.post(VIEW, asked())
    assert response.status_code == 401
    assert "Ask the clinic" in response.json()["why"]


def test_the_sandbox_of_the_demo_lets_anybody_ask(
    service: Service, settings: LazySettings, written: Callable[[Any], None]
) -> None:
    settings.NORKET_MODE = "demo"
    written({"sandbox": True, "origins": [PAGE]})
    for token in ("", "nonsense"):
        assert service.post(VIEW, asked(), token=token).status_code == 200
    assert {actor for _, actor, _ in kept()} == {"hospital:sandbox"}


def test_no_cookie_and_no_form_token_is_needed(service: Service) -> None:
    service.client.handler.enforce_csrf_checks = True
    assert service.post(VIEW, asked()).status_code == 200


# ---- what goes wrong


@pytest.mark.parametrize(
    ("body", "content", "status", "code"),
    [
        ("{", "application/json", 400, "malformed"),
        ("[]", "application/json", 400, "malformed"),
        (b"\xff", "application/json", 400, "malformed"),
        ('{"a": 1, "a": 2}', "application/json", 400, "malformed"),
        ('{"a": NaN}', "application/json", 400, "malformed"),
        ("[" * 10_000, "application/json", 400, "malformed"),
        ("{}", "text/plain", 415, "not_json"),
        ("a=1", "application/x-www-form-urlencoded", 415, "not_json"),
        ('"' + "x" * 4_000_000 + '"', "application/json", 413, "too_large"),
    ],
)
def test_what_cannot_be_answered_says_so_in_json(
    service: Service, body: Any, content: str, status: int, code: str
) -> None:
    response = service.post(VIEW, body, **{"Content-Type": content})
    assert response.status_code == status
    assert response.json()["refused"] == code
    assert response.json()["why"]


def test_a_service_that_is_not_there_says_which_are(service: Service) -> None:
    response = service.post("norket-unheard-of", asked())
    assert response.status_code == 404
    assert VIEW in response.json()["why"]


@pytest.mark.parametrize("path", ["/cds-services/norket-patient-view", "/cds-services/norket-patient-view/feedback"])
def test_a_method_that_is_not_offered_is_refused_in_json(service: Service, path: str) -> None:
    response = service.client.get(path)
    assert response.status_code == 404
    assert response.json()["refused"] == "not_offered"


# ---- browsers


def preflight(service: Service, path: str, origin: str) -> Any:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return service.client.options(path, headers=headers)


@pytest.mark.parametrize("path", ["/cds-services", f"/cds-services/{VIEW}", f"/cds-services/{VIEW}/feedback"])
def test_a_page_on_record_may_call(service: Service, path: str) -> None:
    response = preflight(service, path, PAGE)
    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == PAGE
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert "Authorization" in response["Access-Control-Allow-Headers"]
    assert "Content-Type" in response["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response
    assert "Origin" in response["Vary"]


def test_a_page_on_record_may_call_an_address_of_its_own_machine(service: Service) -> None:
    wish = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    granted = service.client.options(f"/cds-services/{VIEW}", headers=wish)
    assert granted["Access-Control-Allow-Private-Network"] == "true"
    other = service.client.options(f"/cds-services/{VIEW}", headers=wish | {"Origin": OTHER_PAGE})
    assert "Access-Control-Allow-Private-Network" not in other
    assert "Access-Control-Allow-Private-Network" not in preflight(service, f"/cds-services/{VIEW}", PAGE)


def test_a_record_of_a_real_length_is_read(service: Service) -> None:
    long = {"resourceType": "Bundle", "entry": [{"resource": ANEURYSM | {"id": f"c{n}"}} for n in range(12_000)]}
    body = asked()
    body["prefetch"]["conditions"] = long
    assert 2_000_000 < len(json.dumps(body)) < 4_000_000
    assert service.post(VIEW, body).status_code == 200


@pytest.mark.parametrize(
    "origin", [OTHER_PAGE, "null", "https://ehr.example.org.stranger.example", "http://ehr.example.org"]
)
def test_any_other_page_may_not(service: Service, origin: str) -> None:
    response = preflight(service, f"/cds-services/{VIEW}", origin)
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response
    answered = service.post(VIEW, asked(), Origin=origin)
    assert "Access-Control-Allow-Origin" not in answered


def test_the_answer_may_be_read_by_the_page_even_when_it_is_a_refusal(service: Service) -> None:
    for response in (
        service.post(VIEW, asked(), Origin=PAGE),
        service.post(VIEW, asked(), token="", Origin=PAGE),
        service.post(VIEW, "{", Origin=PAGE),
    ):
        assert response["Access-Control-Allow-Origin"] == PAGE


def test_no_other_address_says_anything_to_foreign_pages(service: Service) -> None:
    for path in ("/healthz", "/api/v1/openapi.json", "/accounts/login/"):
        assert "Access-Control-Allow-Origin" not in service.client.get(path, headers={"Origin": PAGE})


# ---- feedback


def test_what_became_of_a_card_is_kept_without_anybodys_words(service: Service) -> None:
    reason = {"reason": {"code": "overridden", "system": "x"}, "userComment": "Mrs Example insists"}
    card = str(uuid4())
    outcome = {
        "card": card,
        "outcome": "overridden",
        "overrideReason": reason,
        "outcomeTimestamp": "2026-11-20T10:00:00Z",
    }
    assert service.post(f"{VIEW}/feedback", {"feedback": [outcome]}).status_code == 200
    ((kind, _, data),) = kept()
    assert kind == "cds_feedback"
    assert data == {"service": VIEW, "outcome": "overridden", "reason": "overridden"}
    assert AuditLine.objects.get().subject == card
    assert "insists" not in json.dumps(kept())


def test_words_where_an_id_or_a_code_belongs_are_not_kept_either(service: Service) -> None:
    assert service.post(VIEW, asked() | {"hookInstance": "Mrs Example insists"}).status_code == 200
    reason = {"reason": {"code": "Mrs Example insists"}}
    outcome = {"card": str(uuid4()), "outcome": "overridden", "overrideReason": reason}
    assert service.post(f"{VIEW}/feedback", {"feedback": [outcome]}).status_code == 200
    lines = [f"{line.subject} {line.data}" for line in AuditLine.objects.all()]
    assert len(lines) == 2
    assert not any("insists" in line for line in lines)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"feedback": []},
        {"feedback": [7]},
        {"feedback": [{"card": "no uuid", "outcome": "accepted"}]},
        {"feedback": [{"card": 7, "outcome": "accepted"}]},
        {"feedback": [{"card": str(uuid4()), "outcome": "ignored"}]},
        {"feedback": [{"card": str(uuid4()), "outcome": []}]},
        {"feedback": [{"card": str(uuid4()), "outcome": "accepted"}] * 101},
    ],
)
def test_feedback_that_cannot_be_read_is_refused(service: Service, body: dict[str, Any]) -> None:
    assert service.post(f"{VIEW}/feedback", body).status_code == 400
    assert kept() == []
