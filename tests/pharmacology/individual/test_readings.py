"""The readings of a likelihood are those of the engine: on any compartments, any history, every published model."""

import numpy as np
import pytest
from generated import histories, moments, segmented, systems
from hypothesis import HealthCheck, given, settings

from norket import Dose, Patient
from norket.pharmacology.engine import Input, Segment, solve
from norket.pharmacology.individual.joint import inputs_of
from norket.pharmacology.individual.readings import Reading, Readings
from norket.pharmacology.individual.text import FORMS
from norket.pharmacology.models import Compartments, LinearSystem, model, model_ids
from norket.pharmacology.reference import solve_plainly
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.uncertainty import draw_effects

OF_THE_PEAK = 1e-9
# A curve that never holds this part of the dose is not judged more finely than one that does.
TRACE = 1e-12
slowly = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
ADULT, CHILD = Patient(70, 45, "female"), Patient(20, 6, "female")
HISTORIES = {
    "iv": ["5 mg iv", "0.5 mg/kg iv over 40 min", "5 mg iv at 90 min"],
    "oral": ["50 mg oral", "20 mg oral at 30 min"],
    "sublingual": ["50 mg sublingual", "50 mg sublingual at 20 h"],
    "intranasal": ["esketamine 56 mg intranasal", "esketamine 28 mg intranasal at 5 min"],
    "im": ["30 mg im", "30 mg im at 60 min"],
    "sc": ["30 mg sc", "30 mg sc at 60 min"],
}
CASES = [(model_id, route) for model_id in model_ids() for route in model(model_id).card.routes]


def of(segments: list[Segment], history: list[Input], times: np.ndarray) -> dict[str, np.ndarray]:
    """Each output (times, draws) as `Readings` gives it."""
    outputs = list(segments[0].system.outputs)
    wanted = [Reading(float(time), name) for name in outputs for time in times]
    values = Readings(segments, history, wanted).of(segments)
    return dict(zip(outputs, values.reshape(len(outputs), len(times), -1), strict=True))


@slowly
@given(systems(draws=3), histories())
def test_on_any_compartments_and_any_history(system: LinearSystem, history: list[Input]) -> None:
    times = moments(history)
    found, engine = of([Segment(-np.inf, system)], history, times), solve(system, history, times, 1)
    dose = sum(one.amount_mg for one in history)
    for name, values in found.items():
        peak = max(engine[name].max(), TRACE * dose * system.outputs[name].max())
        assert np.abs(values - engine[name][0]).max() <= OF_THE_PEAK * peak, name


@settings(slowly, max_examples=12)
@given(segmented(), histories())
def test_when_parameters_change_between_segments(segments: list[Segment], history: list[Input]) -> None:
    times = moments(history, *(segment.start_min for segment in segments[1:]))
    found, plain = of(segments, history, times), solve_plainly(segments, history, times)
    dose = sum(one.amount_mg for one in history)
    for name, values in found.items():
        peak = max(plain[name].max(), TRACE * dose * segments[0].system.outputs[name].max())
        assert np.abs(values[:, 0] - plain[name]).max() <= OF_THE_PEAK * peak, name


@pytest.mark.parametrize(("model_id", "route"), CASES)
def test_on_every_published_model_by_every_route_and_form(model_id: str, route: str) -> None:
    found = model(model_id)
    person = CHILD if model_id in ("brunette_2011", "flint_2017", "herd_2007") else ADULT
    doses = tuple(Dose.parse(text, person) for text in HISTORIES[route])
    if route == "intranasal" and model_id in ("adult_arterial", "adult_venous"):
        with pytest.raises(NotCoveredError):
            found.check(person, doses)
        return
    found.check(person, doses)
    segments = found.segments(person, doses, draw_effects(found, 5, 3, len(found.occasions(doses))))
    times, inputs = np.array([7.0, 33.0, 41.0, 100.0, 300.0, 1260.0]), inputs_of(found, doses, FORMS)
    wanted = [Reading(float(t), name, form) for name in found.card.analytes for form in FORMS for t in times]
    values = (
        Readings(segments, inputs, wanted).of(segments).reshape(len(found.card.analytes), len(FORMS), len(times), -1)
    )
    engine = solve(segments, inputs, times, len(FORMS))
    for name, own in zip(found.card.analytes, values, strict=True):
        assert np.abs(own - engine[name]).max() <= OF_THE_PEAK * engine[name].max()


