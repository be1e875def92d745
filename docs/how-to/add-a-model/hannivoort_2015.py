"""Hannivoort 2015: dexmedetomidine in arterial plasma of healthy volunteers, three compartments."""

from norket.pharmacology.models import Compartments


def build(parameters, covariates):
    """The system for individual `parameters` (L, L/min) and `covariates` (`weight_kg`)."""
    p = parameters
    size = covariates["weight_kg"] / p["reference_weight"]
    v1, v2, v3 = (p[name] * size ** p["volume_exponent"] for name in ("V1", "V2", "V3"))
    cl, q2, q3 = (p[name] * size ** p["clearance_exponent"] for name in ("CL", "Q2", "Q3"))
    body = Compartments(("central", "fast", "slow"), len(v1))
    body.exchange("central", "fast", q2, v1, v2)
    body.exchange("central", "slow", q3, v1, v3)
    body.loss("central", cl / v1)
    return body.system({"iv": body.at("central")}, {"dexmedetomidine": body.concentration("central", v1)})
