"""Somebody who thinks of suicide writes to the clinic at 23:40.

The open page of the clinic is the way in; nobody watches it, and it says so. What follows is the way from the answer
to a person who has spoken with them.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.worlds import NOW, World, _fresh_memory, world

from norket.record.audit.models import AuditLine
from norket.record.people.models import Clinic, Person
from norket.record.referral import queries, quota
from norket.site import clock

__all__ = ["_fresh_memory", "world"]
pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NIGHT = NOW.replace(hour=23, minute=40)
MORNING = NIGHT + timedelta(hours=8)
WRITTEN = {
    "questions.suicidal_thoughts": "yes",
    "given_name": "Zora",
    "family_name": "Quill",
    "birth_date": "1985-05-05",
    "sex": "female",
    "contact": "07700 900123",
    "agrees": "on",
}
Send = Callable[[], str]
SignedIn = Callable[[str], Client]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """Sets the clock of the clinic."""

    def set_to(moment: Any) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_to(NIGHT)
    quota.forget()
    yield set_to
    quota.forget()


@pytest.fixture
def clinic(world: World) -> Clinic:
    kept = Clinic.objects.get(pk=world.clinic()["id"])
    kept.country, kept.phone, kept.on_call = "GB", "020 7946 0000", "07700 900999"
    kept.save()
    return kept


@pytest.fixture
def send(at: None, clinic: Clinic) -> Send:
    """Sends the page at 23:40 and gives what is read on the answer."""

    def sent() -> str:
        form = {"clinic": str(clinic.pk), "step": "result", "go": "send", "command_id": str(uuid4()), **WRITTEN}
        return Client().post("/self-check/", form).text

    return sent


@pytest.fixture
def staff(world: World, at: None) -> SignedIn:
    def signed_in(role: str) -> Client:
        client = Client()
        client.force_login(Person.objects.get(pk=world.person(role)["id"]), backend=BACKEND)
        return client

    return signed_in


def read_aloud(text: str) -> str:
    """What somebody reads in the main part of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text[text.index("<main") : text.index("</main>")])).split())


def test_the_first_thing_they_read_is_whom_to_call_now_with_the_numbers_of_their_country(send: Send) -> None:
    text = send()
    first = re.search(r'<(?:section|aside|div|form)[^>]*id="([\w-]+)"', text[text.index("<main") + 5 :])
    assert first
    assert first[1] == "crisis"
    assert re.findall(r'href="tel:([^"]+)"', text)[:3] == ["999", "111", "116123"]
    assert "07700900999" in text  # who is on call for the clinic


def test_nothing_declines_them_and_nothing_puts_them_off_until_an_appointment(send: Send) -> None:
    said = read_aloud(send()).lower()
    for never in ("not eligible", "declin", "unsuitable", "appointment", "weeks", "score", "waiting list"):
        assert never not in said


def test_the_board_says_at_once_that_danger_was_heard_and_keeps_saying_so_in_the_morning(
    send: Send, staff: SignedIn, at: Callable[[Any], None]
) -> None:
    nurse = staff("nurse")
    assert "Danger was heard" not in nurse.get("/").text
    send()
    assert "Danger was heard in 1 referral" in nurse.get("/").text
    at(MORNING)
    assert "Danger was heard in 1 referral" in nurse.get("/").text


def test_it_ends_only_when_a_person_has_spoken_with_them_and_who_looked_is_in_the_audit(
    send: Send, staff: SignedIn, world: World, clinic: Clinic
) -> None:
    send()
    ((one, _),) = [(id_, kept) for id_, kept in queries.open_ones(clinic.pk) if kept.received.recorded_at == NIGHT]
    nurse = staff("nurse")
    looked = f"/referrals/{one}/look/"
    assert nurse.post(looked, {"command_id": str(uuid4())}).status_code == 302
    assert "Danger was heard" in nurse.get("/").text
    spoken = {"command_id": str(uuid4()), "reached": "yes", "note": "with her sister; crisis plan made"}
    assert nurse.post(looked, spoken).status_code == 302
    assert "Danger was heard" not in nurse.get("/").text
    lines = AuditLine.objects.filter(kind="referral", actor=world.person("nurse")["id"])
    assert lines.count() == 2


def test_danger_is_no_reason_to_decline_before_somebody_spoke(send: Send, staff: SignedIn, clinic: Clinic) -> None:
    send()
    ((one, _),) = [(id_, kept) for id_, kept in queries.open_ones(clinic.pk) if kept.received.recorded_at == NIGHT]
    answer = {"command_id": str(uuid4()), "what": "declined", "reason": "far away", "instead": "another clinic"}
    refused = staff("prescriber").post(f"/referrals/{one}/close/", answer)
    assert refused.status_code == 422
    assert "Speak with the person first" in refused.text
