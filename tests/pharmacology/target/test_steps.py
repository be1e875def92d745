"""A plan step by step never passes its target or a limit, and nothing that the limits allow reaches it sooner."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.optimize import linprog

import norket
from norket.pharmacology.kernels.each_step import fill
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.target import TargetPlan, limits, plan_target

DRAWS = 20
NEVER_ABOVE = 1e-9
STEP_MIN = 1 / 6


def _plan(patient: norket.Patient, target: float = 100.0, *, site: str = "effect_site", **given: float) -> TargetPlan:
    asked = {name: given.pop(name) for name in ("horizon_min", "in_range_by_min") if name in given}
    caps = limits("ketamine", **given)
    return plan_target(patient, target, method="steps", site=site, draws=DRAWS, limits=caps, **asked)  # type: ignore[arg-type]


def _curve(plan: TargetPlan, times: np.ndarray) -> np.ndarray:
    """What the engine says of the plan's doses alone, in targets."""
    found = norket.predict(plan.patient, list(plan.prediction.doses), model=plan.model, times_min=times, draws=1)
    return found.track(plan.analyte).typical / plan.target_ng_ml


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    weight=st.sampled_from([45.0, 70.0, 131.5]),
    site=st.sampled_from(["effect_site", "plasma"]),
    target=st.sampled_from([15.0, 60.0, 100.0, 250.0, 900.0]),
    horizon_min=st.sampled_from([2.0, 10.5, 47.5]),
    allowed=st.fixed_dictionaries(
        {
            "max_rate_mg_h": st.sampled_from([12.0, 33.33, 100.0]),
            "max_total_mg": st.sampled_from([3.0, 26.05, 100.0]),
            "rate_resolution_mg_h": st.sampled_from([0.001, 0.1, 5.0]),
        }
    ),
)
def test_the_median_patient_never_passes_the_target_and_no_limit_is_exceeded(
    weight: float, site: str, target: float, horizon_min: float, allowed: dict[str, float]
) -> None:
    patient = norket.Patient(weight, 45, "male")
    plan = _plan(patient, target, site=site, horizon_min=horizon_min, in_range_by_min=horizon_min / 2, **allowed)
    times = np.arange(1, 60 * (horizon_min + 15)) / 60 + 1e-3
    curve = _curve(plan, times)
    assert curve.max() <= 1 + NEVER_ABOVE
    assert max(one.rate_mg_h for one in plan.steps) <= plan.limits.rate_mg_h(weight)
    assert plan.total_mg <= plan.limits.total_mg(weight)
    assert plan.total_mg == pytest.approx(sum(one.rate_mg_h * one.for_min for one in plan.steps) / 60, abs=1e-9)
    step = plan.limits.rate_resolution_mg_h
    assert all(math.isclose(one.rate_mg_h / step, round(one.rate_mg_h / step), abs_tol=1e-6) for one in plan.steps)
    starts = np.array([one.at_min for one in plan.steps]) / STEP_MIN
    assert starts == pytest.approx(np.round(starts), abs=1e-9)
    assert plan.bolus_mg == 0
    due = (times >= plan.in_range_by_min) & (times <= plan.horizon_min)
    assert plan.worst_deviation == pytest.approx(1 - curve[due].min(), abs=2e-2)
    assert plan.reached == (plan.worst_deviation <= plan.tolerance)
    assert not (plan.reached and plan.binding)


@pytest.mark.parametrize("site", ["effect_site", "plasma"])
def test_it_goes_up_at_the_highest_rate_and_then_stays_at_the_target(patient: norket.Patient, site: str) -> None:
    plan = _plan(patient, site=site, rate_resolution_mg_h=0.001)
    curve = _curve(plan, np.arange(30, 120, 1 / 12))
    assert plan.reached
    assert plan.steps[0].rate_mg_h == 70
    assert curve.min() >= 1 - 2e-5
    assert curve.max() <= 1 + NEVER_ABOVE
    held = [one.rate_mg_h for one in plan.steps if one.at_min >= 30]
    assert max(abs(after - before) for before, after in pairwise(held)) < 0.2


def _unit(kind: str, seed: int, steps: int, step_min: float) -> np.ndarray:
    """The response of some three compartments (or an effect site behind them) to one step of rate 1."""
    chance = np.random.default_rng(seed)
    leave, out_1, out_2, back_1, back_2, effect = np.exp(chance.normal(-2, 1, 6))
    matrix = np.zeros((5, 5))
    matrix[0, :3] = -(leave + out_1 + out_2), back_1, back_2
    matrix[1, :2], matrix[2, 0], matrix[2, 2] = (out_1, -back_1), out_2, -back_2
    matrix[3, 0], matrix[3, 3], matrix[0, 4] = effect, -effect, 1.0
    whole = expm(matrix * step_min)
    state, found = whole[:4, 4], []
    for _ in range(steps):
        found.append(state[3 if kind == "effect site" else 0])
        state = whole[:4, :4] @ state
    return np.array(found)


