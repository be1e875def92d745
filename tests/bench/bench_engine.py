"""The engine: from a cold interpreter to a curve, and a curve with a band in a warm one."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from row import Row

import norket

RUNS = 15
FOUR_HOURS = list(range(241))
PATIENT = norket.Patient(weight_kg=70, age_y=45, sex="female")
IMPORT = "import time; a = time.perf_counter(); import norket.pharmacology.predict; print(time.perf_counter() - a)"
FIRST = (
    "import time; a = time.perf_counter(); import norket; "
    "norket.predict(norket.Patient(70, 45, 'female'), ['0.5 mg/kg iv over 40 min']); print(time.perf_counter() - a)"
)


def run() -> list[Row]:
    return [
        Row("import of the engine", fresh(IMPORT), "s", f"best of {RUNS // 3} interpreters", 0.5),
        Row("first curve, kernels cached", fresh(FIRST), "s", "import and a default prediction, 1,000 draws", 2.0),
        *(predicting(name, doses, model) for name, doses, model in REGIMENS),
    ]


REGIMENS = (
    ("default (two models, four tracks)", ["0.5 mg/kg iv over 40 min"], None),
    ("Kamp 2020", ["0.5 mg/kg iv over 40 min"], "kamp_2020"),
    ("Simons 2022, film", ["esketamine 50 mg sublingual"], "simons_2022"),
    ("Perez-Ruixo 2021, nasal", ["esketamine 56 mg intranasal"], "perez_ruixo_2021"),
)


def predicting(name: str, doses: list[str], model: str | None) -> Row:
    best, middle = timed(lambda: norket.predict(PATIENT, doses, model=model, times_min=FOUR_HOURS, draws=1000))
    limit = 20.0 if model is None else None
    how = f"best of {RUNS}, median {1000 * middle:.1f} ms; 1,000 draws, 4 h at 1 min"
    return Row(f"predict, {name}", 1000 * best, "ms", how, limit)


def timed(call: Callable[[], object]) -> tuple[float, float]:
    call()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken), statistics.median(taken)


def fresh(code: str) -> float:
    """The best time that a new interpreter reports, after one that fills the caches of kernels and bytecode."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment).stdout)
        for _ in range(1 + RUNS // 3)
    ]
    return min(taken[1:])
