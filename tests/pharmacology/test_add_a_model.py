"""The page on adding a model, run as it stands."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.linalg import expm
from typer.testing import CliRunner

import norket
from norket.cli import app
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.report import prediction_text

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGE = (HOW_TO / "add-a-model.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|yaml)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(HOW_TO / "add-a-model", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_runs_as_it_stands(folder: Path) -> None:
    structure, *steps = [text for language, text in BLOCKS if language == "python"]
    assert structure.startswith("def build")
    ran = subprocess.run([sys.executable, "-c", "\n".join(steps)], capture_output=True, text=True, check=True)
    assert (folder / "dexmedetomidine.png").read_bytes().startswith(b"\x89PNG")
    assert "covers ages from 20 to 70 years" in ran.stdout


def test_the_page_shows_the_structure_and_the_figures_that_the_files_hold(folder: Path) -> None:
    structure = (folder / "hannivoort_2015.py").read_text()
    without_docstring = re.sub(r'^    """.*?"""\n', "", structure, flags=re.MULTILINE | re.DOTALL)
    assert next(text for language, text in BLOCKS if language == "python") in without_docstring
    shown = yaml.safe_load(next(text for language, text in BLOCKS if language == "yaml"))
    entry = yaml.safe_load((folder / "hannivoort_2015.yaml").read_text())["entries"][0]
    assert [value for value in shown["values"] if value not in entry["values"]] == []
    assert shown["data"].items() <= entry["data"].items()


def test_the_model_is_that_of_its_abstract_solved_elsewhere(folder: Path) -> None:
    model = norket.load_model("hannivoort_2015.py", "hannivoort_2015.yaml")
    patient = norket.Patient(weight_kg=70, age_y=45, sex="female")
    found = norket.predict(patient, ["0.07 mg iv"], model=model, times_min=[0.0, 5.0, 60.0, 300.0], draws=3)
    v1, v2, v3, cl, q2, q3 = 1.78, 30.3, 52.0, 0.686, 2.98, 0.602
    rates = np.array(
        [[-(cl + q2 + q3) / v1, q2 / v2, q3 / v3], [q2 / v1, -q2 / v2, 0.0], [q3 / v1, 0.0, -q3 / v3]],
    )
    expected = [1000 * (expm(rates * time) @ [0.07, 0.0, 0.0])[0] / v1 for time in (0.0, 5.0, 60.0, 300.0)]
    assert found.track("dexmedetomidine").typical == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("weight_kg", "age_y"), [(50.9, 45), (110.1, 45), (70, 19.9), (70, 70.1)])
def test_whom_the_volunteers_did_not_represent_is_refused(folder: Path, weight_kg: float, age_y: float) -> None:
    model = norket.load_model("hannivoort_2015.py", "hannivoort_2015.yaml")
    norket.predict(norket.Patient(70, 45, "male"), ["0.07 mg iv"], model=model, draws=1)
    with pytest.raises(NotCoveredError):
        norket.predict(norket.Patient(weight_kg, age_y, "male"), ["0.07 mg iv"], model=model, draws=1)


def test_a_model_of_another_drug_speaks_of_that_drug_only(folder: Path) -> None:
    model = norket.load_model("hannivoort_2015.py", "hannivoort_2015.yaml")
    found = norket.predict(norket.Patient(70, 45, "male"), ["0.07 mg iv over 10 min"], model=model, draws=5)
    assert [track.analyte for track in found.tracks] == ["dexmedetomidine"]
    document = found.to_json()
    assert document["doses"][0]["drug"] == "dexmedetomidine"
    assert document["model"] == "hannivoort_2015"
    assert "dose 1: dexmedetomidine 0.07 mg iv" in prediction_text(found)
    assert "ketamine" not in prediction_text(found)


def test_esketamine_is_not_given_to_a_model_of_another_drug(folder: Path) -> None:
    model = norket.load_model("hannivoort_2015.py", "hannivoort_2015.yaml")
    with pytest.raises(NotCoveredError, match="a model of dexmedetomidine, not of esketamine") as refused:
        norket.predict(norket.Patient(70, 45, "male"), ["esketamine 0.07 mg iv"], model=model, draws=5)
    assert refused.value.code == "dose_not_covered"


def test_the_command_of_the_page_runs_as_it_stands(folder: Path) -> None:
    (command,) = re.findall(r"^```\n(norket simulate .*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert "dexmedetomidine, arterial" in result.output
