"""The plan page: written in one sitting, reviewed before anything is kept, signed by who may, read as a calendar."""

import html
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from support.courses import LICENSED, STARTS, course, draft, well
from support.worlds import NOW, World

from norket.knowledge import read
from norket.record.care import actions, queries
from norket.record.care.models import CareEvent
from norket.record.course import actions as plans
from norket.record.people.models import Patient
from norket.record.plan.models import OrderRecord
from norket.site.worlds.makers import PASSWORD
from norket.therapy.care.events import GoalSet, LineRecorded
from norket.therapy.chart import OWN, Item
from norket.therapy.goals import Goal
from norket.therapy.plan.course import SignedCourse
from norket.therapy.plan.library import rows

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


@pytest.fixture(autouse=True)
def _no_earlier_guesses() -> None:
    cache.clear()


@pytest.fixture
def patient(world: World) -> Patient:
    one = Patient.objects.get(pk=world.clinic()["sessions"][1]["patient_id"])
    well(one)
    return one


def typed(patient: Patient, **changes: Any) -> dict[str, Any]:
    return {
        "patient": str(patient.pk), "command_id": str(uuid4()), "row": "doses.d01", "indication": "trd",
        "amount": "0.5", "unit": "mg/kg", "duration_min": "40", "dose_text": "", "weight_kg": "70",
        "weight_measured_on": NOW.date().isoformat(), "concentration_mg_ml": "1", "route_reason": "exact",
        "setting": "outpatient", "starts_on": STARTS.isoformat(), "sessions": "6", "interval_d": "3.5",
        "goal_measure": "PHQ-9", "goal_baseline": "20", "goal_target": "10", "goal_by": "2027-02-01", "goal_unit": "",
        "review_on": "2026-12-18", "therapy": "cbt", "therapy_with": "Ines", "licence_until": "2028-01-01",
        "reason": "", "second_username": "", "second_password": "", "second_code": "", "second_reason": "", **changes,
    }  # fmt: skip


def address(patient: Patient) -> str:
    return f"/patients/{patient.pk}/plan/"


def sent(client: Client, patient: Patient, **changes: Any) -> Any:
    return client.post(address(patient), typed(patient, **changes))


def sign(client: Client, patient: Patient, **changes: Any) -> Any:
    """Reads the review, then signs what was reviewed."""
    text = reviewed(client, patient, **changes)
    found = re.search(r'name="seen" value="(\w+)"', text)
    return sent(client, patient, sign="1", seen=found[1] if found else "", **changes)


def reviewed(client: Client, patient: Patient, **changes: Any) -> str:
    answer = client.post("/plans/preview/", typed(patient, **changes))
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def signed(patient: Patient) -> SignedCourse | None:
    return queries.care(patient.pk).course


def signable(text: str) -> bool:
    found = re.search(r'data-signable="(\w+)"', text)
    assert found, text
    return found[1] == "yes"


def state(text: str, rule: str) -> str | None:
    found = re.search(rf'data-state="(\w+)" data-rule="{re.escape(rule)}"', text)
    return found[1] if found else None


# ---- writing and reviewing ------------------------------------------------------------------------------------------


def test_the_form_opens_with_what_the_row_gives_and_decides_nothing(as_role: As, patient: Patient) -> None:
    text = as_role("prescriber").get(address(patient), {"row": "doses.d01"}).content.decode()
    assert re.search(r'name="sessions" value="6"', text)
    assert re.search(r'name="interval_d" value="3.5"', text)
    assert '<option value="" selected>not decided</option>' in text
    assert not re.search(r'name="licence_until" value="\d', text)


def test_a_row_given_at_once_has_neither_duration_nor_pump(as_role: As, patient: Patient) -> None:
    text = as_role("prescriber").get(address(patient), {"row": "doses.d04"}).content.decode()
    assert 'name="duration_min"' not in text
    assert 'name="concentration_mg_ml"' not in text
    assert "esketamine intranasal" in text


