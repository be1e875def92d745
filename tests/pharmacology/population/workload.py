"""The benchmark's system and course: eight states, six sessions over three weeks, three outputs.

The typical values are plausible, nothing more: they time and check the arithmetic and say nothing of ketamine.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.models.system import Compartments, LinearSystem
from norket.pharmacology.population.course import Course, Grid, Portion

Floats = NDArray[np.float64]
# Litres, litres a minute and minutes at 70 kg; the spread of the logarithm between patients.
TYPICAL = {
    **{"V1": 20.0, "V2": 40.0, "V3": 120.0, "CL": 1.3, "Q2": 2.2, "Q3": 0.9},
    **{"VN1": 60.0, "VN2": 80.0, "CLN": 0.9, "QN": 1.1, "TRANSIT": 12.0, "EFFECT": 4.0},
}
SPREAD = 0.25
VOLUMES = ("V1", "V2", "V3", "VN1", "VN2")
CLEARANCES = ("CL", "Q2", "Q3", "CLN", "QN")
STATES = ("ketamine", "fast", "slow", "transit 1", "transit 2", "norketamine", "tissue", "effect")
DAY_MIN = 1440.0
DAYS = (0, 3, 7, 10, 14, 17)


def parameters(patients: int, seed: int = 1) -> tuple[dict[str, Floats], Floats]:
    """Each patient's own parameters, and weights in kg."""
    chance = np.random.default_rng(seed)
    weight = np.clip(chance.normal(80.0, 16.0, patients), 45.0, 150.0)
    drawn = {name: value * np.exp(SPREAD * chance.standard_normal(patients)) for name, value in TYPICAL.items()}
    for name in VOLUMES:
        drawn[name] = drawn[name] * (weight / 70.0)
    for name in CLEARANCES:
        drawn[name] = drawn[name] * (weight / 70.0) ** 0.75
    return drawn, weight


def system(p: Mapping[str, Floats]) -> LinearSystem:
    """Ketamine in three compartments, norketamine through two transits into two, and an effect site."""
    body = Compartments(STATES, len(p["V1"]))
    body.exchange("ketamine", "fast", p["Q2"], p["V1"], p["V2"])
    body.exchange("ketamine", "slow", p["Q3"], p["V1"], p["V3"])
    transit = 2.0 / p["TRANSIT"]
    body.flow("ketamine", "transit 1", p["CL"] / p["V1"])
    body.chain("transit 1", ("transit 2",), "norketamine", transit)
    body.exchange("norketamine", "tissue", p["QN"], p["VN1"], p["VN2"])
    body.loss("norketamine", p["CLN"] / p["VN1"])
    body.follow("effect", "ketamine", p["V1"], np.log(2) / p["EFFECT"])
    outputs = {
        "ketamine": body.concentration("ketamine", p["V1"]),
        "norketamine": body.concentration("norketamine", p["VN1"]),
        "effect_site": body.concentration("effect"),
    }
    return body.system({"iv": body.at("ketamine")}, outputs)


def course() -> Course:
    """Six sessions over three weeks: a bolus, two rates of 20 min, and 241 minutes after each start."""
    starts = [day * DAY_MIN for day in DAYS]
    portions = [
        Portion("iv", share, 0, start + after, lasting)
        for start in starts
        for share, after, lasting in ((0.05, 0.0, 0.0), (0.30, 0.0, 20.0), (0.20, 20.0, 20.0))
    ]
    return Course(tuple(portions), tuple(Grid(start, 1.0, 241) for start in starts))


def population(patients: int, seed: int = 1) -> tuple[LinearSystem, Floats]:
    """The systems of `patients`, and their amounts (rows, patients): the weights."""
    drawn, weight = parameters(patients, seed)
    return system(drawn), weight[None, :]
