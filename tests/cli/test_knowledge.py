"""`norket knowledge`: check, list, show, schema; one JSON document when asked, and nothing else."""

import json
import sys
from datetime import date
from pathlib import Path
from subprocess import run

import pytest
import yaml
from typer.testing import CliRunner, Result

from norket.cli import app
from norket.knowledge import Entry, read
from norket.knowledge.manual import entry_schema
from norket.knowledge.printed import printed

BASE = read()


def norket(*words: str) -> Result:
    return CliRunner().invoke(app, ["knowledge", *words])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder with one entry whose limit is not a number and one that cites nothing."""
    common = {"kind": "figure", "statement": "S.", "certainty": "B", "review_by": date(2027, 11, 30)}
    entries = [
        common | {"id": "a.a", "values": [{"value": float("nan"), "unit": "mg"}]},
        common | {"id": "a.b", "values": [{"value": 1, "unit": "mg"}]},
    ]
    (tmp_path / "sources.yaml").write_text("references: []\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text(yaml.safe_dump({"entries": entries}), encoding="utf-8")
    return tmp_path


def test_check_says_that_the_packaged_base_holds_together() -> None:
    result = norket("check")
    assert result.exit_code == 0
    assert f"{len(BASE.entries)} entries hold together" in result.stdout
    assert BASE.edition in result.stdout


def test_check_as_json_is_one_document() -> None:
    result = norket("check", "--json")
    said = json.loads(result.stdout)
    assert said["faults"] == []
    assert (said["edition"], said["entries"]) == (BASE.edition, len(BASE.entries))
    assert said["to_be_signed"] == sum(entry.policy is not None for entry in BASE.entries)


def test_check_names_every_fault_and_fails(broken: Path) -> None:
    result = norket("check", "--folder", str(broken), "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == 1
    assert said["edition"] is None
    assert [fault.split(":")[1].strip() for fault in said["faults"]] == ["a.a", "a.b"]
    assert norket("check", "--folder", str(broken)).exit_code == 1


@pytest.mark.parametrize(("day", "status"), [("2026-01-01", 0), ("2100-01-01", 1)])
def test_check_names_reviews_that_are_over(day: str, status: int) -> None:
    assert norket("check", "--on", day).exit_code == status


def test_a_day_that_is_none_is_refused() -> None:
    result = norket("check", "--on", "soon")
    assert result.exit_code == 2
    assert "--on takes a day such as 2027-01-31" in result.stderr


def test_list_shows_every_entry_or_one_kind() -> None:
    rows = json.loads(norket("list", "--json").stdout)["entries"]
    assert [row["id"] for row in rows] == [entry.id for entry in BASE.entries]
    doses = json.loads(norket("list", "--kind", "dose", "--json").stdout)["entries"]
    assert [row["id"] for row in doses] == [entry.id for entry in BASE.of_kind("dose")]
    assert [line.split()[0] for line in norket("list", "--kind", "dose").stdout.splitlines()] == [
        row["id"] for row in doses
    ]


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do() -> None:
    result = norket("list", "--kind", "number")
    assert result.exit_code == 2
    assert "figure, rule, dose, model, text" in result.stderr
    assert result.stdout == ""


def test_show_gives_one_entry_with_its_references() -> None:
    said = json.loads(norket("show", "doses.d01", "--json").stdout)
    assert (said["id"], said["file"], said["edition"]) == ("doses.d01", "doses.yaml", BASE.edition)
    assert [each["key"] for each in said["references"]] == [each["key"] for each in said["sources"]]
    assert "cap_mg_kg_h " in norket("show", "doses.d01").stdout


def test_every_entry_prints_within_the_line_and_says_all_that_it_holds() -> None:
    for entry in BASE.entries:
        says_all(entry, printed(entry, BASE, 80))


def says_all(entry: Entry, text: str) -> None:
    assert [line for line in text.splitlines() if len(line) > 80 and " " in line.strip()] == []
    flat = " ".join(text.split())
    for said in (entry.statement, entry.derivation, entry.conflict, *(value.name for value in entry.values)):
        assert " ".join(said.split()) in flat.replace("- ", "-") or " ".join(said.split()) in flat
    assert all(seed in text for seed in entry.seeds)


def ids(*words: str) -> set[str]:
    return {row["id"] for row in json.loads(norket("list", *words, "--json").stdout)["entries"]}


def test_a_list_is_narrowed_by_stage_certainty_and_signature() -> None:
    staged = {entry.id for entry in BASE.entries if entry.data.get("stage") == "screening"}
    assert ids("--stage", "screening") == staged
    assert ids("--certainty", "D") == {entry.id for entry in BASE.entries if entry.certainty == "D"}
    assert ids("--unsigned") == {entry.id for entry in BASE.entries if entry.policy and not entry.signed_by}
    assert ids("--signed") == set()
    assert ids("--stage", "screening", "--certainty", "D") == staged & ids("--certainty", "D")


@pytest.mark.parametrize(("option", "word"), [("--stage", "nothing"), ("--certainty", "E")])
def test_a_stage_or_certainty_that_does_not_exist_is_refused_with_those_that_do(option: str, word: str) -> None:
    result = norket("list", option, word)
    assert result.exit_code == 2
    assert "those there are" in result.stderr


def test_show_of_an_unknown_id_says_where_to_look() -> None:
    result = norket("show", "doses.none", "--json")
    assert result.exit_code == 2
    assert "see `norket knowledge list`" in result.stderr
    assert result.stdout == ""


def test_schema_prints_the_published_schema() -> None:
    assert norket("schema").stdout == entry_schema()


def test_the_command_loads_neither_django_nor_numba() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from norket.cli import app; "
        "assert CliRunner().invoke(app, ['knowledge', 'check']).exit_code == 0; "
        "sys.exit(any(name in sys.modules for name in ('django', 'numba')))"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