def opened(text: str) -> dict[str, str]:
    """What the fields of a page hold as it opens."""
    boxes = re.findall(r'<input type="(?:text|date|number|hidden)" name="(\w+)"(?: value="([^"]*)")?', text)
    chosen = re.findall(r'<select name="(\w+)"[^>]*>.*?<option value="([^"]*)" selected', text, re.DOTALL)
    return dict(boxes) | dict(chosen)


def test_every_row_that_is_offered_opens_a_plan_that_can_be_read(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    for row in rows(read(), NOW.date()):
        whole = opened(client.get(address(patient), {"row": row.id}).content.decode())
        assert whole["row"] == row.id
        goal = {"goal_measure": "PHQ-9", "goal_baseline": "20", "goal_target": "10", "goal_by": "2027-02-01"}
        decided = {"route_reason": "as discussed", "therapy": "cbt", "licence_until": "2028-01-01"}
        weight = {"weight_kg": "70", "weight_measured_on": NOW.date().isoformat()}
        drawn = {"concentration_mg_ml": "1"} if "concentration_mg_ml" in whole else {}
        sent_ = {**whole, **goal, **decided, **weight, **drawn, "patient": str(patient.pk)}
        text = html.unescape(client.post("/plans/preview/", sent_).content.decode())
        assert "verdict-card" in text, (row.id, text)
        assert state(text, "plans.setting") == "clear", row.id
        assert state(text, "plans.interval") == "clear", row.id
        assert state(text, "plans.review") == "clear", row.id


def test_reviewing_shows_findings_curve_days_and_what_it_adds_up_to_and_keeps_nothing(
    as_role: As, patient: Patient
) -> None:
    before = CareEvent.objects.count(), OrderRecord.objects.count()
    text = reviewed(as_role("prescriber"), patient, step="0.25", up_to="0.75")
    assert signable(text)
    assert (state(text, "plans.goals"), state(text, "plans.series_d01")) == ("clear", "clear")
    assert "<norket-curve" in text
    assert "Fri 27 Nov 2026" in text
    assert re.search(r'id="plan-mg">210 – 297.5<', text)
    assert "ng·h/mL" in text
    assert (CareEvent.objects.count(), OrderRecord.objects.count()) == before


def test_review_without_script_gives_the_same_page_with_the_findings(as_role: As, patient: Patient) -> None:
    answer = sent(as_role("prescriber"), patient, review="1")
    assert answer.status_code == 200
    assert signable(answer.content.decode())
    assert signed(patient) is None


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"goal_measure": "", "goal_baseline": "", "goal_target": "", "goal_by": ""}, "plans.goals"),
        ({"review_on": ""}, "plans.review"),
        ({"licence_until": ""}, "plans.authority"),
        ({"setting": "home"}, "plans.setting"),
        ({"route_reason": ""}, "plans.route_choice"),
        ({"therapy": ""}, "plans.psychotherapy"),
        ({"interval_d": "1"}, "plans.interval"),
        ({"step": "0.3", "up_to": "0.8"}, "plans.titration"),
    ],
)
def test_what_must_be_mended_is_named_with_what_to_do_and_is_not_signed(
    as_role: As, patient: Patient, changes: dict[str, str], rule: str
) -> None:
    client = as_role("prescriber")
    text = reviewed(client, patient, **changes)
    assert not signable(text)
    assert state(text, rule) in ("fires", "unknown")
    answer = sign(client, patient, reason="because", **changes)
    assert answer.status_code == 422
    assert f"<code>{rule.replace('plans.', 'plan_')}</code>" in answer.content.decode()
    assert signed(patient) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"sessions": "0"},
        {"interval_d": ""},
        {"starts_on": ""},
        {"step": "0.25"},
        {"booster_from_d": "35", "booster_to_d": "21"},
        {"goal_target": "20"},
        {"goal_by": ""},
        {"indication": "anaesthesia"},
        {"row": "doses.d24"},
        {"amount": "0,5"},
    ],
)
def test_what_cannot_be_read_is_asked_again_and_not_guessed(
    as_role: As, patient: Patient, changes: dict[str, str]
) -> None:
    client = as_role("prescriber")
    assert sign(client, patient, reason="because", **changes).status_code == 422
    assert "Not reviewed yet" in reviewed(client, patient, **changes)
    assert signed(patient) is None


