"""Time has one reader, `site/clock.py`; chance comes from a seed that somebody gave."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "norket"
CLOCK = SOURCE / "site" / "clock.py"
PURE = ("units", "knowledge", "pharmacology", "therapy")
WALL_CLOCK = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "timezone": {"now", "localtime", "localdate"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"},
}
SEEDED = {"default_rng", "Generator", "SeedSequence", "PCG64", "PCG64DXSM", "Philox", "SFC64"}


def modules(*rooms: str) -> list[Path]:
    folders = [SOURCE / room for room in rooms] or [SOURCE]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def readings_of_time(tree: ast.AST) -> Iterator[str]:
    """Uses of the wall clock, called or handed on (such as `default=timezone.now`)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in WALL_CLOCK.get(last_name(node.value), set()):
            yield f"{ast.unparse(node)} in line {node.lineno}"
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                if name.name in WALL_CLOCK.get((node.module or "").rpartition(".")[2], set()):
                    yield f"import of {node.module}.{name.name} in line {node.lineno}"
        elif isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}:
            yield f"{node.arg} in line {node.value.lineno}"


def last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def unseeded_chance(tree: ast.AST) -> Iterator[str]:
    """Draws from NumPy's global generator, and generators made without a seed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and last_name(node.value) == "random" and node.attr not in SEEDED:
            yield f"{ast.unparse(node)} in line {node.lineno}"
        if isinstance(node, ast.Call) and last_name(node.func) in SEEDED and not (node.args or node.keywords):
            yield f"{ast.unparse(node)} in line {node.lineno}"


def test_only_the_clock_reads_time() -> None:
    assert CLOCK.exists()
    found = {
        str(path.relative_to(SOURCE)): uses
        for path in modules()
        if path != CLOCK and (uses := list(readings_of_time(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


def test_the_pure_layers_draw_only_from_a_given_seed() -> None:
    assert all((SOURCE / room).is_dir() for room in PURE)
    found = {
        str(path.relative_to(SOURCE)): uses
        for path in modules(*PURE)
        if (uses := list(unseeded_chance(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "at = Field(default=timezone.now)",
        "date.today()",
        "time.time()",
        "from time import time_ns",
        "at = DateTimeField(auto_now_add=True)",
    ],
)
def test_a_reading_of_time_is_seen(code: str) -> None:
    assert len(list(readings_of_time(ast.parse(code)))) == 1


@pytest.mark.parametrize(
    "code", ["clock.now()", "time.monotonic()", "session.today", "from norket.site.clock import now"]
)
def test_what_reads_no_wall_clock_is_let_be(code: str) -> None:
    assert list(readings_of_time(ast.parse(code))) == []


@pytest.mark.parametrize("code", ["np.random.normal(0, 1)", "numpy.random.seed(1)", "np.random.default_rng()"])
def test_unseeded_chance_is_seen(code: str) -> None:
    assert len(list(unseeded_chance(ast.parse(code)))) == 1


@pytest.mark.parametrize(
    "code", ["np.random.default_rng(seed)", "draws.normal(0, 1)", "np.random.Generator(np.random.Philox(key=n))"]
)
def test_seeded_chance_is_let_be(code: str) -> None:
    assert list(unseeded_chance(ast.parse(code))) == []
