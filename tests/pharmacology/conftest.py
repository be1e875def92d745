"""The shared strategies of this folder, importable; and the smallest body there is."""

import sys
from pathlib import Path

import numpy as np
import pytest

from norket import Patient
from norket.pharmacology.models import Compartments, LinearSystem

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def one_compartment() -> LinearSystem:
    """10 litres, cleared at 1 L/min."""
    body = Compartments(("body",), 1)
    body.loss("body", np.array([0.1]))
    return body.system({"iv": body.at("body")}, {"first": body.concentration("body", 10.0)})


@pytest.fixture(scope="session")
def patient() -> Patient:
    return Patient(weight_kg=70, age_y=45, sex="female")
