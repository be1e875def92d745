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
    "outputs", ["[ketamine, norketamine]", "[norketamine, ketamine]", "[ketamine, systolic_pressure]", "[heart_rate]"]
)
def test_the_model_that_is_chosen_has_everything_that_is_watched(outputs: str) -> None:
    asked = ask(read_scenario(GOOD.replace("model: otto_2021\n", "").replace("[ketamine, norketamine]", outputs)))
    assert asked.models[0].card.analytes["ketamine"] == "venous"


def test_a_dose_above_every_label_is_a_warning() -> None:
    said = ask(read_scenario(GOOD.replace("0.5 mg/kg", "50 mg/kg"))).warnings
    assert any("50 mg/kg within an hour is above the 4.5 mg/kg" in one for one in said)
    assert not any("within an hour" in one for one in ask(read_scenario(GOOD)).warnings)


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
        ("model: otto_2021", "model: otto_2021\nmodel: simons_2022", "line 8: model: is written before, on line 7"),
        ("hours: 2, every_min: 10", "hours: 2, every_min: 121", "line 9: watch: every_min is longer than the 2 hours"),
        ("hours: 2, every_min: 10", "hours: .nan, every_min: 10", "line 9: watch.hours: must be a finite number"),
        ("{day: 0, doses", "{days: [0, 3, 0], doses", "line 14: protocols.0.sessions.0: a day is named twice"),
        ('doses: ["0.5 mg/kg iv over 40 min"]', 'doses: "0.5 mg/kg iv over 40 min"', "doses: is a list; put [ ]"),
        ("source: assumed\n  female", 'source: ""\n  female', "line 3: population.source: is empty"),
    ],
)
def test_a_mistake_is_named_with_line_field_and_example(wrong: str, right: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(GOOD.replace(wrong, right), "try.yaml")
    assert said in str(refused.value)
    assert str(refused.value).startswith("try.yaml: line ")


TARGET = "targets: [{name: a, measure: peak, output: ketamine, source: us, %s}]\n"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("at_least: 9, at_most: 8", "targets.0: at_least is above at_most: nobody can attain it"),
        ("at_least: .nan", "targets.0.at_least: must be a finite number"),
        ("threshold: x, at_least: 1", "targets.0: hours_over and hours_under name a threshold"),
    ],
)
def test_a_target_that_nobody_can_attain_is_refused(wanted: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(GOOD + TARGET % wanted)
    assert said in str(refused.value)
    assert read_scenario(GOOD + TARGET % "at_least: 8, at_most: 8").targets[0].at_most == 8


def test_where_a_field_may_be_of_two_kinds_only_the_one_that_is_meant_is_told() -> None:
    wrong = "{female: {distribution: normal, mean: 7, sd: 9, low: 50, high: 110}, male: {low: 50, high: 110}}"
    with pytest.raises(ScenarioError) as refused:
        read_scenario(GOOD.replace("{low: 50, high: 110}", wrong))
    assert str(refused.value).count("line ") == 1
    assert "population.weight_kg.female: mean must lie from low to high" in str(refused.value)


def test_a_name_written_twice_deep_in_many_aliases_is_found_without_growing() -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(ScenarioError, match="line 12: title: is written before, on line 1"):
        read_scenario("title: &l0 x\n" + layers.replace("l11: &l11", "title: &l11"))


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
        ("    sessions", "    interactions: [clarithromycin]\n    sessions", "otto_2021 cannot take one"),
        ("every_min: 10", "every_min: 15", "'usual' peaks at 40 min, where an intravenous dose ends"),
        ('["0.5 mg', '["0.1 mg/kg iv at 4 min", "0.5 mg', "every_min: 4, or a whole part of it, sees it"),
        (
            "    sessions",
            "    rules: {partial: {probability: 1, part: 0, route: nose, source: us}}\n    sessions",
            "'nose'",
        ),
        (
            '0.5 mg/kg iv over 40 min"]}]',
            '35 mg iv over 40 min"]}]\n    weight_cap: {kg: 100, source: us}',
            "weight_cap changes nothing, as no dose is per kg",
        ),
        ("model:", "thresholds: [{name: low, output: ketamine, level: 0, source: us}]\nmodel:", "is above zero, not 0"),
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
        ("weight_kg;age_y;sex\n70;40;male\n", "line 1: columns are parted by commas"),
        ("weight_kg,age_y,sex,height_cm\n70,40,male,180\n70,40,male,\n", "line 3: give height_cm of everybody"),
        ("weight_kg,age_y,sex\n-70,40,male\n", "line 2: weight_kg"),
        ("weight_kg,age_y,sex\nnan,40,male\n", "line 2: weight_kg"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_line(table: str, said: str) -> None:
    before, after = GOOD.split("population:\n")
    text = before + "population: {source: ours, table: ours.csv}\n" + after[after.index("model:") :]
    with pytest.raises(ScenarioError) as refused:
        read_scenario(text, table=table)
    assert said in str(refused.value)
    assert str(refused.value).startswith("ours.csv: ")


def test_a_table_saved_by_a_spreadsheet_with_its_mark_reads() -> None:
    before, after = GOOD.split("population:\n")
    text = before + "population: {source: ours, table: ours.csv}\n" + after[after.index("model:") :]
    assert read_scenario(text, table="\ufeffweight_kg,age_y,sex\n70,40,male\n").population.rows[0].weight_kg == 70


def test_a_number_that_some_patients_of_a_table_lack_is_refused_and_a_choice_is_not() -> None:
    before, after = GOOD.replace("otto_2021", "ashraf_2018").split("population:\n")
    text = before + "population: {source: ours, table: ours.csv}\n" + after[after.index("model:") :]
    rows = "weight_kg,age_y,sex,liver_function\n70,40,male,0.5\n70,40,male,%s\n"
    with pytest.raises(ScenarioError, match="'liver_function' is a number for everybody"):
        ask(read_scenario(text, table=(rows % "").replace(",\n", ", \n")))
    assert ask(read_scenario(text, table=rows % "1")).scenario.population.columns["liver_function"].tolist() == [0.5, 1]


def test_what_the_answer_cannot_see_is_a_warning() -> None:
    text = GOOD.replace('["0.5 mg/kg iv over 40 min"]', '["0.5 mg/kg iv over 40 min", "0.5 mg/kg iv at 2 h"]')
    late = [one for one in ask(read_scenario(text)).warnings if "after the watched hours" in one]
    assert len(late) == 1
    assert "Protocol usual: doses on day 0" in late[0]
    asked = ask(read_scenario(GOOD))
    assert not [one for one in asked.warnings if "after the watched hours" in one]
    assert any("Not in them: the doubt about the typical values" in one for one in asked.warnings)


def test_a_warning_about_some_bodies_says_that_it_is_about_some() -> None:
    weight = "The weight is outside the range"
    some = [one for one in ask(read_scenario(GOOD)).warnings if weight in one]
    assert some[0].startswith("Of some of these people or protocols: ")
    narrow = GOOD.replace("{low: 50, high: 110}", "{low: 60, high: 80}")
    assert not [one for one in ask(read_scenario(narrow)).warnings if weight in one]
    heavy = GOOD.replace("{low: 50, high: 110}", "{low: 100, high: 110}")
    assert [one for one in ask(read_scenario(heavy)).warnings if one.startswith(weight)]
