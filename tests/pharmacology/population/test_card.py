"""A graphics card gives the processor's answers: its program is run here by Numba's simulator, and on a card if one is.

What a simulator cannot show is how fast a card is, and that its own compiler takes the program.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from norket.pharmacology.population.card import PROCESSOR, engine

SAME = 1e-10


def run(**environment: str) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("on_card.py"))]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check(found: dict[str, Any]) -> None:
    assert found["double rates"] == 1
    assert 0 < found["close patients"] < 70
    assert found["outputs"] == ["ketamine", "norketamine", "effect_site"]
    assert max(found["errors"].values()) <= SAME, found["errors"]


def test_the_program_for_cards_gives_the_answers_of_the_processor() -> None:
    found = run(NUMBA_ENABLE_CUDASIM="1")
    assert found["engine"] == "card simulated by Numba"
    check(found)


def test_a_card_gives_the_answers_of_the_processor() -> None:
    if not engine().on_card:
        pytest.skip(f"SKIPPED ALOUD: no card computes here: {engine().why}")
    check(run())


def test_without_a_card_the_processor_computes_and_says_why() -> None:
    found = run(NUMBA_ENABLE_CUDASIM="0", NUMBA_DISABLE_CUDA="1")
    assert found["engine"] == PROCESSOR
    assert found["why"] in ("numba-cuda is not installed: pip install 'norket[gpu]'", "no CUDA card answers here")
