"""How a dose reaches the blood in the composite adult models: the depots that they set before a disposition.

Muscle, skin, nose and gut empty at first order; a sublingual dose is first released over its own time. What is
swallowed and does not reach the blood as ketamine can reach it as norketamine. Numbers: the entries of `routes.yaml`.
"""

from collections.abc import Mapping, Sequence

from norket.pharmacology.doses import Dose
from norket.pharmacology.models.system import Compartments, Floats
from norket.pharmacology.refusals import NotCoveredError

DEPOTS = {"im": "muscle", "sc": "skin", "sublingual": "mouth", "intranasal": "nose", "oral": "gut"}
SUFFIX = {"im": "IM", "sc": "SC", "sublingual": "SL", "intranasal": "IN", "oral": "PO"}
METABOLISED = "metabolised in passing"
PARTLY_SWALLOWED = ("sublingual", "intranasal")


def absorb(body: Compartments, parameters: Mapping[str, Floats], target: str) -> dict[str, Floats]:
    """Empties every depot into `target`; where one mg by each route goes, its bioavailability included."""
    entries = {"iv": body.at(target)}
    for route, depot in DEPOTS.items():
        body.flow(depot, target, parameters[f"KA_{SUFFIX[route]}"])
        entries[route] = body.at(depot, parameters[f"F_{SUFFIX[route]}"])
    return entries


def swallow(
    body: Compartments, parameters: Mapping[str, Floats], target: str, entries: Mapping[str, Floats]
) -> dict[str, Floats]:
    """`entries` with what is swallowed and lost as ketamine: its metabolised part goes by `METABOLISED` into `target`.

    An oral dose enters gut and first pass together; of a sublingual or nasal dose the remainder is swallowed.
    """
    p = parameters
    body.flow(METABOLISED, target, p["KA_PO"])
    lost = {
        route: body.at(METABOLISED, (1 - p[f"F_{SUFFIX[route]}"]) * p["FNK"]) for route in ("oral", *PARTLY_SWALLOWED)
    }
    remainders = {f"{route} swallowed": lost[route] for route in PARTLY_SWALLOWED}
    return {**entries, "oral": entries["oral"] + lost["oral"], **remainders}


def refuse_device(doses: Sequence[Dose]) -> None:
    """Refuses nasal esketamine (`NotCoveredError`): the prior here is for compounded sprays, not its device."""
    if any(dose.route == "intranasal" and dose.drug == "esketamine" for dose in doses):
        message = "nasal esketamine from its labelled device is covered by perez_ruixo_2021, not by a composite"
        raise NotCoveredError("dose_not_covered", message)
