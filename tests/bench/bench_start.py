"""How long a person waits before anything happens: imports, and a first simulation from the shell."""

import subprocess
import sys
import time
from pathlib import Path

from row import Row

TIMES = 5
NORKET = str(Path(sys.executable).with_name("norket"))
DOSE = "0.5 mg/kg iv over 40 min"
PATIENT = ["--weight", "70", "--age", "45", "--sex", "female", "--height", "165"]
IMPORTS = {"import norket": "import norket", "import norket, predict": "import norket; norket.predict"}


def best_of(command: list[str]) -> float:
    """The shortest wall time of the command, in milliseconds."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        taken.append(time.perf_counter() - began)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return min(taken) * 1000


def run() -> list[Row]:
    empty = best_of([sys.executable, "-c", "pass"])
    how = f"best of {TIMES}, less the {empty:.0f} ms of an empty Python"
    rows = [Row(name, best_of([sys.executable, "-c", code]) - empty, "ms", how) for name, code in IMPORTS.items()]
    commands = {
        "norket --help": [NORKET, "--help"],
        "norket simulate, typical and 1000 draws": [NORKET, "simulate", "--dose", DOSE, *PATIENT, "--json"],
    }
    return rows + [Row(name, best_of(command), "ms", f"best of {TIMES}") for name, command in commands.items()]
