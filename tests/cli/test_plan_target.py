"""`norket plan-target`: the suggestion on a terminal, as a document and as a picture."""

import doctest
import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from norket.cli import app

WHO = ["--weight", "70", "--age", "45", "--sex", "female", "--draws", "50"]


def _run(*words: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["plan-target", *WHO, *words])
    return found.exit_code, found.stdout, found.stderr


def test_the_plan_is_printed_with_rates_limits_and_sources() -> None:
    code, text, _ = _run("--target", "100 ng/mL", "--concentration", "1")
    assert code == 0
    assert text.startswith("A plan is never an order")
    for words in ("1 rate change", "rate mL/h", "mg/h iv for", "max_total_mg", "What changes buy", "[kamp-2020]"):
        assert words in text


def test_the_document_is_one_json_value() -> None:
    code, text, _ = _run("--target", "100 ng/mL", "--json")
    document = json.loads(text)
    assert code == 0
    assert document["reached"] is True
    assert document["never_an_order"].startswith("A plan is never an order")


def test_a_target_out_of_reach_is_shown_with_its_limit_and_ends_with_status_2() -> None:
    code, text, error = _run("--target", "100 ng/mL", "--max-total", "20")
    assert code == 2
    assert "NOT REACHED" in text
    assert "binds: total, 20 mg allowed" in text
    assert "do not allow this target" in error
    code, text, _ = _run("--target", "100 ng/mL", "--max-total", "20", "--json")
    assert (code, json.loads(text)["reached"]) == (2, False)


@pytest.mark.parametrize("target", ["100", "100 mg/L", "100ng/mL", "ng/mL", "1e2 ng/mL", "nan ng/mL"])
def test_a_target_without_its_unit_is_refused(target: str) -> None:
    code, text, error = _run("--target", target)
    assert (code, text) == (2, "")
    assert error.startswith("norket: ")


def test_every_limit_reaches_the_plan() -> None:
    words = {
        "--max-rate": "60", "--max-rate-kg": "0.9", "--max-rate-step": "50", "--max-bolus": "6", "--max-total": "50",
        "--max-total-kg": "0.8", "--max-changes": "2", "--interval": "10", "--earliest": "15", "--grid": "5",
        "--resolution": "0.5", "--concentration": "2",
    }  # fmt: skip
    code, text, _ = _run("--target", "80 ng/mL", "--json", *[word for pair in words.items() for word in pair])
    limits = json.loads(text)["limits"]
    assert code == 0
    assert limits == {
        "max_rate_mg_h": 60, "max_rate_mg_kg_h": 0.9, "max_rate_step_mg_h": 50, "max_bolus_mg": 6, "max_total_mg": 50,
        "max_total_mg_kg": 0.8, "most_changes": 2, "shortest_interval_min": 10, "earliest_change_min": 15,
        "change_grid_min": 5, "rate_resolution_mg_h": 1, "bolus_resolution_mg": 0.2, "concentration_mg_ml": 2,
    }  # fmt: skip


def test_site_enantiomer_times_and_level_are_taken() -> None:
    code, text, _ = _run(
        "--target", "40 ng/mL", "--site", "plasma", "--enantiomer", "S", "--until", "90", "--by", "40",
        "--tolerance", "15", "--wake-below", "20 ng/mL", "--json",
    )  # fmt: skip
    found = json.loads(text)
    assert code == 0
    assert (found["site"], found["enantiomer"], found["horizon_min"], found["in_range_by_min"]) == (
        "plasma",
        "S",
        90,
        40,
    )
    assert (found["tolerance"], found["wake_up"]["below_ng_ml"]) == (0.15, 20)


def test_the_picture_is_written(tmp_path: Path) -> None:
    code, _, _ = _run("--target", "100 ng/mL", "--plot", str(tmp_path / "plan.png"))
    assert code == 0
    assert (tmp_path / "plan.png").stat().st_size < 150_000


def test_esketamine_without_limits_is_refused_by_name() -> None:
    code, _, error = _run("--target", "50 ng/mL", "--drug", "esketamine")
    assert code == 2
    assert "max_rate_mg_h has no default for esketamine" in error


def test_help_shows_an_example() -> None:
    assert "Example:" in CliRunner().invoke(app, ["plan-target", "--help"]).stdout


PAGE = Path(__file__).parents[2] / "docs/how-to/plan-a-target.md"
SHOWN = re.findall(
    r"^```console\n\$ norket (.*?)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=["reached", "steps", "missed"])
def test_the_page_shows_what_is_printed(
    command: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = iter(CliRunner().invoke(app, shlex.split(command)).stdout.splitlines())
    assert [line for line in output.splitlines() if line != "…" and line not in printed] == []


def test_the_python_of_the_page_runs() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert (found.attempted > 4, found.failed) == (True, 0)


def test_step_by_step_the_rates_are_told_in_spans_and_all_of_them_in_the_document(tmp_path: Path) -> None:
    picture = tmp_path / "plan.svg"
    code, text, _ = _run("--target", "100 ng/mL", "--method", "steps", "--plot", str(picture))
    assert code == 0
    assert "computer-driven pump" in text
    assert "rate mg/h, lowest to highest" in text
    assert "What changes buy" not in text
    assert picture.exists()
    code, text, _ = _run("--target", "100 ng/mL", "--method", "steps", "--json")
    document = json.loads(text)
    assert (code, document["method"], document["dose_texts"]) == (0, "steps", [])
    assert len(document["steps"]) > 100
    code, text, error = _run("--target", "100 ng/mL", "--method", "often")
    assert (code, text) == (2, "")
    assert "changes, steps" in error
