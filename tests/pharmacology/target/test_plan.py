"""A plan holds its target and every limit, is what the engine says of its dose texts, and is never an order."""

import json
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import norket
from norket import knowledge
from norket.pharmacology.effects import ready_to_leave
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.target import NEVER_AN_ORDER, TargetPlan, limits, plan_target
from norket.pharmacology.target.report import plan_text

DRAWS = 20
DECIMAL = 1e-9


@pytest.fixture(scope="module")
def plan(patient: norket.Patient) -> TargetPlan:
    return plan_target(patient, 100.0, draws=400, limits=limits("ketamine", concentration_mg_ml=2))


def _plan(patient: norket.Patient, target: float = 100.0, **given: float) -> TargetPlan:
    return plan_target(patient, target, draws=DRAWS, limits=limits("ketamine", **given))


CHOICES = {
    "max_rate_mg_h": [12.0, 33.33, 100.0],
    "max_total_mg": [8.0, 26.05, 100.0],
    "max_rate_step_mg_h": [4.0, 17.77, 100.0],
    "max_bolus_mg": [0.0, 3.2, 20.0],
    "shortest_interval_min": [5.0, 12.0, 30.0],
    "earliest_change_min": [5.0, 22.0],
    "most_changes": [0, 1, 3],
    "rate_resolution_mg_h": [0.1, 0.7, 5.0],
}
ASKED = {
    "target_ng_ml": [15.0, 60.0, 100.0, 250.0, 900.0],
    "site": ["effect_site", "plasma"],
    "tolerance": [0.03, 0.1, 0.2],
    "horizon_min": [35.0, 47.5, 120.0],
}


def _one_of_each(choices: dict[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: st.sampled_from(values) for name, values in choices.items()})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(weight=st.sampled_from([45.0, 70.0, 131.5]), asked=_one_of_each(ASKED), allowed=_one_of_each(CHOICES))
def test_no_plan_exceeds_any_limit_and_its_curve_is_that_of_its_dose_texts(
    weight: float, asked: dict[str, Any], allowed: dict[str, Any]
) -> None:
    caps = limits("ketamine", **allowed)
    plan = plan_target(norket.Patient(weight, 45, "male"), limits=caps, draws=DRAWS, **asked)
    rates, starts = [one.rate_mg_h for one in plan.steps], [one.at_min for one in plan.steps]
    assert max(rates) <= min(caps.max_rate_mg_h, caps.max_rate_mg_kg_h * weight)
    assert plan.total_mg <= min(caps.max_total_mg, caps.max_total_mg_kg * weight)
    given_mg = plan.bolus_mg + sum(one.rate_mg_h * one.for_min / 60 for one in plan.steps)
    assert plan.total_mg == pytest.approx(given_mg, abs=DECIMAL)
    assert all(abs(after - before) <= caps.max_rate_step_mg_h + DECIMAL for before, after in pairwise(rates))
    assert 0 <= plan.bolus_mg <= caps.max_bolus_mg
    assert plan.changes <= caps.most_changes
    assert all(later - sooner >= caps.shortest_interval_min for sooner, later in pairwise([*starts, plan.horizon_min]))
    assert all(start >= caps.earliest_change_min and start % caps.change_grid_min == 0 for start in starts[1:])
    assert all(_is_multiple(one, caps.rate_resolution_mg_h) for one in rates)
    assert plan.reached == (plan.worst_deviation <= plan.tolerance)
    assert not (plan.reached and plan.binding)
    assert all(one.worst_deviation <= before.worst_deviation for before, one in pairwise(plan.trade_offs))
    _check_curve(plan)


def _is_multiple(value: float, step: float) -> bool:
    return math.isclose(value / step, round(value / step), abs_tol=1e-6)


def _check_curve(plan: TargetPlan) -> None:
    """What the engine says of the dose texts alone is what the plan reports."""
    times = np.arange(0.0, plan.horizon_min + 0.25, 0.25)
    found = norket.predict(plan.patient, plan.dose_texts, model=plan.model, times_min=times, draws=1)
    curve = found.track(plan.analyte).typical
    reported = np.interp(plan.prediction.times_min[plan.prediction.times_min % 1 == 0], times, curve)
    whole = plan.prediction.times_min % 1 == 0
    during = plan.prediction.times_min[whole] <= plan.horizon_min
    assert plan.track.typical[whole][during] == pytest.approx(reported[during], rel=1e-9)
    off = curve / plan.target_ng_ml - 1.0
    worst = np.where(times >= plan.in_range_by_min, np.abs(off), off).max()
    assert plan.worst_deviation == pytest.approx(worst, abs=2e-4)
    assert worst <= plan.worst_deviation + 1e-5


