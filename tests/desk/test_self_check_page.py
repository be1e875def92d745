"""The open pages: help before all else, words and no verdict, nothing kept that was not sent, nobody shown."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.worlds import NOW, World

from norket.knowledge import read
from norket.record.audit.models import AuditLine
from norket.record.people.models import Clinic
from norket.record.referral import queries, quota
from norket.record.referral.models import Referral, ReferralEvent
from norket.site import clock
from norket.site.asgi import longest
from norket.therapy.referral.risk import ENTRY
from norket.therapy.referral.words import parts

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
BASE = read()
PARTS = [one.name for one in parts(BASE)]
ASKED = [one.id for part in parts(BASE) for one in part.questions]
HEARD = "questions.suicidal_thoughts"
PHRASES: list[str] = BASE.entry(ENTRY).data["phrases"]
CALM = {HEARD: "no"}
HARDEST_GRADE = 9.0
# What patients never see: a verdict, a promise, a dose, a label of staff, advice to stop a medicine.
NEVER = (
    r"eligible", r"approved", r"\bcandidate\b", r"\bscore of\b", r"\bqualif", r"\bpassed\b", r"\bsuitable\b",
    r"safe to", r"\bcures?\b", r"\btrip\b", r"k-hole", r"70 ?%", r"no (known )?long-term", r"little risk",
    r"\d ?mg\b", r"mg/kg", r"ng/ml", r"\bBLOCK|\bHOLD\b|\bWARN\b", r"screening\.", r"contraindic", r"high risk",
    r"stop (taking )?(your )?(naltrexone|benzodiazepine|antidepressant|medicine)",
)  # fmt: skip
SOMEBODY = {
    "given_name": "Zora",
    "family_name": "Quill",
    "birth_date": "1985-05-05",
    "sex": "female",
    "contact": "07700 900123",
    "agrees": "on",
}


@pytest.fixture
def clinic(world: World) -> Clinic:
    kept = Clinic.objects.get(pk=world.clinic()["id"])
    kept.country, kept.phone, kept.hours, kept.on_call = (
        "GB",
        "020 7946 0000",
        "Monday to Friday, 8 to 18",
        "07700 900999",
    )
    kept.save()
    return kept


def main(text: str) -> str:
    """What stands in the main part of the page."""
    return text[text.index("<main") : text.index("</main>")]


def read_aloud(text: str) -> str:
    """What somebody reads on a page: no tags, no attributes."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main(text))).split())


def first_thing(text: str) -> str:
    found = re.search(r'<(section|aside|div|form)[^>]*?(?:id="([\w-]+)"[^>]*)?>', main(text)[5:])
    assert found
    return found.group(2) or found.group(1)


def post(clinic: Clinic, client: Client | None = None, **data: Any) -> Any:
    return (client or Client()).post("/self-check/", {"clinic": str(clinic.pk), **data})


def sending(clinic: Clinic, **data: Any) -> dict[str, Any]:
    return {
        "clinic": str(clinic.pk),
        "step": "result",
        "go": "send",
        "command_id": str(uuid4()),
        **CALM,
        **SOMEBODY,
        **data,
    }


def mine(clinic: Clinic) -> list[Any]:
    """The referrals that came in during the test."""
    return [one for _, one in queries.open_ones(clinic.pk) if one.received.recorded_at == NOW]


def test_anybody_opens_it_and_it_says_that_nobody_watches(clinic: Clinic) -> None:
    answer = Client().get("/self-check/", {"clinic": str(clinic.pk)})
    assert answer.status_code == 200
    assert "Nobody watches this page" in answer.text
    assert 'href="tel:999"' in answer.text
    assert answer["Cache-Control"] == "no-store"


def test_safety_is_asked_before_anything_else(clinic: Clinic) -> None:
    text = Client().get("/self-check/", {"clinic": str(clinic.pk)}).text
    assert set(re.findall(r'name="(questions\.\w+)"', text)) == {HEARD}
    assert "checked" not in text


@pytest.mark.parametrize("said", ["yes", "unknown"])
@pytest.mark.parametrize("step", [*PARTS, "words", "result"])
def test_when_risk_is_answered_help_is_the_first_thing_on_every_page_that_follows(
    clinic: Clinic, step: str, said: str
) -> None:
    text = post(clinic, step=step, go="next", **{HEARD: said}).text
    assert first_thing(text) == "crisis"
    assert re.findall(r'href="tel:([^"]+)"', main(text))[:3] == ["999", "111", "116123"]
    assert "02079460000" in text
    assert "07700900999" in text


@pytest.mark.parametrize("where", ["reason", "medicines", "message", "given_name"])
def test_when_risk_is_typed_help_is_the_first_thing(clinic: Clinic, where: str) -> None:
    text = post(clinic, step="words", go="next", **CALM, **{where: "I can't go on, I want to end it all"}).text
    assert first_thing(text) == "crisis"


