"""What an installation refuses: an SQLite that can corrupt, faults and worlds where people are treated, open doors."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from support.worlds import NOW, World

from norket.site import doctor, faults, home, passwords, worlds
from norket.site.faults import FaultRefusedError
from norket.site.passwords import HashingBusyError, QueuedHasher
from norket.site.problems import ProblemError

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
    assert {check["name"]: check["state"] for check in found["checks"]} == dict.fromkeys(
        ["mode", "data", "sqlite", "knowledge", "origin", "schema", "durability"], "good"
    )
    assert (data / "secret.key").stat().st_mode & 0o077 == 0
    assert data.stat().st_mode & 0o077 == 0


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
    with pytest.raises(ProblemError, match="demo, authz, load"):
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
