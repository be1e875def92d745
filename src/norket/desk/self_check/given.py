"""What a stranger has answered and typed so far. It travels in the page itself; nothing of it is kept here."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast, get_args

from norket.knowledge.reader import KnowledgeBase
from norket.therapy.chart import Status
from norket.therapy.referral.risk import ENTRY, risk
from norket.therapy.referral.shapes import Answered, Risk
from norket.therapy.referral.words import parts

TEXTS = ("reason", "medicines", "message")
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Given:
    """Answers by id of the question, texts by name, and whether danger was heard in any of it."""

    answers: Mapping[str, Status]
    texts: Mapping[str, str]
    risk: Risk
    needs_help: bool

    @property
    def answered(self) -> tuple[Answered, ...]:
        """The answers as a referral keeps them."""
        return tuple(Answered(question=one, status=status) for one, status in self.answers.items())


def given(base: KnowledgeBase, posted: Mapping[str, str], *, more: Iterable[str] = ()) -> Given:
    """Reads a form. What is no answer to a question that is asked here is left out; danger is heard in all that was
    typed, also in names and in what is too long to be kept. `more` are questions that are asked beside the usual."""
    risky: list[str] = base.entry(ENTRY).data["questions"]
    asked = [one.id for part in parts(base) for one in part.questions]
    asked += [one for one in more if one not in asked]
    answers = {one: cast(Status, posted[one]) for one in asked if posted.get(one) in get_args(Status)}
    heard = risk(base, answers, [value for name, value in posted.items() if name not in asked])
    texts = {name: _clean(posted.get(name, ""))[:LONGEST_TEXT] for name in TEXTS}
    unsure = any(answers.get(one) == "unknown" for one in risky)
    return Given(answers, texts, heard, heard.state == "said" or unsure)


def _clean(text: str) -> str:
    """Without control characters, which no database and no reader wants; lines stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(one for one in lines if one == "\n" or not unicodedata.category(one).startswith("C")).strip()
