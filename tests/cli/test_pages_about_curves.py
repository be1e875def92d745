"""The pages about curves: what they show in Python and in a shell is what comes out."""

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from norket.cli import app

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("tutorial/your-first-curve.md", "how-to/compare-models.md")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "…"


def shown(page: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a page with the lines that the page shows of its output."""
    for block in CONSOLE.findall((DOCS / page).read_text(encoding="utf-8")):
        for part in block.split("$ ")[1:]:
            command, *lines = part.splitlines()
            yield command, [line for line in lines if line.strip() and line != LEFT_OUT]


COMMANDS = [(document, command, lines) for document in PAGES for command, lines in shown(document)]


@pytest.mark.parametrize("document", PAGES)
def test_the_python_of_a_page_runs_and_says_what_the_page_says(
    document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(str(DOCS / document), module_relative=False, encoding="utf-8")
    assert found.attempted > 4
    assert found.failed == 0


@pytest.mark.parametrize(("document", "command", "lines"), COMMANDS, ids=[command for _, command, _ in COMMANDS])
def test_a_command_of_a_page_prints_the_lines_that_the_page_shows(
    document: str, command: str, lines: list[str]
) -> None:
    program, *arguments = shlex.split(command)
    done = CliRunner().invoke(app, arguments)
    assert (program, done.exit_code) == ("norket", 0)
    printed = iter(done.stdout.splitlines())
    assert [line for line in lines if line not in printed] == [], document


def test_the_first_curve_takes_five_lines() -> None:
    first = (DOCS / PAGES[0]).read_text(encoding="utf-8").split("```pycon\n")[1].split("```")[0]
    assert sum(line.startswith(">>> ") for line in first.splitlines()) == 5
