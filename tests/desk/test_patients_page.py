"""Patients: the list, the search, and one patient's summary."""

from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


def patient(world: World, side: int = 0) -> str:
    return f"/patients/{world.clinic(side)['sessions'][0]['patient_id']}/"


def test_the_list_shows_the_clinics_own_patients_only(world: World, as_role: As) -> None:
    text = as_role("therapist").get("/patients/").content.decode()
    assert f"{world.clinic()['canary']}-family-1" in text
    assert world.clinic(1)["canary"] not in text


@pytest.mark.parametrize(("wanted", "found"), [("given-1 family-1", 1), ("-2", 1), ("canary", 2), ("nobody", 0)])
def test_the_search_takes_parts_of_names_and_numbers(world: World, as_role: As, wanted: str, found: int) -> None:
    text = as_role("nurse").get("/patients/", {"q": wanted}).content.decode()
    assert text.count('<td><a href="/patients/') == found


def test_the_summary_shows_orders_sessions_and_weight(world: World, as_role: As) -> None:
    text = as_role("nurse").get(patient(world)).content.decode()
    assert "0.5 mg/kg iv over 40 min" in text
    assert "61 kg" in text
    assert f"/sessions/{world.session()}/" in text


@pytest.mark.parametrize("role", ["manager", "auditor", "sysadmin"])
def test_who_has_no_clinical_role_sees_no_patient(world: World, as_role: As, role: str) -> None:
    assert as_role(role).get("/patients/").status_code == 403
    assert as_role(role).get(patient(world)).status_code == 403


def test_a_patient_of_another_clinic_does_not_exist(world: World, as_role: As) -> None:
    assert as_role("prescriber").get(patient(world, side=1)).status_code == 404
