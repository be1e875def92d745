"""Drawn examples depend on the sources alone, never on the tests that ran before in the same process."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.examples import SOURCES

TESTS = Path(__file__).parents[1]
DRAW = """
import sys; sys.path.insert(0, {tests!r})
from pathlib import Path
from hypothesis import given, settings, strategies as st
from support.examples import pin_examples
if {sources!r}: pin_examples(Path({sources!r}))
{loaded}
drawn = []
@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(st.text(), st.integers())
def draw(text, number): drawn.append((text, number))
draw()
print(hash(repr(drawn)))
"""
LOADED = "import norket.exchange.fhir"


def drawn(loaded: str, sources: Path | str = "") -> str:
    """A mark of the examples that a fresh process draws with this loaded."""
    program = DRAW.format(tests=str(TESTS), loaded=loaded, sources=str(sources))
    made = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=True
    )
    return made.stdout


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy, so that nobody's edit falls between two draws."""
    return shutil.copytree(SOURCES / "units", tmp_path / "units")


def test_what_was_imported_before_changes_no_example(sources: Path) -> None:
    assert drawn(LOADED, sources) == drawn("", sources)


def test_without_the_pin_it_would() -> None:
    """Should this fail one day, Hypothesis no longer looks at the loaded modules and the pin can go."""
    assert drawn(LOADED) != drawn("")