@pytest.mark.parametrize("gap_min", [1e-6, 1.0, 300.0, 10_080.0, 525_600.0])
def test_from_a_moment_to_a_year_after_the_dose(gap_min: float) -> None:
    body = Compartments(("blood", "tissue"), 2)
    body.exchange("blood", "tissue", np.array([3.0, 40.0]), np.array([10.0, 0.5]), np.array([200.0, 1e5]))
    body.loss("blood", np.array([0.1, 1e-9]))
    system = body.system({"iv": body.at("blood")}, {"first": body.concentration("blood", 10.0)})
    history = [Input("iv", 10.0, 0.0, 0.0, 0), Input("iv", 5.0, 1.0, gap_min, 0)]
    times = np.array([0.0, 0.5 * gap_min, gap_min, 1.0 + gap_min, 2.0 + 2 * gap_min])
    times = np.unique(times)
    found, engine = of([Segment(-np.inf, system)], history, times), solve(system, history, times, 1)
    assert np.abs(found["first"] - engine["first"][0]).max() <= OF_THE_PEAK * engine["first"].max()


@pytest.mark.parametrize("minute", [0.1, 3.0, 50.0, 5000.0])
def test_three_forms_in_the_smallest_body_over_short_and_long_steps(
    one_compartment: LinearSystem, minute: float
) -> None:
    parts = (1.0, 0.5, 0.25)
    history = [Input("iv", 10.0 * part, 0.0, 0.5 * minute, column) for column, part in enumerate(parts)]
    wanted = [Reading(minute, "first", form) for form in FORMS]
    values = Readings([Segment(-np.inf, one_compartment)], history, wanted).of([Segment(-np.inf, one_compartment)])
    engine = solve(one_compartment, history, np.array([0.5 * minute, minute]), 3)["first"]
    assert np.abs(values - engine[:, 1]).max() <= OF_THE_PEAK * engine.max()


def test_each_individual_is_released_over_a_time_of_its_own() -> None:
    body = Compartments(("gut", "blood"), 3)
    body.flow("gut", "blood", np.full(3, 0.05))
    body.loss("blood", np.full(3, 0.02))
    lasting = np.array([5.0, 20.0, 100.0])
    outputs = {"first": body.concentration("blood", 10.0)}
    system = body.system({"oral": body.at("gut"), "iv": body.at("blood")}, outputs, {"oral": lasting})
    history = [Input("oral", 10.0, 0.0, 0.0, 0), Input("oral", 7.0, 12.0, 0.0, 0), Input("iv", 1.0, 3.0, 30.0, 0)]
    times = np.array([2.0, 12.0, 19.0, 33.0, 90.0, 200.0])
    found = of([Segment(-np.inf, system)], history, times)["first"]
    for draw in range(3):
        plain = solve_plainly(system, history, times, draw)["first"]
        assert np.abs(found[:, draw] - plain).max() <= OF_THE_PEAK * plain.max()


def test_a_flow_below_zero_is_refused() -> None:
    matrix = np.array([[[-0.1, -0.05], [0.1, -0.1]]])
    one = np.array([[1.0, 0.0]])
    system = LinearSystem(matrix, {"iv": one}, {"first": one})
    with pytest.raises(NotCoveredError, match="below zero"):
        of([Segment(-np.inf, system)], [Input("iv", 1.0, 0.0, 0.0, 0)], np.array([1.0]))
