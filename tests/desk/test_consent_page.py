"""Consent on the page: made for a plan, read and signed on a tablet that shows nothing else, ended, printed."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from support.courses import LICENSED, course, draft, well
from support.pages import plain
from support.worlds import NOW, World

from norket.knowledge import read
from norket.record.audit.models import AuditLine
from norket.record.care import consent, queries
from norket.record.course import actions as plans
from norket.record.people.models import Patient
from norket.record.session.models import SessionRecord
from norket.site import clock
from norket.site.worlds.makers import PASSWORD
from norket.therapy.care.events import ConsentSigned
from norket.therapy.consent import ClinicRate, Consent, faults, left_out
from norket.therapy.plan.course import SignedCourse
from norket.therapy.visits.calendar import scope_of

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
BASE = read()
PLAN = {
    "indication": "trd",
    "drug": "ketamine",
    "route": "iv",
    "setting": "outpatient",
    "jurisdiction": "US",
    "dose_low": "0.3",
    "dose_high": "0.5",
    "dose_unit": "mg/kg",
    "contact": "the clinic, 555-0100",
    "emergency": "112",
}
HTML = {"accept": "text/html"}


@pytest.fixture(autouse=True)
def _no_earlier_guesses() -> None:
    cache.clear()


@pytest.fixture
def patient(world: World) -> Patient:
    return SessionRecord.objects.select_related("patient__clinic").get(pk=world.session()).patient


def at(patient: Patient, rest: str = "") -> str:
    return f"/patients/{patient.pk}/consent/{rest}"


def shown(client: Client, address: str, **query: Any) -> str:
    answer = client.get(address, query, headers=HTML)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def topics(page: str) -> list[str]:
    return re.findall(r'name="topic-(\w+)"', page)


def found(patient: Patient, **more: Any) -> dict[str, Any]:
    """A clinician who found everything sound."""
    sound = {
        "command_id": str(uuid4()),
        "identifiers": [patient.mrn, patient.birth_date.isoformat()],
        "teach_back": "yes",
        "sedative_given": "no",
        "intoxicated": "no",
        "above_usual_dose": "no",
        "stable_sedative": "no",
        "interpreter_needed": "no",
        "password": PASSWORD,
    }
    return sound | dict.fromkeys(("understands", "retains", "weighs", "communicates"), "yes") | more


def hand_over(client: Client, patient: Patient) -> str:
    """The page that the patient sees."""
    assert client.post(at(patient, "open/"), PLAN).status_code == 302
    return shown(client, at(patient, "sign/"))


def read_and_sign(client: Client, patient: Patient, name: str = "", *, without: str = "") -> Any:
    page = hand_over(client, patient)
    ticks = {f"topic-{topic}": "on" for topic in topics(page) if topic != without}
    return client.post(at(patient, "sign/"), {"signed_name": name or patient.name, **ticks}, headers=HTML)


def kept(patient: Patient) -> list[Consent]:
    return [one.event.consent for one in queries.care(patient.pk).consents if isinstance(one.event, ConsentSigned)]


def test_the_document_is_made_for_the_plan_and_says_that_the_clinic_has_no_rate(as_role: As, patient: Patient) -> None:
    page = shown(as_role("nurse"), at(patient), **PLAN)
    assert "One session is 0.3 to 0.5 mg/kg." in plain(page)
    assert "This clinic has no figures of its own yet." in plain(page)
    assert "555-0100" in page
    assert 'data-state="fires"' in page


@pytest.mark.parametrize(
    "broken", [{"dose_low": "0.6"}, {"dose_high": "x"}, {"contact": ""}, {"indication": "nonsense"}]
)
def test_a_plan_that_is_not_whole_makes_no_document(as_role: As, patient: Patient, broken: dict[str, str]) -> None:
    client = as_role("nurse")
    assert "hand-over" not in shown(client, at(patient), **PLAN | broken)
    assert client.post(at(patient, "open/"), PLAN | broken).status_code == 422
    assert "tablet" not in client.session


def test_a_patient_reads_signs_and_gives_back_and_the_clinician_records(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    assert read_and_sign(client, patient).status_code == 302
    assert "Please give the tablet back" in shown(client, at(patient, "sign/"))
    assert client.post(at(patient, "finish/"), found(patient)).status_code == 302
    (signed,) = kept(patient)
    assert signed.is_exact
    assert signed.signing.way == "typed"
    assert signed.signing.signed_name == patient.name
    assert signed.signing.acknowledged == frozenset(one for one in topics_of(signed))
    assert "A consent covers this plan." in shown(client, at(patient), **PLAN)
    assert client.get("/patients/").status_code == 200


def topics_of(signed: Consent) -> list[str]:
    headings = [part.partition("\n")[0] for part in signed.text.strip("\n").split("\n\n")]
    by_heading = {e.data["heading"]: e.data["topic"] for e in BASE.entries if e.id.startswith("consent.topic.")}
    return [by_heading[heading] for heading in headings]


def test_a_topic_that_is_not_ticked_is_named_and_nothing_is_signed(as_role: As, patient: Patient) -> None:
    answer = read_and_sign(as_role("nurse"), patient, without="bladder")
    assert answer.status_code == 422
    assert "These parts are not ticked yet:" in answer.content.decode()
    assert 'href="#id_topic-bladder"' in answer.content.decode()
    assert answer.content.decode().count("checked") == len(topics(answer.content.decode())) - 1


def test_nothing_is_ticked_beforehand_and_only_the_patients_own_name_signs(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    page = hand_over(client, patient)
    assert "checked" not in page
    ticks = {f"topic-{topic}": "on" for topic in topics(page)}
    for name in (" ", "Somebody Else", patient.given_name):
        assert client.post(at(patient, "sign/"), {"signed_name": name, **ticks}).status_code == 422
    free = f"{patient.family_name.upper()} {patient.given_name}"
    assert client.post(at(patient, "sign/"), {"signed_name": free, **ticks}).status_code == 302


@pytest.mark.parametrize(
    "unsound",
    [
        {"teach_back": ""},
        {"understands": "unknown"},
        {"weighs": "no"},
        {"sedative_given": ""},
        {"intoxicated": "yes"},
        {"above_usual_dose": "unknown"},
        {"stable_sedative": "yes"},
        {"interpreter_needed": ""},
        {"interpreter_needed": "yes", "interpreter_by": "escort", "interpreter_name": "Eva"},
        {"identifiers": ["one"]},
        {"password": "a guess"},
    ],
    ids=str,
)
def test_whatever_is_not_known_to_be_sound_is_not_recorded_and_the_tablet_stays_shut(
    as_role: As, patient: Patient, unsound: dict[str, Any]
) -> None:
    client = as_role("nurse")
    read_and_sign(client, patient)
    assert client.post(at(patient, "finish/"), found(patient, **unsound)).status_code == 422
    assert kept(patient) == []
    assert client.get("/patients/", headers=HTML).status_code == 302


def test_a_clinician_cannot_finish_before_the_patient_has_signed(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    hand_over(client, patient)
    client.post(at(patient, "finish/"), found(patient))
    assert kept(patient) == []


ELSEWHERE = ("/", "/patients/", "/register/", "/knowledge/", "/accounts/login/", "/accounts/password/change/")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_tablet_in_a_patients_hands_shows_nothing_else(as_role: As, patient: Patient, address: str) -> None:
    client = as_role("prescriber")
    hand_over(client, patient)
    answer = client.get(address, headers=HTML)
    assert (answer.status_code, answer["Location"]) == (302, at(patient, "sign/"))
    assert client.post(address).status_code == 403


def test_a_tablet_in_a_patients_hands_shows_no_other_patient_and_no_interface(
    as_role: As, patient: Patient, world: World
) -> None:
    client = as_role("nurse")
    hand_over(client, patient)
    other = SessionRecord.objects.get(pk=world.session(1)).patient
    for address in (f"/patients/{other.pk}/consent/sign/", at(patient), f"/patients/{patient.pk}/"):
        assert client.get(address, headers=HTML)["Location"] == at(patient, "sign/")
    assert client.get(f"/api/v1/sessions/{world.session()}").status_code == 403
    assert client.post(at(patient, "withdraw/")).status_code == 403


def test_a_hand_with_the_password_takes_the_tablet_back(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    hand_over(client, patient)
    assert client.post(at(patient, "back/"), {"back_password": "a guess"}).status_code == 422
    assert client.get("/patients/", headers=HTML).status_code == 302
    assert client.post(at(patient, "back/"), {"back_password": PASSWORD}).status_code == 302
    assert client.get("/patients/", headers=HTML).status_code == 200
    told = [line.data for line in AuditLine.objects.filter(kind="tablet").order_by("seq")]
    assert ["handed_over" in told[0], "unsigned" in told[1]] == [True, True]


def test_not_now_is_all_right_and_signs_nothing(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    hand_over(client, patient)
    client.post(at(patient, "sign/"), {"not_now": "1"})
    page = shown(client, at(patient, "sign/"))
    assert "Nothing is signed." in page
    assert "found-form" not in page
    client.post(at(patient, "finish/"), found(patient))
    assert kept(patient) == []


def test_what_was_left_lying_since_yesterday_is_not_signed(
    as_role: As, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_role("nurse")
    read_and_sign(client, patient)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
    client.post(at(patient, "finish/"), found(patient))
    assert kept(patient) == []


def test_a_text_that_changed_meanwhile_is_not_signed(
    as_role: As, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_role("nurse")
    read_and_sign(client, patient)
    monkeypatch.setattr(consent, "own_rate", lambda *_: ClinicRate(improved=1, treated=2))
    answer = client.post(at(patient, "finish/"), found(patient))
    assert answer.status_code == 422
    assert "another_text" in answer.content.decode()
    assert kept(patient) == []


def sign(client: Client, patient: Patient) -> Consent:
    read_and_sign(client, patient)
    assert client.post(at(patient, "finish/"), found(patient)).status_code == 302
    return kept(patient)[0]


def test_the_printed_consent_is_the_exact_text_with_its_hash_names_and_times(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    signed = sign(client, patient)
    page = shown(client, at(patient, "1/"))
    exact = page.partition('id="exact"')[2].partition("</section>")[0]
    parts = re.findall(r"(?s)<h2>(.*?)</h2><p>(.*?)</p>", exact)
    text = "\n\n".join(f"{html.unescape(heading)}\n{html.unescape(words)}" for heading, words in parts) + "\n"
    assert sha256(text.encode()).hexdigest() == signed.sha256
    assert f'id="hash">{signed.sha256}' in page
    for word in (patient.name, "20 Nov 2026, 10:00:00", patient.mrn, signed.signing.witness):
        assert word in page
    assert client.get(at(patient, "7/")).status_code == 404


def test_one_tap_withdraws_and_the_next_plan_is_not_covered(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    sign(client, patient)
    assert client.post(at(patient, "withdraw/"), {"command_id": str(uuid4())}).status_code == 302
    page = shown(client, at(patient), **PLAN)
    assert "Consent was withdrawn on 2026-11-20." in plain(page)
    assert "No consent covers this plan." in page
    assert "consent was withdrawn" in shown(client, at(patient, "1/")).lower()
    assert len(kept(patient)) == 1


def test_what_comes_to_light_makes_it_void_and_says_when_it_can_be_asked_again(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    sign(client, patient)
    said = {"command_id": str(uuid4()), "n": "1", "what": "intoxicated", "words": "a positive test"}
    assert client.post(at(patient, "void/"), said).status_code == 302
    page = plain(shown(client, at(patient), **PLAN))
    assert "is void: intoxicated" in page
    assert "can be signed from 21 Nov 2026 on" in page
    refused = client.post(at(patient, "open/"), PLAN)
    assert refused.status_code == 422
    assert "too_early" in refused.content.decode()
    assert "hand-over" not in refused.content.decode()


def test_another_plan_asks_again_and_says_in_what(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    sign(client, patient)
    page = plain(shown(client, at(patient), **PLAN | {"route": "im", "dose_high": "0.6"}))
    assert "Route is im, agreed was iv." in page
    assert "A dose of 0.6 mg/kg, agreed were at most 0.5." in page


def other_way(patient: Patient, page: str, **more: Any) -> dict[str, Any]:
    gone_through = re.findall(r'name="topics" value="(\w+)"', page)
    usual = {"way": "paper_scan", "signed_name": "Ada Example", "kept_at": "cabinet 3", "topics": gone_through}
    return PLAN | found(patient) | usual | more


def test_a_paper_consent_is_recorded_with_where_it_lies(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    page = shown(client, at(patient, "record/"), **PLAN)
    assert client.post(at(patient, "record/"), other_way(patient, page, kept_at="")).status_code == 422
    assert client.post(at(patient, "record/"), other_way(patient, page)).status_code == 302
    assert kept(patient)[0].signing.way == "paper_scan"
    assert "cabinet 3" in shown(client, at(patient, "1/"))


@pytest.mark.parametrize("way", ["mark", "verbal"])
def test_a_mark_or_a_spoken_consent_has_a_second_person(as_role: As, patient: Patient, world: World, way: str) -> None:
    client = as_role("nurse")
    page = shown(client, at(patient, "record/"), **PLAN)
    alone = other_way(patient, page, way=way)
    assert "witness_missing" in client.post(at(patient, "record/"), alone).content.decode()
    person = world.person("therapist")
    wrong = alone | {"second_username": person["username"], "second_password": "a guess"}
    assert client.post(at(patient, "record/"), wrong).status_code == 422
    assert kept(patient) == []
    right = wrong | {"second_password": PASSWORD}
    assert client.post(at(patient, "record/"), right).status_code == 302
    assert kept(patient)[0].signing.witness == person["name"]


def test_a_topic_that_was_not_gone_through_is_refused_by_name(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    page = shown(client, at(patient, "record/"), **PLAN)
    less = [one for one in re.findall(r'name="topics" value="(\w+)"', page) if one != "cost"]
    answer = client.post(at(patient, "record/"), other_way(patient, page, topics=less))
    assert "Topics not acknowledged: cost" in answer.content.decode()


def patient_pages(client: Client, patient: Patient) -> dict[str, str]:
    """Every page that a patient reads or takes home, as text, with the label of its use."""
    reading = plain(hand_over(client, patient))
    client.post(at(patient, "back/"), {"back_password": PASSWORD})
    sign(client, patient)
    return {"signing": reading, "printed": plain(shown(client, at(patient, "1/")))}


def test_the_pages_say_what_patients_must_read_and_nothing_that_they_must_not(as_role: As, patient: Patient) -> None:
    for name, text in patient_pages(as_role("nurse"), patient).items():
        assert left_out(text, BASE) == (), name
        assert faults(text, BASE) == (), name


@pytest.mark.parametrize("key", ["mdd_si", "ptsd", "aud", "crps", "cancer"])
def test_for_every_kind_of_use_the_signing_page_says_the_same_musts(as_role: As, patient: Patient, key: str) -> None:
    client = as_role("nurse")
    assert client.post(at(patient, "open/"), PLAN | {"indication": key}).status_code == 302
    text = plain(shown(client, at(patient, "sign/")))
    assert left_out(text, BASE) == ()
    assert faults(text, BASE) == ()


def test_an_approved_use_is_called_approved_and_says_all_the_rest(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    spray = {"drug": "esketamine", "route": "intranasal", "setting": "esketamine_site"}
    doses = {"dose_unit": "mg", "dose_low": "56", "dose_high": "84"}
    assert client.post(at(patient, "open/"), PLAN | spray | doses).status_code == 302
    text = plain(shown(client, at(patient, "sign/")))
    assert left_out(text, BASE, label="on") == ()
    assert left_out(text, BASE) == ("not_approved",)
    assert faults(text, BASE) == ()


def test_the_page_of_a_refused_hand_says_nothing_that_patients_must_not_read(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    hand_over(client, patient)
    answer = client.post(at(patient, "back/"), {"back_password": "a guess"})
    assert faults(plain(answer.content.decode()), BASE) == ()


def test_the_last_page_of_the_tablet_says_nothing_that_patients_must_not_read(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    read_and_sign(client, patient)
    assert faults(plain(shown(client, at(patient, "sign/"))), BASE) == ()


def test_the_signing_page_has_no_way_out_but_its_own(as_role: As, patient: Patient) -> None:
    page = hand_over(as_role("nurse"), patient)
    assert set(re.findall(r'(?:action|href)="(/[^"]*)"', page)) <= {
        at(patient, "back/"),
        *re.findall(r'"(/static/[^"]*)"', page),
    }


@pytest.mark.parametrize("role", ["pharmacist", "medical_director"])
def test_who_is_not_with_the_patient_takes_no_consent_but_records_a_withdrawal(
    as_role: As, patient: Patient, role: str
) -> None:
    client = as_role(role)
    assert "hand-over" not in shown(client, at(patient), **PLAN)
    assert client.post(at(patient, "open/"), PLAN).status_code == 403
    assert client.post(at(patient, "withdraw/"), {"command_id": str(uuid4())}).status_code == 302


def test_nobody_of_another_clinic_sees_or_takes_a_consent(as_role: As, patient: Patient) -> None:
    stranger = as_role("nurse", side=1)
    for address in (at(patient), at(patient, "1/"), at(patient, "sign/")):
        assert stranger.get(address).status_code in (403, 404)
    for address in ("open/", "withdraw/", "void/", "finish/", "record/"):
        assert stranger.post(at(patient, address), PLAN).status_code in (403, 404)


def filled_in(page: str) -> dict[str, str]:
    """What the form of the plan opens with."""
    form = page.partition('id="plan-form"')[2].partition("</form>")[0]
    inputs = dict(re.findall(r'<input type="text" name="(\w+)" value="([^"]*)"', form))
    chosen = re.findall(r'(?s)<select name="(\w+)".*?<option value="([^"]*)" selected', form)
    return inputs | dict(chosen)


def test_a_signed_plan_fills_in_the_form_and_its_consent_covers_it(as_role: As, patient: Patient, world: World) -> None:
    well(patient)
    signed = plans.sign(
        patient.pk, course(), draft(patient), by=world.actor("prescriber"), authority=LICENSED, now=NOW,
        command_id="p", reason="as discussed",
    )  # fmt: skip
    assert isinstance(signed, SignedCourse)
    client = as_role("nurse")
    page = shown(client, at(patient))
    assert "Filled in from the signed plan." in page
    plan = {**PLAN, **filled_in(page), "jurisdiction": "US", "contact": "the clinic", "emergency": "112"}
    shown(client, at(patient), **plan)
    assert client.post(at(patient, "open/"), plan).status_code == 302
    ticks = {f"topic-{topic}": "on" for topic in topics(shown(client, at(patient, "sign/")))}
    client.post(at(patient, "sign/"), {"signed_name": patient.name, **ticks})
    assert client.post(at(patient, "finish/"), found(patient)).status_code == 302
    for unit in ("mg", "mg/kg"):
        covered = consent.standing(patient, scope_of(signed, "US", unit), NOW.date()).state
        assert covered == ("clear" if unit == kept(patient)[0].scope.dose_unit else "fires")
