"""Otto 2021 with Fanta 2015: S-ketamine and S-norketamine in venous plasma. Numbers: `models.otto_2021`.

The whole clearance of ketamine forms norketamine in equal mass: the norketamine parameters hold only that way.
"""

from collections.abc import Mapping

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min) and `covariates` (`weight_kg`).

    Weight scales the central volumes and the elimination clearances; peripheral values stay as published.
    """
    p = parameters
    size = covariates["weight_kg"] / p["reference_weight"]
    v1, vm = (p[name] * size ** p["volume_exponent"] for name in ("V1", "VM"))
    cl, clm = (p[name] * size ** p["clearance_exponent"] for name in ("CL", "CLM"))
    body = Compartments(("ketamine", "fast", "slow", "norketamine", "norketamine tissue"), len(v1))
    body.exchange("ketamine", "fast", p["Q3"], v1, p["V3"])
    body.exchange("ketamine", "slow", p["Q2"], v1, p["V2"])
    body.flow("ketamine", "norketamine", cl / v1)
    body.exchange("norketamine", "norketamine tissue", p["QM"], vm, p["VM2"])
    body.loss("norketamine", clm / vm)
    return body.system(
        inputs={"iv": body.at("ketamine")},
        outputs={"ketamine": body.concentration("ketamine", v1), "norketamine": body.concentration("norketamine", vm)},
    )
