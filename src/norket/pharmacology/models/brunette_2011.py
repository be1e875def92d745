"""Brunette 2011: oral ketamine in children, absorbed before the disposition of Herd 2007. `models.brunette_2011`."""

from collections.abc import Mapping

import numpy as np

from norket.pharmacology.models import herd_2007
from norket.pharmacology.models.system import Floats, LinearSystem


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, min, shares) and `covariates` (`weight_kg`)."""
    body, outputs = herd_2007.body(parameters, covariates, before=("gut",))
    body.flow("gut", "central", np.log(2) / parameters["absorption_half_time"])
    return body.system({"iv": body.at("central"), "oral": body.at("gut", parameters["F"])}, outputs)
