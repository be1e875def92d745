"""Hears danger in what is answered and typed, so that help comes before anything else. Nothing is counted or scored."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from norket.knowledge.reader import KnowledgeBase
from norket.therapy.chart import Status
from norket.therapy.referral.shapes import Risk

ENTRY = "self_check.risk"
_APOSTROPHES = "'’‘`´ʼ"
_WORD = re.compile(r"[^\W_]+")
_WRITTEN_OUT = re.compile(r"\b(do|does|did|can|could|would) ?not\b")


def risk(base: KnowledgeBase, answers: Mapping[str, Status], texts: Iterable[str]) -> Risk:
    """What is heard in `answers` (by id of the question) and in `texts`; source: `self_check.risk`.

    A question of risk that was asked of nobody, left open or not sure makes it `not_known`, never `not_said`.
    """
    data = base.entry(ENTRY).data
    asked: list[str] = data["questions"]
    yes = [one for one in asked if answers.get(one) == "yes"]
    heard = list(dict.fromkeys(found for text in texts for found in heard_in(text, data["phrases"])))
    if yes or heard:
        return Risk(state="said", because=(*yes, *heard))
    first = asked[0]
    return Risk(state="not_said") if answers.get(first) == "no" else Risk(state="not_known", because=(first,))


def heard_in(text: str, phrases: Iterable[str]) -> Iterator[str]:
    """The phrases that stand in the text as whole words, whatever its capitals, accents, hyphens and signs; each once.
    The time it takes grows with the text and not with the phrases."""
    index = _index(tuple(phrases))
    plain = _plain(text)
    spelled = {" ".join(_WORD.findall(one)) for one in (plain, plain.replace("-", ""))}
    spelled |= {_WRITTEN_OUT.sub(r"\1nt", one) for one in spelled}
    heard = dict.fromkeys(phrase for one in sorted(spelled) for phrase in _standing_in(one.split(), index))
    yield from heard


@dataclass(frozen=True)
class _Phrase:
    """A phrase as words; the last one is a beginning where it ended with a star."""

    words: tuple[str, ...]
    begins: bool
    written: str

    def stands_at(self, words: list[str], place: int) -> bool:
        found = words[place : place + len(self.words)]
        if len(found) < len(self.words) or tuple(found[:-1]) != self.words[:-1]:
            return False
        return found[-1].startswith(self.words[-1]) if self.begins else found[-1] == self.words[-1]


@cache
def _index(phrases: tuple[str, ...]) -> tuple[Mapping[str, list[_Phrase]], tuple[_Phrase, ...]]:
    """The phrases by their first word, and those of one word that is only a beginning."""
    first: dict[str, list[_Phrase]] = {}
    beginnings = []
    for written in phrases:
        one = _Phrase(tuple(written.rstrip("*").split()), written.endswith("*"), written)
        if one.begins and len(one.words) == 1:
            beginnings.append(one)
        else:
            first.setdefault(one.words[0], []).append(one)
    return first, tuple(beginnings)


def _standing_in(words: list[str], index: tuple[Mapping[str, list[_Phrase]], tuple[_Phrase, ...]]) -> Iterator[str]:
    first, beginnings = index
    starts = tuple(one.words[0] for one in beginnings)
    for place, word in enumerate(words):
        known = [one for one in first.get(word, ()) if one.stands_at(words, place)]
        if word.startswith(starts):
            known += [one for one in beginnings if one.stands_at(words, place)]
        yield from (one.written for one in known)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    kept = (sign for sign in decomposed if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")
    return "".join(kept).casefold().translate(dict.fromkeys(map(ord, _APOSTROPHES)))
