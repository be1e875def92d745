"""A population is computed by the processor or by a card throughout; the run says which and goes on with no other."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "how-to" / "population"
CARD = {"NUMBA_ENABLE_CUDASIM": "1"}
PROCESSOR = {"NUMBA_ENABLE_CUDASIM": "0", "NUMBA_DISABLE_CUDA": "1"}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An example with few times: a simulator is slow."""
    folder = tmp_path_factory.mktemp("scenario")
    shutil.copy(EXAMPLES / "heavy-patients.csv", folder)
    text = (EXAMPLES / "weight-cap.yaml").read_text(encoding="utf-8")
    (folder / "few.yaml").write_text(text.replace("{hours: 4, every_min: 5}", "{hours: 2, every_min: 40}"))
    return folder / "few.yaml"


def population(
    scenario: Path, out: Path, environment: dict[str, str], workers: int = 1
) -> "subprocess.CompletedProcess[str]":
    words = ["population", str(scenario), "--patients", "66", "--workers", str(workers), "--out", str(out)]
    command = [sys.executable, "-m", "norket.cli", *words]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def read(out: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / name).read_text(encoding="utf-8"))
    return found


def patients(out: Path) -> list[list[float]]:
    lines = [line for path in sorted((out / "patients").iterdir()) for line in path.read_text().splitlines()[1:]]
    return [[float(value) for value in line.split(",")] for line in lines]


@pytest.fixture(scope="module")
def on_card(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a card that Numba simulates."""
    out = tmp_path_factory.mktemp("card") / "run"
    done = population(scenario, out, CARD)
    assert done.returncode == 0, done.stderr
    assert "engine: card simulated by Numba" in done.stderr
    return out


def test_the_manifest_and_the_answer_say_which_engine_computed(on_card: Path) -> None:
    assert read(on_card, "manifest.json")["engine"] == "card simulated by Numba"
    assert read(on_card, "result.json")["versions"]["engine"] == "card simulated by Numba"
    assert "engine card simulated by Numba" in (on_card / "report.html").read_text(encoding="utf-8")


def test_another_engine_does_not_go_on_with_the_run(scenario: Path, on_card: Path) -> None:
    done = population(scenario, on_card, PROCESSOR)
    assert done.returncode == 2
    assert "other engine" in done.stderr


def test_a_card_gives_the_same_bits_for_any_number_of_workers(scenario: Path, on_card: Path, tmp_path: Path) -> None:
    done = population(scenario, tmp_path / "two", CARD, workers=2)
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "two", "result.json") == read(on_card, "result.json")


def test_the_processor_gives_the_same_patients_to_nine_digits(scenario: Path, on_card: Path, tmp_path: Path) -> None:
    done = population(scenario, tmp_path / "plain", PROCESSOR)
    assert done.returncode == 0, done.stderr
    assert "engine: processor (" in done.stderr
    mine, theirs = patients(on_card), patients(tmp_path / "plain")
    assert len(mine) == 66
    assert mine == [pytest.approx(one, rel=1e-8) for one in theirs]
