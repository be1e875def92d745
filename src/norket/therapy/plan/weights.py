"""The weight that a dose counts on: whether an adult can have it, whether it is fresh, and whether it is the number of
another unit."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding
from norket.therapy.finding import Finding

State = Literal["fires", "clear", "unknown"]
PERCENT = 100.0
CM_PER_M = 100.0
LB_PER_KG = 2.2046226218


class Weighed(NamedTuple):
    """An earlier weight of the same person."""

    weight_kg: float
    on: date


def weight_state(base: KnowledgeBase, weight_kg: float | None, on: date) -> State:
    """Whether a weight (kg) is one that an adult can have."""
    if weight_kg is None:
        return "unknown"
    least, most = (base.figure("plausibility.weight", name, on=on).value for name in ("least_kg", "most_kg"))
    return "clear" if least <= weight_kg <= most else "fires"


def unit_state(base: KnowledgeBase, weight_kg: float, earlier_kg: float | None, on: date) -> State:
    """Whether the number is an earlier weight in pounds, or the earlier one was: a ratio near 2.2046 either way."""
    if earlier_kg is None:
        return "unknown"
    near = base.figure("plausibility.weight_unit", "near_percent", on=on).value / PERCENT
    ratio = max(weight_kg, earlier_kg) / min(weight_kg, earlier_kg)
    return "fires" if abs(ratio / LB_PER_KG - 1) <= near else "clear"


def age_state(base: KnowledgeBase, age_d: int, on: date) -> State:
    """Whether a weight of `age_d` days is too old to order by; one of tomorrow is no measurement."""
    most = base.figure("plausibility.weight_age", "most_d", on=on).value
    return "clear" if 0 <= age_d <= most else "fires"


def findings(
    base: KnowledgeBase,
    weight_kg: float,
    measured_on: date,
    on: date,
    *,
    earlier: Sequence[Weighed] = (),
    height_cm: float | None = None,
) -> Iterator[Finding]:
    """Everything to be said of a weight (kg) measured on a day; `earlier` are other weights of the same person."""
    state = weight_state(base, weight_kg, on)
    if state == "clear" and measured_on > on:
        state = "fires"
    why = f"{weight_kg:g} kg actual weight, measured on {measured_on}; measured again on the day of the session."
    yield finding(base, "plausibility.weight", state, why, action="BLOCK-HARD")
    yield _unit(base, weight_kg, earlier, on)
    age_d = (on - measured_on).days
    why = f"The weight is {age_d} days old." if age_d >= 0 else "The weight is of a day to come."
    yield finding(base, "plausibility.weight_age", age_state(base, age_d, on), why, inputs={"age_d": age_d})
    if height_cm is not None:
        yield _mass_index(base, weight_kg, height_cm, on)


def _unit(base: KnowledgeBase, weight_kg: float, earlier: Sequence[Weighed], on: date) -> Finding:
    rule = "plausibility.weight_unit"
    if not earlier:
        return finding(base, rule, "unknown", "There is no earlier weight to compare with.", action="INFO")
    hits = [one for one in earlier if unit_state(base, weight_kg, one.weight_kg, on) == "fires"]
    if not hits:
        return finding(base, rule, "clear", f"It agrees with the earlier {earlier[0].weight_kg:g} kg as a unit.")
    one = hits[0]
    why = (
        f"{weight_kg:g} against {one.weight_kg:g} kg on {one.on}: that is the ratio of pounds to kilograms. "
        "Weigh again in kilograms, and correct whichever of the two is in pounds."
    )
    return finding(base, rule, "fires", why, inputs={"weight_kg": weight_kg, "earlier_kg": one.weight_kg})


def _mass_index(base: KnowledgeBase, weight_kg: float, height_cm: float, on: date) -> Finding:
    rule = "plausibility.mass_index"
    index = weight_kg / (height_cm / CM_PER_M) ** 2
    heavy = index >= base.figure(rule, "told_from", on=on).value
    why = f"Body mass index {index:.1f} kg/m2; the dose counts on actual weight" + (
        ", and the amounts of the cap and the ceiling in mg decide before those in mg/kg." if heavy else "."
    )
    return finding(base, rule, "fires" if heavy else "clear", why, inputs={"kg_m2": round(index, 1)})
