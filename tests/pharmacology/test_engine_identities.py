"""What must hold for every linear system, whatever its numbers."""

import numpy as np
import pytest
from generated import histories, moments, systems
from hypothesis import given, settings
from hypothesis import strategies as st

from norket.pharmacology.engine import Input, solve
from norket.pharmacology.models import LinearSystem

CLOSE = 1e-11
quickly = settings(deadline=None, max_examples=60)


def total(system: LinearSystem, history: list[Input], times: np.ndarray, name: str = "first") -> np.ndarray:
    return solve(system, history, times, 1)[name][0, :, 0]


def assert_close(one: np.ndarray, other: np.ndarray, tolerance: float = CLOSE) -> None:
    assert np.abs(one - other).max() <= tolerance * max(np.abs(one).max(), np.abs(other).max())


@quickly
@given(systems(), histories())
def test_the_parts_of_a_history_add_up_to_the_whole(system: LinearSystem, history: list[Input]) -> None:
    times = moments(history)
    parts = [Input(one.way, one.amount_mg, one.start_min, one.duration_min, at) for at, one in enumerate(history)]
    apart = solve(system, parts, times, len(parts))
    for name in system.outputs:
        assert_close(apart[name].sum(axis=0)[:, 0], total(system, history, times, name))


@quickly
@given(systems(), histories(), st.floats(0.001, 1000.0))
def test_twice_the_dose_is_twice_the_curve(system: LinearSystem, history: list[Input], factor: float) -> None:
    times = moments(history)
    scaled = [Input(one.way, one.amount_mg * factor, one.start_min, one.duration_min, 0) for one in history]
    assert_close(total(system, scaled, times), factor * total(system, history, times))


@quickly
@given(systems(), histories(), st.floats(-5000.0, 5000.0))
def test_a_later_history_is_the_same_curve_later(system: LinearSystem, history: list[Input], shift: float) -> None:
    times = moments(history)
    later = [Input(one.way, one.amount_mg, one.start_min + shift, one.duration_min, 0) for one in history]
    # A start moved by thousands of minutes is rounded by up to 1e-12 min, and a bolus is a jump: look just beside it.
    beside = times + 1e-6
    assert_close(total(system, later, beside + shift), total(system, history, beside), 1e-8)


@quickly
@given(systems(), st.floats(1.0, 300.0), st.floats(0.05, 0.95))
def test_an_infusion_split_in_two_is_the_same_infusion(system: LinearSystem, length: float, part: float) -> None:
    whole = [Input("iv", 50.0, 3.0, length, 0)]
    split = [Input("iv", 50.0 * part, 3.0, length * part, 0)]
    split.append(Input("iv", 50.0 * (1 - part), 3.0 + length * part, length - length * part, 0))
    times = moments(whole)
    assert_close(total(system, split, times), total(system, whole, times), 1e-9)


@quickly
@given(systems(), histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_doses_are_named_does_not_matter(system: LinearSystem, history: list[Input], random) -> None:
    times = moments(history)
    shuffled = list(history)
    random.shuffle(shuffled)
    assert_close(total(system, shuffled, times), total(system, history, times))


@quickly
@given(systems(), histories(), st.lists(st.floats(0.0, 400.0), max_size=20))
def test_more_output_times_change_no_value(system: LinearSystem, history: list[Input], more: list[float]) -> None:
    times = moments(history)
    denser = moments(history, *more)
    seen = np.isin(denser, times)
    assert_close(total(system, history, denser)[seen], total(system, history, times))


@quickly
@given(systems(closed=True), histories(ways=("iv",)))
def test_a_body_without_losses_keeps_every_milligram(system: LinearSystem, history: list[Input]) -> None:
    times = moments(history)
    entered = np.zeros_like(times)
    for one in history:
        if one.duration_min == 0:
            entered += one.amount_mg * (times >= one.start_min)
        else:
            entered += one.amount_mg * np.clip((times - one.start_min) / one.duration_min, 0, 1)
    assert_close(total(system, history, times, "mass"), entered, 1e-9)


@quickly
@given(systems(), histories())
def test_no_concentration_is_below_zero(system: LinearSystem, history: list[Input]) -> None:
    curves = solve(system, history, moments(history, 5000.0, 100_000.0), 1)
    assert all((curve >= 0).all() for curve in curves.values())


@quickly
@given(systems(draws=300), histories())
def test_each_individual_is_solved_as_if_alone(system: LinearSystem, history: list[Input]) -> None:
    times = moments(history)
    together = solve(system, history, times, 1)
    for draw in (0, 255, 256, 299):
        alone = LinearSystem(
            system.A[draw : draw + 1],
            {name: vector[draw : draw + 1] for name, vector in system.inputs.items()},
            {name: vector[draw : draw + 1] for name, vector in system.outputs.items()},
            {name: lasting[draw : draw + 1] for name, lasting in system.release_min.items()},
        )
        for name, curves in solve(alone, history, times, 1).items():
            assert_close(together[name][0, :, draw], curves[0, :, 0])


def test_a_bolus_counts_from_its_own_minute_on(one_compartment: LinearSystem) -> None:
    times = np.array([9.0, 10.0, 11.0])
    curve = total(one_compartment, [Input("iv", 20.0, 10.0, 0.0, 0)], times)
    assert curve == pytest.approx([0.0, 2000.0, 2000.0 * np.exp(-0.1)], rel=1e-13)


def test_a_constant_infusion_reaches_rate_over_clearance(one_compartment: LinearSystem) -> None:
    curve = total(one_compartment, [Input("iv", 60.0, 0.0, 600.0, 0)], np.array([599.0]))
    assert curve[0] == pytest.approx(1000 * 0.1 / (10 * 0.1), rel=1e-12)


def test_doses_after_the_last_time_change_nothing(one_compartment: LinearSystem) -> None:
    times = np.array([1.0, 2.0])
    first = Input("iv", 20.0, 0.0, 0.0, 0)
    later = [Input("iv", 9.0, 2.5, 0.0, 0), Input("iv", 9.0, 3.0, 5.0, 0)]
    assert (total(one_compartment, [first, *later], times) == total(one_compartment, [first], times)).all()


def test_a_dose_before_the_first_time_is_remembered(one_compartment: LinearSystem) -> None:
    curve = total(one_compartment, [Input("iv", 20.0, -30.0, 0.0, 0)], np.array([0.0]))
    assert curve[0] == pytest.approx(2000.0 * np.exp(-3.0), rel=1e-12)


def test_times_closer_than_a_nanosecond_share_their_value(one_compartment: LinearSystem) -> None:
    times = np.array([119.99999999999999, 120.0])
    curve = total(one_compartment, [Input("iv", 20.0, 100.0, 0.0, 0)], times)
    assert curve[0] == curve[1] == pytest.approx(2000.0 * np.exp(-2.0), rel=1e-10)
