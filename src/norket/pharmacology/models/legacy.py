"""The older adult models that open simulators ship: a central volume per kg and rate constants, whatever the weight."""

from collections.abc import Mapping

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem


def mammillary(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The central compartment `V1` (L/kg), cleared at `k10`, with one peripheral compartment for each `k12`, `k13`."""
    p = parameters
    v1 = p["V1"] * covariates["weight_kg"]
    numbers = [number for number in ("2", "3") if f"k1{number}" in p]
    body = Compartments(("1", *numbers), len(v1))
    body.loss("1", p["k10"])
    for number in numbers:
        body.flow("1", number, p[f"k1{number}"])
        body.flow(number, "1", p[f"k{number}1"])
    return body.system({"iv": body.at("1")}, {"ketamine": body.concentration("1", v1)})
