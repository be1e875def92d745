"""A guard over words: no sentence of this system may tell anybody to end a medicine that is dangerous to end."""

import re
from collections.abc import Iterable
from functools import lru_cache

from norket.knowledge import KnowledgeBase

ENDING = re.compile(
    r"\b(?:stop\w*|skip\w*|come off|coming off|discontinu\w*|cease\w*|wean\w*|withh[eo]ld\w*|withdraw\w*|omit\w*|"
    r"leave (?:it )?out|leav\w+ off|paus\w+|quit\w*|drop\w*|end(?:s|ed|ing)?|take (?:it )?no (?:more|longer)|"
    r"do not take|don't take|go without|give up|halve|reduce\w*|taper\w*|cut(?:ting)? down|lower (?:it|the dose))\b"
)
# A sentence that forbids or describes ending, and so advises nothing.
FORBIDS = re.compile(
    r"\b(?:never|do not stop|don't stop|not to stop|without stopping|belongs to|goes on|go on|keep taking|"
    r"who alone may|is the greater danger)\b"
)
SENTENCE = re.compile(r"(?<=[.!?;])\s+")


def advises_ending(text: str, base: KnowledgeBase) -> tuple[str, ...]:
    """The sentences of `text` that speak of ending a protected medicine without forbidding it; empty if it is clean.

    A medicine is protected where its class says so; a sentence that says "it" counts, because it may mean one. The
    guard is wide on purpose: what it catches is written anew, it is not argued with.
    """
    protected = _protected(base)
    found = []
    for sentence in SENTENCE.split(" ".join(text.split())):
        plain = sentence.casefold()
        meant = protected.search(plain)
        if meant and ENDING.search(plain) and not FORBIDS.search(plain):
            found.append(sentence)
    return tuple(found)


@lru_cache(maxsize=8)
def _protected(base: KnowledgeBase) -> re.Pattern[str]:
    words = ["it", "this", "them", "medicine", "medicines", "medication", "tablets"]
    for entry in base.of_kind("class"):
        if entry.data.get("protected") is True:
            words += map(re.escape, _names(entry.data.get("names", ()), str(entry.data.get("label", ""))))
    return re.compile(rf"\b(?:{'|'.join(words)})\b")


def _names(names: Iterable[str], label: str) -> Iterable[str]:
    """Every name, and the words of the label that name a group, in both numbers."""
    yield from names
    for word in re.findall(r"[a-z]{5,}s\b", label.casefold()):
        yield from (word, word.removesuffix("s"))
