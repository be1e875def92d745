"""A composite: the gut wall and liver of Ashraf 2018 behind every route, to ask about interactions.

What the nose or the mouth takes up goes into the blood; the rest is swallowed, leaves its source over the time that the
source gives, and is absorbed as the syrup of Ashraf 2018. Nobody has fitted these parts together. Numbers:
`models.ashraf_routes`.
"""

from collections.abc import Mapping

from norket.pharmacology.models import ashraf_2018
from norket.pharmacology.models.system import Floats, LinearSystem

DEPOTS = {"nose": "KA_N", "mouth": "KA_SL", "muscle": "KA_IM", "skin": "KA_SC"}


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, /min, min) and `covariates` (`weight_kg`, `liver_function`)."""
    p = parameters
    through = ashraf_2018.passage(p, covariates)
    body = ashraf_2018.disposition(p, through, ("gut", *DEPOTS))
    ashraf_2018.absorb(body, "gut", p["KA"], through)
    for depot, rate in DEPOTS.items():
        body.flow(depot, "ketamine", p[rate])
    return body.system(
        inputs={
            "iv": body.at("ketamine"),
            "im": body.at("muscle", p["F_IM"]),
            "sc": body.at("skin", p["F_SC"]),
            "intranasal": body.at("nose", p["FRN"]),
            "intranasal swallowed": body.at("gut", 1 - p["FRN"]),
            "sublingual": body.at("mouth", p["F_SL"]),
            "sublingual swallowed": body.at("gut", 1 - p["F_SL"]),
            "oral": body.at("gut"),
        },
        outputs=ashraf_2018.outputs(body, p),
        release_min={
            "intranasal swallowed": p["D_SW"],
            "sublingual": p["D_SL"],
            "sublingual swallowed": p["D_SWALLOWED"],
        },
    )
