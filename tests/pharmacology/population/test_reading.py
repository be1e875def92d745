"""A scenario file is read strictly; a mistake is named with its line, its field and an example."""

import pytest

from norket.pharmacology.population.question import ask
from norket.pharmacology.population.reading import EXAMPLES, ScenarioError, read_scenario
from norket.pharmacology.population.scenario import Scenario
from norket.pharmacology.refusals import NotCoveredError

GOOD = """\
title: One infusion
population:
  source: assumed
  female: 0.5
  weight_kg: {low: 50, high: 110}
  age_y: {low: 20, high: 70}
model: otto_2021
outputs: [ketamine, norketamine]
watch: {hours: 2, every_min: 10}
protocols:
  - name: usual
    title: Usual
    source: assumed
    sessions: [{day: 0, doses: ["0.5 mg/kg iv over 40 min"]}]
"""


def test_a_good_scenario_reads_and_can_be_asked() -> None:
    asked = ask(read_scenario(GOOD))
    assert [one.id for one in asked.models] == ["otto_2021"]
    assert [one.unit for one in asked.outputs] == ["ng/mL", "ng/mL"]


def test_without_a_model_the_default_table_chooses() -> None:
    asked = ask(
        read_scenario(GOOD.replace("model: otto_2021\n", "").replace("[ketamine, norketamine]", "[norketamine]"))
    )
    assert "norketamine" in asked.models[0].card.analytes


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("  female: 0.5", "  female: 1.5", "line 4: population.female: "),
        ("{low: 50, high: 110}", "{low: 110, high: 50}", "line 5: population.weight_kg: low must be below high"),
        ("{low: 50, high: 110}", "{low: 50, high: 110, maen: 70}", "line 5: population.weight_kg.maen: is not known"),
        ("watch: {hours: 2, every_min: 10}\n", "", "line 1: watch: is missing"),
        ("watch:", "wacth:", "line 9: wacth: is not known here; did you mean 'watch'?"),
        ("    source: assumed\n    sessions", "    sessions", "line 11: protocols.0.source: is missing"),
        ("{day: 0, doses", "{day: 0, days: [1], doses", "line 14: protocols.0.sessions.0: say when"),
        ("[ketamine, norketamine]", "[ketamine, ketamine]", "two of the outputs have the same name"),
    ],
)
def test_a_mistake_is_named_with_line_field_and_example(wrong: str, right: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(GOOD.replace(wrong, right), "try.yaml")
    assert said in str(refused.value)
    assert str(refused.value).startswith("try.yaml: line ")


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(GOOD.replace("female: 0.5", "female: -1").replace("hours: 2", "hours: 0"))
    assert "population.female" in str(refused.value)
    assert "watch.hours" in str(refused.value)
    assert "for example: watch: {hours: 4, every_min: 5}" in str(refused.value)


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "a: [1\n"])
def test_what_is_no_scenario_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError):
        read_scenario(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.5 mg/kg iv over 40 min", "0.5 mg/kg iv for 40 min", "Two readings are possible"),
        ("0.5 mg/kg iv over 40 min", "50 mg oral", "otto_2021 does not cover the route 'oral'"),
        ("{low: 20, high: 70}", "{low: 17, high: 70}", "this patient has 17 years"),
        ("{low: 50, high: 110}", "{low: 50, high: 171}", "this patient has 171 kg"),
        ("[ketamine, norketamine]", "[ketmine]", "known are: ketamine, norketamine, s_ketamine"),
        ("model: otto_2021", "model: otto", "there is no model 'otto'"),
        ("model: otto_2021", "ensemble: [otto_2021, kamp_2020]", "at different sites"),
        ("  female: 0.5", "  female: 0.5\n  covariates: {liver: {low: 0.5, high: 1}}", "'liver' is used by no model"),
        ("model: otto_2021", "interactions: [clarithromycin]\nmodel: otto_2021", "otto_2021 cannot take one"),
    ],
)
def test_what_no_model_covers_is_refused_before_anything_runs(old: str, new: str, said: str) -> None:
    text = GOOD.replace(old, new)
    if "kamp" in new:
        text = text.replace("[ketamine, norketamine]", "[ketamine]")
    with pytest.raises(NotCoveredError) as refused:
        ask(read_scenario(text))
    assert said in str(refused.value)


@pytest.mark.parametrize("example", [text for text in EXAMPLES.values() if text.startswith("population:")])
def test_the_example_of_a_population_reads(example: str) -> None:
    before, after = GOOD.split("population:\n")
    assert isinstance(read_scenario(f"{before}{example}\n" + after[after.index("model:") :]), Scenario)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("weight_kg,age_y\n70,40\n", "line 1: the columns sex are missing"),
        ("weight_kg,age_y,sex\n70,40,f\n", "line 2: sex is 'female' or 'male', not 'f'"),
        ("weight_kg,age_y,sex\nheavy,40,male\n", "line 2: weight_kg"),
        ("weight_kg,age_y,sex\n70,40\n", "line 2: as many values as columns"),
        ("weight_kg,age_y,sex\n", "the table has no patients"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_line(table: str, said: str) -> None:
    before, after = GOOD.split("population:\n")
    text = before + "population: {source: ours, table: ours.csv}\n" + after[after.index("model:") :]
    with pytest.raises(ScenarioError) as refused:
        read_scenario(text, table=table)
    assert said in str(refused.value)
    assert str(refused.value).startswith("ours.csv: ")
