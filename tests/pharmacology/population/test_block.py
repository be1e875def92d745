"""A block of patients gets what the engine gives each of them alone; rules change doses as they say."""

from pathlib import Path

import numpy as np
import pytest

from norket.pharmacology.doses import Dose
from norket.pharmacology.effects import effect_model
from norket.pharmacology.engine import solve
from norket.pharmacology.patient import Patient
from norket.pharmacology.population.block import Block, treat
from norket.pharmacology.population.chunk import Job, run_chunk
from norket.pharmacology.population.people import BLOCK, draw_effects, seed_of
from norket.pharmacology.population.question import Question, ask
from norket.pharmacology.population.reading import read_scenario, table_name

EXAMPLES = sorted((Path(__file__).parents[3] / "docs" / "how-to" / "population").glob("*.yaml"))


def question(path: Path) -> Question:
    text = path.read_text(encoding="utf-8")
    table = table_name(text)
    return ask(read_scenario(text, path.name, None if table is None else (path.parent / table).read_text()))


def named(name: str) -> Question:
    return question(next(path for path in EXAMPLES if path.stem == name))


def one_alone(asked: Question, block: Block, plan: int, who: int) -> dict[str, np.ndarray]:
    """The curves of patient `who` by the engine, from doses written for this one patient."""
    people, schedule = block.people, asked.schedules[plan]
    weight = float(people.weight_kg[who])
    cap = schedule.protocol.weight_cap
    dosing = weight if cap is None else min(weight, cap.kg)
    doses = [
        Dose(
            one.dose.amount_mg * (dosing if one.per_kg else 1.0),
            one.dose.route,
            one.dose.drug,
            one.dose.start_min,
            one.dose.duration_min,
        )
        for one in schedule.pieces
    ]
    patient = Patient(weight, float(people.age_y[who]), "female" if people.female[who] else "male", None)
    effects = draw_effects(block.model, asked.scenario.seed, block.people.blocks, len(block.model.occasions(doses)))
    segments = block.model.segments(patient, doses, effects[who : who + 1])
    times = np.concatenate([grid.times_min for grid in schedule.grids])
    return {
        name: curve[0, :, 0]
        for name, curve in solve(segments, block.model.inputs(doses, [0] * len(doses)), times, 1).items()
    }


@pytest.mark.parametrize(("name", "plan"), [("weight-cap", 0), ("weight-cap", 1), ("booster-every-four-weeks", 0)])
@pytest.mark.parametrize("number", [0, 1])
def test_each_patient_has_the_curve_of_the_engine(name: str, plan: int, number: int) -> None:
    asked = named(name)
    block = treat(asked, [number])
    for who in (0, 17, BLOCK - 1):
        alone = one_alone(asked, block, plan, who)
        for output in ("ketamine", "norketamine"):
            curve = block.treated[plan].curves[output][:, who]
            assert np.abs(curve - alone[output]).max() <= 1e-9 * alone[output].max()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_runs_and_every_number_is_finite(path: Path) -> None:
    asked = question(path)
    result = run_chunk(asked, Job(0, 2, 100, "keep"))
    assert result.rows is not None
    assert result.rows.shape[1] == 100
    for name, column in result.table.items():
        if not name.startswith("patient/"):
            assert np.isfinite(column).all(), name
            assert (column >= 0).all(), name
    assert all(result.table[f"{one.protocol.name}/total_mg"].max() > 0 for one in asked.schedules)


def test_the_whole_exposure_is_dose_over_clearance() -> None:
    asked = named("weight-cap")
    block = treat(asked, [0])
    otto = block.model
    effects = draw_effects(otto, asked.scenario.seed, [0], 1)
    at = otto.varying.index("CL")
    size = (block.people.weight_kg / otto.typical["reference_weight"]) ** otto.typical["clearance_exponent"]
    clearance = otto.typical["CL"] * np.exp(effects[:, at]) * size
    expected = block.treated[0].total_mg / clearance * 1000 / 60
    assert block.treated[0].exposures["ketamine"] == pytest.approx(expected, rel=1e-9)


