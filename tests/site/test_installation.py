"""What an installation refuses: an SQLite that can corrupt, faults and worlds where people are treated, open doors."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from support.worlds import NOW, World
from typer.testing import CliRunner

from norket.cli import app
from norket.record.access import tokens
from norket.record.access.models import Device
from norket.record.audit.models import AuditLine
from norket.record.people.models import Person
from norket.site import commands, doctor, faults, home, passwords, worlds
from norket.site.commands import UnfitError
from norket.site.faults import FaultRefusedError
from norket.site.passwords import HashingBusyError, QueuedHasher
from norket.site.problems import ProblemError

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NORKET = Path(sys.executable).with_name("norket")


def norket(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if not key.startswith(("NORKET_", "DATABASE_", "DJANGO_"))}
    return subprocess.run(
        [NORKET, *arguments],
        env=known | {"NORKET_DATA": str(data)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("version", "safe"), [((3, 40, 1), False), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 53, 4), True)]
)
def test_an_sqlite_that_can_corrupt_its_log_is_bad(version: tuple[int, int, int], safe: bool) -> None:
    assert doctor.sqlite_is_safe(version) is safe


@pytest.mark.parametrize(("version", "refused"), [((3, 51, 2), True), ((3, 51, 3), False)])
def test_no_command_but_the_doctor_opens_the_record_with_such_an_sqlite(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], refused: bool
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the record is on PostgreSQL")
    monkeypatch.setattr(doctor.sqlite3, "sqlite_version_info", version)
    done = CliRunner().invoke(app, ["routes", "--json"])
    assert (done.exit_code, "pysqlite3" in done.stderr) == ((2, True) if refused else (0, False))
    assert doctor.sqlite().state == ("bad" if refused else "good")


def test_the_bundled_sqlite_is_in_use() -> None:
    import sqlite3

    assert doctor.sqlite_is_safe(sqlite3.sqlite_version_info)
    assert "pysqlite3" in sqlite3.__name__


def test_a_new_installation_is_production_with_its_own_keys_and_a_clean_bill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert norket(data, "migrate").returncode == 0
    done = norket(data, "doctor", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert states.pop("files") in {"good", "warning"}, "how many files may be open is this machine's"
    assert states == dict.fromkeys(
        ["mode", "data", "sqlite", "knowledge", "origin", "anchors", "clock", "schema", "durability"], "good"
    )
    assert (data / "secret.key").stat().st_mode & 0o077 == 0
    assert data.stat().st_mode & 0o077 == 0
    assert (data / "norket.sqlite3").stat().st_mode & 0o077 == 0
    assert norket(data, "audit", "anchor").returncode == 0
    after = json.loads(norket(data, "doctor", "--json").stdout)
    assert {check["state"] for check in after["checks"] if check["name"] == "anchors"} == {"warning"}


def test_production_has_no_made_up_patients_no_faults_and_no_role_buttons(tmp_path: Path) -> None:
    norket(tmp_path, "migrate")
    seed = norket(tmp_path, "seed", "--world", "demo")
    assert (seed.returncode, "demo and test modes only" in seed.stderr) == (2, True)
    serve = norket(tmp_path, "serve", "--port", "0", "--fault", "drop_answer")
    assert (serve.returncode, "test mode only" in serve.stderr) == (2, True)
    routes = {route["name"] for route in json.loads(norket(tmp_path, "routes", "--json").stdout)}
    assert "desk:demo_signin" not in routes
    in_demo = json.loads(norket(tmp_path, "routes", "--json", NORKET_MODE="demo").stdout)
    assert "desk:demo_signin" in {route["name"] for route in in_demo}


def test_an_unknown_mode_or_database_is_refused_with_what_to_write(tmp_path: Path) -> None:
    assert "use one of production, demo, test" in norket(tmp_path, "doctor", NORKET_MODE="prod").stderr
    assert "postgresql://" in norket(tmp_path, "doctor", DATABASE_URL="mysql://x/y").stderr


def test_an_address_without_tls_beyond_this_machine_is_not_served(tmp_path: Path) -> None:
    norket(tmp_path, "migrate")
    done = norket(tmp_path, "serve", "--port", "0", NORKET_ORIGIN="http://clinic.example")
    assert (done.returncode, "TLS" in done.stderr) == (2, True)


def test_with_https_the_cookies_are_bound_to_this_host(tmp_path: Path) -> None:
    code = (
        "from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0)"
    )
    environment = {"NORKET_DATA": str(tmp_path), "NORKET_ORIGIN": "https://clinic.example"}
    environment |= {"DJANGO_SETTINGS_MODULE": "norket.site.settings", "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__Host-sessionid", "__Host-csrftoken", "True", "True"]


def test_keys_are_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORKET_DATA", str(tmp_path))
    monkeypatch.delenv("NORKET_AUDIT_KEY", raising=False)
    first = home.key("audit")
    assert (home.key("audit"), len(first) >= 64) == (first, True)
    monkeypatch.setenv("NORKET_AUDIT_KEY", "given")
    assert home.key("audit") == "given"


def test_without_a_data_directory_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORKET_DATA", str(tmp_path / "absent"))
    assert home.key("audit") != home.key("audit")
    assert not (tmp_path / "absent").exists()


def test_a_fault_that_nobody_knows_is_refused(settings: Any) -> None:
    with pytest.raises(FaultRefusedError, match="crash_before_commit"):
        faults.arm("no_such_fault")
    settings.NORKET_MODE = "demo"
    with pytest.raises(FaultRefusedError, match="test mode"):
        faults.arm("drop_answer")


@pytest.mark.django_db
def test_a_world_goes_only_into_an_empty_database(world: World) -> None:
    with pytest.raises(ProblemError, match="clinic already"):
        worlds.plant("demo", seed=1, now=NOW)
    with pytest.raises(ProblemError, match="demo, authz, load, hospital"):
        worlds.plant("nowhere", seed=1, now=NOW)


def test_a_flood_of_passwords_is_turned_away_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(passwords, "_places", places)
    places.acquire()
    with pytest.raises(HashingBusyError):
        QueuedHasher().encode("password", "salt" * 6, 1)
    places.release()
    assert QueuedHasher().verify("password", QueuedHasher().encode("password", "salt" * 6, 1))


@pytest.mark.django_db
def test_a_busy_queue_is_503_with_when_to_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise HashingBusyError("too many people are signing in")

    monkeypatch.setattr(QueuedHasher, "encode", busy)
    monkeypatch.setattr(QueuedHasher, "verify", busy)
    person = world.person("nurse")
    response = Client().post("/accounts/login/", {"login": person["username"], "password": "wrong"})
    assert (response.status_code, response["Retry-After"]) == (503, "2")


@pytest.mark.django_db
def test_signing_in_with_a_password_and_out_again(world: World) -> None:
    client, person = Client(), world.person("nurse")
    assert client.get("/accounts/login/").status_code == 200
    wrong = client.post("/accounts/login/", {"login": person["username"], "password": "not this one"})
    assert wrong.status_code == 200
    right = client.post("/accounts/login/", {"login": person["username"], "password": person["password"]})
    assert (right.status_code, right["Location"]) == (302, "/")
    assert client.get("/api/v1/board").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/api/v1/board").status_code == 401


@pytest.mark.django_db
def test_nobody_makes_an_account_for_themselves(world: World) -> None:
    for method in ("get", "post"):
        assert getattr(Client(), method)("/accounts/signup/").status_code in {302, 403}


@pytest.mark.parametrize(
    ("mode", "origin", "host", "served"),
    [
        ("production", "http://127.0.0.1:8000", "127.0.0.1", True),
        ("production", "http://127.0.0.1:8000", "::1", True),
        ("production", "http://127.0.0.1:8000", "localhost", True),
        ("production", "http://127.0.0.1:8000", "192.0.2.1", False),
        ("production", "http://127.0.0.1:8000", "", False),
        ("production", "https://clinic.example", "192.0.2.1", True),
        ("demo", "https://clinic.example", "192.0.2.1", False),
        ("test", "http://127.0.0.1:8000", "192.0.2.1", False),
        ("demo", "http://127.0.0.1:8000", "127.0.0.2", True),
    ],
)
def test_beyond_this_machine_only_production_behind_tls_is_served(
    settings: Any, mode: str, origin: str, host: str, served: bool
) -> None:
    settings.NORKET_MODE, settings.NORKET_ORIGIN = mode, origin
    if served:
        commands.check_host(host)
        return
    with pytest.raises(UnfitError, match=r"beyond this machine|this machine only"):
        commands.check_host(host)


def test_devices_may_be_heard_on_a_closed_network_in_production_alone(settings: Any) -> None:
    settings.NORKET_MODE = "production"
    commands.check_host("192.0.2.10", hl7=True)
    settings.NORKET_MODE = "demo"
    with pytest.raises(UnfitError):
        commands.check_host("192.0.2.10", hl7=True)


@pytest.mark.django_db
def test_the_picture_for_a_code_app_is_for_the_signed_in_not_for_a_token(world: World) -> None:
    response = Client().get("/accounts/2fa/totp/picture.svg", headers=world.bearer("nurse"))
    assert response.status_code == 403
    client = Client()
    client.force_login(Person.objects.get(pk=world.person("nurse")["id"]), backend=BACKEND)
    assert client.get("/accounts/2fa/totp/picture.svg").status_code == 200


@pytest.mark.django_db
def test_a_new_device_carries_a_token_that_is_shown_once_and_audited(world: World) -> None:
    clinic = world.clinic()["id"]
    made = commands.device_add("MON-9", "Monitor 9", clinic)
    device = tokens.holder(made["token"], world.now)
    assert isinstance(device, Device)
    assert (device.identity, str(device.clinic_id)) == ("MON-9", clinic)
    line = AuditLine.objects.order_by("-seq")[0]
    assert (line.kind, made["token"] in line.data) == ("device_added", False)
    assert "MON-9" in [one["identity"] for one in commands.devices()]
    assert not [one for one in commands.devices() if "token" in one]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("identity", "name", "clinic"),
    [
        ("", "x", None), ("a|b", "x", None), ("a\x00", "x", None), (" a", "x", None), ("x" * 201, "x", None),
        ("MON-9", " ", None), ("MON-9", "x", "Nowhere"), ("taken", "x", None),
    ],
)  # fmt: skip
def test_a_device_that_could_not_be_told_apart_is_not_added(
    world: World, identity: str, name: str, clinic: str | None
) -> None:
    before = Device.objects.count()
    said = world.clinic()["device"] if identity == "taken" else identity
    with pytest.raises(ProblemError):
        commands.device_add(said, name, clinic or f"{world.clinic()['canary']} clinic")
    assert Device.objects.count() == before