@pytest.mark.parametrize(
    ("enough", "too_little", "limit"),
    [
        ({"max_total_mg": 35}, {"max_total_mg": 24}, "total"),
        ({"max_rate_mg_h": 29.6}, {"max_rate_mg_h": 24}, "rate"),
        ({"most_changes": 1}, {"most_changes": 0}, "changes"),
        ({"max_rate_step_mg_h": 16.3}, {"max_rate_step_mg_h": 3}, "rate step"),
        ({"earliest_change_min": 30}, {"earliest_change_min": 60}, "earliest change"),
        ({"shortest_interval_min": 30}, {"shortest_interval_min": 55}, "interval"),
        ({"max_bolus_mg": 12, "most_changes": 0}, {"max_bolus_mg": 2, "most_changes": 0}, "bolus"),
    ],
)
def test_on_one_side_of_a_limit_the_target_is_reached_on_the_other_the_limit_is_named(
    patient: norket.Patient, enough: dict[str, float], too_little: dict[str, float], limit: str
) -> None:
    reached, missed = _plan(patient, **enough), _plan(patient, **too_little)
    assert reached.reached
    assert reached.binding == ()
    assert reached.worst_deviation <= 0.1
    assert not missed.reached
    assert missed.worst_deviation > 0.1
    assert limit in {one.limit for one in missed.binding}
    assert any("No plan within these limits" in text for text in missed.warnings)


def test_a_limit_that_binds_says_what_it_allows_and_what_would_be_needed(patient: norket.Patient) -> None:
    missed = _plan(patient, max_total_mg=24)
    (total,) = [one for one in missed.binding if one.limit == "total"]
    assert (total.allowed, total.unit, total.alone) == (24, "mg", True)
    assert total.needed > 24
    assert total.worst_deviation_without <= 0.1
    assert _plan(patient, max_total_mg=total.needed + 0.01).reached


def test_the_plan_with_the_fewest_changes_is_chosen(plan: TargetPlan) -> None:
    assert plan.changes == 1
    assert plan.trade_offs[0].worst_deviation > plan.tolerance
    assert plan.trade_offs[1].worst_deviation == plan.worst_deviation


def test_rates_are_in_ml_h_and_mg_h_by_the_concentration(plan: TargetPlan) -> None:
    for step in plan.steps:
        assert step.rate_ml_h is not None
        assert step.rate_ml_h * 2 == pytest.approx(step.rate_mg_h)
        assert round(step.rate_ml_h * 10) == pytest.approx(step.rate_ml_h * 10)
    assert all(step.rate_ml_h is None for step in _plan(plan.patient).steps)


def test_s_ketamine_of_the_racemate_is_half_of_the_total(patient: norket.Patient) -> None:
    total = plan_target(patient, 100.0, draws=DRAWS)
    half = plan_target(patient, 50.0, enantiomer="S", draws=DRAWS)
    assert half.dose_texts == total.dose_texts
    assert half.track.enantiomer == "S"
    assert half.wake_up.typical_min == pytest.approx(total.wake_up.typical_min)


def test_esketamine_is_planned_with_limits_of_its_own(patient: norket.Patient) -> None:
    with pytest.raises(NotCoveredError, match="esketamine"):
        plan_target(patient, 50.0, drug="esketamine", enantiomer="S", draws=DRAWS)
    given = dict.fromkeys(
        ("max_rate_mg_h", "max_rate_mg_kg_h", "max_rate_step_mg_h", "max_total_mg", "max_total_mg_kg"), 40.0
    )
    caps = limits("esketamine", max_bolus_mg=0, **given)
    found = plan_target(patient, 50.0, drug="esketamine", enantiomer="S", limits=caps, draws=DRAWS)
    assert found.reached
    assert all(text.startswith("esketamine ") for text in found.dose_texts)
    assert found.total_mg == pytest.approx(plan_target(patient, 100.0, draws=DRAWS).total_mg / 2, rel=0.02)


