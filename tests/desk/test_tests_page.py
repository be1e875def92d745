"""The tests page: due for booking and for the dose, ordered, done with the laboratory's own limit, waived, kept."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.worlds import NOW, World

from norket.record.care import actions, queries
from norket.record.people.models import Patient
from norket.therapy.care.events import LineRecorded, PregnancyPotentialRecorded, TestOrdered, TestWaived
from norket.therapy.chart import OWN, Item

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
SESSION = {"on": "2026-12-01", "drug": "ketamine", "route": "iv", "setting": "outpatient", "indication": "trd"}
LIVER = {
    "rule": "tests.tst_07",
    "value0": "95",
    "unit0": "U/L",
    "high0": "33",
    "value1": "20",
    "unit1": "U/L",
    "value2": "0.8",
    "unit2": "mg/dL",
    "done_on": "2026-11-19",
    "source": "city laboratory",
}


@pytest.fixture
def patient(world: World) -> Patient:
    return Patient.objects.filter(clinic_id=world.clinic()["id"]).order_by("pk")[0]


def shown(client: Client, patient: Patient, **session: str) -> str:
    answer = client.get(f"/patients/{patient.pk}/tests/", SESSION | session)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, patient: Patient, what: str, **data: Any) -> Any:
    return client.post(f"/patients/{patient.pk}/tests/{what}/", {"command_id": str(uuid4()), **SESSION, **data})


def state(markup: str, rule: str) -> tuple[str, str]:
    found = re.search(rf'data-rule="{re.escape(rule)}" data-booking="(\w+)" data-dosing="(\w+)"', markup)
    assert found is not None
    return found.group(1), found.group(2)


def group(markup: str, rule: str) -> str:
    return re.findall(r'data-group="(\w+)"', markup[: markup.index(f'data-rule="{rule}"')])[-1]


def row(markup: str, rule: str) -> str:
    start = markup.index(f'data-rule="{rule}"')
    end = markup.find('<li class="finding"', start)
    return markup[start : end if end > 0 else None]


def test_every_test_is_listed_for_booking_and_for_the_day(as_role: As, patient: Patient) -> None:
    markup = shown(as_role("nurse"), patient)
    assert state(markup, "tests.tst_06") == ("fires", "fires")
    assert state(markup, "tests.tst_03") == ("clear", "fires")
    assert group(markup, "tests.tst_03") == "on_the_day"
    assert group(markup, "tests.tst_06") == "due"


def test_a_test_is_ordered_once_by_somebody_at_some_time(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    assert post(client, patient, "order", rule="tests.tst_08", note="before Friday").status_code == 302
    (kept,) = queries.care(patient.pk).test_orders
    assert isinstance(kept.event, TestOrdered)
    assert (kept.event.note, kept.recorded_at) == ("before Friday", NOW)
    markup = row(shown(client, patient), "tests.tst_08")
    assert "data-ordered" in markup
    assert "Order this test" not in markup
    again = post(client, patient, "order", rule="tests.tst_08")
    assert again.status_code == 422
    assert "ordered_already" in again.content.decode()


def test_a_result_becomes_lines_of_the_chart_with_the_limit_of_its_laboratory(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    assert post(client, patient, "result", **LIVER).status_code == 302
    lines = [line.item for line in queries.care(patient.pk).lines]
    assert [(one.code, one.value, one.unit, one.reference_high) for one in lines] == [
        ("observations.alt", 95.0, "U/L", 33.0),
        ("observations.ast", 20.0, "U/L", None),
        ("observations.bilirubin", 0.8, "mg/dL", None),
    ]
    assert {(one.at, one.source) for one in lines} == {(date(2026, 11, 19), "city laboratory")}
    markup = shown(client, patient)
    assert state(markup, "tests.tst_07") == ("clear", "clear")
    assert "× 2.88 of the limit 33" in row(markup, "tests.tst_07")
    assert "18 Feb 2027" in row(markup, "tests.tst_07")  # 91 days


def test_what_was_not_done_is_no_result(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    alone = LIVER | {"value1": "", "value2": ""}
    assert post(client, patient, "result", **alone).status_code == 302
    assert [line.item.code for line in queries.care(patient.pk).lines] == ["observations.alt"]
    assert state(shown(client, patient), "tests.tst_07") == ("fires", "fires")


@pytest.mark.parametrize(
    "change",
    [
        {"value0": "", "value1": "", "value2": ""},
        {"value0": "95,5"},
        {"value0": "nan"},
        {"value0": "-1"},
        {"high0": "0"},
        {"unit0": ""},
        {"done_on": ""},
        {"done_on": "2026-11-21"},
        {"source": ""},
        {"rule": "tests.nonsense"},
    ],
)
def test_a_result_that_is_not_whole_is_not_recorded(as_role: As, patient: Patient, change: dict[str, str]) -> None:
    assert post(as_role("nurse"), patient, "result", **LIVER | change).status_code == 422
    assert queries.care(patient.pk).lines == ()


def test_a_unit_that_no_rule_reads_is_kept_and_named(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    post(client, patient, "result", **LIVER | {"unit2": "umol/L", "value2": "14"})
    assert "no rule reads this unit; it reads mg/dL" in row(shown(client, patient), "tests.tst_07")


def test_a_positive_and_a_negative_result_are_not_the_same(as_role: As, patient: Patient) -> None:
    client = as_role("nurse")
    actions.record(patient.pk, [PregnancyPotentialRecorded(status="yes")], by="a", now=NOW, command_id="a")
    tested = {"rule": "tests.tst_10", "outcome0": "yes", "words0": "urine", "done_on": "2026-11-20", "source": "nurse"}
    assert post(client, patient, "result", **tested).status_code == 302
    (line,) = queries.care(patient.pk).lines
    assert (line.item.status, line.item.value) == ("yes", None)
    screened = client.get(f"/patients/{patient.pk}/screening/", SESSION).content.decode()
    assert 'data-state="fires" data-rule="screening.scr_17"' in screened


def test_a_result_good_for_booking_and_too_old_for_the_dose_shows_both(as_role: As, patient: Patient) -> None:
    tested = Item(
        system=OWN,
        code="observations.pregnancy_test",
        text="pregnancy test",
        status="no",
        at=date(2026, 12, 1) - timedelta(days=8),
    )
    events = [PregnancyPotentialRecorded(status="yes"), LineRecorded(place="observations", item=tested)]
    actions.record(patient.pk, events, by="a", now=NOW, command_id="a")
    markup = shown(as_role("nurse"), patient)
    assert state(markup, "tests.tst_10") == ("clear", "fires")
    own = row(markup, "tests.tst_10")
    assert "21 Dec 2026" in own
    assert "30 Nov 2026" in own
    assert "booking: nothing against it" in own
    assert "dose: due" in own


def test_a_waiver_says_who_why_and_until_when_and_is_taken_back(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    refused = post(client, patient, "waive", rule="tests.tst_06", reason="")
    assert refused.status_code == 422
    assert "reason_missing" in refused.content.decode()
    assert post(client, patient, "waive", rule="tests.tst_06", reason="healthy and 25").status_code == 302
    (kept,) = queries.care(patient.pk).test_waivers
    assert isinstance(kept.event, TestWaived)
    markup = shown(client, patient)
    assert group(markup, "tests.tst_06") == "waived"
    assert "Waived until 1 Jun 2027" in row(markup, "tests.tst_06")
    assert post(client, patient, "take-back", n=str(kept.n), reason="").status_code == 422
    assert post(client, patient, "take-back", n=str(kept.n), reason="another patient").status_code == 302
    markup = shown(client, patient)
    assert group(markup, "tests.tst_06") == "due"
    assert "taken back" in markup
    assert "another patient" in markup


@pytest.mark.parametrize("rule", ["tests.tst_01", "tests.tst_03", "screening.scr_01"])
def test_what_nobody_may_waive_is_not_waived(as_role: As, patient: Patient, rule: str) -> None:
    client = as_role("prescriber")
    assert post(client, patient, "waive", rule=rule, reason="because").status_code == 422
    assert queries.care(patient.pk).test_waivers == ()


def test_a_waiver_for_booking_says_that_it_does_not_count_for_the_dose(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    assert post(client, patient, "waive", rule="tests.tst_04", reason="weighed on arrival").status_code == 302
    markup = shown(client, patient)
    assert group(markup, "tests.tst_04") == "on_the_day"
    assert "it does not count on the day of the dose" in row(markup, "tests.tst_04")


@pytest.mark.parametrize("role", ["nurse", "anaesthetist", "therapist", "pharmacist"])
def test_nobody_but_a_prescriber_waives(as_role: As, patient: Patient, role: str) -> None:
    client = as_role(role)
    assert "Waive it" not in shown(client, patient)
    assert post(client, patient, "waive", rule="tests.tst_06", reason="because").status_code == 403


def test_nobody_of_another_clinic_sees_or_records(as_role: As, patient: Patient) -> None:
    stranger = as_role("prescriber", side=1)
    assert stranger.get(f"/patients/{patient.pk}/tests/").status_code in (403, 404)
    for what in ("order", "result", "waive", "take-back"):
        assert post(stranger, patient, what).status_code in (403, 404)


@pytest.mark.parametrize(
    ("rule", "choices", "said"),
    [
        ("tests.tst_01", {"yes"}, "done"),
        ("tests.tst_08", {"yes", "no"}, "something abnormal"),
        ("tests.tst_10", {"yes", "no"}, "positive"),
    ],
)
def test_an_examination_is_done_and_a_test_is_positive_or_abnormal(
    as_role: As, patient: Patient, rule: str, choices: set[str], said: str
) -> None:
    client = as_role("nurse")
    own = row(shown(client, patient), rule)
    select = own[own.index('name="outcome0"') :]
    assert set(re.findall(r'<option value="(\w+)"', select[: select.index("</select>")])) == choices
    data = {"rule": rule, "outcome0": "yes", "done_on": "2026-11-20", "source": "nurse"}
    assert post(client, patient, "result", **data).status_code == 302
    assert f'<span class="strong">{said}</span>' in row(shown(client, patient), rule)


@pytest.mark.parametrize(
    ("kg", "recorded"), [("70", True), ("72.5", True), ("154", False), ("29", False), ("251", False), ("32", False)]
)
def test_a_weight_that_cannot_be_right_is_not_recorded(as_role: As, patient: Patient, kg: str, recorded: bool) -> None:
    before = Item(system=OWN, code="observations.weight", text="weight", value=70.0, unit="kg", at=date(2026, 9, 1))
    actions.record(patient.pk, [LineRecorded(place="observations", item=before)], by="a", now=NOW, command_id="a")
    data = {"rule": "tests.tst_04", "value0": kg, "unit0": "kg", "done_on": "2026-11-20", "source": "scales"}
    answer = post(as_role("nurse"), patient, "result", **data)
    assert answer.status_code == (302 if recorded else 422)
    assert ("weight_not_credible" in answer.content.decode()) == (not recorded)
    assert len(queries.care(patient.pk).lines) == (2 if recorded else 1)


def test_without_a_day_no_test_is_judged_and_nothing_is_recorded(as_role: As, patient: Patient) -> None:
    client = as_role("prescriber")
    markup = shown(client, patient, on="")
    assert "Say which day is meant" in markup
    assert "data-booking" not in markup
    for what, data in (("order", {}), ("waive", {"reason": "because"}), ("result", LIVER), ("take-back", {"n": "1"})):
        assert post(client, patient, what, **{"rule": "tests.tst_07"} | data | {"on": ""}).status_code == 422
    assert queries.ledger(patient.pk) == []
