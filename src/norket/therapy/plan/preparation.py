"""What is drawn from a vial and what it is made into: milligrams of base, strength, and where each milligram went.

A dose is right on paper and wrong in the syringe when the vial is another one than the template was made for, when
milligrams of hydrochloride are read as base, or when a table of dilutions is wrong. The mass decides: what was drawn,
computed from the vial, is what the label says and what is given and wasted in the end.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase
from norket.knowledge.criteria import Drug
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.plan.compare import DECIMALS
from norket.therapy.plan.order import Positive
from norket.units.number import render_number

State = Literal["fires", "clear", "unknown"]
Basis = Literal["base", "hydrochloride"]
RULE, AGREE, SALT, BALANCE = (
    "products.preparation",
    "preflight.agreement",
    "products.salt_factor",
    "products.mass_balance",
)
PERCENT = 100.0


class Preparation(BaseModel):
    """A syringe or bag as it was made. `vial_ml` was drawn from vials of `product_id` and `diluent_ml` added; what is
    written down is `stated_mg` of ketamine, in milligrams of `basis`, and `label_mg_ml` of base on the label."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_id: str
    vial_ml: Positive
    diluent_ml: float = 0.0
    stated_mg: Positive
    basis: Basis = "base"
    label_mg_ml: Positive


class Recipe(NamedTuple):
    """How an amount is made from one kind of vial: volumes in mL, strength in mg/mL."""

    product_id: str
    vial_mg_ml: float
    vial_ml: float
    diluent_ml: float
    total_ml: float


def product(base: KnowledgeBase, product_id: str) -> Entry | None:
    """The product of this id, or None when the knowledge base has none."""
    return next((one for one in base.entries if one.data.get("product_id") == product_id), None)


def vial_mg_ml(base: KnowledgeBase, product_id: str, on: date) -> float | None:
    """The strength of a vial (mg of base in a mL); None for a product that is not known or is no vial."""
    known = product(base, product_id)
    if known is None or all(value.name != "concentration_mg_ml" for value in known.values):
        return None
    return base.figure(known.id, "concentration_mg_ml", on=on).value


def base_mg(base: KnowledgeBase, stated_mg: float, basis: Basis, on: date) -> float:
    """Milligrams of base in `stated_mg` of base or of hydrochloride."""
    factor = 1.0 if basis == "base" else base.figure(SALT, "hydrochloride_per_base", on=on).value
    return stated_mg / factor


def recipes(base: KnowledgeBase, drug: str, amount_mg: float, final_mg_ml: float, on: date) -> tuple[Recipe, ...]:
    """How `amount_mg` at `final_mg_ml` is made from each vial of the drug that is strong enough."""
    found = []
    for one in base.entries:
        strength = vial_mg_ml(base, str(one.data.get("product_id")), on) if one.data.get("drug") == drug else None
        if strength is not None and strength >= final_mg_ml:
            vial, total = amount_mg / strength, amount_mg / final_mg_ml
            found.append(Recipe(one.data["product_id"], strength, vial, round(total - vial, DECIMALS), total))
    return tuple(found)


def strength_state(base: KnowledgeBase, stated: float, computed: float, on: date) -> State:
    """Whether what is stated differs from what the volumes make by more than equivalents may."""
    percent = base.figure(AGREE, "agreement_percent", on=on).value
    return "fires" if round(abs(stated - computed) - computed * percent / PERCENT, DECIMALS) > 0 else "clear"


def check(
    base: KnowledgeBase, made: Preparation, *, drug: Drug, ordered_mg: float, ordered_mg_ml: float, on: date
) -> Iterator[Finding]:
    """Everything against a preparation for an order of `ordered_mg` of `drug` at `ordered_mg_ml`."""
    known, strength = product(base, made.product_id), vial_mg_ml(base, made.product_id, on)
    if known is None or strength is None:
        why = f"{made.product_id} is no vial of the list of products, so nothing can be computed from it."
        yield finding(base, RULE, "unknown", why)
        return
    contained = str(known.data["drug"])
    why = f"The vial holds {contained}, ordered is {drug}."
    yield finding(base, RULE, "clear" if contained == drug else "fires", why)
    drawn_mg, volume_ml = strength * made.vial_ml, made.vial_ml + made.diluent_ml
    stated_mg, final_mg_ml = base_mg(base, made.stated_mg, made.basis, on), drawn_mg / volume_ml
    drawn = f"{made.vial_ml:g} mL of {strength:g} mg/mL are {drawn_mg:g} mg"
    for what, stated, computed, unit in (
        (f"{drawn}; written down are {{}} mg of base", stated_mg, drawn_mg, "mg"),
        (f"{drawn} in {volume_ml:g} mL; the label says {{}} mg/mL", made.label_mg_ml, final_mg_ml, "mg/mL"),
        (f"{drawn} in {volume_ml:g} mL; ordered are {{}} mg/mL", ordered_mg_ml, final_mg_ml, "mg/mL"),
    ):
        state = strength_state(base, stated, computed, on)
        slip = f": {_slip(base, stated, computed, on)}" if state == "fires" else ""
        why = f"{what.format(f'{stated:g}')}{slip}."
        yield finding(base, RULE, state, why, inputs={"stated": stated, "computed": computed, "unit": unit})
    enough = drawn_mg >= round(ordered_mg, DECIMALS)
    why = f"{drawn}; ordered are {ordered_mg:g} mg."
    yield finding(base, RULE, "clear" if enough else "fires", why)


def mass_balance_state(
    drawn_mg: float,
    given_mg: float,
    wasted_mg: float,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear"]:
    """Whether what was drawn equals what was given plus what was wasted, within the tolerance (all mg)."""
    tolerance_mg = number(base, BALANCE, "tolerance_mg", now)
    return "clear" if abs(round(drawn_mg - given_mg - wasted_mg, 9)) <= tolerance_mg else "fires"


def balance(base: KnowledgeBase, drawn_mg: float, given_mg: float, wasted_mg: float, on: date) -> Finding:
    """The mass balance of a vial, as a finding; the slip is named where the ratio tells it."""
    now, went_mg = datetime.combine(on, time(tzinfo=UTC)), given_mg + wasted_mg
    state = mass_balance_state(drawn_mg, given_mg, wasted_mg, now, base)
    slip = f": {_slip(base, went_mg, drawn_mg, on)}" if state == "fires" and went_mg > 0 else ""
    why = f"Drawn {drawn_mg:g} mg, given {given_mg:g} mg, wasted {wasted_mg:g} mg{slip}."
    return finding(base, BALANCE, state, why)


def _slip(base: KnowledgeBase, stated: float, computed: float, on: date) -> str:
    """What a ratio looks like: the salt counted as base, or a whole factor of strength."""
    salt = base.figure(SALT, "hydrochloride_per_base", on=on).value
    ratio = max(stated, computed) / min(stated, computed)
    if strength_state(base, ratio, salt, on) == "clear":
        return "the ratio of hydrochloride to base; write milligrams of base"
    whole = round(ratio)
    if whole > 1 and strength_state(base, ratio, whole, on) == "clear":
        return f"{whole} times {'too much' if computed > stated else 'too little'}; look at the vial and at the table"
    return f"{render_number(round(ratio, 2))} times {'too much' if computed > stated else 'too little'}"
