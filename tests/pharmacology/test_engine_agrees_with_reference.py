"""The fast engine is judged by a slow one that integrates the equations, on systems and histories nobody chose."""

import numpy as np
import pytest
from generated import histories, moments, segmented, systems
from hypothesis import HealthCheck, given, settings

from norket import Patient
from norket.pharmacology.doses import Dose
from norket.pharmacology.engine import Input, Segment, solve
from norket.pharmacology.models import LinearSystem, Model, model, model_ids
from norket.pharmacology.reference import solve_plainly
from norket.pharmacology.uncertainty import draw_effects
from norket.units.dose_text import Drug

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
def test_on_every_published_model_by_every_route_for_drawn_patients(model_id: str) -> None:
    found = model(model_id)
    for patient in covered(found):
        doses = every_route(found)
        found.check(patient, doses)
        effects = draw_effects(found, 2, seed=7, occasions=len(found.occasions(doses)))
        segments = found.segments(patient, doses, effects)
        history = found.inputs(doses, [0] * len(doses))
        times = np.unique([*moments(history), 1440.0, 1500.0, 1560.0])
        fast = solve(segments, history, times, 1)
        for draw in range(2):
            for name, curve in solve_plainly(segments, history, times, draw).items():
                assert np.abs(fast[name][0, :, draw] - curve).max() <= OF_THE_PEAK * curve.max(), (name, patient)


def covered(found: Model) -> list[Patient]:
    """A light and a heavy patient of an age that the model covers."""
    limits = {value.name: value for value in found.related[found.card.patient_limits].values}
    low, high = limits["weight"].low, limits["weight"].high
    ages = [age for age in (limits["age"].low, limits["age"].high) if age is not None]
    weights = [weight for weight in (low, high) if weight is not None]
    return [Patient(weight, sum(ages) / len(ages), "male") for weight in weights]


def every_route(found: Model) -> list[Dose]:
    """Doses by all routes of a model, mixed, and one more on the next day."""
    drug: Drug = "esketamine" if found.id == "perez_ruixo_2021" else "ketamine"
    doses = [Dose(28.0, route, drug, 40.0 + 7 * number) for number, route in enumerate(found.card.routes)]
    if "iv" in found.card.routes:
        doses += [Dose(21.0, "iv", drug, 0.0, 20.0), Dose(14.0, "iv", drug, 20.0, 20.0), Dose(2.0, "iv", drug, 33.3)]
    return [*doses, Dose(28.0, found.card.routes[0], drug, 1440.0)]


@pytest.mark.long
@settings(deadline=None, max_examples=10_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(systems(), histories())
def test_on_ten_thousand_generated_cases(system: LinearSystem, history: list[Input]) -> None:
    assert_agree(system, history, moments(history))
