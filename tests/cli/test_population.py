"""`norket population`: one command from a scenario file to the answer; what is wrong is said and costs nothing."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from norket.cli import app

FOLDER = Path(__file__).parents[2] / "docs" / "how-to" / "population"
CAPPED = str(FOLDER / "weight-cap.yaml")


def test_json_is_one_document_and_nothing_else() -> None:
    done = CliRunner().invoke(app, ["population", CAPPED, "--patients", "70", "--seed", "9", "--json"])
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert (answer["patients"], answer["seed"]) == (70, 9)
    assert [one["name"] for one in answer["protocols"]] == ["by_weight", "capped"]
    assert answer["sources"]


def test_out_keeps_the_report(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["population", CAPPED, "--patients", "70", "--out", str(tmp_path / "run")])
    assert done.exit_code == 0
    assert "capped against by_weight, the same people" in done.stdout
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x\n", "line 1: population: is missing"),
        ("patients: ten\n", "patients: "),
        (":\n-", "not YAML"),
    ],
)
def test_a_wrong_file_ends_with_a_message_and_status_2(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    done = CliRunner().invoke(app, ["population", str(path)])
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_numbers_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("norket.lab.cluster.CONNECT_S", 1)
    for option in (["--patients", "0"], ["--workers", "0"], ["--dask", "tcp://127.0.0.1:1"]):
        done = CliRunner().invoke(app, ["population", CAPPED, *option])
        assert done.exit_code == 2
        assert "norket: " in done.stderr


def test_files_that_cannot_be_read_are_told_with_what_to_do(tmp_path: Path) -> None:
    text = Path(CAPPED).read_text()
    cases = {
        "latin.yaml": (text.replace("obesity", "ob\u00e9sit\u00e9").encode("latin-1"), "save it as UTF-8"),
        "table.yaml": (text.replace("heavy-patients", "nowhere").encode(), "population.table: "),
    }
    for name, (content, said) in cases.items():
        (tmp_path / name).write_bytes(content)
        done = CliRunner().invoke(app, ["population", str(tmp_path / name)])
        assert done.exit_code == 2
        assert said in done.stderr
    done = CliRunner().invoke(app, ["population", str(tmp_path / "absent.yaml")])
    assert "absent.yaml: no such file or directory; name a file that is there" in done.stderr


def test_a_run_that_is_stopped_by_hand_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("norket.lab.run.run", stop)
    kept = CliRunner().invoke(app, ["population", CAPPED, "--out", str(tmp_path / "run")])
    lost = CliRunner().invoke(app, ["population", CAPPED])
    assert (kept.exit_code, lost.exit_code) == (130, 130)
    assert f"give the same command again and it goes on in {tmp_path / 'run'}" in kept.stderr
    assert "nothing is kept without --out" in lost.stderr
