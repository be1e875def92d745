"""Published models, one file each: the structure in Python, every number in the knowledge base."""

from norket.pharmacology.models.model import Model
from norket.pharmacology.models.shelf import defaults, level_models, load_model, model, model_ids
from norket.pharmacology.models.system import Compartments, LinearSystem

__all__ = ["Compartments", "LinearSystem", "Model", "defaults", "level_models", "load_model", "model", "model_ids"]