def test_another_model_is_aimed_with_when_it_is_named(patient: norket.Patient) -> None:
    found = plan_target(patient, 80.0, site="plasma", model="otto_2021", draws=DRAWS)
    assert (found.model, found.track.site) == ("otto_2021", "venous")
    with pytest.raises(NotCoveredError, match="otto_2021 has no 'effect_site'"):
        plan_target(patient, 80.0, model="otto_2021", draws=DRAWS)


def test_the_chances_are_those_of_the_virtual_patients(plan: TargetPlan) -> None:
    curves = plan.prediction.individuals("effect_site")
    times = plan.prediction.times_min
    due = (times >= plan.in_range_by_min) & (times <= plan.horizon_min)
    inside = np.abs(curves[due] / 100.0 - 1.0) <= 0.1
    assert plan.chances.inside_mean == pytest.approx(inside.mean())
    assert plan.chances.inside_throughout == pytest.approx(inside.all(axis=0).mean())
    assert 0 < plan.chances.inside_throughout < plan.chances.inside_mean < 1
    assert plan.chances.above_ever == pytest.approx((curves[times <= 120] > 110).any(axis=0).mean())


def test_the_wake_up_time_is_when_the_level_stays_below(plan: TargetPlan) -> None:
    wake = plan.wake_up
    assert (wake.stop_min, wake.below_ng_ml) == (120, 50)
    assert wake.typical_min is not None
    assert wake.p5_min is not None
    assert wake.p95_min is not None
    assert wake.p5_min < wake.typical_min < wake.p95_min
    around = [120 + wake.typical_min - 0.5, 120 + wake.typical_min + 0.5]
    found = norket.predict(plan.patient, plan.dose_texts, model=plan.model, times_min=around, draws=1)
    assert found.effect_site.typical[0] > 50 > found.effect_site.typical[1]


def test_a_level_that_is_not_left_in_time_has_no_minutes(patient: norket.Patient) -> None:
    never = plan_target(patient, 100.0, wake_below_ng_ml=0.01, draws=DRAWS).wake_up
    assert (never.typical_min, never.p95_min, never.share_below) == (None, None, 0)
    at_once = plan_target(patient, 100.0, wake_below_ng_ml=500.0, draws=DRAWS).wake_up
    assert (at_once.typical_min, at_once.p95_min, at_once.share_below) == (0, 0, 1)


def test_nothing_is_claimed_just_after_a_bolus(patient: norket.Patient) -> None:
    caps = limits("ketamine", max_bolus_mg=12)
    with pytest.raises(NotCoveredError, match="nothing is claimed before minute 5"):
        plan_target(patient, 100.0, in_range_by_min=4.9, limits=caps, draws=DRAWS)
    found = plan_target(patient, 100.0, in_range_by_min=15, limits=caps, draws=DRAWS)
    assert found.bolus_mg > 0
    assert found.dose_texts[0] == f"{found.bolus_mg:g} mg iv"
    assert any("first minutes after the bolus" in text for text in found.warnings)
    assert plan_target(patient, 100.0, in_range_by_min=5, limits=caps, draws=DRAWS).in_range_by_min == 5


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"target_ng_ml": float("nan")}, "target_ng_ml"),
        ({"target_ng_ml": 0.0}, "target_ng_ml"),
        ({"target_ng_ml": 100.0, "tolerance": 1.0}, "tolerance"),
        ({"target_ng_ml": 100.0, "tolerance": float("nan")}, "tolerance"),
        ({"target_ng_ml": 100.0, "horizon_min": float("inf")}, "horizon_min"),
        ({"target_ng_ml": 100.0, "horizon_min": 60.0, "in_range_by_min": 60.0}, "in_range_by_min"),
        ({"target_ng_ml": 100.0, "wake_below_ng_ml": -1.0}, "wake_below_ng_ml"),
        ({"target_ng_ml": 100.0, "site": "brain"}, "site"),
    ],
)
def test_a_target_that_cannot_be_is_refused_by_name(
    patient: norket.Patient, asked: dict[str, float], named: str
) -> None:
    with pytest.raises(NotCoveredError, match=named) as refused:
        plan_target(patient, draws=DRAWS, **asked)  # type: ignore[arg-type]
    assert refused.value.code == "target_not_valid"


