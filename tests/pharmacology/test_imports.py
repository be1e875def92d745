"""What loading one part must not drag in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from norket.pharmacology import kernels

KERNELS = sorted(set(Path(kernels.__path__[0]).glob("*.py")) - {Path(kernels.__path__[0], "__init__.py")})


def modules_after(code: str, **environment: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_package_itself_loads_no_numerical_stack() -> None:
    assert not {"numpy", "numba", "scipy", "matplotlib", "django"} & modules_after("import norket")


def test_the_command_line_loads_nothing_heavy_until_a_command_runs() -> None:
    assert not {"numpy", "numba", "scipy", "matplotlib", "django"} & modules_after("import norket.cli")


def test_the_engine_loads_no_django_and_no_plotting() -> None:
    code = (
        "import norket\n"
        "patient = norket.Patient(weight_kg=70, age_y=45, sex='female')\n"
        "norket.predict(patient, ['0.5 mg/kg iv over 40 min'], draws=5).to_json()"
    )
    loaded = modules_after(code)
    assert "numba" in loaded
    assert not {"django", "ninja", "matplotlib"} & loaded


def test_units_and_knowledge_need_no_numerical_stack() -> None:
    assert not {"numpy", "numba", "scipy"} & modules_after("import norket.units, norket.knowledge")


def test_the_engine_loads_its_compiler_with_the_first_curve_and_not_before() -> None:
    assert not {"numba", "scipy", "matplotlib"} & modules_after("import norket.pharmacology.predict")


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_kernels_import_nothing_of_ours_but_each_other(path: Path) -> None:
    text = path.read_text()
    ours = [line for line in text.splitlines() if "norket" in line and "import" in line]
    assert all(line.startswith("from norket.pharmacology.kernels.") for line in ours)


def test_the_compiled_kernels_are_kept_where_the_cache_folder_is_named(tmp_path: Path) -> None:
    modules_after("from norket.pharmacology.predict import warm_up\nwarm_up()", NUMBA_CACHE_DIR=str(tmp_path))
    assert list(tmp_path.rglob("*.nbi"))
