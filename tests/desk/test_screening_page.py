"""Screening on the page: what is judged, answered, kept, and gone on against, by whom."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.worlds import NOW, World

from norket.knowledge import read
from norket.record.care import actions, assessment, medicines, queries, screening
from norket.record.people.models import Clinic, Patient
from norket.record.session.queries import base
from norket.site import clock
from norket.therapy.care.events import Asked, FindingOverridden, LineRecorded, LineWithdrawn, MedicineRecorded, Screened
from norket.therapy.chart import OWN, Item, MedicineItem
from norket.therapy.screening import Clinician

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
SESSION = {"on": "2026-12-01", "drug": "ketamine", "route": "iv", "setting": "outpatient", "indication": "trd"}


@pytest.fixture
def patient(world: World) -> Patient:
    return Patient.objects.filter(clinic_id=world.clinic()["id"]).order_by("pk")[0]


def has(patient: Patient, name: str) -> None:
    """Somebody wrote into the chart that the patient has a condition of this class."""
    line = LineRecorded(place="conditions", item=Item(system=OWN, code=name, text=name, status="yes", at=NOW))
    actions.record(patient.pk, [line], by="somebody", now=NOW, command_id=str(uuid4()))


def shown(client: Client, patient: Patient, **session: str) -> str:
    answer = client.get(f"/patients/{patient.pk}/screening/", SESSION | session)
    assert answer.status_code == 200
    return answer.content.decode()


def state_of(page: str, rule: str) -> str | None:
    found = re.search(rf'data-state="(\w+)" data-rule="{re.escape(rule)}"', page)
    return found.group(1) if found else None


def asked() -> Asked:
    return Asked.model_validate(SESSION | {"first_session": True})


def post(client: Client, patient: Patient, what: str, **data: Any) -> Any:
    return client.post(f"/patients/{patient.pk}/screening/{what}/", {"command_id": str(uuid4()), **SESSION, **data})


@pytest.mark.parametrize(("zone", "day"), [("Australia/Perth", "2026-11-21"), ("Europe/London", "2026-11-20")])
def test_it_opens_with_the_day_that_it_is_where_the_clinic_is(
    world: World, as_role: As, patient: Patient, monkeypatch: pytest.MonkeyPatch, zone: str, day: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(hour=23, minute=30))
    Clinic.objects.filter(pk=world.clinic()["id"]).update(timezone=zone)
    page = as_role("prescriber").get(f"/patients/{patient.pk}/screening/").content.decode()
    assert re.search(rf'name="on"[^>]*value="{day}"|value="{day}"[^>]*name="on"', page)


def test_of_an_empty_chart_nothing_is_clear_that_asks_about_the_past(as_role: As, patient: Patient) -> None:
    page = shown(as_role("prescriber"), patient)
    assert state_of(page, "screening.scr_04") == "unknown"
    assert state_of(page, "screening.scr_08_active") in ("unknown", None)
    left = [one for one in base().of_kind("question") if not one.data.get("mandatory")]
    assert page.count("may stay open") == len(left) > 0


def test_a_condition_in_the_chart_fires_its_rule_with_its_source(as_role: As, patient: Patient) -> None:
    has(patient, "conditions.glaucoma")
    page = shown(as_role("prescriber"), patient)
    assert state_of(page, "screening.scr_15") == "fires"
    key = read().entry("screening.scr_15").sources[0].key
    assert read().reference(key).citation[:30].replace("&", "&amp;") in page


def test_answers_are_lines_of_the_chart_and_what_was_left_open_is_not(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    answer = post(client, patient, "answers", source="patient", **{"questions.glaucoma": "no"})
    assert answer.status_code == 302
    (line,) = queries.care(patient.pk).lines
    assert (line.place, line.item.code, line.item.status) == ("answers", "questions.glaucoma", "no")
    assert state_of(shown(client, patient), "screening.scr_15") is None


def test_answers_need_to_say_who_answers(as_role: As, patient: Patient) -> None:
    assert post(as_role("nurse"), patient, "answers", **{"questions.glaucoma": "no"}).status_code == 422
    assert queries.care(patient.pk).lines == ()


def test_a_screening_is_kept_with_its_edition_and_says_when_the_chart_has_changed(
    as_role: As, patient: Patient
) -> None:
    client = as_role("prescriber")
    assert post(client, patient, "keep").status_code == 302
    (kept,) = queries.care(patient.pk).screenings
    assert isinstance(kept.event, Screened)
    assert kept.event.edition == read().edition
    assert {one.rule for one in kept.event.findings} >= {"screening.scr_01", "screening.scr_21"}
    assert "the chart has changed since" not in shown(client, patient)
    has(patient, "conditions.glaucoma")
    assert "the chart has changed since" in shown(client, patient)


EYE = {
    "rule": "screening.scr_15",
    "reason": "the pressure is treated and measured",
    "second_name": "Dr Ada Glass",
    "second_competence": "ophthalmologist",
    "second_reason": "18 mmHg under drops",
}


def test_two_people_go_on_against_a_hold_with_their_reasons(as_role: As, patient: Patient) -> None:
    has(patient, "conditions.glaucoma")
    client = as_role("prescriber")
    assert post(client, patient, "go-on", **EYE).status_code == 302
    (decided,) = queries.care(patient.pk).overrides
    assert isinstance(decided.event, FindingOverridden)
    assert decided.event.override.finding.rule == EYE["rule"]
    assert "Gone on against by" in shown(client, patient)
    assert "Dr Ada Glass" in shown(client, patient)


def test_nobody_types_the_name_of_a_colleague_in_place_of_their_signature(
    as_role: As, patient: Patient, world: World
) -> None:
    has(patient, "conditions.glaucoma")
    colleague = world.actor("anaesthetist").name
    for typed in (colleague, f"  {colleague.upper()} "):
        answer = post(as_role("prescriber"), patient, "go-on", **EYE | {"second_name": typed})
        assert answer.status_code == 422
        assert "second_signs_in" in answer.content.decode()
    assert queries.care(patient.pk).overrides == ()


def test_a_decision_that_was_made_before_something_changed_is_made_again(as_role: As, patient: Patient) -> None:
    has(patient, "conditions.glaucoma")
    client = as_role("prescriber")
    post(client, patient, "go-on", **EYE)
    held = {"screening.scr_15"} & {one.rule for one in screening.in_the_way(patient, asked())}
    assert held == set()
    acute = Item(system="icd10cm", code="H40.20X0", text="acute glaucoma", status="yes", at=NOW)
    changed = [LineWithdrawn(n=1, index=0, reason="acute"), LineRecorded(place="conditions", item=acute)]
    actions.record(patient.pk, changed, by="somebody", now=NOW, command_id=str(uuid4()))
    assert "screening.scr_15" in {one.rule for one in screening.in_the_way(patient, asked())}
    assert "Gone on against by" not in shown(client, patient)
    post(client, patient, "go-on", **EYE)
    assert "Gone on against by" in shown(client, patient)


@pytest.mark.parametrize("left_out", ["reason", "second_name", "second_competence", "second_reason"])
def test_whatever_is_left_out_of_a_decision_it_is_refused(as_role: As, patient: Patient, left_out: str) -> None:
    has(patient, "conditions.glaucoma")
    assert post(as_role("prescriber"), patient, "go-on", **EYE | {left_out: ""}).status_code == 422
    assert queries.care(patient.pk).overrides == ()


def test_what_was_decided_for_one_session_does_not_count_for_another(as_role: As, patient: Patient) -> None:
    has(patient, "conditions.glaucoma")
    client = as_role("prescriber")
    post(client, patient, "go-on", **EYE)
    assert "Gone on against by" in shown(client, patient)
    assert "Gone on against by" not in shown(client, patient, on="2026-12-08")


@pytest.mark.parametrize("role", ["nurse", "therapist"])
def test_nobody_but_a_prescriber_goes_on(as_role: As, patient: Patient, role: str) -> None:
    has(patient, "conditions.glaucoma")
    client = as_role(role)
    assert post(client, patient, "go-on", rule="screening.scr_15", reason="because").status_code == 403
    assert "Go on all the same" not in shown(client, patient)


def test_a_rule_that_stops_for_ever_offers_no_way_on(as_role: As, patient: Patient) -> None:
    hard = next(
        one.id for one in read().entries if one.id.startswith("screening.") and one.data.get("action") == "BLOCK-HARD"
    )
    refused = post(as_role("prescriber"), patient, "go-on", rule=hard, reason="because")
    assert refused.status_code == 422
    assert queries.care(patient.pk).overrides == ()


def test_a_session_without_a_day_is_not_judged(as_role: As, patient: Patient) -> None:
    page = (
        as_role("prescriber").get(f"/patients/{patient.pk}/screening/", {"on": "", "drug": "ketamine"}).content.decode()
    )
    assert "Say which day is meant" in page
    assert "Keep this screening" not in page


def test_nobody_of_another_clinic_sees_or_decides(as_role: As, patient: Patient) -> None:
    stranger = as_role("prescriber", side=1)
    assert stranger.get(f"/patients/{patient.pk}/screening/").status_code in (403, 404)
    for what in ("keep", "answers", "go-on"):
        assert post(stranger, patient, what).status_code in (403, 404)


def test_a_medicine_decision_shows_beside_its_finding_and_marks_what_was_kept_before(
    as_role: As, patient: Patient
) -> None:
    item = MedicineItem(text="lorazepam", status="yes", daily_dose=3.0, daily_unit="mg", at=NOW)
    actions.record(patient.pk, [MedicineRecorded(item=item)], by="somebody", now=NOW, command_id=str(uuid4()))
    client = as_role("prescriber")
    post(client, patient, "keep")
    asked = Asked.model_validate(SESSION | {"first_session": True}, strict=False)
    (row,) = medicines.reviewed(patient, queries.care(patient.pk), asked)
    decided = medicines.go_through(
        patient,
        asked,
        at_line=(row.entry.n, row.entry.index),
        seen=row.mark,
        verdict="review",
        note="stable for years",
        together_with="",
        by=Clinician(id="doc-1", name="Pia", competences=frozenset({"prescriber"})),
        now=NOW,
        command_id="d",
    )
    assert isinstance(decided, tuple)
    markup = shown(client, patient)
    assert state_of(markup, "medicines.med_01") == "fires"
    assert "stable for years" in markup
    assert "something was decided since" in markup
    (kept,) = queries.care(patient.pk).screenings
    assert isinstance(kept.event, Screened)
    assert "medicines.med_01" in {one.rule for one in kept.event.findings if one.state == "fires"}


def test_a_waived_test_and_a_result_change_what_stands_open(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    assert state_of(shown(client, patient), "tests.tst_06") == "fires"
    asked = Asked.model_validate(SESSION | {"first_session": True}, strict=False)
    doctor = Clinician(id="doc-1", name="Pia", competences=frozenset({"prescriber"}))
    given: dict[str, Any] = {"by": doctor, "reason": "healthy and 25", "now": NOW}
    assert isinstance(assessment.let_go(patient, asked, "tests.tst_06", command_id="w", **given), tuple)
    markup = shown(client, patient)
    assert state_of(markup, "tests.tst_06") == "waived"
    assert "healthy and 25" in markup
    result = Item(system=OWN, code="observations.urinalysis", text="urine", status="no", at=NOW)
    assert state_of(markup, "tests.tst_08") == "fires"
    line = LineRecorded(place="observations", item=result)
    actions.record(patient.pk, [line], by="somebody", now=NOW, command_id=str(uuid4()))
    assert state_of(shown(client, patient), "tests.tst_08") is None


def test_a_thought_of_suicide_answered_here_leads_to_what_is_done_now(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    assert 'id="crisis"' not in shown(client, patient)
    post(client, patient, "answers", source="patient", **{"questions.suicidal_thoughts": "yes"})
    markup = shown(client, patient)
    assert markup.index('id="crisis"') < markup.index('id="findings"')
    assert 'data-sign="screening.scr_25"' in markup
    assert "eligible" not in markup.lower()


def test_the_session_that_is_judged_is_carried_to_the_pages_beside_it(as_role: As, patient: Patient) -> None:
    text = shown(as_role("prescriber"), patient)
    for name in ("medicines", "tests", "assessment"):
        (link,) = re.findall(rf'href="(/patients/{patient.pk}/{name}/[^"]*)"', text)[:1]
        assert "on=2026-12-01" in link
        assert "route=iv" in link
    (plain,) = re.findall(rf'href="(/patients/{patient.pk}/chart/[^"]*)"', text)[:1]
    assert "?" not in plain