def test_without_risk_the_numbers_stand_by_all_the_same(clinic: Clinic) -> None:
    text = post(clinic, step="now", go="next", **CALM).text
    assert 'id="crisis"' not in text
    assert 'href="tel:999"' in text


def test_of_a_clinic_without_a_country_no_number_is_guessed(world: World) -> None:
    text = Client().get("/self-check/").text
    assert "tel:" not in text
    assert "emergency number of the place where you are" in text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(ASKED), st.sampled_from(["yes", "no", "unknown", "", "maybe"])),
    st.text(max_size=60),
    st.sampled_from([*PARTS, "words", "result", "nowhere"]),
    st.sampled_from(["next", "back", "else"]),
    st.one_of(st.none(), st.sampled_from(PHRASES)),
)
def test_whatever_is_answered_nobody_is_told_what_patients_never_see(
    clinic: Clinic, answers: dict[str, str], typed: str, step: str, go: str, phrase: str | None
) -> None:
    quota.forget()
    message = f"{typed} {phrase.rstrip('*')}" if phrase else typed
    text = post(clinic, step=step, go=go, message=message, **answers).text
    words = read_aloud(re.sub(r"<textarea.*?</textarea>", "", text, flags=re.DOTALL))
    for never in NEVER:
        assert not re.search(never, words, re.IGNORECASE), never
    if phrase or answers.get(HEARD) in ("yes", "unknown"):
        assert first_thing(text) == "crisis"
    assert not ReferralEvent.objects.filter(recorded_at=NOW).exists()


def test_at_the_end_stands_what_to_talk_about_in_the_words_that_were_asked(clinic: Clinic) -> None:
    text = read_aloud(post(clinic, step="words", go="next", **CALM, **{"questions.aneurysm": "yes"}).text)
    assert "Number(" not in text
    assert "You said yes to: Have you ever been told of a weak or torn artery" in text
    assert "That is no verdict" in text
    assert f"{len(ASKED) - 2} questions" in text
    assert "They check your blood pressure" in text


@pytest.mark.parametrize("step", [*PARTS, "words"])
def test_every_page_is_easy_to_read(clinic: Clinic, step: str) -> None:
    text = main(post(clinic, step=step, go="next", **{HEARD: "yes"}).text)
    found = re.findall(r"<(?:p|li|legend|summary|h1|h2)\b[^>]*>(.*?)</(?:p|li|legend|summary|h1|h2)>", text, re.DOTALL)
    lines = [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found]
    words = ". ".join(one.rstrip(".?:") for one in lines if re.search("[a-z]", one))
    assert grade(words) <= HARDEST_GRADE


def grade(text: str) -> float:
    """The school grade of Flesch and Kincaid (1975), with syllables counted as groups of vowels."""
    words, sentences = re.findall(r"[A-Za-z'-]+", text), max(1, len(re.findall(r"[.!?;:](?:\s|$)", text)))
    groups = [len(re.findall(r"[aeiouy]+", word.lower())) for word in words]
    said = [max(1, n - (word.lower().endswith("e") and n > 1)) for word, n in zip(words, groups, strict=True)]
    return 0.39 * len(words) / sentences + 11.8 * sum(said) / len(words) - 15.59


def test_what_was_said_travels_with_the_page_and_back(clinic: Clinic) -> None:
    text = post(clinic, step="heart", go="next", **CALM, **{"questions.diabetes": "yes"}, message='a "b" <i>').text
    assert f'<input type="hidden" name="{HEARD}" value="no">' in text
    assert 'name="message" value="a &quot;b&quot; &lt;i&gt;"' in text
    back = post(clinic, step="heart", go="back", **{HEARD: "no"}).text
    assert re.search(rf'name="{HEARD}" id="[^"]+" value="no" checked', back)


@pytest.mark.parametrize(
    "bad", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}", "a\x00b"]
)
def test_what_is_typed_is_never_markup(clinic: Clinic, as_role: As, bad: str) -> None:
    for step in ("more", "words"):
        text = post(clinic, step=step, go="next", **CALM, reason=bad, medicines=bad, message=bad).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    answer = Client().post(
        "/self-check/", sending(clinic, reason=bad, medicines=bad, message=bad, family_name=bad.replace("\x00", ""))
    )
    assert answer.status_code == 200
    listed = as_role("nurse").get("/referrals/").text
    whole = as_role("nurse").get(f"/referrals/{Referral.objects.get(received_at=NOW).pk}/").text
    for text in (listed, whole):
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_nothing_is_kept_until_it_is_sent(clinic: Clinic) -> None:
    before = AuditLine.objects.count()
    for step in [*PARTS, "words"]:
        assert post(clinic, step=step, go="next", **{HEARD: "yes"}, message="I want to die").status_code == 200
    assert mine(clinic) == []
    assert AuditLine.objects.count() == before


