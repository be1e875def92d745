"""The manual is tried out: its code runs, its commands exist, and every setting is explained."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from norket.cli import app

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
HAND_WRITTEN = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if path.parent.name != "reference"
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = (ROOT / "docs" / "how-to" / "install.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_code_in_the_readme_runs(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_simulation_in_the_readme_runs() -> None:
    line = next(line for block in blocks("sh") for line in block.splitlines() if "norket simulate" in line)
    words = shlex.split(line)
    done = subprocess.run([BIN / "norket", *words[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ng/mL" in done.stdout


def known(words: str) -> bool:
    """True when `norket words…` names a command, or a group and one of its commands; what follows is its own affair."""
    place: Any = get_command(app)
    for word in words.split():
        if not hasattr(place, "commands"):
            return True
        place = place.commands.get(word)
    return place is not None


@pytest.mark.parametrize("document", HAND_WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_that_a_page_names_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(
        r"(?:^|[`/ ])norket ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)(?=[` \n])", "\n".join(spans(text)), re.MULTILINE
    )
    assert [words for words in named if not known(words)] == []


def spans(text: str) -> list[str]:
    """What a page sets as code: its shell blocks and its `inline` words."""
    return [
        *re.findall(r"```sh\n(.*?)```", text, re.DOTALL),
        *(f"`{span}`" for span in re.findall(r"`([^`\n]+)`", text)),
    ]


def test_every_setting_is_explained() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    read = set(re.findall(r'environ(?:\.get\(|\[)\s*"(NORKET_\w+|DATABASE_URL)"', sources))
    assert read
    assert [name for name in sorted(read) if f"`{name}`" not in INSTALL] == []
