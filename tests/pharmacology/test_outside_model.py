"""A model from outside: one Python file, one YAML file, and it stands beside the packaged ones."""

from pathlib import Path

import numpy as np
import pytest

import norket
from norket.pharmacology.refusals import NotCoveredError

STRUCTURE = """
from norket.pharmacology.models import Compartments

def build(parameters, covariates):
    p = parameters
    body = Compartments(("central",), len(p["V"]))
    body.loss("central", p["CL"] / p["V"])
    return body.system({"iv": body.at("central")}, {"ketamine": body.concentration("central", p["V"])})
"""
ENTRY = """
entries:
  - id: models.mine
    kind: model
    statement: One compartment for a trial.
    certainty: D
    policy: to-be-signed
    derivation: made up for this test
    review_by: 2030-01-01
    values:
      - {name: V, value: 200, unit: L}
      - {name: CL, value: 60, unit: L/h}
      - {name: variance.CL, value: 0.04, unit: "1"}
    sources:
      - {key: my-notebook, place: page 3}
    data:
      title: Mine
      structure: one compartment
      population: nobody
      site: venous
      measures: S + R
      routes: [iv]
      patient_limits: models.adult_limits
      parameters: [V, CL]
      blocks: [[CL]]
      analytes: {ketamine: venous}
      assumption: S and R taken alike
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    structure, entry = tmp_path / "mine.py", tmp_path / "mine.yaml"
    structure.write_text(STRUCTURE)
    entry.write_text(ENTRY)
    return structure, entry


def test_it_predicts_like_any_other(files: tuple[Path, Path], patient: norket.Patient) -> None:
    model = norket.load_model(*files)
    prediction = norket.predict(patient, ["20 mg iv"], model=model, times_min=[0.0, 60.0], draws=500)
    assert prediction.ketamine.typical == pytest.approx([100.0, 100.0 * np.exp(-60 / 200)])
    assert prediction.ketamine.p95[1] > prediction.ketamine.typical[1] > prediction.ketamine.p5[1]
    assert prediction.ketamine.model == "mine"
    assert "my-notebook" in {source.key for source in prediction.sources}
    assert "outside" in prediction.sources[0].read


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("unit: L/h", "unit: mL/h", "mL/h"),
        ("{name: V, value: 200, unit: L}", "{name: V, unit: L}", "has no number"),
        ("{name: V, value: 200, unit: L}", "{name: W, value: 200, unit: L}", "is missing"),
        ("blocks: [[CL]]", "blocks: [[V]]", "is missing"),
        ("measures: S + R", "measures: R", "do not describe a model"),
        ("structure: one compartment", "strcture: one compartment", "do not describe a model"),
        ("value: 0.04", "value: 0", "contradict"),
        ("kind: model", "kind: rule", "exactly one"),
        ("entries:", "items:", "not a file of knowledge entries"),
    ],
)
def test_a_mistake_in_the_entry_is_named(
    files: tuple[Path, Path], patient: norket.Patient, old: str, new: str, reason: str
) -> None:
    structure, entry = files
    entry.write_text(ENTRY.replace(old, new))
    with pytest.raises(NotCoveredError, match=reason) as refused:
        norket.predict(patient, ["20 mg iv"], model=norket.load_model(structure, entry))
    assert refused.value.code == "model_not_valid"


def test_a_structure_without_build_is_refused(files: tuple[Path, Path]) -> None:
    structure, entry = files
    structure.write_text("nothing = 1\n")
    with pytest.raises(NotCoveredError, match="build"):
        norket.load_model(structure, entry)