def test_what_is_sent_is_a_referral_with_everything_in_it(clinic: Clinic) -> None:
    answer = Client().post(
        "/self-check/", sending(clinic, reason="low mood", medicines="a\r\nb", **{"questions.aneurysm": "yes"})
    )
    assert (answer.status_code, "It is sent" in answer.text) == (200, True)
    (one,) = mine(clinic)
    sent = one.referral
    assert (sent.origin, sent.person.name, sent.reason, sent.medicines) == (
        "self-check",
        "Zora Quill",
        "low mood",
        "a\nb",
    )
    assert {each.question: each.status for each in sent.answers} == {HEARD: "no", "questions.aneurysm": "yes"}
    assert sent.risk.state == "not_said"
    assert sent.edition == BASE.edition


def test_after_sending_nothing_of_the_person_is_shown(clinic: Clinic) -> None:
    text = Client().post("/self-check/", sending(clinic, message="secret words")).text
    for shown in ("Zora", "Quill", "1985", "900123", "secret words"):
        assert shown not in text


def test_danger_that_is_sent_is_answered_with_help_first(clinic: Clinic) -> None:
    text = Client().post("/self-check/", sending(clinic, **{HEARD: "yes"})).text
    assert first_thing(text) == "crisis"
    (one,) = mine(clinic)
    assert (one.referral.risk.state, one.state) == ("said", "new")


def test_an_open_question_of_risk_is_sent_as_not_known(clinic: Clinic) -> None:
    Client().post("/self-check/", sending(clinic) | {HEARD: ""})
    assert mine(clinic)[0].referral.risk.state == "not_known"


@pytest.mark.parametrize("left_out", list(SOMEBODY))
def test_nothing_is_sent_without_saying_who_and_agreeing(clinic: Clinic, left_out: str) -> None:
    data = sending(clinic)
    del data[left_out]
    answer = Client().post("/self-check/", data)
    assert (answer.status_code, "Not sent yet" in answer.text) == (422, True)
    assert mine(clinic) == []


@pytest.mark.parametrize(
    "change",
    [
        {"birth_date": "2999-01-01"}, {"birth_date": "1066-01-01"}, {"birth_date": "x"}, {"sex": "robot"},
        {"family_name": "a\u202eb"}, {"family_name": "x" * 201}, {"command_id": "1"}, {"contact": " "},
    ],
)  # fmt: skip
def test_what_cannot_be_is_not_sent(clinic: Clinic, change: dict[str, str]) -> None:
    assert Client().post("/self-check/", sending(clinic, **change)).status_code == 422
    assert mine(clinic) == []


def test_sent_twice_is_kept_once(clinic: Clinic) -> None:
    data = sending(clinic)
    for command_id in (data["command_id"], data["command_id"], str(uuid4())):
        assert Client().post("/self-check/", data | {"command_id": command_id}).status_code == 200
    assert len(mine(clinic)) == 1


def test_the_id_of_what_somebody_else_sent_tells_nothing_and_changes_nothing(clinic: Clinic) -> None:
    data = sending(clinic, message="the first")
    Client().post("/self-check/", data)
    text = Client().post("/self-check/", data | {"message": "the second", "given_name": "Eve"})
    assert text.status_code == 422
    assert "Zora" not in text.text
    assert [one.referral.message for one in mine(clinic)] == ["the first"]


def test_an_answer_to_what_is_not_asked_is_left_out(clinic: Clinic) -> None:
    Client().post(
        "/self-check/",
        sending(clinic, **{"questions.consents": "yes", "questions.medicines_complete": "yes", "x": "yes"}),
    )
    assert [one.question for one in mine(clinic)[0].referral.answers] == [HEARD]


