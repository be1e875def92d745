"""Kamp 2020: ketamine in arterial plasma, three compartments, with an effect site. Numbers: `models.kamp_2020`."""

from collections.abc import Mapping

import numpy as np

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, min) and `covariates` (`weight_kg`)."""
    p = parameters
    size = (covariates["weight_kg"] / p["reference_weight"]) ** p["weight_exponent"]
    v1, v2, v3, cl, q2, q3 = (p[name] * size for name in ("V1", "V2", "V3", "CL", "Q2", "Q3"))
    body = Compartments(("central", "fast", "slow", "effect"), len(v1))
    body.exchange("central", "fast", q2, v1, v2)
    body.exchange("central", "slow", q3, v1, v3)
    body.loss("central", cl / v1)
    body.follow("effect", "central", v1, np.log(2) / p["effect_half_time"])
    return body.system(
        inputs={"iv": body.at("central")},
        outputs={"ketamine": body.concentration("central", v1), "effect_site": body.concentration("effect")},
    )