def test_what_screening_holds_is_listed_with_its_way_out_for_this_very_session(as_role: As, patient: Patient) -> None:
    line = Item(system=OWN, code="conditions.glaucoma", text="glaucoma", status="yes", at=NOW)
    event = LineRecorded(place="conditions", item=line)
    actions.record(patient.pk, [event], by="somebody", now=NOW, command_id=str(uuid4()))
    client = as_role("prescriber")
    text = reviewed(client, patient)
    assert not signable(text)
    assert state(text, "screening.scr_15") == "fires"
    found = re.search(rf'href="(/patients/{patient.pk}/screening/\?[^"]+)"', text)
    assert found
    assert f"on={STARTS.isoformat()}" in found[1]
    assert client.get(found[1]).status_code == 200
    answer = sign(
        client,
        patient,
    )
    assert (answer.status_code, signed(patient)) == (422, None)
    assert "findings_open" in answer.content.decode()


# ---- signing --------------------------------------------------------------------------------------------------------


def test_a_plan_is_signed_and_then_read_as_a_calendar(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    answer = sign(client, patient, rescue="rescue.template_antiemetic")
    assert answer.status_code == 302, answer.content.decode()
    running = signed(patient)
    assert running is not None
    assert (running.course.sessions, running.order.amount_mg, len(running.course.goals)) == (6, 35.0, 1)
    text = client.get(address(patient)).content.decode()
    assert text.count('data-kind="session"') == 6
    assert 'data-what="consent"' in text
    assert "held" in text
    assert "licence until" in text


def test_what_was_changed_after_its_review_is_not_signed_before_it_is_read_again(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    found = re.search(r'name="seen" value="(\w+)"', reviewed(client, patient))
    assert found
    for changes in ({"amount": "0.6"}, {"sessions": "5"}, {"weight_kg": "71"}, {"seen": ""}):
        answer = sent(client, patient, **{"sign": "1", "seen": found[1], **changes})
        assert (answer.status_code, "not_reviewed" in answer.content.decode()) == (422, True)
    assert signed(patient) is None


def test_the_calendar_leads_to_the_consent_for_what_is_planned(as_role: As, patient: Patient, world: World) -> None:
    made(world, patient)
    client = as_role("prescriber")
    found = re.search(r'href="([^"]*/consent/[^"]*)"', client.get(address(patient)).content.decode().split("musts")[1])
    assert found
    page = client.get(html.unescape(found[1])).content.decode()
    assert re.search(r'name="dose_high" value="0.5"', page)
    assert '<option value="iv" selected>' in page


def test_goals_of_the_record_are_ticked_and_carried(as_role: As, patient: Patient) -> None:
    goal = Goal(measure="walks in a week", baseline=1, target=4, by=STARTS)
    actions.record(patient.pk, [GoalSet(goal=goal)], by="somebody", now=NOW, command_id=str(uuid4()))
    n = str(queries.care(patient.pk).goals[0].n)
    client = as_role("prescriber")
    assert re.search(rf'name="goals" value="{n}"[^>]*checked', client.get(address(patient)).content.decode())
    nothing = {f"goal_{name}": "" for name in ("measure", "baseline", "target", "by")}
    sign(client, patient, goals=n, **nothing)
    running = signed(patient)
    assert running is not None
    assert running.course.goals == (goal,)


def test_the_same_form_sent_twice_makes_one_plan_and_one_order(as_role: As, patient: Patient) -> None:
    client, orders = as_role("prescriber"), OrderRecord.objects.count()
    found = re.search(r'name="seen" value="(\w+)"', reviewed(client, patient))
    body = typed(patient, sign="1", seen=found[1] if found else "")
    for _ in range(2):
        assert client.post(address(patient), body).status_code == 302
    assert OrderRecord.objects.count() == orders + 1


def test_a_licence_that_was_stated_once_is_proposed_and_still_asked_for(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    sign(
        client,
        patient,
    )
    client.post(f"{address(patient)}end/", {"command_id": str(uuid4()), "on": "2026-11-20", "why": "completed"})
    assert 'value="2028-01-01"' in client.get(address(patient)).content.decode()


def test_above_the_cap_a_second_person_signs_with_password_and_reason(
    as_role: As, patient: Patient, world: World
) -> None:
    client, other = as_role("prescriber"), world.person("anaesthetist")
    high = {"amount": "1.1", "duration_min": "60", "reason": "less did nothing"}
    assert "second_signer_missing" in sign(client, patient, **high).content.decode()
    second = {"second_username": other["username"], "second_reason": "agreed"}
    assert sign(client, patient, **high, **second, second_password="wrong").status_code == 422
    assert signed(patient) is None
    assert sign(client, patient, **high, **second, second_password=PASSWORD).status_code == 302
    running = signed(patient)
    assert running is not None
    assert running.second_signer == other["id"]


def test_above_the_ceiling_nobody_signs(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    text = reviewed(client, patient, amount="1.3")
    assert not signable(text)
    assert sign(client, patient, amount="1.3", reason="because").status_code == 422
    assert signed(patient) is None


# ---- who, and the end -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["nurse", "therapist", "pharmacist", "medical_director"])
def test_others_read_and_try_a_plan_and_do_not_sign_one(as_role: As, patient: Patient, role: str) -> None:
    client = as_role(role)
    text = client.get(address(patient)).content.decode()
    assert 'id="sign"' not in text
    assert not signable(reviewed(client, patient))
    assert (
        sign(
            client,
            patient,
        ).status_code
        == 403
    )


@pytest.mark.parametrize("role", ["manager", "auditor", "sysadmin"])
def test_who_is_no_clinician_sees_no_plan(as_role: As, patient: Patient, role: str) -> None:
    assert as_role(role).get(address(patient)).status_code == 403


def test_nobody_of_another_clinic_sees_writes_or_ends_a_plan(as_role: As, patient: Patient) -> None:
    stranger = as_role("prescriber", side=1)
    assert stranger.get(address(patient)).status_code in (403, 404)
    assert sent(stranger, patient, sign="1").status_code in (403, 404)
    assert stranger.post("/plans/preview/", typed(patient)).status_code in (403, 404)
    assert stranger.post(f"{address(patient)}end/", {}).status_code in (403, 404)


def made(world: World, patient: Patient) -> SignedCourse:
    done = plans.sign(
        patient.pk, course(), draft(patient), by=world.actor("prescriber"), authority=LICENSED, now=NOW,
        command_id="p", reason="as discussed",
    )  # fmt: skip
    assert isinstance(done, SignedCourse)
    return done


def test_a_course_is_ended_with_words_and_stays_readable(as_role: As, patient: Patient, world: World) -> None:
    made(world, patient)
    client = as_role("prescriber")
    end = {"command_id": str(uuid4()), "on": "2026-11-20", "why": "harm", "words": ""}
    assert client.post(f"{address(patient)}end/", end).status_code == 422
    assert signed(patient) is not None
    assert client.post(f"{address(patient)}end/", {**end, "words": "a rash"}).status_code == 302
    assert signed(patient) is None
    text = client.get(address(patient)).content.decode()
    assert "a rash" in text
    assert 'id="course-form"' in text


def test_the_summary_says_whether_a_plan_runs(as_role: As, patient: Patient, world: World) -> None:
    client, summary = as_role("nurse"), f"/patients/{patient.pk}/"
    assert "No plan runs." in client.get(summary).content.decode()
    made(world, patient)
    text = client.get(summary).content.decode()
    assert "Open the calendar" in text
    assert "0.5 mg/kg iv over 40 min" in text


def test_a_nurse_reads_the_calendar_and_does_not_end_the_course(as_role: As, patient: Patient, world: World) -> None:
    made(world, patient)
    client = as_role("nurse")
    text = client.get(address(patient)).content.decode()
    assert 'id="end-form"' not in text
    assert text.count('data-kind="session"') == 6
    assert client.post(f"{address(patient)}end/", {}).status_code == 403
