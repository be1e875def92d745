"""What the drug does: effects as cited figures and small structures, driven by the concentration at the right site."""

from norket.pharmacology.effects.fading import Fading, fading
from norket.pharmacology.effects.model import Driver, EffectModel
from norket.pharmacology.effects.predict import Effects, EffectTrack, predict_effects
from norket.pharmacology.effects.readiness import Readiness, ready_level, ready_to_leave
from norket.pharmacology.effects.shelf import effect_ids, effect_model, shelf
from norket.pharmacology.effects.text import readiness_text

__all__ = [
    "Driver",
    "EffectModel",
    "EffectTrack",
    "Effects",
    "Fading",
    "Readiness",
    "effect_ids",
    "effect_model",
    "fading",
    "predict_effects",
    "readiness_text",
    "ready_level",
    "ready_to_leave",
    "shelf",
]
