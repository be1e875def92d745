"""A composite: any mix of routes before the disposition of Otto 2021, venous, with norketamine. `models.adult_venous`.

The absorption comes from other studies than the disposition; nobody has fitted the two together. What is swallowed and
does not reach the blood as ketamine forms norketamine on its way.
"""

from collections.abc import Mapping, Sequence

from norket.pharmacology.doses import Dose
from norket.pharmacology.models import otto_2021
from norket.pharmacology.models.absorption import (
    DEPOTS,
    METABOLISED,
    PARTLY_SWALLOWED,
    absorb,
    refuse_device,
    swallow,
)
from norket.pharmacology.models.system import Floats, LinearSystem


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, 1/min, min, shares) and `covariates` (`weight_kg`)."""
    p = parameters
    body, outputs = otto_2021.body(p, covariates, before=(*DEPOTS.values(), METABOLISED))
    entries = swallow(body, p, "norketamine", absorb(body, p, "ketamine"))
    return body.system(entries, outputs, {"sublingual": p["D_SL"], "sublingual swallowed": p["D_SWALLOWED"]})


def ways(doses: Sequence[Dose], numbers: Mapping[str, float]) -> list[dict[str, float]]:
    """The whole of each dose by every way of its route; nasal esketamine is refused (`NotCoveredError`)."""
    refuse_device(doses)
    both = {route: {route: 1.0, f"{route} swallowed": 1.0} for route in PARTLY_SWALLOWED}
    return [both.get(dose.route, {dose.route: 1.0}) for dose in doses]
