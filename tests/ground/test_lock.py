"""The lock: exact versions with hashes for everything that pyproject.toml asks for, and no address in it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>\S+)(?: ; .+?)? \\$", re.MULTILINE)
BLOCKS = re.split(r"\n(?=\S)", LOCK.strip())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    lists = [project["build-system"]["requires"], project["project"]["dependencies"]]
    lines = [line for part in [*lists, *extras, *project["dependency-groups"].values()] for line in part]
    return {normal(re.split(r"[\[=<>~! ;]", line, maxsplit=1)[0]) for line in lines}


def test_every_requirement_is_pinned_with_hashes() -> None:
    assert len(BLOCKS) > 50
    for block in BLOCKS:
        assert PIN.match(block), f"not an exact pin: {block.splitlines()[0]}"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), f"no hash: {block.splitlines()[0]}"


def test_everything_the_project_asks_for_is_in_the_lock() -> None:
    pinned = {normal(match["name"]) for match in PIN.finditer(LOCK)}
    assert asked_for() - pinned == set()


@pytest.mark.parametrize("sign", ["://", "@ file", "--index", "--find-links", "-e ", "/opt/", "/home/"])
def test_the_lock_names_no_place_to_download_from(sign: str) -> None:
    assert sign not in LOCK


def test_every_dependency_says_why_it_is_there() -> None:
    wanted = re.compile(r'^  "[A-Za-z][^"]*",(?P<reason>.*)$', re.MULTILINE)
    text = (ROOT / "pyproject.toml").read_text()
    listed = text[text.index("\ndependencies = [") : text.index("[project.scripts]")]
    groups = text[text.index("[dependency-groups]") : text.index("[tool.")]
    lines = [match for part in (listed, groups) for match in wanted.finditer(part)]
    assert len(lines) >= len(asked_for())
    assert [line[0] for line in lines if not re.search(r"# \S", line["reason"])] == []
