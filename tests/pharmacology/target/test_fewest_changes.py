"""The search finds the fewest changes there are: judged by trying everything, and by a solver of another kind."""

from itertools import pairwise, product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import norket
from norket.pharmacology.models import model
from norket.pharmacology.target.allowed import limits
from norket.pharmacology.target.search import Aim, Caps, Question


def _question(patient: norket.Patient, aim: Aim, **given: float) -> Question:
    return Question.of(patient, model("kamp_2020"), aim, Caps.of(limits("ketamine", **given), patient.weight_kg))


def _slots(question: Question) -> np.ndarray:
    """(samples, slots): what 1 mg/h between two moments does to the curve, in targets."""
    late = np.vstack([question.unit_curves[:-1], np.zeros(len(question.samples_min))])
    return (late[:-1] - late[1:]).T


def _worst(question: Question, curves: np.ndarray) -> np.ndarray:
    off = curves - 1.0
    due = question.samples_min >= question.aim.in_range_by_min
    return np.where(due[:, None], np.abs(off), off).max(axis=0)


@pytest.mark.parametrize("target", [40.0, 90.0, 160.0])
@pytest.mark.parametrize("site", ["effect_site", "ketamine"])
@pytest.mark.parametrize("limit", [{}, {"max_total_mg": 25}, {"max_rate_mg_h": 25}, {"max_rate_step_mg_h": 15}])
def test_nothing_that_can_be_tried_is_better(
    patient: norket.Patient, target: float, site: str, limit: dict[str, float]
) -> None:
    aim = Aim(target, site, 1.0, "ketamine", in_range_by_min=20, horizon_min=80, tolerance=0.1)
    question = _question(patient, aim, change_grid_min=20, rate_resolution_mg_h=5, most_changes=3, **limit)
    every = np.arange(0.0, question.caps.rate_mg_h + 1e-9, 5.0)
    tried = np.array(list(product(every, repeat=4)))
    steps = np.abs(np.diff(tried, axis=1))
    allowed = (tried.sum(axis=1) * 20 / 60 <= question.caps.total_mg) & (
        steps.max(axis=1) <= question.caps.rate_step_mg_h
    )
    tried, steps = tried[allowed], steps[allowed]
    worst = _worst(question, _slots(question) @ tried.T)
    changes = (steps > 0).sum(axis=1)
    for number, found in enumerate(question.ladder()):
        assert found.deviation == pytest.approx(worst[changes <= number].min(), abs=1e-9)


@pytest.mark.parametrize(("target", "changes"), [(60.0, 1), (100.0, 1), (100.0, 2)])
@pytest.mark.parametrize("site", ["effect_site", "ketamine"])
def test_a_solver_of_another_kind_finds_the_same(
    patient: norket.Patient, target: float, changes: int, site: str
) -> None:
    aim = Aim(target, site, 1.0, "ketamine", in_range_by_min=30, horizon_min=90, tolerance=0.5)
    question = _question(patient, aim, change_grid_min=10, rate_resolution_mg_h=0.5)
    slots = _slots(question)
    times, number = slots.shape
    due = question.samples_min >= aim.in_range_by_min
    # Unknowns: the rates in whole half mg/h, a yes or no for each change, the worst deviation.
    size, most = 2 * number, question.caps.rate_mg_h / 0.5
    above = np.hstack([slots * 0.5, np.zeros((times, number - 1)), -np.ones((times, 1))])
    below = np.hstack([-slots * 0.5, np.zeros((times, number - 1)), -np.ones((times, 1))])[due]
    jumps = np.zeros((2 * (number - 1), size))
    for slot in range(number - 1):
        jumps[2 * slot, [slot, slot + 1, number + slot]] = (-1, 1, -most)
        jumps[2 * slot + 1, [slot, slot + 1, number + slot]] = (1, -1, -most)
    count = np.zeros((1, size))
    count[0, number:-1] = 1
    rows = np.vstack([above, below, jumps, count])
    limit = np.concatenate([np.ones(times), -np.ones(len(below)), np.zeros(len(jumps)), [changes]])
    answer = milp(
        np.eye(size)[-1],
        constraints=LinearConstraint(rows, -np.inf, limit),
        integrality=np.append(np.ones(size - 1), 0),
        bounds=Bounds(np.zeros(size), np.concatenate([np.full(number, most), np.ones(number - 1), [10.0]])),
        options={"mip_rel_gap": 0.0},
    )
    assert answer.success
    assert question.ladder()[changes].deviation == pytest.approx(answer.fun, abs=1e-6)


def test_each_change_more_is_at_least_as_good(patient: norket.Patient) -> None:
    aim = Aim(100.0, "ketamine", 1.0, "ketamine", in_range_by_min=30, horizon_min=180, tolerance=0.001)
    ladder = _question(patient, aim, most_changes=5).ladder()
    assert len(ladder) == 6
    assert all(more.deviation <= fewer.deviation for fewer, more in pairwise(ladder))
    assert ladder[5].deviation < 0.2 * ladder[0].deviation


def test_three_changes_are_always_told_and_more_only_if_they_are_needed(patient: norket.Patient) -> None:
    easy = Aim(100.0, "effect_site", 1.0, "ketamine", in_range_by_min=30, horizon_min=120, tolerance=0.1)
    hard = Aim(100.0, "ketamine", 1.0, "ketamine", in_range_by_min=30, horizon_min=120, tolerance=0.02)
    assert len(_question(patient, easy, most_changes=5).ladder()) == 4
    ladder = _question(patient, hard, most_changes=5).ladder()
    assert len(ladder) == 5
    assert ladder[3].deviation > 0.02 >= ladder[4].deviation
