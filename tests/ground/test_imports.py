"""Nobody pays for what they do not use: each room loads only its own libraries."""

import json
import subprocess
import sys
from functools import cache

import pytest

NUMERICAL = {"numpy", "numba", "scipy", "matplotlib"}
FRAMEWORK = {"django", "ninja", "allauth", "uvicorn"}


@cache
def loaded_by(code: str) -> set[str]:
    """The top-level modules in memory after a fresh Python ran `code`."""
    tell = "import json, sys; print('\\n' + json.dumps([name.partition('.')[0] for name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("heavy", sorted(NUMERICAL | FRAMEWORK | {"pydantic", "yaml", "typer"}))
def test_naming_the_package_loads_nothing_heavy(heavy: str) -> None:
    assert heavy not in loaded_by("import norket; dir(norket); norket.__version__")


def test_the_engine_loads_no_framework() -> None:
    code = (
        "import norket\n"
        "patient = norket.Patient(weight_kg=70, age_y=45, sex='female')\n"
        "norket.predict(patient, ['0.5 mg/kg iv over 40 min'], draws=2)"
    )
    assert loaded_by(code) & FRAMEWORK == set()


def test_the_decisions_load_no_framework() -> None:
    assert loaded_by("import norket.therapy.session.decide") & FRAMEWORK == set()


def test_help_loads_neither_the_framework_nor_the_compiler() -> None:
    assert loaded_by("import norket.cli") & (FRAMEWORK | {"numba", "scipy", "matplotlib"}) == set()


def test_the_record_loads_no_compiler_until_a_prediction_is_asked_for() -> None:
    code = (
        "import os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'norket.site.settings')\n"
        "import django; django.setup()\n"
        "import norket.record.session.actions, norket.record.session.queries"
    )
    assert loaded_by(code) & {"numba", "matplotlib"} == set()


WITHOUT_CLINIC = (
    f"import sys; sys.modules.update(dict.fromkeys({sorted(FRAMEWORK | {'psycopg', 'pysqlite3', 'hl7'})}))\n"
)


def run_without_the_clinic(*words: str) -> "subprocess.CompletedProcess[str]":
    """`norket words…` in an installation that lacks the extra `clinic`."""
    code = f"{WITHOUT_CLINIC}sys.argv = {['norket', *words]}\nfrom norket.cli import app\napp()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_engine_runs_without_the_extra_of_the_clinic() -> None:
    patient = ["--weight", "70", "--age", "45", "--sex", "female"]
    done = run_without_the_clinic("simulate", "--dose", "0.5 mg/kg iv over 40 min", *patient, "--draws", "10")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["serve", "demo", "migrate", "doctor"])
def test_a_command_of_the_clinic_says_which_extra_is_missing(command: str) -> None:
    done = run_without_the_clinic(command)
    assert done.returncode != 0
    assert "norket[clinic]" in done.stderr
    assert "Traceback" not in done.stderr
