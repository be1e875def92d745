"""The fast engine is judged by a slow one that integrates the equations, on systems and histories nobody chose."""

import numpy as np
import pytest
from generated import histories, moments, segmented, systems
from hypothesis import HealthCheck, given, settings

from norket import Patient
from norket.pharmacology.engine import Input, Segment, solve
from norket.pharmacology.models import LinearSystem, model, model_ids
from norket.pharmacology.reference import solve_plainly
from norket.pharmacology.uncertainty import draw_effects

OF_THE_PEAK = 1e-9
# A curve that never holds this part of the dose is not judged more finely than one that does.
TRACE = 1e-12
slowly = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def assert_agree(system: LinearSystem | list[Segment], history: list[Input], times: np.ndarray) -> None:
    fast = solve(system, history, times, 1)
    slow = solve_plainly(system, history, times)
    body = system if isinstance(system, LinearSystem) else system[0].system
    dose = sum(one.amount_mg for one in history)
    for name, curve in slow.items():
        peak = max(curve.max(), TRACE * dose * body.outputs[name].max())
        assert np.abs(fast[name][0, :, 0] - curve).max() <= OF_THE_PEAK * peak, name


@slowly
@given(systems(), histories())
def test_on_any_compartments_and_any_history(system: LinearSystem, history: list[Input]) -> None:
    assert_agree(system, history, moments(history))


@slowly
@given(segmented(), histories())
def test_when_parameters_change_between_segments(segments: list[Segment], history: list[Input]) -> None:
    assert_agree(segments, history, moments(history, *(segment.start_min for segment in segments[1:])))


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-9, 1e-6, 1e-3])
def test_when_rates_are_equal_or_nearly_so(gap: float) -> None:
    from norket.pharmacology.models import Compartments

    body = Compartments(("a", "b", "c"), 1)
    body.flow("a", "b", np.array([0.1]))
    body.flow("b", "c", np.array([0.1 + gap]))
    body.loss("c", np.array([0.1 + 2 * gap]))
    system = body.system({"iv": body.at("a")}, {"last": body.concentration("c", 10.0)})
    history = [Input("iv", 10.0, 0.0, 0.0, 0), Input("iv", 5.0, 7.5, 30.0, 0)]
    assert_agree(system, history, moments(history))


@pytest.mark.parametrize("model_id", model_ids())
@pytest.mark.parametrize("weight_kg", [40.0, 70.0, 165.0])
def test_on_every_published_model_for_drawn_patients(model_id: str, weight_kg: float) -> None:
    found = model(model_id)
    system = found.system(Patient(weight_kg, 40, "male"), draw_effects(found, 3, seed=7))
    history = [
        Input("iv", 5.0, 0.0, 0.0, 0),
        Input("iv", 21.0, 0.0, 20.0, 0),
        Input("iv", 14.0, 20.0, 20.0, 0),
        Input("iv", 2.0, 33.3, 0.0, 0),
        Input("iv", 40.0, 61.7, 300.0, 0),
    ]
    times = moments(history)
    fast = solve(system, history, times, 1)
    for draw in range(3):
        for name, curve in solve_plainly(system, history, times, draw).items():
            assert np.abs(fast[name][0, :, draw] - curve).max() <= OF_THE_PEAK * curve.max()
