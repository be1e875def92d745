"""From the vial to the syringe: the milligrams are computed anew, and every slip of strength shows in them."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.therapy.finding import Finding
from norket.therapy.plan.preparation import Preparation, balance, base_mg, check, recipes, vial_mg_ml

TODAY = date(2026, 11, 20)
BASE = knowledge.read()
VIALS = {"ketamine-10": 10.0, "ketamine-50": 50.0, "ketamine-100": 100.0}


def made(**changes: Any) -> Preparation:
    """50 mL of 10 mg/mL made up to 500 mL: 500 mg at 1 mg/mL."""
    usual = {"product_id": "ketamine-10", "vial_ml": 50.0, "diluent_ml": 450.0, "stated_mg": 500.0, "label_mg_ml": 1.0}
    return Preparation(**(usual | changes))


def objections(one: Preparation, drug: Any = "ketamine") -> list[Finding]:
    found = check(BASE, one, drug=drug, ordered_mg=35.0, ordered_mg_ml=1.0, on=TODAY)
    return [each for each in found if each.state != "clear"]


@pytest.mark.parametrize("product_id", VIALS)
def test_a_recipe_made_as_written_has_nothing_against_it(product_id: str) -> None:
    (recipe,) = [one for one in recipes(BASE, "ketamine", 35.0, 1.0, TODAY) if one.product_id == product_id]
    assert (recipe.vial_mg_ml, recipe.total_ml) == (VIALS[product_id], 35.0)
    one = made(product_id=product_id, vial_ml=recipe.vial_ml, diluent_ml=recipe.diluent_ml, stated_mg=35.0)
    assert objections(one) == []


@given(st.sampled_from(sorted(VIALS)), st.floats(1, 500), st.floats(0.1, 10))
def test_every_recipe_holds_its_amount_at_its_strength(product_id: str, amount_mg: float, final: float) -> None:
    found = {one.product_id: one for one in recipes(BASE, "ketamine", amount_mg, final, TODAY)}
    recipe = found[product_id]
    assert recipe.vial_ml * recipe.vial_mg_ml == pytest.approx(amount_mg)
    assert amount_mg / (recipe.vial_ml + recipe.diluent_ml) == pytest.approx(final)


def test_a_vial_that_is_weaker_than_the_syringe_has_no_recipe() -> None:
    assert {one.product_id for one in recipes(BASE, "ketamine", 35.0, 50.1, TODAY)} == {"ketamine-100"}


@pytest.mark.parametrize(("product_id", "times"), [("ketamine-50", 5), ("ketamine-100", 10)])
def test_another_vial_by_the_template_of_the_ten_is_caught_by_its_factor(product_id: str, times: int) -> None:
    found = objections(made(product_id=product_id))
    assert {one.action for one in found} == {"BLOCK-HARD"}
    assert len(found) == 3
    assert all(f"{times} times too much" in one.why for one in found)


def test_hydrochloride_that_is_written_as_base_is_caught_and_named() -> None:
    (found,) = objections(made(stated_mg=576.5))
    assert "hydrochloride to base" in found.why
    assert objections(made(stated_mg=576.5, basis="hydrochloride")) == []
    assert base_mg(BASE, 1.153, "hydrochloride", TODAY) == pytest.approx(1.0)


def test_the_racemate_is_not_drawn_for_esketamine() -> None:
    (found,) = objections(made(), drug="esketamine")
    assert "ordered is esketamine" in found.why
    assert found.action == "BLOCK-HARD"


def test_a_vial_that_is_not_known_computes_nothing() -> None:
    (found,) = objections(made(product_id="unknown"))
    assert (found.state, found.action) == ("unknown", "BLOCK-HARD")
    assert vial_mg_ml(BASE, "unknown", TODAY) is None


@given(st.sampled_from([2, 5, 10, 100]), st.booleans(), st.floats(20, 500))
def test_no_factor_of_strength_balances(times: int, more: bool, given_mg: float) -> None:
    """What was drawn is computed from the vial; what went is what the pump gave and the waste."""
    drawn = given_mg * times if more else given_mg / times
    found = balance(BASE, drawn, given_mg, 0.0, TODAY)
    assert found.state == "fires"
    assert f"{times} times {'too much' if more else 'too little'}" in found.why


@pytest.mark.parametrize(("wasted", "state"), [(14.0, "clear"), (16.0, "clear"), (13.9, "fires"), (16.1, "fires")])
def test_the_balance_holds_within_a_milligram(wasted: float, state: str) -> None:
    assert balance(BASE, 50.0, 35.0, wasted, TODAY).state == state
