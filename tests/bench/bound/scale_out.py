"""One scenario by this process, by two and in other chunks: how many figures of its answer differ."""

import tempfile
from pathlib import Path

from norket.lab.run import run, with_numbers
from norket.lab.store import Store
from norket.lab.workers import local
from norket.pharmacology.population.reading import read_scenario

EXAMPLE = Path(__file__).parents[3] / "docs" / "how-to" / "population" / "six-infusions.yaml"
PATIENTS = 700
# Workers, and blocks of 64 patients a chunk.
WAYS = ((1, 11), (2, 2), (2, 1))


def differences() -> int:
    """How many of the ways give another answer than the first, to the last bit."""
    text = EXAMPLE.read_text(encoding="utf-8")
    scenario = with_numbers(read_scenario(text, EXAMPLE.name, None), PATIENTS, None)
    answers = []
    for workers, blocks in WAYS:
        with tempfile.TemporaryDirectory() as folder, local(workers) as who:
            answers.append(run(scenario, Store(Path(folder) / "run"), who, workers, blocks=blocks))
    return sum(answer != answers[0] for answer in answers[1:])
