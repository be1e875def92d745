"""People of a clinic are nobody at the hospitals' door, and hospitals nobody at all others."""

import json

import pytest
from django.test import Client
from support.hospital import Ehr, Service, asked
from support.worlds import World, world

from norket.site import clock

__all__ = ["world"]

VIEW = "norket-patient-view"


@pytest.mark.usefixtures("service")
def test_people_of_the_clinic_are_nobody_here(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now)
    body = json.dumps(asked())
    for role in ("prescriber", "medical_director", "sysadmin"):
        client = Client()
        headers = world.bearer(role)
        assert client.post(f"/cds-services/{VIEW}", body, "application/json", headers=headers).status_code == 401
        assert client.get(f"/cds-services/{VIEW}", headers=headers).status_code == 403


@pytest.mark.usefixtures("world")
def test_the_token_of_a_hospital_opens_nothing_else(service: Service, ehr: Ehr) -> None:
    for path in ("/api/v1/board", "/patients/", "/"):
        token = ehr.token(f"http://127.0.0.1:8000{path}")
        response = service.client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401, path
