"""The bench runner: a table for people, one document for machines, and a plain word for a wrong name."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent
TINY = '''"""Two figures that need no measuring."""

from row import Row


def run() -> list[Row]:
    start = Row("a start", 120.0, "ms", "best of 5", limit=200.0)
    return [start, Row("a page", 310.0, "kB", "uncompressed", limit=300.0)]
'''


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """The runner beside one small benchmark."""
    for name in ("run.py", "row.py"):
        shutil.copy(BENCH / name, tmp_path / name)
    (tmp_path / "bench_tiny.py").write_text(TINY)
    return tmp_path / "run.py"


def run(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def test_every_benchmark_says_what_it_shows() -> None:
    texts = [path.read_text() for path in BENCH.glob("bench_*.py")]
    assert texts
    assert all(text.startswith('"""') and "def run() -> list[Row]:" in text for text in texts)


def test_a_wrong_name_is_refused_with_the_right_ones(bench: Path) -> None:
    done = run(bench, "nonsense")
    assert done.returncode == 2
    assert "no benchmark nonsense; there are tiny" in done.stderr


def test_the_table_says_figure_unit_way_and_whether_the_promise_is_kept(bench: Path) -> None:
    lines = [" ".join(line.split()) for line in run(bench).stdout.splitlines()]
    assert lines == ["tiny", "a start 120 ms within 200 (best of 5)", "a page 310 kB OVER 300 (uncompressed)"]


def test_json_is_one_document_with_the_machine_in_it(bench: Path) -> None:
    document = json.loads(run(bench, "tiny", "--json").stdout)
    assert document["machine"]["cores"] >= 1
    assert [(row["what"], row["kept"]) for row in document["benchmarks"]["tiny"]] == [
        ("a start", True),
        ("a page", False),
    ]


FLOORS = '''"""Two figures that ought to be large, in a table of their own."""

from row import Row


def run() -> list[Row]:
    return [Row("a ratio", 12.0, "times", "one run", least=10.0), Row("another", 9.0, "times", "one run", least=10.0)]
'''
OWN_TABLE = """

def table(rows: list[Row]) -> str:
    return "my own table"
"""


def test_a_figure_that_ought_to_be_large_reaches_or_misses_its_least(bench: Path) -> None:
    (bench.parent / "bench_tiny.py").write_text(FLOORS)
    lines = [" ".join(line.split()) for line in run(bench).stdout.splitlines()]
    assert lines == ["tiny", "a ratio 12 times reaches 10 (one run)", "another 9 times MISSES 10 (one run)"]
    document = json.loads(run(bench, "--json").stdout)
    assert [row["kept"] for row in document["benchmarks"]["tiny"]] == [True, False]


def test_a_benchmark_may_lay_out_its_own_table(bench: Path) -> None:
    (bench.parent / "bench_tiny.py").write_text(FLOORS + OWN_TABLE)
    assert run(bench).stdout.splitlines() == ["tiny", "my own table"]
