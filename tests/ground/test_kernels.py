"""Kernels take floats and arrays: they import nothing of ours but each other."""

import ast
from pathlib import Path

KERNELS = Path(__file__).parents[2] / "src" / "norket" / "pharmacology" / "kernels"
HOME = "norket.pharmacology.kernels"


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return plain | {"." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)}


def test_kernels_import_nothing_of_ours() -> None:
    found = {path.name: imported(path) for path in KERNELS.rglob("*.py")}
    ours = {
        (name, module) for name, modules in found.items() for module in modules if module.startswith(("norket", "."))
    }
    assert found
    assert {(name, module) for name, module in ours if not module.startswith(HOME)} == set()
