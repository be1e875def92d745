"""The folder of a run: whole files only, a manifest that says what it is, and no mixing of runs."""

import csv
import errno
import json
import os
from pathlib import Path

import pytest

from norket.lab.run import Run, chunk_blocks, with_numbers
from norket.lab.store import Store
from norket.lab.workers import Alone, local
from norket.pharmacology.population.chunk import group_blocks
from norket.pharmacology.population.question import ask
from norket.pharmacology.population.reading import ScenarioError, read_scenario
from norket.pharmacology.population.scenario import Scenario

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "population" / "nasal-device-errors.yaml").read_text()


def small(patients: int = 100, seed: int | None = None) -> Scenario:
    return with_numbers(read_scenario(TEXT), patients, seed)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done") / "run"
    Run(small(), Store(folder), Alone(), 1).finish()
    return folder


def test_the_manifest_says_what_the_run_is(done: Path) -> None:
    found = json.loads((done / "manifest.json").read_text())
    assert (found["patients"], found["seed"], found["state"]) == (100, 5, "complete")
    assert found["scenario_hash"] == small().hash
    assert found["versions"].keys() >= {"norket", "edition", "numpy", "numba", "python"}
    assert "perez-ruixo-2021" in found["sources"]


def test_what_is_left_is_report_result_manifest_and_patients(done: Path) -> None:
    assert sorted(path.name for path in done.iterdir()) == ["manifest.json", "patients", "report.html", "result.json"]


def test_every_patient_has_a_row(done: Path) -> None:
    rows = [row for path in sorted((done / "patients").iterdir()) for row in csv.DictReader(path.open())]
    assert len(rows) == 100
    assert all(39 <= float(row["patient/weight_kg"]) <= 170 for row in rows)


def test_the_result_counts_what_the_table_says(done: Path) -> None:
    answer = json.loads((done / "result.json").read_text())
    rows = [row for path in sorted((done / "patients").iterdir()) for row in csv.DictReader(path.open())]
    target = answer["protocols"][1]["targets"][0]
    attained = sum(float(row["with_errors/ketamine/peak"]) >= target["at_least"] for row in rows)
    assert target["attained"] == attained
    assert target["low"] <= attained / 100 <= target["high"]


def test_a_folder_with_another_run_is_refused(done: Path) -> None:
    with pytest.raises(ScenarioError, match=r"holds another run.*seed"):
        Run(small(seed=6), Store(done), Alone(), 1).finish()


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(ScenarioError, match="not empty"):
        Run(small(), Store(tmp_path), Alone(), 1).finish()
    assert (tmp_path / "letter.txt").read_text() == "keep me"


@pytest.mark.parametrize("count", [0, -1, 257])
def test_a_number_of_workers_that_makes_no_sense_is_refused(count: int) -> None:
    with pytest.raises(ScenarioError, match="--workers"), local(count):
        pass


def test_the_hash_is_that_of_the_question_and_not_of_the_numbers() -> None:
    assert small(100, 1).hash == small(200, 2).hash
    assert read_scenario(TEXT.replace("part: 0.5", "part: 0.6")).hash != small().hash


def fill(folder: Path, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """The disk is full after some writes."""
    left = iter([True] * writes)
    true = os.fsync

    def fsync(number: int) -> None:
        if not next(left, False):
            raise OSError(errno.ENOSPC, "No space left on device")
        true(number)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("writes", [0, 1, 2, 4, 5, 7])
def test_a_full_disk_loses_nothing_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int, done: Path
) -> None:
    folder = tmp_path / "run"
    fill(folder, monkeypatch, writes)
    with pytest.raises(ScenarioError, match="no space left on device; what is done is kept: make room"):
        Run(small(), Store(folder), Alone(), 1).finish()
    assert not list(folder.rglob("*.part"))
    monkeypatch.undo()
    Run(small(), Store(folder), Alone(), 1).finish()
    assert (folder / "result.json").read_text() == (done / "result.json").read_text()


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ScenarioError, match="not a directory; name a folder in which you may write, with --out"):
        Run(small(), Store(tmp_path / "file" / "run"), Alone(), 1).finish()


def test_a_manifest_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"x"')
    with pytest.raises(ScenarioError, match="is no manifest of a run"):
        Run(small(), Store(tmp_path), Alone(), 1).finish()


def test_chunks_are_whole_groups_of_blocks() -> None:
    for patients, workers in ((100, 1), (5000, 2), (1_000_000, 2), (1_000_000, 256)):
        scenario = small(patients)
        assert chunk_blocks(scenario, workers) % group_blocks(ask(scenario)) == 0