def test_a_pump_too_coarse_for_the_limits_leaves_nothing_to_give(patient: norket.Patient) -> None:
    with pytest.raises(NotCoveredError, match="nothing to give"):
        _plan(patient, rate_resolution_mg_h=50, max_rate_mg_h=49)


@pytest.mark.parametrize(("age", "covered"), [(18.0, True), (17.9, False)])
def test_no_plan_is_made_for_a_child_even_by_a_model_of_children(age: float, covered: bool) -> None:
    patient = norket.Patient(60, age, "male")
    if covered:
        assert plan_target(patient, 60.0, draws=DRAWS).reached
    else:
        for model in (None, "herd_2007"):
            with pytest.raises(NotCoveredError, match="no limit was set for a child") as refused:
                plan_target(patient, 60.0, site="plasma", model=model, draws=DRAWS)
            assert refused.value.code == "patient_not_covered"


def test_no_level_is_aimed_at_with_a_model_of_ratios(patient: norket.Patient) -> None:
    with pytest.raises(NotCoveredError, match="ratios only"):
        plan_target(patient, 60.0, site="plasma", model="ashraf_routes", draws=DRAWS)


def test_the_same_seed_gives_the_same_plan_and_numbers(patient: norket.Patient, plan: TargetPlan) -> None:
    again = plan_target(patient, 100.0, draws=400, limits=limits("ketamine", concentration_mg_ml=2))
    assert again.to_json() == plan.to_json()


def test_text_document_and_picture_say_that_it_is_never_an_order(plan: TargetPlan) -> None:
    document = json.loads(json.dumps(plan.to_json(), allow_nan=False))
    assert document["never_an_order"] == NEVER_AN_ORDER
    assert NEVER_AN_ORDER in document["warnings"]
    assert NEVER_AN_ORDER in plan_text(plan)
    assert "A plan is never an order" in plan.plot().axes[0].get_title(loc="left")


def test_the_document_holds_what_was_asked_answered_and_where_it_comes_from(plan: TargetPlan) -> None:
    document = plan.to_json()
    assert document["steps"][0]["rate_ml_h"] * 2 == pytest.approx(document["steps"][0]["rate_mg_h"])
    assert document["dose_texts"] == list(plan.dose_texts)
    assert document["limits"]["max_total_mg"] == 100
    assert document["edition"] == plan.edition
    assert {"kamp-2020", "bowdle-1998"} <= {source["key"] for source in document["sources"]}
    assert len(document["times_min"]) == len(document["curve_ng_ml"]["p95"])


def test_the_text_of_a_missed_target_begins_with_it(patient: norket.Patient) -> None:
    text = plan_text(_plan(patient, max_total_mg=24))
    assert "NOT REACHED" in text
    assert "binds: total, 24 mg allowed" in text
    assert "outside" in text


def test_the_wake_up_time_is_the_one_of_ready_to_leave(plan: TargetPlan) -> None:
    level = knowledge.read().figure("effect_models.ready_levels", "ketamine").value
    assert plan.wake_up.below_ng_ml == level
    second = ready_to_leave(plan.prediction, level, analyte="effect_site")
    assert plan.wake_up.stop_min == second.last_end_min
    for mine, other in ((plan.wake_up.p50_min, second.median_min), (plan.wake_up.p95_min, second.p95_min)):
        assert mine is not None
        assert other is not None
        assert plan.wake_up.stop_min + mine == pytest.approx(other, abs=2.0)


def test_after_esketamine_all_ketamine_is_s_ketamine(patient: norket.Patient) -> None:
    names = ("max_rate_mg_h", "max_rate_mg_kg_h", "max_rate_step_mg_h", "max_total_mg", "max_total_mg_kg")
    caps = limits("esketamine", max_bolus_mg=0, **dict.fromkeys(names, 40.0))
    found = plan_target(patient, 50.0, drug="esketamine", limits=caps, draws=DRAWS)
    assert found.wake_up.below_ng_ml == knowledge.read().figure("effect_models.ready_levels", "esketamine").value
