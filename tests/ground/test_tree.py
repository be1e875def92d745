"""The tree: no empty rooms, nothing of one machine in it, and scripts that can be run."""

import ast
import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "norket"
VENDORED = re.compile(r"/static/.*vendor|\.min\.(js|css)$")
# Spelled in pieces, so that this file does not find itself.
REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "unpkg" + ".com",
    "jsdeli" + "vr",
]
MACHINE = re.compile(r"(?<![\w.])/(?:wor" + r"k|roo" + r"t|home/\w+|Users/\w+|far" + r"m)/[\w.-]")


@cache
def committed() -> tuple[Path, ...]:
    """Every file of ours: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file())


def texts() -> list[tuple[str, str]]:
    found = []
    for path in committed():
        name = str(path.relative_to(ROOT))
        if VENDORED.search(name) or b"\0" in path.read_bytes():
            continue
        found.append((name, path.read_text(encoding="utf-8")))
    return found


def test_no_file_names_a_registry() -> None:
    found = [(name, word) for name, text in texts() for word in REGISTRIES if word in text]
    assert found == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [(name, hit.group()) for name, text in texts() for hit in MACHINE.finditer(text)]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error)\b")
    found = [
        (name, hit.group())
        for name, text in texts()
        if name.endswith((".py", ".js", ".html", ".sh"))
        for hit in marks.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["bootstrap", "demo", "test", "check", "bench", "lock", "docs"])
def test_a_script_is_plain_sh_and_can_be_run(name: str) -> None:
    script = ROOT / "script" / name
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[1].startswith("# ")
    assert "set -eu" in lines
    assert os.access(script, os.X_OK)
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0


def test_every_program_starts_with_the_line_that_runs_it() -> None:
    assert [path for path in committed() if os.access(path, os.X_OK) and not path.read_bytes().startswith(b"#!")] == []


def test_continuous_integration_runs_what_the_readme_says() -> None:
    run = ROOT / ".ci" / "run"
    assert run.read_text().splitlines()[-1] == "exec script/test"
    assert os.access(run, os.X_OK)


def test_no_room_is_empty() -> None:
    rooms = {path.parent for path in committed() if path.is_relative_to(SOURCE)}
    hollow = []
    for room in rooms:
        files = [path for path in committed() if path.is_relative_to(room)]
        code = [path for path in files if path.suffix != ".py" or has_code(path)]
        if not code:
            hollow.append(str(room.relative_to(ROOT)))
    assert hollow == []


def has_code(path: Path) -> bool:
    """True when a module holds anything but a docstring."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


def test_every_room_has_tests_of_its_own() -> None:
    files = [path.relative_to(ROOT).parts for path in committed()]
    rooms = {parts[2] for parts in files if parts[:2] == ("src", "norket") and len(parts) > 3}
    tested = {parts[1] for parts in files if parts[0] == "tests" and len(parts) > 2 and parts[-1].startswith("test_")}
    assert rooms - tested == set()
