"""Every limit is an argument or a figure; one that is missing or not a number refuses the plan by its name."""

from dataclasses import fields, replace

import pytest

from norket import knowledge
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.target import Limits, limits

NAMES = [field.name for field in fields(Limits) if field.name != "concentration_mg_ml"]
MAY_BE_ZERO = {"max_bolus_mg", "most_changes"}


def test_what_is_not_given_comes_from_the_knowledge_base() -> None:
    found = limits("ketamine", max_total_mg=30)
    assert found.max_total_mg == 30
    assert found.max_rate_mg_kg_h == knowledge.read().figure("target.order_limits", "max_rate_mg_kg_h").value
    assert found.shortest_interval_min == knowledge.read().figure("target.nurse", "shortest_interval_min").value


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "5", True, -1.0])
def test_a_limit_that_is_not_a_number_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(NotCoveredError, match=name) as refused:
        limits("ketamine", **{name: value})  # type: ignore[arg-type]
    assert refused.value.code == "limit_not_valid"
    with pytest.raises(NotCoveredError, match=name):
        replace(limits("ketamine"), **{name: value})


@pytest.mark.parametrize("name", NAMES)
def test_none_in_the_place_of_a_limit_is_refused(name: str) -> None:
    with pytest.raises(NotCoveredError, match=name):
        replace(limits("ketamine"), **{name: None})


@pytest.mark.parametrize("name", NAMES)
def test_zero_is_a_limit_only_where_nothing_is_asked_for(name: str) -> None:
    if name in MAY_BE_ZERO:
        assert getattr(limits("ketamine", **{name: 0}), name) == 0
    else:
        with pytest.raises(NotCoveredError, match=name):
            limits("ketamine", **{name: 0})


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_without_a_number_blocks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    base = knowledge.read()
    holes = tuple(
        entry.model_copy(
            update={
                "values": tuple(
                    v.model_copy(update={"value": None if v.name == name else v.value}) for v in entry.values
                )
            }
        )
        for entry in base.entries
    )
    monkeypatch.setattr("norket.pharmacology.target.allowed.knowledge.read", lambda: replace(base, entries=holes))
    with pytest.raises(NotCoveredError, match=f"{name}.*missing limit blocks"):
        limits("ketamine")


def test_esketamine_has_no_default_total_or_rate() -> None:
    with pytest.raises(NotCoveredError, match="max_rate_mg_h has no default for esketamine"):
        limits("esketamine")
    given = dict.fromkeys(
        ("max_rate_mg_h", "max_rate_mg_kg_h", "max_rate_step_mg_h", "max_total_mg", "max_total_mg_kg"), 40.0
    )
    assert limits("esketamine", max_bolus_mg=0, **given).max_total_mg == 40


def test_a_name_that_is_no_limit_is_refused() -> None:
    with pytest.raises(NotCoveredError, match="max_rate_mgh"):
        limits("ketamine", max_rate_mgh=5)


@pytest.mark.parametrize(("changes", "fits"), [(6, True), (7, False), (1.5, False)])
def test_changes_are_a_whole_number_that_can_be_searched(changes: float, fits: bool) -> None:
    if fits:
        assert limits("ketamine", most_changes=changes).most_changes == changes
    else:
        with pytest.raises(NotCoveredError, match="most_changes"):
            limits("ketamine", most_changes=changes)


def test_the_pump_steps_in_ml_become_steps_in_mg_by_the_concentration() -> None:
    assert limits("ketamine", concentration_mg_ml=2).rate_resolution_mg_h == 0.2
    assert limits("ketamine", concentration_mg_ml=2).bolus_resolution_mg == 0.2
    assert limits("ketamine", concentration_mg_ml=2, rate_resolution_ml_h=1).rate_resolution_mg_h == 2
    assert limits("ketamine", concentration_mg_ml=2, rate_resolution_mg_h=0.5).rate_resolution_mg_h == 0.5


def test_a_step_in_ml_needs_the_concentration_and_is_given_once() -> None:
    with pytest.raises(NotCoveredError, match="concentration"):
        limits("ketamine", rate_resolution_ml_h=1)
    with pytest.raises(NotCoveredError, match="given twice"):
        limits("ketamine", concentration_mg_ml=1, rate_resolution_ml_h=1, rate_resolution_mg_h=1)


def test_a_step_that_no_dose_text_can_write_is_refused() -> None:
    assert limits("ketamine", rate_resolution_mg_h=0.001).rate_resolution_mg_h == 0.001
    with pytest.raises(NotCoveredError, match="rate_resolution_mg_h"):
        limits("ketamine", rate_resolution_mg_h=0.0005)
    with pytest.raises(NotCoveredError, match="rate_resolution_mg_h"):
        limits("ketamine", concentration_mg_ml=1.234, rate_resolution_ml_h=0.1)


def test_the_lower_of_two_limits_holds() -> None:
    found = limits("ketamine")
    assert found.rate_mg_h(70) == 70
    assert found.rate_mg_h(120) == 100
    assert found.total_mg(70) == 70
    assert found.total_mg(120) == 100
