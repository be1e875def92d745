"""Hears danger in what is answered and typed, so that help comes before anything else. Nothing is counted or scored."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

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
    """The phrases that stand in the text as whole words, whatever its capitals, accents, hyphens and signs."""
    plain = _plain(text)
    spelled = {" ".join(_WORD.findall(one)) for one in (plain, plain.replace("-", ""))}
    spelled |= {_WRITTEN_OUT.sub(r"\1nt", one) for one in spelled}
    for phrase in phrases:
        if any(map(_pattern(phrase).search, spelled)):
            yield phrase


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    kept = (sign for sign in decomposed if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")
    return "".join(kept).casefold().translate(dict.fromkeys(map(ord, _APOSTROPHES)))


def _pattern(phrase: str) -> re.Pattern[str]:
    ending = r"\w*" if phrase.endswith("*") else ""
    return re.compile(rf"\b{re.escape(phrase.rstrip('*'))}{ending}\b")
