"""`norket update`, as a shell sees it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from norket.cli import app

PATIENT = ["--weight", "70", "--age", "45", "--sex", "female"]
HALF = ["--dose", "0.5 mg/kg iv over 40 min"]
LEVEL = ["--level", "ketamine 120 ng/mL venous at 45 min"]
SCORE = ["--score", "systolic_pressure 25 mmHg at 40 min"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["update", *arguments])


def test_text_shows_what_was_learned_from_what_and_how_far_to_trust_it() -> None:
    done = run(*HALF, *LEVEL, *SCORE, *PATIENT, "--draws", "1000")
    assert (done.exit_code, done.stderr) == (0, "")
    for words in ("otto_2021 CL, L/h", "95.2", "systolic_pressure slope", "learned", "bits", "importance sampling"):
        assert words in done.stdout
    for words in ("independent ones", "Sources", "[otto-2021]", "Knowledge", "not a medical device"):
        assert words in done.stdout


def test_json_is_one_document_and_nothing_else() -> None:
    done = run(*HALF, *LEVEL, *PATIENT, "--draws", "1000", "--seed", "3", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert [one["text"] for one in document["observations"]] == [LEVEL[1]]
    assert (document["seed"], document["draws"], document["method"]) == (3, 1000, "importance")
    assert document["parameters"][0]["name"] == "V1"


def test_without_an_observation_it_is_the_prior() -> None:
    assert "this is the prior" in run(*HALF, *PATIENT, "--draws", "500").stdout


def test_levels_repeat_and_the_picture_is_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "update.png"
    second = ["--level", "norketamine below 5 ng/mL venous at 12 h assay 10 %"]
    done = run(*HALF, *LEVEL, *second, *PATIENT, "--draws", "1000", "--plot", str(picture), "--until", "14")
    assert done.exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "norketamine below 5 ng/mL venous at 720 min" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*HALF, "--level", "ketamine 120 ng/mL capillary at 45 min", *PATIENT], "venous or arterial"),
        ([*HALF, "--level", "ketamine 120 ng/mL at 45 min", *PATIENT], "Example"),
        ([*HALF, "--score", "systolic_pressure 18 mmHg", *PATIENT], "'at'"),
        ([*HALF, "--score", "mood 18 at 40 min", *PATIENT], "systolic_pressure"),
        ([*HALF, *LEVEL, *PATIENT, "--model", "kamp_2020"], "otto_2021"),
        ([*HALF, *LEVEL, *PATIENT, "--until", "4"], "--plot"),
        ([*HALF, *LEVEL, *PATIENT, "--draws", "10"], "draws"),
        ([*HALF, *LEVEL, *PATIENT, "--plot", "curve.xyz"], "ending"),
        ([*HALF, *PATIENT, "--plot", "curve.png"], "nothing was observed"),
        (["--dose", "0.5 mg/kg iv for 40 min", *LEVEL, *PATIENT], "Two readings"),
        ([*LEVEL, *PATIENT], "--dose"),
    ],
)
def test_a_refusal_is_a_message_on_stderr_and_status_2(arguments: list[str], words: str) -> None:
    done = run(*arguments, "--json")
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""
