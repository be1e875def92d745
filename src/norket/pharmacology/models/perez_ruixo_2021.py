"""Perez-Ruixo 2021: esketamine by nose, mouth or vein through a liver, venous. Numbers: `models.perez_ruixo_2021`.

A nasal device leaves a part in the nose, which is absorbed into the blood, and a part that is swallowed and meets the
gut wall and the liver. The first device of a session leaves more in the nose than the later ones.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from norket.pharmacology.doses import Dose
from norket.pharmacology.models.system import Compartments, Floats, LinearSystem
from norket.pharmacology.refusals import NotCoveredError

NASAL = "intranasal"
NOSE_LATER, SWALLOWED, SWALLOWED_LATER = "intranasal later", "intranasal swallowed", "intranasal later swallowed"
STATES = ("nose", "swallowed", "mouth", "central", "fast", "slow", "liver", "norketamine", "norketamine tissue")
# A device is whole when its count is a whole number to this: amounts come from arithmetic in milligrams.
WHOLE_WITHIN = 1e-6


def build(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> LinearSystem:
    """The system for individual `parameters` (L, L/min, /min, min) and `covariates`.

    Used are `age_y`, `race=asian` and `race=japanese`; a Japanese patient has the Asian factors too. Weight has no
    effect in this model. Norketamine is apparent: it counts ketamine mass in volumes that hold only that way.
    """
    p = _for_patient(parameters, covariates)
    body = Compartments(STATES, len(p["VC"]))
    body.flow("nose", "central", p["KA_N"])
    body.flow("swallowed", "liver", p["KA_SW"])
    body.flow("mouth", "liver", p["KA_PO"])
    body.exchange("central", "fast", p["Q1"], p["VC"], p["VP1"])
    body.exchange("central", "slow", p["Q2"], p["VC"], p["VP2"])
    body.exchange("central", "liver", p["QH"], p["VC"], p["VH"])
    body.loss("liver", p["KEL"])
    body.flow("liver", "norketamine", p["KMET"])
    body.exchange("norketamine", "norketamine tissue", p["QN"], p["VCN"], p["VPN"])
    body.loss("norketamine", p["CLN"] / p["VCN"])
    first, later = p["FRN"], p["FRN"] * p["FRN_LATER"]
    return body.system(
        inputs={
            "iv": body.at("central"),
            "oral": body.at("mouth", p["FGUT"]),
            NASAL: body.at("nose", first),
            SWALLOWED: body.at("swallowed", (1 - first) * p["FGUT"]),
            NOSE_LATER: body.at("nose", later),
            SWALLOWED_LATER: body.at("swallowed", (1 - later) * p["FGUT"]),
        },
        outputs={
            "ketamine": body.concentration("central", p["VC"]),
            "norketamine": body.concentration("norketamine", p["VCN"]),
        },
        release_min={"oral": p["D_PO"], SWALLOWED: p["D_SW"], SWALLOWED_LATER: p["D_SW"]},
    )


def _for_patient(parameters: Mapping[str, Floats], covariates: Mapping[str, float]) -> dict[str, Floats]:
    """The parameters with race and age. Both effects are on the typical value, before the random effect.

    So the nasal fraction stays below one and the flow above zero in every individual.
    """
    p = dict(parameters)
    japanese = covariates["race=japanese"]
    asian = np.maximum(japanese, covariates["race=asian"])
    japanese_odds = _odds(p["FRN_TYPICAL"] * p["FRN_JAPANESE"]) / _odds(p["FRN_TYPICAL"])
    odds = _odds(p["FRN"]) * japanese_odds**japanese
    p["FRN"] = odds / (1 + odds)
    p["KEL"] = p["KEL"] * p["KEL_ASIAN"] ** asian
    p["CLN"] = p["CLN"] * p["CLN_ASIAN"] ** asian
    years = np.maximum(0.0, covariates["age_y"] - p["QH_AGE"])
    left = 1 - years * p["QH_PER_YEAR"] / p["QH_TYPICAL"]
    if (left <= 0).any():
        message = f"perez_ruixo_2021 leaves no flow through the liver at {np.max(covariates['age_y']):g} years"
        raise NotCoveredError("patient_not_covered", message)
    p["QH"] = p["QH"] * left
    return p


def _odds(fraction: Floats) -> Floats:
    return fraction / (1 - fraction)


def ways(doses: Sequence[Dose], numbers: Mapping[str, float]) -> list[dict[str, float]]:
    """For each dose the parts of its amount by way: of a nasal dose the first device of its session and the later.

    Refuses (`NotCoveredError`, `dose_not_covered`) nasal amounts that are not whole devices, more devices in a
    session than studied, devices that are neither together nor a session apart, and a nasal spray of the racemate.
    """
    parts: list[dict[str, float]] = [{dose.route: 1.0} for dose in doses]
    nasal = [(dose, place) for place, dose in enumerate(doses) if dose.route == NASAL]
    opened, given = -np.inf, 0
    for dose, place in sorted(nasal, key=lambda one: (one[0].start_min, one[0].duration_min, one[0].amount_mg)):
        devices = _devices(dose, numbers)
        if _same_session(dose.start_min - opened, numbers):
            given += devices
        else:
            opened, given = dose.start_min, devices
        if given > numbers["MOST_DEVICES"]:
            raise _not_covered(f"{given} nasal devices in one session; it covers up to {numbers['MOST_DEVICES']:g}")
        first = 1 / devices if given == devices else 0.0
        later = 1 - first
        parts[place] = {NASAL: first, SWALLOWED: first, NOSE_LATER: later, SWALLOWED_LATER: later}
    return parts


def _devices(dose: Dose, numbers: Mapping[str, float]) -> int:
    if dose.drug != "esketamine":
        raise _not_covered("a nasal spray of racemic ketamine: how much of it is absorbed depends on the spray")
    count = dose.amount_mg / numbers["DEVICE_MG"]
    if round(count) < 1 or abs(count - round(count)) > WHOLE_WITHIN:
        device = f"{numbers['DEVICE_MG']:g} mg"
        raise _not_covered(f"{dose.amount_mg:g} mg by nose: it knows whole devices of {device} only")
    return round(count)


def _same_session(later_min: float, numbers: Mapping[str, float]) -> bool:
    if later_min <= numbers["SESSION_WITHIN"]:
        return True
    if later_min >= numbers["SESSION_APART"]:
        return False
    raise _not_covered(
        f"a nasal device {later_min:g} min after the first of a session: it knows devices within "
        f"{numbers['SESSION_WITHIN']:g} min of the first, and sessions {numbers['SESSION_APART']:g} min apart or more"
    )


def _not_covered(what: str) -> NotCoveredError:
    return NotCoveredError("dose_not_covered", f"perez_ruixo_2021 does not cover {what}")
