"""A new installation gets its first clinic and person on the command line, and both are in the audit chain."""

import io
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from support.worlds import World

from norket.record.audit.models import AuditLine
from norket.record.people.models import Chair, Clinic, Patient, Person
from norket.site import founding
from norket.site.problems import ProblemError

GOOD: dict[str, Any] = {
    "name": "Main clinic", "timezone": "Europe/London", "username": "ferris", "person_name": "Dr Ferris",
    "roles": ["medical_director"], "ask": False,
}  # fmt: skip


def norket(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if not key.startswith(("NORKET_", "DATABASE_", "DJANGO_"))}
    command = [Path(sys.executable).with_name("norket"), *arguments]
    environment = known | {"NORKET_DATA": str(data)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def newest(kind: str) -> AuditLine:
    return AuditLine.objects.filter(kind=kind).order_by("-seq")[0]


def test_from_an_empty_folder_to_a_clinic_with_a_person_a_chair_and_a_patient(tmp_path: Path) -> None:
    assert norket(tmp_path, "migrate").returncode == 0
    clinic = ("clinic", "add", "Main clinic", "--timezone", "Europe/London", "--username", "ferris")
    person = ("--person-name", "Dr Ferris", "--role", "medical_director")
    made = norket(tmp_path, *clinic, *person)
    assert made.returncode == 0, made.stderr
    assert "ferris signs in with this password, shown only now:" in made.stdout
    assert "/accounts/password/change/" in made.stdout
    again = norket(tmp_path, *clinic, *person)
    assert (again.returncode, "There is a clinic Main clinic already" in again.stderr) == (2, True)
    calls = norket(tmp_path, "clinic", "contacts", "Main clinic", "--country", "GB", "--phone", "020 7946 0000")
    assert "/self-check/?clinic=" in calls.stdout, calls.stderr
    where = ("--clinic", "Main clinic")
    nurse = norket(tmp_path, "person", "add", "torres", "--name", "Maya Torres", "--role", "nurse", *where, "--json")
    assert json.loads(nurse.stdout)["roles"] == ["nurse"]
    assert norket(tmp_path, "chair", "add", "Chair 1", *where).stdout == "Chair 1 is number 1 of Main clinic.\n"
    names = ("--given-name", "Elena", "--family-name", "Marsh", "--born", "1984-03-12", "--sex", "female")
    assert norket(tmp_path, "patient", "add", "N-1", *names, *where).stdout == "N-1 is registered at Main clinic.\n"
    assert json.loads(norket(tmp_path, "audit", "verify", "--json").stdout)["ok"] is True


@pytest.mark.django_db
def test_the_made_password_signs_in_and_stands_in_no_line_of_the_chain(world: World) -> None:
    made = founding.clinic_add(**GOOD)
    person = Person.objects.get(username="ferris")
    assert (person.clinic.name, person.clinic.timezone, person.roles) == (
        "Main clinic",
        "Europe/London",
        ["medical_director"],
    )
    assert authenticate(None, username="ferris", password=made["password"]) == person
    for kind in ("clinic_added", "person_added"):
        line = newest(kind)
        assert (line.actor, line.subject) == ("command line", f"clinic:{made['clinic_id']}")
        assert str(made["password"]) not in line.data


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"timezone": "London"}, "no time zone"), ({"timezone": "../etc"}, "no time zone"),
        ({"roles": ["director"]}, "medical_director"), ({"roles": []}, "needs a role"),
        ({"roles": ["system"]}, "is no role"), ({"roles": ["nurse", "device"]}, "is no role"),
        ({"name": ""}, "printable"), ({"name": " x"}, "printable"), ({"name": "x" * 201}, "1 to 200"),
        ({"username": "a\x00"}, "printable"), ({"username": "taken"}, "already"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_leaves_neither_clinic_nor_person(
    world: World, wrong: dict[str, Any], says: str
) -> None:
    if wrong.get("username") == "taken":
        wrong = {"username": world.person("nurse")["username"]}
    before = Clinic.objects.count(), Person.objects.count(), AuditLine.objects.count()
    with pytest.raises(ProblemError, match=says):
        founding.clinic_add(**GOOD | wrong)
    assert (Clinic.objects.count(), Person.objects.count(), AuditLine.objects.count()) == before


CONTACTS = {"country": "GB", "phone": "020 7946 0000", "hours": "weekdays, 8 to 18", "on_call": "+44 7700 900461"}


@pytest.mark.django_db
def test_a_clinic_says_whom_people_in_need_can_call(world: World) -> None:
    made = founding.clinic_contacts(world.clinic()["id"], **CONTACTS)
    clinic = Clinic.objects.get(pk=world.clinic()["id"])
    assert {name: getattr(clinic, name) for name in CONTACTS} == CONTACTS
    assert str(made["self_check"]).endswith(f"/self-check/?clinic={clinic.pk}")
    assert newest("contacts_set").subject == f"clinic:{clinic.pk}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"country": "gb"}, "two capitals"), ({"country": "GBR"}, "two capitals"), ({"country": "G1"}, "two capitals"),
        ({"phone": "call us"}, "no phone number"), ({"phone": "+"}, "no phone number"),
        ({"on_call": "1" * 41}, "no phone number"), ({"on_call": "070\n1"}, "no phone number"),
        ({"hours": "x" * 201}, "printable"), ({"hours": "a\nb"}, "printable"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_called_is_refused(world: World, wrong: dict[str, str], says: str) -> None:
    with pytest.raises(ProblemError, match=says):
        founding.clinic_contacts(world.clinic()["id"], **CONTACTS | wrong)
    assert Clinic.objects.get(pk=world.clinic()["id"]).phone == ""


@pytest.mark.django_db
def test_a_password_that_was_typed_is_never_shown_and_must_be_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("too short\n"))
    with pytest.raises(ProblemError, match="12"):
        founding.clinic_add(**GOOD | {"ask": True})
    monkeypatch.setattr("sys.stdin", io.StringIO("long enough for a clinic\n"))
    made = founding.clinic_add(**GOOD | {"ask": True})
    assert "password" not in made
    assert authenticate(None, username="ferris", password="long enough for a clinic") is not None


@pytest.mark.django_db
def test_chairs_are_numbered_in_the_order_in_which_they_came(world: World) -> None:
    clinic = world.clinic()["id"]
    before = Chair.objects.filter(clinic_id=clinic).count()
    assert founding.chair_add("Window", clinic)["position"] == before + 1
    with pytest.raises(ProblemError, match="has a Window already"):
        founding.chair_add("Window", clinic)
    assert founding.chair_add("Window", world.clinic(1)["id"])["chair"] == "Window"


@pytest.mark.django_db
def test_a_patient_is_registered_once_and_the_chain_names_the_number_alone(world: World) -> None:
    clinic = world.clinic()["id"]
    founding.patient_add("N-77", "Elena", "Marsh", date(1984, 3, 12), "female", 168.0, clinic)
    patient = Patient.objects.get(mrn="N-77")
    assert (str(patient.clinic_id), patient.name, patient.height_cm) == (clinic, "Elena Marsh", 168.0)
    assert (patient.psychiatric_indication, patient.weight_kg) == (True, None)  # asked of everybody; measured later
    assert "Marsh" not in newest("patient_added").data
    for mrn, born, sex, says in (
        ("N-77", date(1984, 3, 12), "female", "already"),
        ("N-78", world.now.date() + timedelta(days=400), "female", "still to come"),
        ("N-78", date(1984, 3, 12), "unknown", "female and male"),
    ):
        with pytest.raises(ProblemError, match=says):
            founding.patient_add(mrn, "Elena", "Marsh", born, sex, None, clinic)
    assert not Patient.objects.filter(mrn="N-78").exists()
