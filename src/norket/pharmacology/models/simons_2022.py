"""Simons 2022: S-ketamine by film or vein, S-norketamine and S-hydroxynorketamine. Numbers: `models.simons_2022`.

Every state counts milligrams of ketamine, so that moles are kept from one compound to the next; only the outputs turn
them into milligrams of each compound. What is swallowed goes into the metabolism and never into the blood as ketamine.
"""

from collections.abc import Mapping

from norket.pharmacology.models.system import Compartments, Floats, LinearSystem

SCALED_BY_VOLUME = ("V1", "V2", "V3", "VN2", "VH1", "VH2")
SCALED_BY_CLEARANCE = ("CL", "Q2", "Q3", "CLN", "QN", "CLH", "QH")
STATES = (
    *("film", "gut", "portal", "ketamine", "fast", "slow", "ketamine delay 1", "ketamine delay 2"),
    *("norketamine", "norketamine tissue", "norketamine delay 1", "norketamine delay 2"),
    *("hydroxynorketamine", "hydroxynorketamine tissue"),
)
DELAYS = 2


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, /min, min, g/mol) and `covariates` (`weight_kg`).

    Weight scales volumes and clearances by the exponents in the entry; absorption and delays stay as they are.
    Norketamine shares the central volume of ketamine, as in the source.
    """
    p = _scaled(parameters, covariates["weight_kg"])
    v1 = p["V1"]
    body = Compartments(STATES, len(v1))
    body.flow("film", "ketamine", p["KA1"])
    body.flow("gut", "portal", p["KA2"])
    body.flow("portal", "ketamine delay 1", 1 / p["MTTG"])
    body.exchange("ketamine", "fast", p["Q2"], v1, p["V2"])
    body.exchange("ketamine", "slow", p["Q3"], v1, p["V3"])
    body.flow("ketamine", "ketamine delay 1", p["CL"] / v1)
    _metabolism(body, "ketamine", "norketamine", p["MTT_NK"], p["FM_NK"])
    body.exchange("norketamine", "norketamine tissue", p["QN"], v1, p["VN2"])
    body.flow("norketamine", "norketamine delay 1", p["CLN"] / v1)
    _metabolism(body, "norketamine", "hydroxynorketamine", p["MTT_HNK"], p["FM_HNK"])
    body.exchange("hydroxynorketamine", "hydroxynorketamine tissue", p["QH"], p["VH1"], p["VH2"])
    body.loss("hydroxynorketamine", p["CLH"] / p["VH1"])
    return body.system(
        inputs={
            "iv": body.at("ketamine"),
            "sublingual": body.at("film", p["F1"]),
            "sublingual swallowed": body.at("gut", p["F2"]),
        },
        outputs={
            "ketamine": body.concentration("ketamine", v1),
            "norketamine": body.concentration("norketamine", v1 * p["M_KETAMINE"] / p["M_NORKETAMINE"]),
            "hydroxynorketamine": body.concentration(
                "hydroxynorketamine", p["VH1"] * p["M_KETAMINE"] / p["M_HYDROXYNORKETAMINE"]
            ),
        },
        release_min={"sublingual": p["D1"], "sublingual swallowed": p["D2"]},
    )


def _scaled(parameters: Mapping[str, Floats], weight_kg: float) -> dict[str, Floats]:
    size = weight_kg / parameters["reference_weight"]
    exponents = dict.fromkeys(SCALED_BY_VOLUME, "volume_exponent")
    exponents |= dict.fromkeys(SCALED_BY_CLEARANCE, "clearance_exponent")
    scaled = {name: parameters[name] * size ** parameters[exponent] for name, exponent in exponents.items()}
    return {**parameters, **scaled}


def _metabolism(body: Compartments, source: str, target: str, mean_time: Floats, formed: Floats) -> None:
    """Two delays that together last `mean_time`; the part `formed` of what leaves becomes `target`."""
    rate = DELAYS / mean_time
    first, last = f"{source} delay 1", f"{source} delay 2"
    body.flow(first, last, rate)
    body.flow(last, target, formed * rate)
    body.loss(last, (1 - formed) * rate)
