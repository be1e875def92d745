"""Finds the effect models by id and reads them once."""

from functools import cache

from pydantic import ValidationError

from norket import knowledge
from norket.knowledge import Entry
from norket.pharmacology.effects.card import EffectCard
from norket.pharmacology.effects.model import EffectModel
from norket.pharmacology.refusals import NotCoveredError

PREFIX = "effect_models."


@cache
def shelf() -> dict[str, EffectModel]:
    """All effect models by id, in the order of their file."""
    entries = [entry for entry in knowledge.read().entries if entry.id.startswith(PREFIX) and "shape" in entry.data]
    return {entry.id.removeprefix(PREFIX): _assemble(entry) for entry in entries}


def effect_ids() -> tuple[str, ...]:
    """The ids of all effect models."""
    return tuple(shelf())


def effect_model(effect_id: str) -> EffectModel:
    """The effect model `effect_id`; an unknown one is refused (`NotCoveredError`) with the ids that exist."""
    if effect_id not in shelf():
        message = f"there is no effect '{effect_id}'; the effects are: {', '.join(shelf())}"
        raise NotCoveredError("effect_not_known", message)
    return shelf()[effect_id]


def _assemble(entry: Entry) -> EffectModel:
    try:
        card = EffectCard.model_validate(entry.data)
    except ValidationError as error:
        raise NotCoveredError("model_not_valid", f"{entry.id}: its data do not describe an effect: {error}") from error
    related = {key: knowledge.read().entry(key) for key in card.also}
    return EffectModel(entry.id.removeprefix(PREFIX), entry, card, related)
