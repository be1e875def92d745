"""Norket: the clinical record and the pharmacology engine of ketamine therapy.

Names are loaded on first use (PEP 562), so that importing the record does not load the numerical stack
and using the engine does not load Django.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from norket.pharmacology.doses import Dose as Dose
    from norket.pharmacology.individual.observation import Observation as Observation
    from norket.pharmacology.individual.posterior import Posterior as Posterior
    from norket.pharmacology.models import load_model as load_model
    from norket.pharmacology.patient import Patient as Patient
    from norket.pharmacology.predict import predict as predict
    from norket.pharmacology.prediction import Prediction as Prediction
    from norket.pharmacology.update import update as update

__version__ = "0.1.0"

_HOMES = {
    "Dose": "norket.pharmacology.doses",
    "Observation": "norket.pharmacology.individual.observation",
    "Patient": "norket.pharmacology.patient",
    "Posterior": "norket.pharmacology.individual.posterior",
    "Prediction": "norket.pharmacology.prediction",
    "load_model": "norket.pharmacology.models",
    "predict": "norket.pharmacology.predict",
    "update": "norket.pharmacology.update",
}

__all__ = ["Dose", "Observation", "Patient", "Posterior", "Prediction", "load_model", "predict", "update"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'norket' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
