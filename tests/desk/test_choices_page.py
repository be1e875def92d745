"""Choices and goals on the page: compared, chosen with a reason, set, changed, ended, and never lost."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.pages import plain
from support.worlds import World

from norket.knowledge import read
from norket.record.care import queries
from norket.record.people.models import Patient
from norket.record.session.models import SessionRecord
from norket.therapy.consent import faults

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
BASE = read()
KEEN = {"about": "psychiatric", "chosen": ["alternatives.cbt", "alternatives.ketamine"], "reason": "I want both."}
GOAL = {"measure": "PHQ-9", "unit": "", "baseline": "18", "target": "9", "by": "2027-02-20", "words": "get up again"}


@pytest.fixture
def patient(world: World) -> Patient:
    return SessionRecord.objects.select_related("patient__clinic").get(pk=world.session()).patient


def at(patient: Patient, rest: str = "") -> str:
    return f"/patients/{patient.pk}/choices/{rest}"


def shown(client: Client, patient: Patient, **query: str) -> str:
    answer = client.get(at(patient), query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, patient: Patient, what: str, **data: Any) -> Any:
    return client.post(at(patient, f"{what}/"), {"command_id": str(uuid4()), **data})


def ways(page: str) -> list[str]:
    return re.findall(r'data-way="([\w.]+)"', page)


@pytest.mark.parametrize("group", ["psychiatric", "pain", "addiction"])
def test_the_ways_of_one_group_are_compared_and_doing_nothing_is_always_one(
    as_role: As, patient: Patient, group: str
) -> None:
    found = ways(shown(as_role("therapist"), patient, about=group))
    expected = [e.id for e in BASE.entries if e.id.startswith("alternatives.") and group in e.data["groups"]]
    assert sorted(found) == sorted(expected)
    assert {"alternatives.ketamine", "alternatives.wait"} <= set(found)


def test_each_way_says_for_whom_how_soon_how_long_and_what_it_asks(as_role: As, patient: Patient) -> None:
    page = plain(shown(as_role("therapist"), patient, about="all"))
    for entry in (e for e in BASE.entries if e.id.startswith("alternatives.")):
        for name in ("label", "for_whom", "speed", "lasting", "burden", "speaks_for", "speaks_against"):
            assert " ".join(entry.data[name].split()) in page, (entry.id, name)


def test_the_page_says_nothing_that_patients_must_not_read(as_role: As, patient: Patient) -> None:
    client = as_role("therapist")
    post(client, patient, "choose", **KEEN)
    post(client, patient, "goal", **GOAL)
    page = shown(client, patient, about="all").partition('<main id="main"')[2].partition("<footer")[0]
    assert faults(plain(page), BASE) == ()


def test_a_choice_is_kept_with_its_reason_and_with_what_was_shown(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    assert post(client, patient, "choose", **KEEN).status_code == 302
    choice = queries.care(patient.pk).choice
    assert choice is not None
    assert (set(choice.chosen), choice.reason) == (set(KEEN["chosen"]), KEEN["reason"])
    assert sorted(choice.shown) == sorted(ways(shown(client, patient, about="psychiatric")))
    assert choice.edition == BASE.edition
    post(client, patient, "choose", **KEEN | {"chosen": ["alternatives.wait"], "reason": "Not now."})
    page = shown(client, patient)
    assert "“Not now.”" in page
    assert "“I want both.”" in page
    assert len(queries.care(patient.pk).choices) == 2


@pytest.mark.parametrize("broken", [{"reason": ""}, {"chosen": []}, {"chosen": ["alternatives.addiction_care"]}])
def test_a_choice_without_a_reason_or_of_what_was_not_shown_is_refused(
    as_role: As, patient: Patient, broken: dict[str, Any]
) -> None:
    assert post(as_role("nurse"), patient, "choose", **KEEN | broken).status_code == 422
    assert queries.care(patient.pk).choices == ()


def test_a_goal_is_set_changed_with_a_reason_and_ended_and_all_of_it_stays(as_role: As, patient: Patient) -> None:
    client = as_role("therapist")
    assert post(client, patient, "goal", **GOAL).status_code == 302
    changed = GOAL | {"target": "6", "instead_of": "1"}
    assert "reason_missing" in post(client, patient, "goal", **changed).content.decode()
    assert post(client, patient, "goal", **changed, why="too easy").status_code == 302
    page = plain(shown(client, patient))
    assert "PHQ-9: from 18 to 6 by 20 Feb 2027" in page
    assert "PHQ-9: from 18 to 9 by" not in page
    assert "PHQ-9, 18 → 9" in page
    assert post(client, patient, "goal/end", n="2", reason="").status_code == 422
    assert post(client, patient, "goal/end", n="2", reason="reached").status_code == 302
    care = queries.care(patient.pk)
    assert (care.goals, len(care.goal_events)) == ((), 3)


@pytest.mark.parametrize(
    "broken",
    [{"target": "18"}, {"baseline": "x"}, {"measure": ""}, {"by": "2026-11-20"}, {"instead_of": "7", "why": "x"}],
)
def test_what_is_no_goal_is_refused(as_role: As, patient: Patient, broken: dict[str, str]) -> None:
    assert post(as_role("nurse"), patient, "goal", **GOAL | broken).status_code == 422
    assert queries.care(patient.pk).goal_events == ()


def test_a_goal_that_was_changed_cannot_be_changed_or_ended_once_more(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    post(client, patient, "goal", **GOAL)
    post(client, patient, "goal", **GOAL | {"target": "5", "instead_of": "1", "why": "harder"})
    again = post(client, patient, "goal", **GOAL | {"target": "4", "instead_of": "1", "why": "harder"})
    assert "goal_not_known" in again.content.decode()
    assert "goal_not_known" in post(client, patient, "goal/end", n="1", reason="x").content.decode()


def test_the_same_form_sent_twice_is_recorded_once(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    for what, data in (("choose", KEEN), ("goal", GOAL)):
        same = {"command_id": str(uuid4()), **data}
        for _ in range(2):
            assert client.post(at(patient, f"{what}/"), same).status_code == 302
    assert queries.care(patient.pk).version == 2


@pytest.mark.parametrize("role", ["pharmacist", "medical_director"])
def test_who_is_not_with_the_patient_reads_and_records_nothing(as_role: As, patient: Patient, role: str) -> None:
    client = as_role(role)
    assert "choice-form" not in shown(client, patient)
    for what in ("choose", "goal", "goal/end"):
        assert post(client, patient, what).status_code == 403


def test_nobody_of_another_clinic_sees_or_records(as_role: As, patient: Patient) -> None:
    stranger = as_role("nurse", side=1)
    assert stranger.get(at(patient)).status_code in (403, 404)
    for what in ("choose", "goal", "goal/end"):
        assert post(stranger, patient, what, **KEEN).status_code in (403, 404)
