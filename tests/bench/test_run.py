"""The bench runner: a table for people, one document for machines, and a plain word for a wrong name."""

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).with_name("run.py")


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, RUN, *arguments], capture_output=True, text=True, check=False)


def test_every_benchmark_says_what_it_shows() -> None:
    for path in RUN.parent.glob("bench_*.py"):
        text = path.read_text()
        assert text.startswith('"""'), path
        assert "def run() -> list[Row]:" in text, path


def test_a_wrong_name_is_refused_with_the_right_ones() -> None:
    done = bench("nonsense")
    assert done.returncode == 2
    assert "there are" in done.stderr
    assert "start" in done.stderr


def test_json_is_one_document_with_unit_and_way_of_measuring() -> None:
    done = bench("start", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["benchmarks"]["start"]
    assert len(rows) == 4
    assert all(row["unit"] == "ms" and row["value"] > 0 and row["how"] for row in rows)
