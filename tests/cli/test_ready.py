"""`norket ready`, as a shell sees it."""

import json

import pytest
from typer.testing import CliRunner, Result

from norket.cli import app

ASKED = [
    "ready",
    "--dose",
    "0.5 mg/kg iv over 40 min",
    "--weight",
    "70",
    "--age",
    "45",
    "--sex",
    "female",
    "--draws",
    "50",
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def test_the_text_names_level_site_moments_and_that_it_is_no_gate() -> None:
    done = run(*ASKED, "--below", "50 ng/mL")
    assert (done.exit_code, done.stderr) == (0, "")
    for words in ("below 50 ng/mL", "effect site", "half of the virtual patients", "never replaces"):
        assert words in done.stdout


def test_json_is_one_document_and_the_level_of_policy_is_the_default() -> None:
    document = json.loads(run(*ASKED, "--json").stdout)
    assert document["level_ng_ml"] == 50
    assert document["typical_min"] == pytest.approx(133.4, abs=0.2)
    assert max(document["probability"]) == 1
    assert "to be signed" in document["level_from"]


def test_it_says_whether_the_level_was_asked_or_is_a_proposal_and_what_other_models_say() -> None:
    proposed, asked = run(*ASKED).stdout, run(*ASKED, "--below", "50 ng/mL").stdout
    assert "clinic policy, a proposal to be signed" in proposed
    assert "to be signed" not in asked
    for words in ("one model, kamp_2020", "borrowed from otto_2021", "4 other models"):
        assert words in asked


def test_venous_plasma_can_be_asked() -> None:
    done = run(*ASKED, "--below", "50 ng/mL", "--analyte", "ketamine", "--site", "venous", "--json")
    assert json.loads(done.stdout)["model"] == "otto_2021"


@pytest.mark.parametrize("level", ["50", "50 mg/L", "ng/mL", "nan ng/mL", "-5 ng/mL", "0 ng/mL"])
def test_a_level_without_its_unit_or_number_is_refused(level: str) -> None:
    done = run(*ASKED, "--below", level)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("norket: ")