@pytest.mark.parametrize("kind", ["blood", "effect site"])
@pytest.mark.parametrize("seed", range(12))
def test_no_rates_that_a_solver_finds_are_higher_before_the_target_is_reached(kind: str, seed: int) -> None:
    chance = np.random.default_rng(seed + 100)
    steps = int(chance.integers(6, 25))
    unit = _unit(kind, seed, steps + 2000, float(np.exp(chance.normal(-0.5, 0.7))))
    rising = np.flatnonzero(np.diff(unit) > 0)
    rises = int(rising[-1]) + 2 if len(rising) else 1
    high = float(np.exp(chance.normal(0, 1.5)) / unit.max())
    curve = np.zeros(steps + rises)
    rates = fill(unit, unit[:rises], 1.0, high, 0.0, np.inf, curve)
    response = np.array([[unit[k - j] if k >= j else 0.0 for j in range(steps)] for k in range(len(curve))])
    assert curve == pytest.approx(response @ rates, rel=1e-12)
    assert curve.max() <= 1 + NEVER_ABOVE
    reached = np.flatnonzero(curve[:steps] >= 1 - 1e-9)
    for k in range(int(reached[0]) + 1 if len(reached) else steps):
        best = linprog(-response[k], A_ub=response, b_ub=np.ones(len(curve)), bounds=[(0, high)] * steps)
        assert curve[k] == pytest.approx(-best.fun, abs=1e-7)


def test_what_is_judged_by_two_steps_is_reached_a_step_later_at_most(patient: norket.Patient) -> None:
    unit = _unit("effect site", 3, 400, STEP_MIN)
    rises = int(np.flatnonzero(np.diff(unit) > 0)[-1]) + 3
    twice = (unit + np.append(0.0, unit[:-1]))[:rises]
    found = []
    for judged in (unit[:rises], twice):
        curve = np.zeros(200 + rises)
        fill(unit, judged, 1.0, 3.0 / unit.sum(), 0.0, np.inf, curve)
        found.append(int(np.argmax(curve >= 0.999)))
    assert 0 < found[0] <= found[1] <= found[0] + 1


def test_earlier_doses_leave_room_for_less() -> None:
    unit = _unit("blood", 1, 300, 1.0)
    before = 0.9 * unit[5:106] / unit[5]
    curve = before.copy()
    rates = fill(unit, unit[:1], 1.0, 1.0 / unit[0], 0.0, np.inf, curve)
    assert rates[0] == pytest.approx((1 - before[0]) / unit[0])
    assert curve[:100] == pytest.approx(np.ones(100))


@pytest.mark.parametrize(
    ("enough", "too_little", "limit"),
    [({"max_total_mg": 36}, {"max_total_mg": 25}, "total"), ({"max_rate_mg_h": 40}, {"max_rate_mg_h": 20}, "rate")],
)
def test_on_one_side_of_a_limit_the_target_is_reached_on_the_other_the_limit_is_named(
    patient: norket.Patient, enough: dict[str, float], too_little: dict[str, float], limit: str
) -> None:
    reached, missed = _plan(patient, **enough), _plan(patient, **too_little)
    assert reached.reached
    assert reached.binding == ()
    assert not missed.reached
    assert {one.limit for one in missed.binding} == {limit}
    assert any("No plan within these limits" in text for text in missed.warnings)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"horizon_min": 20.1, "in_range_by_min": 10.0}, "whole number of 10 s"),
        ({"max_rate_step_mg_h": 69.9}, "max_rate_step_mg_h"),
        ({"max_rate_mg_h": 2, "rate_resolution_mg_h": 5}, "nothing to give"),
    ],
)
def test_what_no_plan_step_by_step_can_be_made_for_is_refused(
    patient: norket.Patient, given: dict[str, float], words: str
) -> None:
    with pytest.raises(NotCoveredError, match=words):
        _plan(patient, **given)


def test_a_step_limit_as_high_as_the_highest_rate_binds_nothing(patient: norket.Patient) -> None:
    assert _plan(patient, max_rate_step_mg_h=70).reached


def test_an_unknown_method_is_refused(patient: norket.Patient) -> None:
    with pytest.raises(NotCoveredError, match="the method is one of changes, steps"):
        plan_target(patient, 100.0, method="bolus")  # type: ignore[arg-type]


def test_the_plan_says_whom_it_is_for_and_has_the_band_and_the_time_after_the_stop(patient: norket.Patient) -> None:
    plan = _plan(patient)
    assert plan.method == plan.to_json()["method"] == "steps"
    assert any("a pump that a computer drives" in text for text in plan.warnings)
    assert plan.dose_texts == ()
    assert plan.trade_offs == ()
    assert plan.wake_up.p5_min is not None
    assert plan.wake_up.typical_min is not None
    assert plan.wake_up.p5_min < plan.wake_up.typical_min
    at_end = plan.prediction.times_min == plan.horizon_min
    assert plan.track.p5[at_end] < plan.track.typical[at_end] < plan.track.p95[at_end]
