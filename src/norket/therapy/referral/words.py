"""What the self-check asks, part by part, and what it tells afterwards: words alone, no figure and no verdict."""

from collections.abc import Mapping
from dataclasses import dataclass

from norket.knowledge.entry import Entry
from norket.knowledge.reader import KnowledgeBase
from norket.therapy.chart import Status

ENTRY = "self_check.questions"


@dataclass(frozen=True)
class Part:
    """Some questions that are asked on one page."""

    name: str
    title: str
    questions: tuple[Entry, ...]


@dataclass(frozen=True)
class Told:
    """What a person is told: what to talk about, and what is still open, each as the question that was asked."""

    talk: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True)
class Help:
    """Whom to call in a country. `emergency` and each of `lines` are a name and a number; the number may be empty."""

    emergency: tuple[str, str]
    lines: tuple[tuple[str, str], ...]


def parts(base: KnowledgeBase) -> tuple[Part, ...]:
    """The parts in order; source: `self_check.questions`. A question of patients that stands in none is in the last.

    Whether a list of medicines is whole is not asked here: only somebody who reads it can say so.
    """
    asked = {one.id: one for one in base.of_kind("question") if _for_patients(one)}
    written = base.entry(ENTRY).data["parts"]
    placed = {one for part in written for one in part["questions"]}
    left = [one for name, one in asked.items() if name not in placed]
    made = [Part(part["name"], part["title"], tuple(asked[one] for one in part["questions"])) for part in written]
    last = made[-1]
    return (*made[:-1], Part(last.name, last.title, (*last.questions, *left)))


def plain(base: KnowledgeBase, question: Entry) -> str:
    """The question in the plainest words there are for it."""
    return " ".join(str(base.entry(ENTRY).data["plain"].get(question.id, question.statement)).split())


def told(base: KnowledgeBase, answers: Mapping[str, Status]) -> Told:
    """What to talk about and what is open after these answers, in the order in which it was asked."""
    asked = [one for part in parts(base) for one in part.questions]
    talk = [one for one in asked if answers.get(one.id) == one.data.get("adverse", "yes")]
    open_ = [one for one in asked if answers.get(one.id, "unknown") == "unknown"]
    return Told(tuple(plain(base, one) for one in talk), tuple(plain(base, one) for one in open_))


def help_in(base: KnowledgeBase, country: str) -> Help:
    """Whom to call in a country (two letters of ISO 3166); source: the entries `self_check.lines_…`."""
    entries = [one for one in base.entries if one.id.startswith("self_check.lines_")]
    found = [one for one in entries if country and country in one.data["countries"]]
    data = (found or [base.entry("self_check.lines_anywhere")])[0].data
    emergency = data["emergency"]
    return Help((emergency["name"], emergency["call"]), tuple((one["name"], one["call"]) for one in data["lines"]))


def _for_patients(question: Entry) -> bool:
    return question.data.get("answered_by") == "patient" and not question.data.get("completes")
