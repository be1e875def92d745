"""Compartments that no dose of a history reaches are left out, and no curve changes by it."""

import numpy as np
import pytest
from generated import histories, systems
from hypothesis import given, settings
from hypothesis import strategies as st

from norket import Dose, Patient
from norket.pharmacology import models
from norket.pharmacology.engine import solve
from norket.pharmacology.models.system import Compartments, Input, LinearSystem, Segment
from norket.pharmacology.reach import reached

ADULT = Patient(70, 40, "male")


@pytest.mark.parametrize(
    ("model_id", "routes", "states"),
    [
        ("adult_arterial", ["iv"], 4),
        ("adult_arterial", ["im"], 5),
        ("adult_venous", ["iv", "oral"], 7),
        ("adult_venous", ["sublingual"], 7),
        ("kamp_2020", ["iv"], 4),
    ],
)
def test_a_composite_is_as_large_as_its_history_needs(model_id: str, routes: list[str], states: int) -> None:
    model = models.model(model_id)
    doses = [Dose(10.0, route=route) for route in routes]
    ways = list(dict.fromkeys(one.way for one in model.inputs(doses, [0] * len(doses), [1.0] * len(doses))))
    (segment,) = reached(model.segments(ADULT, doses, np.zeros((2, len(model.varying)))), ways)
    assert segment.system.states == states
    assert list(segment.system.inputs) == ways
    assert list(segment.system.outputs) == list(model.card.analytes)


def test_a_compartment_that_is_reached_in_one_segment_only_stays() -> None:
    def body(*, joined: bool) -> LinearSystem:
        whole = Compartments(("one", "other", "apart"), 1)
        if joined:
            whole.flow("one", "other", np.ones(1))
        outputs = {"one": whole.concentration("one"), "other": whole.concentration("other")}
        return whole.system({"iv": whole.at("one"), "im": whole.at("apart")}, outputs)

    segments = [Segment(-np.inf, body(joined=False)), Segment(5.0, body(joined=True))]
    assert [segment.system.states for segment in reached(segments, ["iv"])] == [2, 2]
    found = solve(segments, [Input("iv", 1.0, 0.0, 0.0, 0)], np.array([4.0, 9.0]), 1)
    assert found["other"][0, :, 0] == pytest.approx([0.0, 1000 * (1 - np.exp(-4.0))])


@settings(max_examples=40, deadline=None)
@given(system=systems(draws=2), history=histories(ways=("iv",)), times=st.just(np.linspace(0.0, 300.0, 13)))
def test_leaving_out_what_is_not_reached_changes_no_curve(
    system: LinearSystem, history: list[Input], times: np.ndarray
) -> None:
    trace = [Input("im", 1e-300, one.start_min, 0.0, 0) for one in history[:1]]
    whole = solve(system, [*history, *trace], times, 1)
    part = solve(system, history, times, 1)
    for name, curves in whole.items():
        assert np.allclose(part[name], curves, rtol=1e-11, atol=max(1e-12 * np.abs(curves).max(), 1e-250))
