"""People: the same person always, the spread that was asked for, and a clinic's table row by row."""

import numpy as np
import pytest
from scipy.stats import kstest, norm, truncnorm

from norket.pharmacology.models import model
from norket.pharmacology.population.people import BLOCK, check_correlations, draw_effects, draw_people, quantile
from norket.pharmacology.population.reading import ScenarioError
from norket.pharmacology.population.scenario import Population, Spread

POPULATION = Population.model_validate(
    {
        "source": "assumed",
        "female": 0.3,
        "weight_kg": {
            "female": {"distribution": "lognormal", "mean": 70, "sd": 12, "low": 40, "high": 130},
            "male": {"distribution": "lognormal", "mean": 90, "sd": 12, "low": 50, "high": 160},
        },
        "age_y": {"distribution": "normal", "mean": 45, "sd": 13, "low": 18, "high": 80},
        "height_cm": {"low": 150, "high": 200},
        "resting": {"systolic_pressure": {"distribution": "normal", "mean": 120, "sd": 10, "low": 90, "high": 150}},
        "correlations": [{"between": ["age_y", "systolic_pressure"], "value": 0.5}],
        "covariates": {"race": {"asian": 0.2, "other": 0.5}, "liver_function": {"low": 0.2, "high": 1}},
    }
)
BLOCKS = range(120)


def everybody(name: str) -> np.ndarray:
    return np.concatenate([getattr(draw_people(POPULATION, 1, [block]), name) for block in BLOCKS])


def test_a_block_holds_the_same_people_whenever_it_is_drawn() -> None:
    first, again = draw_people(POPULATION, 5, [1929]), draw_people(POPULATION, 5, [1929])
    assert (first.weight_kg == again.weight_kg).all()
    otto = model("otto_2021")
    assert (draw_effects(otto, 5, [1929], 1) == draw_effects(otto, 5, [1929], 1)).all()


def test_another_block_another_seed_and_another_model_are_other_people() -> None:
    one = draw_people(POPULATION, 5, [7]).weight_kg
    assert not np.isin(one, draw_people(POPULATION, 5, [8]).weight_kg).any()
    assert not np.isin(one, draw_people(POPULATION, 6, [7]).weight_kg).any()
    assert not np.isin(draw_effects(model("otto_2021"), 5, [7], 1), draw_effects(model("kamp_2020"), 5, [7], 1)).any()


def test_more_occasions_leave_the_patients_what_they_are() -> None:
    simons = model("simons_2022")
    few, many = draw_effects(simons, 1, [3], 1), draw_effects(simons, 1, [3], 6)
    assert (many[:, : few.shape[1]] == few).all()


def test_the_spreads_are_those_of_the_scenario() -> None:
    a, b = (18 - 45) / 13, (80 - 45) / 13
    assert kstest(everybody("age_y"), truncnorm(a, b, loc=45, scale=13).cdf).pvalue > 0.001
    assert everybody("female").mean() == pytest.approx(0.3, abs=0.02)
    women = everybody("female") == 1
    assert everybody("weight_kg")[women].mean() == pytest.approx(70, rel=0.02)
    assert everybody("weight_kg")[~women].mean() == pytest.approx(90, rel=0.02)


def test_correlations_are_those_of_the_scenario() -> None:
    pressure = np.concatenate([draw_people(POPULATION, 1, [block]).resting["systolic_pressure"] for block in BLOCKS])
    assert np.corrcoef(everybody("age_y"), pressure)[0, 1] == pytest.approx(0.5, abs=0.04)
    assert abs(np.corrcoef(everybody("age_y"), everybody("height_cm"))[0, 1]) < 0.04


def test_shares_of_a_choice_leave_the_rest_unknown() -> None:
    facts = [draw_people(POPULATION, 1, [block]).facts for block in BLOCKS]
    asian, other = (np.concatenate([one[f"race={name}"] for one in facts]) for name in ("asian", "other"))
    assert (asian.mean(), other.mean()) == pytest.approx((0.2, 0.5), abs=0.02)
    assert (asian + other).max() == 1


@pytest.mark.parametrize("shape", ["uniform", "normal", "lognormal"])
def test_a_spread_ends_where_it_says(shape: str) -> None:
    moments = {} if shape == "uniform" else {"mean": 60.0, "sd": 20.0}
    kind = Spread.model_validate({"distribution": shape, "low": 50, "high": 90, **moments})
    assert quantile(kind, np.array([0.0, 1.0])) == pytest.approx([50, 90])
    assert (np.diff(quantile(kind, np.linspace(0, 1, 101))) > 0).all()
    if shape == "normal":
        middle = (norm.cdf(-0.5) + norm.cdf(1.5)) / 2
        assert quantile(kind, np.array([0.5]))[0] == pytest.approx(60 + 20 * norm.ppf(middle))


def test_correlations_that_contradict_each_other_are_refused() -> None:
    pairs = [("weight_kg", "age_y", 0.9), ("age_y", "height_cm", 0.9), ("weight_kg", "height_cm", -0.9)]
    wrong = [{"between": [a, b], "value": value} for a, b, value in pairs]
    with pytest.raises(ScenarioError, match="contradict"):
        check_correlations(Population.model_validate({**POPULATION.model_dump(), "correlations": wrong}))


def test_a_table_is_taken_row_by_row_by_patient_number() -> None:
    rows = [
        {"weight_kg": 50 + n, "age_y": 30 + n, "female": n % 2 == 0, "covariates": {"race": "asian"}} for n in range(5)
    ]
    clinic = Population.model_validate({"source": "ours", "table": "ours.csv", "rows": rows})
    people = draw_people(clinic, 1, [3])
    numbers = (3 * BLOCK + np.arange(BLOCK)) % 5
    assert (people.weight_kg == 50 + numbers).all()
    assert (people.female == (numbers % 2 == 0)).all()
    assert people.facts["race=asian"].all()
