"""What a person waits for in a new process: the import, the first curve, and the first on a machine without a cache."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

IMPORT = "import norket.pharmacology.predict"
FIRST = "import norket; norket.predict(norket.Patient(70, 45, 'female'), ['0.5 mg/kg iv over 40 min'])"
TIMES = 5
CODE = "import os; {0}; t = os.times(); print(t.user + t.system)"


def processor_s(code: str, kernels: Path | None = None, times: int = TIMES) -> float:
    """The least processor time of whole interpreters that run `code`; the compiled kernels are kept in `kernels`.

    With no folder, in the usual one, after a run that fills it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if kernels is not None:
        environment["NUMBA_CACHE_DIR"] = str(kernels)
    command = [sys.executable, "-c", CODE.format(code)]
    taken = [
        float(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)
        for _ in range(times + (kernels is None))
    ]
    return min(taken[1:] if kernels is None else taken)


def first_ever_s() -> float:
    """The first curve where no kernel was ever compiled."""
    with tempfile.TemporaryDirectory() as folder:
        return processor_s(FIRST, Path(folder), times=1)
