"""Flint 2017: long S-ketamine infusions in children under intensive care, with S-norketamine. `models.flint_2017`.

The whole clearance of ketamine forms norketamine in equal mass, and norketamine is cleared ever faster with the hours
since the first dose. The clearance is held constant within each step, at its value in the middle of the step.
"""

from collections.abc import Mapping

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem
from norket.units.quantities import MINUTES_PER_HOUR


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, 1/min) and `covariates` (`weight_kg`, `elapsed_h`)."""
    p = parameters
    size = covariates["weight_kg"] / p["reference_weight"]
    v1, v2, vm = (p[name] * size ** p["volume_exponent"] for name in ("V1", "V2", "VM"))
    cl, q, clm = (p[name] * size ** p["clearance_exponent"] for name in ("CL", "Q", "CLM"))
    clm = clm * (1 + p["CLM_SLOPE"] * covariates["elapsed_h"] * MINUTES_PER_HOUR)
    body = Compartments(("ketamine", "tissue", "norketamine"), len(v1))
    body.exchange("ketamine", "tissue", q, v1, v2)
    body.flow("ketamine", "norketamine", cl / v1)
    body.loss("norketamine", clm / vm)
    return body.system(
        inputs={"iv": body.at("ketamine")},
        outputs={"ketamine": body.concentration("ketamine", v1), "norketamine": body.concentration("norketamine", vm)},
    )
