"""Quantities mix only with their own kind; every change of unit has a name."""

import itertools
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.units import (
    Amount,
    AmountPerWeight,
    AmountRate,
    AmountRatePerWeight,
    Concentration,
    Duration,
    PlasmaConcentration,
    PumpRate,
    Quantity,
    Volume,
    Weight,
)

KINDS: list[Callable[[float], Quantity]] = [
    Amount,
    AmountPerWeight,
    AmountRate,
    AmountRatePerWeight,
    Concentration,
    Duration,
    PlasmaConcentration,
    PumpRate,
    Volume,
    Weight,
]
ACTS = [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge, operator.truediv, operator.mul]
numbers = st.floats(0, 1e6, allow_subnormal=False)


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(KINDS, 2)))
@pytest.mark.parametrize("act", ACTS)
def test_two_kinds_never_mix(act: Callable[[Any, Any], Any], one: Any, other: Any) -> None:
    with pytest.raises(TypeError):
        act(one(1.0), other(1.0))
    assert one(1.0) != other(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bare_number_is_not_a_quantity(kind: Any) -> None:
    with pytest.raises(TypeError):
        kind(1.0) + 1.0
    with pytest.raises(TypeError):
        kind(1.0) < 2.0  # noqa: B015 -- the comparison itself must refuse


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -0.001])
def test_what_is_not_a_finite_amount_is_refused(kind: Any, number: float) -> None:
    with pytest.raises(ValueError, match="finite number"):
        kind(number)


@pytest.mark.parametrize("number", ["1", None, True, 1j])
def test_what_is_not_a_number_is_refused(number: Any) -> None:
    with pytest.raises(TypeError):
        Amount(number)


@given(numbers, numbers)
def test_one_kind_adds_and_compares_as_its_numbers_do(a: float, b: float) -> None:
    assert (Amount(a) + Amount(b)).mg == a + b
    assert (Amount(a) < Amount(b)) == (a < b)
    assert (Amount(max(a, b)) - Amount(min(a, b))).mg == max(a, b) - min(a, b)


def test_subtracting_more_than_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="finite number"):
        Amount(1.0) - Amount(2.0)


@given(st.floats(0.001, 100), st.floats(0.5, 300), st.floats(0.1, 100), st.floats(0.1, 1000))
def test_a_dose_is_the_same_by_every_named_way(mg_kg_h: float, kg: float, mg_ml: float, minutes: float) -> None:
    rate = AmountRatePerWeight(mg_kg_h).for_weight(Weight(kg))
    pump = rate.pump_rate_at(Concentration(mg_ml))
    by_volume = pump.volume_during(Duration(minutes)).ml * mg_ml
    given_amount = rate.during(Duration(minutes))
    assert given_amount.mg == pytest.approx(mg_kg_h * kg * minutes / 60)
    assert by_volume == pytest.approx(given_amount.mg)
    assert given_amount.volume_at(Concentration(mg_ml)).ml == pytest.approx(by_volume / mg_ml)
    assert given_amount.per_weight(Weight(kg)).for_weight(Weight(kg)).mg == pytest.approx(given_amount.mg)
    assert pump.drug_rate_at(Concentration(mg_ml)).mg_h == pytest.approx(rate.mg_h)


def test_quantities_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Amount(1.0).mg = 2.0  # type: ignore[misc]
