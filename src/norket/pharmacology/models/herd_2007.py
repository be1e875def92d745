"""Herd 2007: racemic ketamine in children of an emergency department, two compartments. Numbers: `models.herd_2007`."""

from collections.abc import Mapping, Sequence

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min) and `covariates` (`weight_kg`)."""
    compartments, outputs = body(parameters, covariates)
    return compartments.system({"iv": compartments.at("central")}, outputs)


def body(
    parameters: Mapping[str, Floats], covariates: Mapping[str, float], before: Sequence[str] = ()
) -> tuple[Compartments, dict[str, Floats]]:
    """The disposition with what is read from it, and empty compartments `before` it for a route to fill."""
    p = parameters
    size = covariates["weight_kg"] / p["reference_weight"]
    v1, v2 = (p[name] * size ** p["volume_exponent"] for name in ("V1", "V2"))
    cl, q = (p[name] * size ** p["clearance_exponent"] for name in ("CL", "Q"))
    whole = Compartments(("central", "peripheral", *before), len(v1))
    whole.exchange("central", "peripheral", q, v1, v2)
    whole.loss("central", cl / v1)
    return whole, {"ketamine": whole.concentration("central", v1)}
