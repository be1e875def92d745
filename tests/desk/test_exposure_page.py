"""The page of all ketamine: what was given here, what was told of elsewhere, and that an order counts both."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.worlds import NOW, World

from norket.record.care import queries
from norket.record.draft import draft as order_draft
from norket.record.exposure import exposure
from norket.record.people.models import Patient
from norket.record.session import actions
from norket.therapy.plan.exposure import lifetime_mg
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


@pytest.fixture
def patient(world: World) -> Patient:
    return Patient.objects.get(pk=world.clinic()["sessions"][1]["patient_id"])


def post(client: Client, patient: Patient, path: str = "", **data: str) -> Any:
    return client.post(f"/patients/{patient.pk}/ketamine/{path}", {"command_id": str(uuid4()), **data})


def told(**changes: str) -> dict[str, str]:
    day = (NOW - timedelta(days=1)).date().isoformat()
    usual = {
        "on": day,
        "at": "10:00",
        "drug": "ketamine",
        "route": "sublingual",
        "amount_mg": "100",
        "where": "at home",
    }
    return usual | changes


def shown(client: Client, patient: Patient) -> str:
    return html.unescape(client.get(f"/patients/{patient.pk}/ketamine/").content.decode())


def verdict(client: Client, patient: Patient) -> str:
    form = {
        "patient": str(patient.pk), "row": "doses.d01", "amount": "0.25", "unit": "mg/kg", "duration_min": "40",
        "weight_kg": "70", "weight_measured_on": NOW.date().isoformat(), "concentration_mg_ml": "1",
    }  # fmt: skip
    found = re.search(r'data-verdict="(\w+)"', client.post("/orders/preview/", form).content.decode())
    assert found
    return found[1]


def test_until_somebody_asks_ketamine_elsewhere_is_not_known(as_role: As, patient: Patient) -> None:
    nurse = as_role("nurse")
    assert 'id="not-asked"' in shown(nurse, patient)
    assert post(nurse, patient, status="unknown").status_code == 302
    assert exposure(patient, NOW).asked_at is None
    assert post(nurse, patient, status="no").status_code == 302
    assert exposure(patient, NOW + timedelta(hours=1)).asked_at is not None
    assert "none" in shown(nurse, patient)


def test_a_dose_elsewhere_counts_with_the_order_and_one_taken_back_does_not(as_role: As, patient: Patient) -> None:
    doctor = as_role("prescriber")
    before = verdict(doctor, patient)
    assert post(doctor, patient, **told(amount_mg="30")).status_code == 302
    assert lifetime_mg(exposure(patient, NOW), "ketamine") >= 30
    assert "at home" in shown(doctor, patient)
    assert (before, verdict(doctor, patient)) == ("ok", "needs_reason")
    n = queries.care(patient.pk).doses_elsewhere[0].n
    assert post(doctor, patient, "take-back/", n=str(n), reason="another patient").status_code == 302
    assert verdict(doctor, patient) == before
    assert post(doctor, patient, "take-back/", n=str(n), reason="again").status_code == 422


def test_an_amount_that_nobody_knows_stays_unknown_and_is_said(as_role: As, patient: Patient) -> None:
    doctor = as_role("prescriber")
    assert post(doctor, patient, **told(amount_mg="")).status_code == 302
    assert "1 dose is known without its amount" in shown(doctor, patient)
    assert verdict(doctor, patient) == "needs_reason"


def test_a_time_that_nobody_knows_is_the_latest_of_its_day(as_role: As, patient: Patient) -> None:
    post(as_role("nurse"), patient, **told(at=""))
    post(as_role("nurse"), patient, **told(at="", on=NOW.date().isoformat()))
    today, yesterday = [dose.at for dose in exposure(patient, NOW).doses if dose.source == "reported"]
    assert today == NOW
    assert NOW - timedelta(hours=24) < yesterday < NOW


@pytest.mark.parametrize(
    "wrong",
    [
        {"on": (NOW + timedelta(days=1)).date().isoformat()},
        {"route": ""},
        {"route": "rectal"},
        {"amount_mg": "1e3"},
        {"amount_mg": "-5"},
        {"where": ""},
        {"drug": "arketamine"},
    ],
)
def test_what_is_not_a_dose_of_the_past_is_not_recorded(as_role: As, patient: Patient, wrong: dict[str, str]) -> None:
    assert post(as_role("nurse"), patient, **told(**wrong)).status_code == 422
    assert queries.care(patient.pk).doses_elsewhere == ()


def test_what_a_session_gave_stands_on_the_page(world: World, as_role: As) -> None:
    world.start(minutes_ago=10)
    one = Patient.objects.get(pk=world.clinic()["sessions"][0]["patient_id"])
    (dose,) = [dose for dose in exposure(one, world.now).doses if dose.at >= world.now - timedelta(minutes=10)]
    assert (dose.route, dose.drug, dose.source) == ("iv", "ketamine", "session")
    assert dose.amount_mg
    assert f"{dose.amount_mg:.1f}".rstrip("0").rstrip(".") in shown(as_role("nurse"), one)


@pytest.mark.parametrize(
    ("product_id", "route", "drug"),
    [
        ("esketamine-28", "intranasal", "esketamine"),
        ("ketamine-50", "im", "ketamine"),
        ("a spray that nobody knows", "intranasal", "esketamine"),
        ("Esketamine film", "sublingual", "esketamine"),
        ("a troche that nobody knows", "sublingual", "ketamine"),
    ],
)
def test_what_was_given_beside_the_pump_is_told_by_its_product_and_route(
    world: World, product_id: str, route: str, drug: str
) -> None:
    given = {
        "type": "give_dose", "route": route, "product_id": product_id, "amount_mg": 28.0, "as": "happened",
    }  # fmt: skip
    done = actions.act(
        world.session(1), COMMAND.validate_python(given), by=world.actor("nurse"), now=world.now, command_id="beside"
    )
    assert isinstance(done, actions.Acted), done
    one = Patient.objects.get(pk=world.clinic()["sessions"][1]["patient_id"])
    newest = exposure(one, world.now).doses[0]
    assert (newest.drug, newest.route, newest.amount_mg) == (drug, route, 28.0)


@pytest.mark.parametrize("role", ["pharmacist", "manager", "auditor"])
def test_who_may_not_write_here_is_refused(as_role: As, patient: Patient, role: str) -> None:
    assert post(as_role(role), patient, **told()).status_code in {403, 404}
    assert queries.care(patient.pk).doses_elsewhere == ()


def test_a_draft_without_a_time_looks_nothing_up(world: World, patient: Patient) -> None:
    made = order_draft(
        patient, row="doses.d01", dose_text="0.25 mg/kg iv over 40 min", concentration_mg_ml=1.0, on=NOW.date(),
        first_session=False, weight_kg=70.0, weight_measured_on=NOW.date(),
    )  # fmt: skip
    assert "doses.exposure" not in {one.rule for one in made.findings}