def test_a_missed_session_gives_nothing_and_as_many_are_missed_as_said() -> None:
    asked = named("six-infusions")
    result = run_chunk(asked, Job(0, 12, 768, "keep"))
    missed = 6 - result.table["usual/sessions"]
    assert missed.mean() / 6 == pytest.approx(0.02, abs=0.01)
    assert (result.table["usual/sessions"] == result.table["bolus/sessions"]).all()


def test_a_failed_device_delivers_its_part_to_the_same_patients() -> None:
    asked = named("nasal-device-errors")
    result = run_chunk(asked, Job(0, 10, 640, "keep"))
    lost = result.table["as_labelled/total_mg"] - result.table["with_errors/total_mg"]
    assert set(np.unique(lost)) <= {14.0 * n for n in range(7)}
    assert lost.mean() / (6 * 14) == pytest.approx(0.1, abs=0.02)


def test_a_session_stops_at_the_first_check_at_the_limit_and_not_before() -> None:
    text = next(path for path in EXAMPLES if path.stem == "six-infusions").read_text(encoding="utf-8")
    asked = ask(read_scenario(text.replace("limit: 180", "limit: 145").replace("probability: 0.02", "probability: 0")))
    free = ask(read_scenario(text.replace("limit: 180", "limit: 999").replace("probability: 0.02", "probability: 0")))
    block, unstopped = treat(asked, [0]), treat(free, [0])
    resting = block.people.resting["systolic_pressure"]
    times = asked.schedules[0].grids[0].times_min
    checks = np.flatnonzero(np.isin(times, [10.0, 20.0, 30.0]))
    untouched = unstopped.treated[0].curves["systolic_pressure"][checks] + resting
    stops = (untouched >= 145).any(axis=0)
    assert 0 < stops.sum() < BLOCK
    assert ((block.treated[0].stopped > 0) >= stops).all()
    curve, whole = (one.treated[0].curves["ketamine"][: len(times)] for one in (block, unstopped))
    first = np.where(stops, checks[(untouched >= 145).argmax(axis=0)], len(times))
    for who in range(BLOCK):
        until = int(first[who]) + 1
        assert curve[:until, who] == pytest.approx(whole[:until, who], rel=1e-9)
        if stops[who]:
            assert (np.diff(curve[until - 1 :, who]) < 0).all()
    assert (block.treated[0].total_mg[stops] < unstopped.treated[0].total_mg[stops]).all()


def test_an_effect_is_what_its_model_makes_of_the_concentration() -> None:
    asked = named("six-infusions")
    block = treat(asked, [2])
    pressure = effect_model("systolic_pressure")
    felt = pressure.draw(BLOCK, seed_of(asked.scenario.seed, 2))
    level = block.treated[1].curves["ketamine"]
    assert block.treated[1].curves["systolic_pressure"] == pytest.approx(pressure.response(level, felt))


def test_an_ensemble_takes_the_blocks_in_turn() -> None:
    asked = named("booster-every-four-weeks")
    assert [treat(asked, [number]).model.id for number in range(4)] == ["otto_2021", "ashraf_2018"] * 2
    table = run_chunk(asked, Job(0, 2, 128, "keep")).table
    assert table["patient/model"].tolist() == [0.0] * 64 + [1.0] * 64
    assert np.isnan(table["patient/random CLINT_LIVER"][:64]).all()
    assert np.isfinite(table["patient/random CLINT_LIVER"][64:]).all()


def test_who_takes_the_general_engine_is_counted_with_the_reason() -> None:
    asked = named("nasal-device-errors")
    fallback = run_chunk(asked, Job(0, 2, 100, "pilot")).fallback
    assert len(fallback) == 1
    assert set(fallback.values()) == {100}


def reread(name: str, *changes: tuple[str, str]) -> Question:
    """An example with other words in it."""
    text = next(path for path in EXAMPLES if path.stem == name).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return ask(read_scenario(text))


