"""Controlled medicines that were given in haste, of which the register cannot know yet: their lot, their milligrams.

The tap was taken as it came; what is missing is asked afterwards, and holds the record until it stands there.
"""

from typing import Any

from norket.knowledge import KnowledgeBase
from norket.therapy.session.rescuing import is_controlled
from norket.therapy.session.state import SessionState, TimedRescue

MILLIGRAMS = "mg"


def is_booked(given: TimedRescue, base: KnowledgeBase) -> bool:
    """Whether the register can count it: no controlled medicine, or one with product, lot and milligrams."""
    rescue = given.rescue
    counted = bool(rescue.product_id and rescue.lot and rescue.amount is not None and rescue.unit == MILLIGRAMS)
    return counted or not is_controlled(base, rescue.drug)


def unbooked(state: SessionState, base: KnowledgeBase) -> tuple[TimedRescue, ...]:
    """What was given and does not stand in the register, in the order of giving."""
    return tuple(given for given in state.rescues if not is_booked(given, base))


def named(given: TimedRescue) -> str:
    """What of it is known, in words."""
    rescue = given.rescue
    amount = "" if rescue.amount is None else f" {rescue.amount:g} {rescue.unit}".rstrip()
    return f"{rescue.drug}{amount}"


def completed(
    given: TimedRescue, *, product_id: str, lot: str, amount_mg: float, wasted_mg: float, witness: str
) -> dict[str, Any]:
    """The data of a correction that adds what was missing and changes nothing else."""
    known = given.rescue.model_dump(mode="json", exclude={"type"})
    told = {"product_id": product_id, "lot": lot, "amount": amount_mg, "unit": MILLIGRAMS}
    return known | told | {"wasted_mg": wasted_mg, "witness": witness}
