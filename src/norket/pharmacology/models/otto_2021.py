"""Otto 2021 with Fanta 2015: S-ketamine and S-norketamine in venous plasma. Numbers: `models.otto_2021`.

The whole clearance of ketamine forms norketamine in equal mass: the norketamine parameters hold only that way.
"""

from collections.abc import Mapping, Sequence

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min) and `covariates` (`weight_kg`)."""
    compartments, outputs = body(parameters, covariates)
    return compartments.system({"iv": compartments.at("ketamine")}, outputs)


def body(
    parameters: Mapping[str, Floats], covariates: Mapping[str, float], before: Sequence[str] = ()
) -> tuple[Compartments, dict[str, Floats]]:
    """The disposition with what is read from it, and empty compartments `before` it for a route to fill.

    Weight scales the central volumes and the elimination clearances; peripheral values stay as published.
    """
    p = parameters
    size = covariates["weight_kg"] / p["reference_weight"]
    v1, vm = (p[name] * size ** p["volume_exponent"] for name in ("V1", "VM"))
    cl, clm = (p[name] * size ** p["clearance_exponent"] for name in ("CL", "CLM"))
    whole = Compartments(("ketamine", "fast", "slow", "norketamine", "norketamine tissue", *before), len(v1))
    whole.exchange("ketamine", "fast", p["Q3"], v1, p["V3"])
    whole.exchange("ketamine", "slow", p["Q2"], v1, p["V2"])
    whole.flow("ketamine", "norketamine", cl / v1)
    whole.exchange("norketamine", "norketamine tissue", p["QM"], vm, p["VM2"])
    whole.loss("norketamine", clm / vm)
    ketamine, norketamine = whole.concentration("ketamine", v1), whole.concentration("norketamine", vm)
    return whole, {"ketamine": ketamine, "norketamine": norketamine}
