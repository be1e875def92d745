"""A composite: any mix of routes before the disposition of Kamp 2020, arterial. Numbers: `models.adult_arterial`.

The absorption comes from other studies than the disposition; nobody has fitted the two together.
"""

from collections.abc import Mapping, Sequence

from norket.pharmacology.doses import Dose
from norket.pharmacology.models import kamp_2020
from norket.pharmacology.models.absorption import DEPOTS, absorb, refuse_device
from norket.pharmacology.models.system import Floats, LinearSystem


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, 1/min, min, shares) and `covariates` (`weight_kg`)."""
    body, outputs = kamp_2020.body(parameters, covariates, before=tuple(DEPOTS.values()))
    entries = absorb(body, parameters, "central")
    return body.system(entries, outputs, {"sublingual": parameters["D_SL"]})


def ways(doses: Sequence[Dose], numbers: Mapping[str, float]) -> list[dict[str, float]]:
    """The whole of each dose by its route; nasal esketamine is refused (`NotCoveredError`)."""
    refuse_device(doses)
    return [{dose.route: 1.0} for dose in doses]
