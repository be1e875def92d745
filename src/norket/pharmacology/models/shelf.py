"""Finds models: the packaged ones by id, and those that somebody brings from outside as two files."""

import importlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import yaml as yaml_format
from pydantic import ValidationError

from norket import knowledge
from norket.knowledge import Entry
from norket.pharmacology.doses import Dose
from norket.pharmacology.models.card import Card, DefaultRow
from norket.pharmacology.models.model import Model
from norket.pharmacology.refusals import NotCoveredError

PREFIX = "models."
OCCASION = "models.occasion"
INTERACTION = "interaction"


def model_ids() -> tuple[str, ...]:
    """The ids of all packaged models."""
    return tuple(entry.id.removeprefix(PREFIX) for entry in knowledge.read().of_kind("model"))


def level_models() -> tuple[str, ...]:
    """The ids of the models that tell levels; those that the default table has for interactions alone tell ratios."""
    rows = _default_rows()
    used = {row.model for row in rows if row.purpose != INTERACTION}
    ratios = {row.model for row in rows if row.purpose == INTERACTION} - used
    return tuple(one for one in model_ids() if one not in ratios)


@cache
def model(model_id: str) -> Model:
    """The packaged model `model_id`; an unknown id is refused (`NotCoveredError`) with the ids that exist."""
    if model_id not in model_ids():
        known = ", ".join(model_ids())
        raise NotCoveredError("model_not_known", f"there is no model '{model_id}'; the models are: {known}")
    structure = importlib.import_module(f"norket.pharmacology.models.{model_id}")
    return _assemble(model_id, structure, knowledge.read().entry(PREFIX + model_id), {})


def load_model(py: str | Path, yaml: str | Path) -> Model:
    """A model from outside: `py` defines `build(parameters, covariates)`, `yaml` holds its entry under `entries:`.

    The code in `py` runs: load only what you would run. Raises `NotCoveredError` when either file does not fit.
    """
    entries = _entries(Path(yaml))
    own = [entry for entry in entries.values() if entry.kind == "model"]
    if len(own) != 1:
        raise NotCoveredError("model_not_valid", f"{yaml}: needs exactly one entry of kind 'model', found {len(own)}")
    model_id = own[0].id.removeprefix(PREFIX)
    return _assemble(model_id, _outside_structure(Path(py), model_id), own[0], entries)


def defaults(doses: Sequence[Dose], *, interacting: bool = False) -> tuple[DefaultRow, ...]:
    """The rows of the default table that answer for a history; one that no model covers whole is refused.

    For each analyte and purpose it is the first row that covers every route and drug of the history. The rows for
    interactions answer only when `interacting`, and then only they.
    """
    rows = [row for row in _default_rows() if (row.purpose == INTERACTION) == interacting]
    routes, drugs = {dose.route for dose in doses}, {dose.drug for dose in doses}
    answers: dict[tuple[str, str], DefaultRow] = {}
    for row in rows:
        if row.covers(routes, drugs):
            answers.setdefault((row.analyte, row.purpose), row)
    if not answers:
        asked = f"{' and '.join(sorted(drugs))} by {' and '.join(sorted(routes))}"
        together = sorted({f"{' or '.join(row.drugs)} by {', '.join(row.routes)}" for row in rows})
        message = f"no model covers {asked}{' with an interaction' if interacting else ''}; covered are: "
        raise NotCoveredError("route_not_covered", message + "; ".join(together))
    return tuple(answers.values())


@cache
def _default_rows() -> tuple[DefaultRow, ...]:
    return tuple(DefaultRow.model_validate(row) for row in knowledge.read().entry("models.defaults").data["rows"])


def _assemble(model_id: str, structure: ModuleType, entry: Entry, beside: dict[str, Entry]) -> Model:
    try:
        card = Card.model_validate(entry.data)
    except ValidationError as error:
        raise NotCoveredError("model_not_valid", f"{entry.id}: its data do not describe a model: {error}") from error
    found = {entry.id: entry} | beside
    wanted = [*card.also, card.patient_limits, *([card.variability_from] if card.variability_from else [])]
    wanted += [OCCASION] if card.occasion_blocks else []
    related = {key: found[key] if key in found else knowledge.read().entry(key) for key in wanted}
    model = Model(model_id, structure.build, entry, card, related, getattr(structure, "ways", None))
    for matrix in (model.covariance, model.occasion_covariance):
        if matrix.size and np.linalg.eigvalsh(matrix).min() <= 0:
            raise NotCoveredError("model_not_valid", f"{entry.id}: its variances and covariances contradict each other")
    return model


def _entries(path: Path) -> dict[str, Entry]:
    try:
        document = yaml_format.safe_load(path.read_text(encoding="utf-8"))
        found = [Entry.model_validate(item) for item in document["entries"]]
    except (yaml_format.YAMLError, ValidationError, KeyError, TypeError) as error:
        raise NotCoveredError("model_not_valid", f"{path}: not a file of knowledge entries: {error}") from error
    return {entry.id: entry for entry in found}


def _outside_structure(path: Path, model_id: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"norket_outside_{model_id}", path)
    if spec is None or spec.loader is None:
        raise NotCoveredError("model_not_valid", f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "build"):
        raise NotCoveredError("model_not_valid", f"{path}: defines no build(parameters, covariates)")
    return module