def test_a_dose_after_the_last_look_counts_in_the_exposure_only() -> None:
    asked = reread("oral-with-inhibitor", ("hours: 24", "hours: 8"))
    one, people = treat(asked, [0]).treated[0], treat(asked, [0]).people
    assert asked.schedules[0].grids[-1].end_min < 16 * 60
    assert one.total_mg == pytest.approx(3 * 0.5 * people.weight_kg)
    longer = treat(named("oral-with-inhibitor"), [0]).treated[0]
    assert one.exposures["ketamine"] == pytest.approx(longer.exposures["ketamine"])
    assert (longer.curves["ketamine"].max(axis=0) > one.curves["ketamine"].max(axis=0)).all()


def test_an_interaction_of_one_protocol_leaves_the_other_and_the_people_what_they_are() -> None:
    asked = named("oral-with-inhibitor")
    names = [one.protocol.name for one in asked.schedules]
    alone, both = names.index("alone"), names.index("together")
    block = treat(asked, [0])
    assert block.treated[alone].total_mg == pytest.approx(block.treated[both].total_mg)
    ratio = block.treated[both].exposures["ketamine"] / block.treated[alone].exposures["ketamine"]
    assert (ratio > 1.5).all()
    free = reread("oral-with-inhibitor", ("    interactions: [clarithromycin]\n", ""))
    again = treat(free, [0])
    assert (again.treated[alone].curves["ketamine"] == block.treated[alone].curves["ketamine"]).all()
    assert (again.treated[both].curves["ketamine"] == block.treated[alone].curves["ketamine"]).all()


def test_a_dose_at_the_time_of_a_check_is_not_what_the_check_sees() -> None:
    plain = ("    rules:\n      skip: {probability: 0.02, source: assumed for this example}\n", "    rules:\n")
    late = ('["0.5 mg/kg iv over 40 min"]', '["5 mg iv", "500 mg iv at 10 min"]')
    asked = reread("six-infusions", plain, late, ("limit: 180", "limit: 300"))
    block = treat(asked, [0])
    assert (block.treated[0].stopped == 0).all()
    assert (block.treated[0].total_mg == 6 * 505).all()


def test_the_part_given_is_what_was_given_of_what_was_planned() -> None:
    asked = named("nasal-device-errors")
    table = run_chunk(asked, Job(0, 2, 128, "keep")).table
    assert (table["as_labelled/part_given"] == 1).all()
    assert table["with_errors/part_given"] == pytest.approx(table["with_errors/total_mg"] / 168)


PRESSURE, HIGH = "systolic_pressure", "drug_high_simons_2022"
OF_HIGH = ("{distribution: normal, mean: 124, sd: 13, low: 95, high: 155}", "{low: 0, high: 0.001}")


@pytest.mark.parametrize(
    ("model", "effect", "limit", "changes"),
    [("otto_2021", PRESSURE, 140, ()), ("simons_2022", HIGH, 0.3, ((PRESSURE, HIGH), OF_HIGH))],
)
def test_every_session_ends_where_its_own_curve_is_first_at_the_limit(
    model: str, effect: str, limit: float, changes: tuple[tuple[str, str], ...]
) -> None:
    """Also where parameters change between occasions, so that no two infusions are alike."""
    said = ("limit: 180", f"limit: {limit}"), ("probability: 0.02", "probability: 0"), ("otto_2021", model)
    asked = reread("six-infusions", *said, *changes)
    block = treat(asked, [0])
    resting, plan, one = block.people.resting[effect], asked.schedules[0], block.treated[0]
    curve, at, stops = one.curves[effect], 0, np.zeros(BLOCK)
    for grid in plan.grids:
        seen = curve[at : at + grid.count][np.isin(grid.times_min - grid.start_min, [10.0, 20.0, 30.0])]
        stops += (seen + resting >= limit).any(axis=0)
        at += grid.count
    assert 0 < stops.sum() < 6 * BLOCK
    assert (one.stopped == stops).all()


def test_a_chunk_is_the_same_whatever_is_beside_it() -> None:
    asked = named("oral-with-inhibitor")
    both = run_chunk(asked, Job(0, 2, 128, "keep"))
    second = run_chunk(asked, Job(1, 1, 128, "keep"))
    assert both.rows is not None
    assert second.rows is not None
    assert (both.rows[:, BLOCK:] == second.rows).all()
    assert all((both.table[name][BLOCK:] == second.table[name]).all() for name in second.table)
