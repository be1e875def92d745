"""Kamp 2020: ketamine in arterial plasma, three compartments, with an effect site. Numbers: `models.kamp_2020`."""

from collections.abc import Mapping, Sequence

import numpy as np

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, min) and `covariates` (`weight_kg`)."""
    compartments, outputs = body(parameters, covariates)
    return compartments.system({"iv": compartments.at("central")}, outputs)


def body(
    parameters: Mapping[str, Floats], covariates: Mapping[str, float], before: Sequence[str] = ()
) -> tuple[Compartments, dict[str, Floats]]:
    """The disposition with what is read from it, and empty compartments `before` it for a route to fill."""
    p = parameters
    size = (covariates["weight_kg"] / p["reference_weight"]) ** p["weight_exponent"]
    v1, v2, v3, cl, q2, q3 = (p[name] * size for name in ("V1", "V2", "V3", "CL", "Q2", "Q3"))
    whole = Compartments(("central", "fast", "slow", "effect", *before), len(v1))
    whole.exchange("central", "fast", q2, v1, v2)
    whole.exchange("central", "slow", q3, v1, v3)
    whole.loss("central", cl / v1)
    whole.follow("effect", "central", v1, np.log(2) / p["effect_half_time"])
    return whole, {"ketamine": whole.concentration("central", v1), "effect_site": whole.concentration("effect")}
