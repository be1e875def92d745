"""The words that patients must read and those that they never read, held against a text."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from norket.knowledge import KnowledgeBase
from norket.therapy.medicines.wording import advises_ending

LISTS = "consent.words_for_patients"


def faults(text: str, base: KnowledgeBase) -> tuple[str, ...]:
    """What a text for patients says and must not: a word of the list, or advice to end a protected medicine."""
    plain = " ".join(text.split())
    allowed, never = _lists(base)
    return (
        *(f"says '{match.group(0)}'" for match in never.finditer(allowed.sub(" ", plain))),
        *(f"speaks of ending a medicine: {sentence}" for sentence in advises_ending(plain, base)),
    )


def left_out(text: str, base: KnowledgeBase, *, label: str = "off") -> tuple[str, ...]:
    """The statements that every consent carries and this text does not, by name.

    A use that is approved (`label` "on") does without the statement that it is not.
    """
    plain = " ".join(text.split()).casefold()
    lists: Mapping[str, Mapping[str, str]] = base.entry(LISTS).data
    must = {**lists["must"], **({} if label == "on" else lists["must_off_label"])}
    return tuple(name for name, words in must.items() if words.casefold() not in plain)


@lru_cache(maxsize=8)
def _lists(base: KnowledgeBase) -> tuple[re.Pattern[str], re.Pattern[str]]:
    data: Mapping[str, Any] = base.entry(LISTS).data
    return _any(data["allowed"]), _any(data["never"])


def _any(phrases: Sequence[str]) -> re.Pattern[str]:
    """Any of the phrases as whole words, in any case, with any space between."""
    spelled = ("\\s*".join(map(re.escape, phrase.split())) for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE)