def test_one_address_sends_a_few_within_an_hour_and_help_is_shown_all_the_same(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(quota.SENT.of_one):
        assert Client().post("/self-check/", sending(clinic, message=f"{n}")).status_code == 200
    monkeypatch.setattr(quota, "DANGER", quota.Limit(of_one=0, of_all=0))
    refused = Client().post("/self-check/", sending(clinic, message="more", **{HEARD: "yes"}))
    assert refused.status_code == 429
    assert first_thing(refused.text) == "crisis"
    assert "Not sent" in refused.text
    assert len(mine(clinic)) == quota.SENT.of_one
    assert Client(REMOTE_ADDR="192.0.2.7").post("/self-check/", sending(clinic, message="other")).status_code == 200
    later = NOW + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert Client().post("/self-check/", sending(clinic, message="later")).status_code == 200


@pytest.mark.parametrize(("answer", "status"), [("yes", 200), ("no", 429)])
def test_a_full_door_has_a_reserve_for_who_is_in_danger(clinic: Clinic, answer: str, status: int) -> None:
    for n in range(quota.SENT.of_one):
        Client().post("/self-check/", sending(clinic, message=f"{n}"))
    for n in range(quota.DANGER.of_one):
        sent = Client().post("/self-check/", sending(clinic, message=f"danger {n}", **{HEARD: answer}))
        assert sent.status_code == status
    assert Client().post("/self-check/", sending(clinic, message="last", **{HEARD: answer})).status_code == 429


def test_who_turns_pages_without_end_is_turned_away_with_help(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "PAGES", quota.Limit(of_one=2, of_all=9))
    answers = [post(clinic, step="now", go="next", **{HEARD: "yes"}) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert all(first_thing(one.text) == "crisis" for one in answers)
    assert AuditLine.objects.filter(kind="denied", data__contains="self_check").count() == 1


def test_a_body_of_a_stranger_is_short() -> None:
    assert longest("/self-check/") == longest("/refer/") == 64_000 < longest("/patients/new/")


def test_a_page_of_another_site_cannot_send_it(clinic: Clinic) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/self-check/", sending(clinic)).status_code == 403
    assert mine(clinic) == []


@pytest.mark.parametrize("named", ["", "x", str(UUID(int=0))])
def test_of_several_clinics_none_is_named_to_strangers(world: World, named: str) -> None:
    shown = Client().post("/self-check/", {"clinic": named, "step": "words", "go": "next", **CALM})
    assert shown.status_code == 200
    assert "does not belong to one clinic" in shown.text
    sent = Client().post("/self-check/", {**sending(Clinic.objects.order_by("pk")[0]), "clinic": named})
    assert sent.status_code == 422
    assert "canary" not in shown.text + sent.text


def test_the_only_clinic_need_not_be_named(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    from norket.desk.self_check import help as numbers

    monkeypatch.setattr(numbers.Clinic.objects, "order_by", lambda *_: Clinic.objects.filter(pk=clinic.pk))
    assert clinic.name in Client().get("/self-check/").text


def test_somebody_signed_in_is_a_stranger_here_too(clinic: Clinic, as_role: As) -> None:
    text = as_role("nurse").get("/self-check/", {"clinic": str(clinic.pk)}).text
    assert f"{clinic.name.split()[0]} nurse" not in text
    assert "Sign out" not in text


REFERRED = {
    "referrer_name": "Dr Bee",
    "profession": "GP",
    "referrer_contact": "bee 1",
    "reason": "Depression for ten years",
    "medicines": "sertraline 100 mg",
}


def referring(clinic: Clinic, **data: Any) -> dict[str, Any]:
    person = {name: value for name, value in SOMEBODY.items() if name != "agrees"}
    return {"clinic": str(clinic.pk), "command_id": str(uuid4()), **CALM, **person, **REFERRED, **data}


def test_somebody_refers_somebody(clinic: Clinic) -> None:
    assert Client().get("/refer/", {"clinic": str(clinic.pk)}).status_code == 200
    answer = Client().post("/refer/", referring(clinic, **{"questions.glaucoma": "yes"}))
    assert answer.status_code == 200
    assert "Zora" not in answer.text
    sent = mine(clinic)[0].referral
    assert (sent.origin, sent.source, sent.medicines) == ("referrer", "referral by Dr Bee", "sertraline 100 mg")
    assert {one.question: one.status for one in sent.answers} == {HEARD: "no", "questions.glaucoma": "yes"}


@pytest.mark.parametrize(
    "said", [{"questions.suicide_risk_high": "yes"}, {"message": "she has an overdose behind her"}]
)
def test_danger_in_a_referral_is_answered_with_help_first(clinic: Clinic, said: dict[str, str]) -> None:
    text = Client().post("/refer/", referring(clinic, **said)).text
    assert first_thing(text) == "crisis"
    assert "Do not leave the person alone" in text
    assert mine(clinic)[0].referral.risk.state == "said"


@pytest.mark.parametrize("left_out", ["referrer_name", "referrer_contact", "reason", "given_name", "birth_date"])
def test_a_referral_says_who_refers_whom_and_what_for(clinic: Clinic, left_out: str) -> None:
    data = referring(clinic)
    del data[left_out]
    answer = Client().post("/refer/", data)
    assert answer.status_code == 422
    assert mine(clinic) == []


def test_referrals_of_one_address_are_a_few_within_an_hour(clinic: Clinic) -> None:
    for n in range(quota.SENT.of_one):
        Client().post("/refer/", referring(clinic, message=f"{n}"))
    assert Client().post("/refer/", referring(clinic, message="more")).status_code == 429
